"""An officer's session: which signatures are in it, and what she is told of her key.

Controls broken to see these fail: the comparison of the word, the end, that a later session ends
the one before, the counter, the freshness, the search for the digest, and the kept uses.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest

from mingma.authority.acts import Act
from mingma.authority.posts import Post
from mingma.authority.proposal import challenge
from mingma.flows import offices
from mingma.flows.officer_session import LIFETIME, NotInSession, SessionOver, beginning_digest
from mingma.flows.passkey_uses import MOST, PasskeyCloned, Use, uses_of
from mingma.flows.signed_act import FRESH, ActReplayed, ActStale, SignedAct, act_digest
from mingma.kernel.canonical import canonical
from mingma.kernel.times import HOUR, Instant, print_instant
from mingma.records import Passkey, PasskeyRefused
from tests.authenticators import Authenticator
from tests.flows.test_perform_act import roster
from tests.posts import Posts

OFFICER = "zz-hq-commander"


def sign_in(here: Posts, session: str, number: int = 0, officer: str = OFFICER) -> SignedAct:
    """A roster signed by an officer's own key in a session of this word."""
    at, body = here.stage.clock(), roster(here, f"zz-hq-checker-{number}")
    nonce = f"by-an-exported-key-{next(here.nonces)}"
    asked = challenge(act_digest(Act.PUT_ROSTER, officer, at, nonce, body, session))
    by = here.key(officer).sign(asked)
    return SignedAct(Act.PUT_ROSTER, officer, at, nonce, body, by, session)


def uses(here: Posts, officer: str = OFFICER) -> list[Use]:
    with here.stage.instance.store.read() as unit:
        return uses_of(unit, officer)


@pytest.mark.parametrize("word", ["", "A" * 43])
def test_a_signature_without_its_session_s_word_is_a_public_attempt(here: Posts, word: str) -> None:
    since = print_instant(here.stage.clock())
    here.session(OFFICER)
    with pytest.raises(NotInSession) as refused:
        here.stage.instance.perform(sign_in(here, word))
    assert refused.value.details == {"since": since}
    [attempt] = here.attempts()
    assert (attempt.organ, attempt.policies) == ("zz-hq", ("session.another",))


def test_before_the_first_session_nothing_is_done(here: Posts) -> None:
    here.give("zz-hq-commander-9", "zz-hq", Post.COMMANDER)
    with pytest.raises(NotInSession, match="–"):
        here.stage.instance.perform(sign_in(here, "", officer="zz-hq-commander-9"))


def test_another_s_session_is_none_of_one_s_own(here: Posts) -> None:
    with pytest.raises(NotInSession):
        here.stage.instance.perform(sign_in(here, here.session("ha-hq-commander")))


def test_a_later_session_ends_the_one_before(here: Posts) -> None:
    first = here.session(OFFICER)
    second = here.begin(OFFICER)
    with pytest.raises(NotInSession):
        here.stage.instance.perform(sign_in(here, first))
    here.stage.instance.perform(sign_in(here, second.session, 1))


def test_a_session_lasts_twelve_hours_and_its_end_is_no_attempt(here: Posts) -> None:
    begun = here.begin(OFFICER)
    assert begun.ends == here.stage.clock() + LIFETIME
    assert LIFETIME == 12 * HOUR
    here.stage.clock.now = Instant(begun.ends - 1)
    here.stage.instance.perform(sign_in(here, begun.session))
    here.stage.clock.now = begun.ends
    before = uses(here)
    with pytest.raises(SessionOver):
        here.stage.instance.perform(sign_in(here, begun.session, 1))
    assert not here.attempts()
    assert uses(here) == before


def test_the_word_is_kept_nowhere_and_its_digest_is_signed(here: Posts) -> None:
    begun = here.begin(OFFICER)
    signed = sign_in(here, begun.session)
    here.stage.instance.perform(signed)
    name = hashlib.sha256(b"mingma/session/1\0" + begun.session.encode()).hexdigest()
    with here.stage.instance.store.read() as unit:
        kept = [*unit.records("session"), *unit.records("act"), *unit.records("passkey_use")]
    assert not [one for one in kept if begun.session.encode() in one.body]
    [act] = [one for one in kept if one.id == signed.digest().hex()]
    assert name.encode() in act.body
    assert begun.session not in repr(signed)


def test_beginning_tells_what_the_key_signed_newest_first(here: Posts) -> None:
    begun = here.begin(OFFICER)
    signed = sign_in(here, begun.session)
    here.stage.instance.perform(signed)
    here.stage.clock.forward(60)
    told = here.begin(OFFICER).uses
    assert [one.act for one in told[:2]] == ["put_roster", "begin_session"]
    assert (told[0].id, told[0].at) == (signed.digest().hex(), here.stage.clock() - 60)
    assert told[0].session == told[1].session != ""


def test_uses_of_a_replaced_passkey_are_told_too_and_no_more_than_so_many(here: Posts) -> None:
    for _ in range(MOST + 1):
        here.begin(OFFICER)
    assert len(here.begin(OFFICER).uses) == MOST
    newest = uses(here)[0]
    old, new = here.session(OFFICER), Authenticator("new")
    with here.stage.instance.acting() as unit:
        offices.add_passkey(
            unit, OFFICER, Passkey(new.credential, new.key), here.stage.clock(),
            nonce=b"n" * 32, by=offices.Signed("ha-hq"),
        )  # fmt: skip
    here.keys[OFFICER] = new
    with pytest.raises(NotInSession):  # begun with the passkey before it
        here.stage.instance.perform(sign_in(here, old))
    assert newest in here.begin(OFFICER).uses


def test_a_second_registrar_is_told_what_he_signed(here: Posts) -> None:
    here.give("zz-cdc-new", "zz-cdc", Post.INVESTIGATOR)
    giver, second = ("ha-hq-registrar", "ha-hc-registrar")
    told = {one.act for one in uses(here, second)} | {one.act for one in uses(here, giver)}
    assert {"give_grant", "second/give_grant"} <= told


def test_a_copied_key_of_a_second_registrar_signs_nothing_and_he_and_the_public_are_told(
    here: Posts,
) -> None:
    second = "ha-hq-registrar"
    here.give("zz-cdc-new", "zz-cdc", Post.INVESTIGATOR)
    here.key(second).count, last = 1, here.key(second).count  # the other copy is behind
    with pytest.raises(PasskeyCloned):
        here.give("zz-cdc-newer", "zz-cdc", Post.INVESTIGATOR)
    assert (uses(here, second)[0].act, uses(here, second)[0].refused) == (
        "second/give_grant", "passkey.cloned",
    )  # fmt: skip
    [attempt] = here.attempts()
    assert (attempt.act, attempt.policies) == ("give_grant", ("F03-passkey",))
    with here.stage.instance.store.read() as unit:
        assert offices.officer(unit, "zz-cdc-newer") is None
    here.key(second).count = last
    here.give("zz-cdc-newest", "zz-cdc", Post.INVESTIGATOR)


def test_what_a_second_registrar_signed_counts_for_his_own_acts(here: Posts) -> None:
    second = "ha-hq-registrar"
    here.session(second)
    here.give("zz-cdc-new", "zz-cdc", Post.INVESTIGATOR)
    here.key(second).count -= 1  # a copy that did not see this signature
    with pytest.raises(PasskeyCloned):
        here.act(second, Act.END_GRANT, {"grant": "zz-cdc-new/0001"})


def test_a_copied_key_begins_no_session_and_its_owner_and_the_public_are_told(here: Posts) -> None:
    here.begin(OFFICER)
    here.key(OFFICER).count = 0
    with pytest.raises(PasskeyCloned):
        here.begin(OFFICER)
    assert (uses(here)[0].act, uses(here)[0].refused) == ("begin_session", "passkey.cloned")
    [attempt] = here.attempts()
    assert (attempt.act, attempt.policies) == ("begin_session", ("F03-passkey",))


def test_a_beginning_counts_fresh_once_and_by_one_s_own_key(here: Posts) -> None:
    asked = here.beginning(OFFICER)
    for late in (-FRESH - 1, FRESH + 1):
        with pytest.raises(ActStale):
            here.stage.instance.begin_session(replace(asked, at=Instant(asked.at + late)))
    for changed in ({"nonce": "another-nonce-of-its-own"}, {"officer": "ha-hq-commander"}):
        with pytest.raises(PasskeyRefused):
            here.stage.instance.begin_session(replace(asked, **changed))  # type: ignore[arg-type]
    with pytest.raises(PasskeyRefused):
        here.stage.instance.begin_session(replace(asked, officer="nobody-at-all"))
    here.stage.instance.begin_session(asked)
    again = here.key(OFFICER).sign(challenge(asked.digest()))
    with pytest.raises(ActReplayed):
        here.stage.instance.begin_session(replace(asked, assertion=again))


def test_the_digest_of_a_beginning_is_the_one_the_format_says() -> None:
    whole = canonical({"at": 5, "nonce": "n", "officer": "o"})
    wanted = hashlib.sha256(b"mingma/begin-session/1\0" + whole).digest()
    assert beginning_digest("o", Instant(5), "n") == wanted
