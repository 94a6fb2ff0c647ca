"""The first grants, those that follow, their ends, and a new passkey for a lost one.

Controls broken to see these fail: the search for earlier grants, the founders' signatures, the two
organs, the own organ, the term, the second registrar's passkey, and whose checkers a roster names.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from mingma.authority.acts import Act
from mingma.authority.grants import CeremonyOver, GrantRefused, Replacement, TwoOrgansNeeded
from mingma.authority.posts import Post
from mingma.authority.proposal import challenge
from mingma.authority.refusal import NotAllowed
from mingma.flows import offices
from mingma.flows.act_case import BodyMalformed
from mingma.flows.give_grant import NoSuchOffice, OfficeTaken
from mingma.flows.hold_ceremony import read_ceremony
from mingma.flows.leaf_names import NONCE_SIZE
from mingma.flows.leaf_posts import LEAF_POSTS
from mingma.kernel.canonical import canonical, from_b64url
from mingma.kernel.times import DAY, HOUR, Instant, print_instant
from mingma.ledger.audit import audit
from mingma.ledger.audit_found import Finding, Wrong
from mingma.ledger.commitment import commitment
from mingma.ledger.leaf import Kind, parse
from mingma.ports import Unit
from mingma.records import Passkey, PasskeyRefused
from tests.authenticators import Authenticator
from tests.instances import stage
from tests.posts import BY_ID, FOUNDERS, ORGANS, Posts, ceremony_of, signed_by_founders


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Posts]:
    """An instance where nobody has any power yet."""
    with stage(tmp_path) as made:
        yield Posts(made)


def hold(here: Posts, said: dict[str, Any]) -> None:
    here.stage.instance.hold_ceremony(read_ceremony(said))


def changed(here: Posts, **other: Any) -> dict[str, Any]:
    """The ceremony with something else in it, signed as it then stands."""
    said = {**ceremony_of(here), **other}
    del said["signatures"]
    return signed_by_founders(here, said)


def test_two_organs_make_each_other_s_registrars_with_a_leaf_each(empty: Posts) -> None:
    hold(empty, ceremony_of(empty))
    with empty.stage.instance.store.read() as unit:
        assert set(offices.organs(unit)) == {organ.id for organ in ORGANS}
        officers = {record.id.partition("/")[0] for record in unit.records(offices.GRANT)}
        grants = [one for officer in officers for one in offices.grants_of(unit, officer)]
        assert {(one.organ, one.given_by_organ, one.post) for one in grants} == {
            ("ha-hq", "ha-hc", Post.REGISTRAR), ("ha-hc", "ha-hq", Post.REGISTRAR),
        }  # fmt: skip
        for grant in grants:
            index = offices.grant_index(unit, grant.id)
            assert index is not None
            leaf, _ = parse(unit.leaves(index, index + 1)[0])
            assert (leaf.kind, leaf.organ, leaf.receiver, leaf.what) == (
                Kind.GRANT_GIVE, grant.given_by_organ, grant.organ, "registrar",
            )  # fmt: skip


def test_a_grant_s_leaf_opens_to_the_grant_for_who_has_its_nonce(here: Posts) -> None:
    import json

    id = "zz-hq-commander/0001"
    with here.stage.instance.store.read() as unit:
        record = unit.first_record(offices.GRANT, id)
        index = offices.grant_index(unit, id)
        assert record is not None
        assert index is not None
        leaf, _ = parse(unit.leaves(index, index + 1)[0])
    said = json.loads(record.body)
    nonce = from_b64url(said.pop("nonce"))
    assert leaf.commitment == commitment(nonce, canonical(said))
    assert (said["post"], said["organ"]) == ("commander", "zz-hq")


def test_there_is_no_second_ceremony(empty: Posts) -> None:
    hold(empty, ceremony_of(empty))
    empty.keys.clear()
    with pytest.raises(CeremonyOver):
        hold(empty, ceremony_of(empty))


@pytest.mark.parametrize("founder", ["ha-hq-registrar", "ha-hc-registrar"])
def test_each_founder_signs_and_nobody_signs_for_him(empty: Posts, founder: str) -> None:
    said = ceremony_of(empty)
    alone = {**said, "signatures": {k: v for k, v in said["signatures"].items() if k != founder}}
    with pytest.raises(TwoOrgansNeeded):
        hold(empty, alone)
    forged = dict(said["signatures"])
    forged[founder] = next(v for k, v in forged.items() if k != founder)
    with pytest.raises(PasskeyRefused):
        hold(empty, {**said, "signatures": forged})


def test_a_ceremony_changed_after_it_was_signed_is_refused(empty: Posts) -> None:
    said = ceremony_of(empty)
    said["organs"][-1]["zh"] = "别的法院"
    with pytest.raises(PasskeyRefused):
        hold(empty, said)


def test_nobody_grants_his_own_organ_at_the_ceremony_either(empty: Posts) -> None:
    said = ceremony_of(empty)
    own = [{**one, "given_by": one["officer"]} for one in said["grants"]]
    with pytest.raises(GrantRefused):
        hold(empty, changed(empty, grants=own))


def test_organs_of_one_line_hold_no_ceremony(empty: Posts) -> None:
    organs = [
        {"id": o.id, "kind": "health_commission" if o.id == "ha-hq" else o.kind.value,
         "level": o.level.value, "region": o.region, "zh": o.zh, "en": o.en}
        for o in ORGANS
    ]  # fmt: skip
    with pytest.raises(TwoOrgansNeeded):
        hold(empty, changed(empty, organs=organs))


def test_a_liaison_is_of_an_organ_without_power(empty: Posts) -> None:
    said = ceremony_of(empty)
    liaison = {**said["liaisons"][0], "officer": "x-1", "organ": "zz-cdc"}
    with pytest.raises(BodyMalformed):
        hold(empty, changed(empty, liaisons=[liaison]))


@pytest.mark.parametrize("name", ["organs", "founders", "grants", "signatures"])
def test_a_ceremony_s_file_lacks_nothing(empty: Posts, name: str) -> None:
    said = ceremony_of(empty)
    del said[name]
    with pytest.raises(BodyMalformed):
        read_ceremony(said)


# -- grants


def grant_of(here: Posts, organ: str = "zz-cdc", **other: Any) -> dict[str, Any]:
    now = here.stage.clock()
    return {
        "officer": "somebody-new", "organ": organ, "post": "investigator",
        "region": BY_ID[organ].region, "acts": ["*"], "starts": print_instant(now),
        "ends": print_instant(Instant(now + DAY)),
        "passkey": here.key("somebody-new").as_registered(), **other,
    }  # fmt: skip


@pytest.mark.parametrize(
    "other",
    [
        {"organ": "ha-hc"},  # the giver's own
        {"organ": "zz-police", "post": "liaison", "acts": ["read_public_log"]},
        {"post": "checker"},  # no post of a CDC
        {"acts": ["approve"]},  # no act of the post
        {"region": "420000"},
        {"days": 366},
        {"days": 0},
    ],
    ids=str,
)
def test_a_grant_beyond_the_rules_is_an_attempt(here: Posts, other: dict[str, Any]) -> None:
    if "days" in other:
        ends = Instant(here.stage.clock() + other["days"] * DAY)
        other = {"ends": print_instant(ends)}
    with pytest.raises((GrantRefused, NotAllowed)):
        here.act("ha-hc-registrar", Act.GIVE_GRANT, grant_of(here) | other)
    assert [one.act for one in here.attempts()] == ["give_grant"]


def test_who_is_no_registrar_gives_nothing(here: Posts) -> None:
    with pytest.raises(NotAllowed, match="no grant"):
        here.act("ha-hq-commander", Act.GIVE_GRANT, grant_of(here))


def test_a_passkey_is_not_slipped_in_with_a_further_grant(here: Posts) -> None:
    body = grant_of(here) | {"officer": "zz-cdc-investigator"}
    with pytest.raises(OfficeTaken):
        here.act("ha-hc-registrar", Act.GIVE_GRANT, body)
    del body["passkey"]
    here.act("ha-hq-registrar", Act.GIVE_GRANT, body)


def test_an_officer_is_of_one_organ_and_post(here: Posts) -> None:
    body = grant_of(here, "ha-cdc") | {"officer": "zz-cdc-investigator"}
    del body["passkey"]
    with pytest.raises(OfficeTaken):
        here.act("ha-hq-registrar", Act.GIVE_GRANT, body)


def test_a_new_officer_needs_a_passkey_and_a_known_organ(here: Posts) -> None:
    body = grant_of(here)
    with pytest.raises(NoSuchOffice):
        here.act("ha-hc-registrar", Act.GIVE_GRANT, body | {"organ": "zz-none"})
    del body["passkey"]
    with pytest.raises(BodyMalformed):
        here.act("ha-hc-registrar", Act.GIVE_GRANT, body)


def test_a_grant_does_not_begin_before_it_is_given(here: Posts) -> None:
    now = here.stage.clock()
    early = print_instant(Instant(now - DAY))
    here.act("ha-hc-registrar", Act.GIVE_GRANT, grant_of(here, starts=early))
    with here.stage.instance.store.read() as unit:
        [grant] = offices.grants_of(unit, "somebody-new")
    assert grant.starts == now


def test_a_grant_is_ended_once_with_a_leaf_and_never_by_its_holder(here: Posts) -> None:
    done = here.act("ha-hq-registrar", Act.END_GRANT, {"grant": "zz-cdc-investigator/0001"})
    assert done.answer == {"grant": "zz-cdc-investigator/0001"}
    with here.stage.instance.store.read() as unit:
        index = unit.index_of("instance:grant_end:zz-cdc-investigator/0001", 0)
        given = offices.grant_index(unit, "zz-cdc-investigator/0001")
        assert index is not None
        leaf, _ = parse(unit.leaves(index, index + 1)[0])
    assert (leaf.kind, leaf.answers) == (Kind.GRANT_END, given)
    with pytest.raises(OfficeTaken):
        here.act("ha-hq-registrar", Act.END_GRANT, {"grant": "zz-cdc-investigator/0001"})
    with pytest.raises(NoSuchOffice):
        here.act("ha-hq-registrar", Act.END_GRANT, {"grant": "nobody/0001"})
    with pytest.raises(GrantRefused):
        here.act("ha-hq-registrar", Act.END_GRANT, {"grant": "ha-hq-registrar/0001"})


# -- passkeys


def replacement(
    here: Posts, second: str, *, officer: str = "zz-cdc-investigator", at: int | None = None
) -> dict[str, Any]:
    """The body of a replacement that `second` signs too."""
    new = Authenticator(f"{officer}-new")
    digest = hashlib.sha256(new.credential + b"\0" + new.key).digest()
    with here.stage.instance.store.read() as unit:
        known = offices.officer(unit, officer)
    assert known is not None
    now = Instant(here.stage.clock() if at is None else at)
    signed = Replacement(officer, known.organ, digest, now).digest()
    return {
        "officer": officer, "passkey": new.as_registered(), "second": second,
        "assertion": here.key(second).sign(challenge(signed)),
    }  # fmt: skip


def test_two_registrars_of_two_organs_replace_a_lost_passkey(here: Posts) -> None:
    body = replacement(here, "ha-hc-registrar")
    here.act("ha-hq-registrar", Act.REPLACE_PASSKEY, body)
    with pytest.raises(PasskeyRefused):  # the old one is dead
        here.act("zz-cdc-investigator", Act.SEE_PROPOSAL, {"proposal": "none"})
    here.keys["zz-cdc-investigator"] = Authenticator("zz-cdc-investigator-new")
    here.propose("p-ann")


def test_a_passkey_that_no_registrar_gave_is_found_in_the_public_log(here: Posts) -> None:
    here.act("ha-hq-registrar", Act.REPLACE_PASSKEY, replacement(here, "ha-hc-registrar"))
    assert in_public(here) == []
    new = Authenticator("somebody's")
    with here.stage.instance.acting() as unit:  # by whoever reads `evidence.key`, too
        offices.add_passkey(
            unit, "zz-cdc-investigator", Passkey(new.credential, new.key), here.stage.clock(),
            nonce=bytes(NONCE_SIZE), by=offices.Signed("ha-hq"),
        )  # fmt: skip
    [found] = in_public(here)
    assert (found.word, found.what) == (Wrong.KEY_ALONE, "passkey")


def in_public(here: Posts) -> list[Finding]:
    """What anybody finds in the leaves."""
    with here.stage.instance.store.read() as unit:
        size, _ = unit.head()
        entries = unit.leaves(0, size)
    return list(audit(lambda: iter(entries), size, {}, LEAF_POSTS))


@pytest.mark.parametrize("second", ["ha-hq-registrar", "zz-hq-commander", "zz-cdc-investigator"])
def test_one_registrar_or_one_organ_replaces_no_passkey(here: Posts, second: str) -> None:
    with pytest.raises((PasskeyRefused, TwoOrgansNeeded)):
        here.act("ha-hq-registrar", Act.REPLACE_PASSKEY, replacement(here, second))
    here.propose("p-ann")  # the old one still works
    assert here.attempts()[0].act == "replace_passkey"


def test_a_second_signature_over_another_replacement_is_none(here: Posts) -> None:
    other = replacement(here, "ha-hc-registrar", officer="zz-cdc-investigator-1")
    body = replacement(here, "ha-hc-registrar") | {"assertion": other["assertion"]}
    with pytest.raises(PasskeyRefused):
        here.act("ha-hq-registrar", Act.REPLACE_PASSKEY, body)
    late = replacement(here, "ha-hc-registrar", at=here.stage.clock() - 60)
    with pytest.raises(PasskeyRefused):
        here.act("ha-hq-registrar", Act.REPLACE_PASSKEY, late)


def test_a_registrar_does_not_replace_his_own(here: Posts) -> None:
    body = replacement(here, "ha-hc-registrar", officer="ha-hq-registrar")
    with pytest.raises((TwoOrgansNeeded, NotAllowed)):
        here.act("ha-hq-registrar", Act.REPLACE_PASSKEY, body)


def test_crossed_replacements_take_the_passkeys_in_one_order(
    here: Posts, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def noted(kept: Callable[[Unit, str], Any]) -> Callable[[Unit, str], Any]:
        def ask(unit: Unit, officer: str) -> Any:
            if officer not in asked:
                asked.append(officer)
            return kept(unit, officer)

        return ask

    for name in ("passkey", "take_turn"):
        monkeypatch.setattr(offices, name, noted(getattr(offices, name)))
    orders = []
    for first, second in (FOUNDERS, FOUNDERS[::-1]):
        asked.clear()
        body = replacement(here, f"{second}-registrar")
        here.act(f"{first}-registrar", Act.REPLACE_PASSKEY, body)
        orders.append(list(asked))
        here.stage.clock.forward(1)
    assert orders[0] == orders[1] == sorted(orders[0])
    assert len(orders[0]) == len(FOUNDERS) + 1  # and whose passkey it is


# -- the roster


def shift(here: Posts, officer: str, starts: int = 30, hours: int = 8) -> dict[str, str]:
    begins = here.stage.clock() + starts * HOUR
    return {
        "officer": officer,
        "starts": print_instant(Instant(begins)),
        "ends": print_instant(Instant(begins + hours * HOUR)),
    }


def test_a_headquarters_puts_only_its_own_checkers_on_duty(here: Posts) -> None:
    for commander, organ in (("zz-hq-commander", "ha-hq"), ("ha-hq-commander", "zz-hq")):
        body = {"organ": organ, "shifts": [shift(here, f"{organ}-checker-0")]}
        with pytest.raises(NotAllowed) as refused:
            here.act(commander, Act.PUT_ROSTER, body)
        assert "F56-own-roster" in refused.value.policies
    body = {"organ": "zz-hq", "shifts": [shift(here, "ha-hq-checker-0")]}
    with pytest.raises(NoSuchOffice):
        here.act("zz-hq-commander", Act.PUT_ROSTER, body)


@pytest.mark.parametrize(("starts", "hours"), [(-1, 8), (1, 25), (1, 0)])
def test_a_shift_is_put_before_it_begins_and_lasts_a_day_at_most(
    here: Posts, starts: int, hours: int
) -> None:
    body = {"organ": "zz-hq", "shifts": [shift(here, "zz-hq-checker-0", starts, hours)]}
    with pytest.raises(BodyMalformed):
        here.act("zz-hq-commander", Act.PUT_ROSTER, body)


def test_only_a_checker_with_a_grant_is_put_on_the_roster(here: Posts) -> None:
    here.act("ha-hc-registrar", Act.END_GRANT, {"grant": "zz-hq-checker-0/0001"})
    for officer in ("zz-hq-checker-0", "zz-hq-appeal_officer"):
        body = {"organ": "zz-hq", "shifts": [shift(here, officer)]}
        with pytest.raises(BodyMalformed):
            here.act("zz-hq-commander", Act.PUT_ROSTER, body)
