"""Grants: dated, by another organ, ending by themselves; the ceremony; a lost passkey."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mingma.authority.acts import Act
from mingma.authority.grants import (
    CeremonyOver,
    GrantRefused,
    Replacement,
    TwoOrgansNeeded,
    check_grant,
    check_replacement,
    end_grant,
    hold_ceremony,
)
from mingma.authority.posts import (
    LONGEST_GRANT,
    Grant,
    Officer,
    Post,
    granted,
    grants_in_force,
)
from mingma.kernel.times import DAY, HOUR, Instant
from tests.unit.authority.proposals import COMMISSION, NOW, ORGANS

OFFICER = Officer("investigator-1", "zz-cdc", Post.INVESTIGATOR)
GRANT = Grant(
    "g1", "investigator-1", Post.INVESTIGATOR, "zz-cdc", "410100",
    frozenset({Act.PROPOSE_MARK, Act.SEE_RECORD}), NOW, Instant(NOW + 30 * DAY),
    "registrar-1", "zz-hq",
)  # fmt: skip


def test_a_grant_holds_from_its_start_until_just_before_its_end() -> None:
    assert not GRANT.in_force(Instant(NOW - 1))
    assert GRANT.in_force(NOW)
    assert GRANT.in_force(Instant(GRANT.ends - 1))
    assert not GRANT.in_force(GRANT.ends)


def test_a_grant_that_was_ended_holds_no_longer() -> None:
    ended = end_grant(GRANT, Officer("registrar-2", "zz-hc", Post.REGISTRAR), Instant(NOW + HOUR))
    assert grants_in_force([ended], Instant(NOW + HOUR)) == ()
    assert grants_in_force([ended], Instant(NOW + HOUR - 1)) == (ended,)
    later = end_grant(ended, Officer("r", "zz-hc", Post.REGISTRAR), Instant(NOW + 2 * HOUR))
    assert later.ended == NOW + HOUR


def test_nobody_ends_his_own_grant_by_himself() -> None:
    with pytest.raises(GrantRefused, match="self"):
        end_grant(GRANT, OFFICER, NOW)


def test_a_grant_covers_its_officer_post_organ_acts_and_region() -> None:
    assert granted([GRANT], OFFICER, Act.PROPOSE_MARK, "410102", NOW) is GRANT
    assert granted([GRANT], OFFICER, Act.APPROVE, "410102", NOW) is None
    assert granted([GRANT], OFFICER, Act.PROPOSE_MARK, "410202", NOW) is None
    assert granted([GRANT], OFFICER, Act.PROPOSE_MARK, "410102", GRANT.ends) is None
    changes: list[dict[str, object]] = [{"id": "x"}, {"organ": "y"}, {"post": Post.CHECKER}]
    for change in changes:
        other = replace(OFFICER, **change)  # type: ignore[arg-type]
        assert granted([GRANT], other, Act.PROPOSE_MARK, "410102", NOW) is None


def test_of_several_grants_the_one_that_ends_last_is_named() -> None:
    longer = replace(GRANT, id="g0", ends=Instant(GRANT.ends + 1))
    assert granted([longer, GRANT], OFFICER, Act.SEE_RECORD, "410100", NOW) is longer


def test_a_grant_as_it_should_be_is_given() -> None:
    assert check_grant(GRANT, ORGANS) is GRANT
    year = replace(GRANT, ends=Instant(NOW + LONGEST_GRANT))
    assert check_grant(year, ORGANS) is year


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"given_by": "investigator-1"}, "self"),
        ({"given_by_organ": "zz-cdc"}, "own_organ"),
        ({"ends": NOW}, "term"),
        ({"ends": Instant(NOW + LONGEST_GRANT + 1)}, "term"),
        ({"post": Post.CHECKER}, "post"),
        ({"acts": frozenset({Act.APPROVE})}, "acts"),
        ({"acts": frozenset()}, "acts"),
        ({"region": "410000"}, "region"),
        ({"region": "420100"}, "region"),
        ({"organ": "zz-police", "post": Post.LIAISON}, "empty_row"),
        ({"organ": "nowhere"}, "organ"),
        ({"given_by_organ": "nowhere"}, "organ"),
    ],
)
def test_a_grant_that_may_not_be_given_says_why(change: dict[str, object], why: str) -> None:
    with pytest.raises(GrantRefused) as refused:
        check_grant(replace(GRANT, **change), ORGANS)  # type: ignore[arg-type]
    assert refused.value.details["why"] == why


# --- the ceremony --------------------------------------------------------------------------------

FOUNDERS = [Officer("hq-r", "zz-hq", Post.REGISTRAR), Officer("hc-r", "zz-hc", Post.REGISTRAR)]


def first(officer: str, organ: str, by: str, by_organ: str) -> Grant:
    return Grant(
        f"first-{officer}", officer, Post.REGISTRAR, organ, "410100", frozenset({Act.GIVE_GRANT}),
        NOW, Instant(NOW + 365 * DAY), by, by_organ,
    )  # fmt: skip


FIRST = [first("hq-r", "zz-hq", "hc-r", "zz-hc"), first("hc-r", "zz-hc", "hq-r", "zz-hq")]


def test_two_organs_grant_each_others_registrars_on_an_empty_list() -> None:
    assert hold_ceremony([], FOUNDERS, FIRST, ORGANS) == tuple(FIRST)


def test_the_ceremony_is_held_once_even_after_the_grants_ended() -> None:
    with pytest.raises(CeremonyOver):
        hold_ceremony([replace(FIRST[0], ended=NOW)], FOUNDERS, FIRST, ORGANS)


def test_one_organ_or_two_of_one_line_hold_no_ceremony() -> None:
    with pytest.raises(TwoOrgansNeeded):
        hold_ceremony([], FOUNDERS[:1], FIRST, ORGANS)
    sister = replace(COMMISSION, id="kf-hc")
    same_line = [FOUNDERS[1], Officer("kf-r", "kf-hc", Post.REGISTRAR)]
    crosswise = [first("hc-r", "zz-hc", "kf-r", "kf-hc"), first("kf-r", "kf-hc", "hc-r", "zz-hc")]
    with pytest.raises(TwoOrgansNeeded):
        hold_ceremony([], same_line, crosswise, ORGANS | {"kf-hc": sister})


def test_each_of_the_two_organs_grants_something() -> None:
    with pytest.raises(TwoOrgansNeeded):
        hold_ceremony([], FOUNDERS, FIRST[:1], ORGANS)


def test_the_ceremony_makes_registrars_only() -> None:
    more = replace(FIRST[0], acts=frozenset({Act.GIVE_GRANT, Act.HOLD_CEREMONY}))
    with pytest.raises(GrantRefused, match="acts"):
        hold_ceremony([], FOUNDERS, [more, FIRST[1]], ORGANS)
    checker = replace(FIRST[0], post=Post.CHECKER, acts=frozenset({Act.APPROVE}), officer="checker")
    with pytest.raises(GrantRefused, match="acts"):
        hold_ceremony([], FOUNDERS, [checker, *FIRST], ORGANS)


def test_a_founder_does_not_grant_himself_nor_sign_for_the_other_organ() -> None:
    own = replace(FIRST[0], given_by="hq-r", given_by_organ="zz-hq")
    with pytest.raises(GrantRefused, match="self"):
        hold_ceremony([], FOUNDERS, [own, *FIRST], ORGANS)
    with pytest.raises(GrantRefused):
        hold_ceremony([], FOUNDERS, [replace(FIRST[0], given_by="stranger"), FIRST[1]], ORGANS)


# --- a lost passkey ------------------------------------------------------------------------------

NEW_KEY = Replacement("investigator-1", "zz-cdc", bytes(32), NOW)


def test_registrars_of_two_organs_replace_a_passkey() -> None:
    assert check_replacement(NEW_KEY, FOUNDERS) is NEW_KEY


@pytest.mark.parametrize(
    "signers",
    [
        [],
        FOUNDERS[:1],
        [FOUNDERS[0], replace(FOUNDERS[0], id="hq-r2")],
        [FOUNDERS[0], replace(FOUNDERS[1], post=Post.INVESTIGATOR)],
        [*FOUNDERS, Officer("investigator-1", "zz-cdc", Post.REGISTRAR)],
    ],
)
def test_fewer_than_two_organs_or_the_officer_himself_replace_none(signers: list[Officer]) -> None:
    with pytest.raises(TwoOrgansNeeded):
        check_replacement(NEW_KEY, signers)


def test_both_registrars_sign_the_very_key() -> None:
    other = replace(NEW_KEY, key_digest=bytes([1] * 32))
    assert other.digest() != NEW_KEY.digest()
    assert replace(NEW_KEY, officer="x").digest() != NEW_KEY.digest()
    assert replace(NEW_KEY, at=Instant(NOW + 1)).digest() != NEW_KEY.digest()
    assert replace(NEW_KEY, organ="x").digest() != NEW_KEY.digest()
