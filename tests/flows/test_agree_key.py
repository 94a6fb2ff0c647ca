"""Another key is two operators' and an auditor's business, once anybody is in office.

Controls broken to see these fail: who counts as a second operator and as an auditor, hardware, the
grant, the digest they signed, and the signatures verified again when the key's leaf is written.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mingma.authority.acts import Act
from mingma.authority.posts import Post
from mingma.authority.proposal import challenge
from mingma.authority.refusal import NotAllowed
from mingma.flows.act_case import BodyMalformed
from mingma.flows.agree_key import AGREED, KeyNotAgreed, agreed, agreement
from mingma.flows.passkey_uses import PasskeyCloned, uses_of
from mingma.flows.replace_key import KeyKind, replace_key
from mingma.kernel.canonical import canonical
from mingma.kernel.times import DAY, Instant
from mingma.ledger.leaf import Kind, parse
from mingma.records import Record
from tests.authenticators import BACKED_UP, ELIGIBLE
from tests.posts import OPERATORS, Posts, posts

DIGEST = hashlib.sha256(b"another key").digest()
(FIRST, SECOND), AUDITOR = OPERATORS, "ha-audit-auditor"


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Posts]:
    with posts(tmp_path) as made:
        yield made


def refused(here: Posts, body: dict[str, Any], officer: str = FIRST) -> tuple[str, ...]:
    with pytest.raises(NotAllowed) as problem:
        here.act(officer, Act.ROTATE_KEY, body)
    with here.stage.instance.store.read() as unit:
        assert not unit.records_under(AGREED, "")
    return problem.value.policies


def names(here: Posts, what: str = "issuer", digest: bytes = DIGEST) -> str | None:
    i = here.stage.instance
    with i.store.read() as unit:
        by = agreed(unit, i.desk, what, digest, i.clock())
        return None if by is None else by.organ


def test_two_operators_and_an_auditor_agree_to_one_key_and_to_no_other(here: Posts) -> None:
    body = here.agree_key("issuer", DIGEST)
    assert here.act(FIRST, Act.ROTATE_KEY, body).answer == {
        "what": "issuer", "digest": DIGEST.hex(),
    }  # fmt: skip
    assert names(here) == "ha-data"
    for what, digest in (("witness", DIGEST), ("issuer", b"x" * 32)):
        with pytest.raises(KeyNotAgreed):
            names(here, what, digest)
    here.act(SECOND, Act.ROTATE_KEY, here.agree_key("issuer", DIGEST, second=FIRST,
        assertion=here.key(FIRST).sign(challenge(agreement(
            "issuer", DIGEST.hex(), here.stage.clock())))))  # fmt: skip
    with here.stage.instance.store.read() as unit:
        assert len(unit.records_under(AGREED, "")) == 1  # said again, it is the same agreement


def test_nobody_alone_and_no_two_without_an_auditor_agree(here: Posts) -> None:
    whole = here.agree_key("log", DIGEST)
    alone = {"what": whole["what"], "digest": whole["digest"]}
    asked = challenge(agreement("log", DIGEST.hex(), here.stage.clock()))
    other = challenge(agreement("log", "00" * 32, here.stage.clock()))
    guard = "zz-gate-gate_guard"
    for body in (
        alone,
        {name: one for name, one in whole.items() if "auditor" not in name},
        {name: one for name, one in whole.items() if name not in ("second", "assertion")},
        whole | {"second": FIRST, "assertion": here.key(FIRST).sign(asked)},
        whole | {"second": AUDITOR, "assertion": here.key(AUDITOR).sign(asked)},
        whole | {"second": guard, "assertion": here.key(guard).sign(asked)},
        whole | {"assertion": here.key(FIRST).sign(asked)},  # of another's passkey
        whole | {"assertion": here.key(SECOND).sign(other)},  # for another key
        whole | {"second": "nobody"},
        whole | {"auditor": SECOND, "auditor_assertion": here.key(SECOND).sign(asked)},
        whole | {"auditor_assertion": "none"},
    ):
        assert refused(here, body) == ("F54-two-and-an-auditor",)
    assert refused(here, whole, "zz-cdc-investigator") == ("F01-granted",)


def test_an_operator_without_a_grant_is_no_second(here: Posts) -> None:
    body = here.agree_key("log", DIGEST)
    here.act("ha-hc-registrar", Act.END_GRANT, {"grant": f"{SECOND}/0001"})
    assert refused(here, body) == ("F54-two-and-an-auditor",)


def test_a_key_that_lives_on_several_devices_agrees_to_nothing(here: Posts) -> None:
    body, software = here.agree_key("log", DIGEST), here.key(AUDITOR)
    software.flags |= ELIGIBLE | BACKED_UP
    asked = challenge(agreement("log", DIGEST.hex(), here.stage.clock()))
    body["auditor_assertion"] = software.sign(asked)
    assert refused(here, body) == ("F54-two-and-an-auditor",)


def test_an_auditor_s_copied_key_agrees_to_nothing_and_he_is_told(here: Posts) -> None:
    here.act(FIRST, Act.ROTATE_KEY, here.agree_key("log", DIGEST))
    here.key(AUDITOR).count -= 1
    with pytest.raises(PasskeyCloned):
        here.act(FIRST, Act.ROTATE_KEY, here.agree_key("issuer", DIGEST))
    assert here.attempts()[-1].policies == ("F03-passkey",)
    with here.stage.instance.store.read() as unit:
        told = [(one.act, one.refused) for one in uses_of(unit, AUDITOR)]
    assert told == [("second/rotate_key", "passkey.cloned"), ("second/rotate_key", "")]


def test_a_key_that_is_none_is_refused(here: Posts) -> None:
    for wrong in ({"what": "session"}, {"digest": "00"}, {"digest": "x" * 64}):
        with pytest.raises(BodyMalformed):
            here.act(FIRST, Act.ROTATE_KEY, here.agree_key("issuer", DIGEST) | wrong)


def test_a_leaf_of_a_key_names_whose_agreement_it_rests_on(here: Posts) -> None:
    i = here.stage.instance
    (certificate,) = (Path(i.settings.keys) / "trust").glob("*.pem")
    data = certificate.read_bytes()

    def say() -> None:
        with i.acting() as unit:
            replace_key(unit, i.desk, i.context.organ, KeyKind.ISSUER, data, i.clock())

    with pytest.raises(KeyNotAgreed):
        say()
    here.act(FIRST, Act.ROTATE_KEY, here.agree_key("issuer", hashlib.sha256(data).digest()))
    here.stage.clock.forward(40 * DAY)  # whoever agreed was in office then
    say()
    with i.store.read() as unit:
        size, _ = unit.head()
        (entry,) = unit.leaves(size - 1, size)
        grant = parse(unit.leaves(0, size)[parse(entry)[0].grant or 0])[0]
    leaf, _ = parse(entry)
    assert (leaf.kind, leaf.what, leaf.organ) == (Kind.KEY_ROTATE, "issuer", "ha-data")
    assert leaf.officer is not None
    assert (grant.kind, grant.what) == (Kind.GRANT_GIVE, Post.EXECUTOR.value)
    assert i.reconcile() == []


def test_a_row_put_into_the_database_is_no_agreement(here: Posts) -> None:
    i, asked = here.stage.instance, Instant(here.stage.clock())
    here.act(FIRST, Act.ROTATE_KEY, here.agree_key("issuer", DIGEST))
    other = b"y" * 32
    with i.store.write() as unit:
        (true,) = unit.records_under(AGREED, "")
        unit.add_record(Record(AGREED, f"issuer/{other.hex()}", asked, true.body))
        forged = {"act": "none of record"}
        unit.add_record(Record(AGREED, f"witness/{other.hex()}", asked, canonical(forged)))
    for what in ("issuer", "witness"):
        with pytest.raises(KeyNotAgreed):
            names(here, what, other)
