"""Approving: the exact digest, in the state there is, by another, in time, row by row."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mingma.authority.approval import (
    HASTE_WINDOW,
    LONGEST_HASTE,
    Approval,
    ApprovalRaced,
    ApprovalStale,
    ApprovalSwapped,
    HasteRefused,
    NotAnother,
    NotDrawn,
    Standing,
    approve,
    check_haste,
    lapsed,
    matter,
    opened,
)
from mingma.authority.matters import Status
from mingma.authority.organs import Level, Organ
from mingma.authority.posts import Officer, Post
from mingma.authority.roster import PATIENCE, Drawn
from mingma.kernel.times import DAY, HOUR, Instant
from tests.unit.authority.proposals import CDC, CITY, COMMISSION, NOW, PROVINCE, proposal, row

SOON = Instant(NOW + 60)


def drawn(
    officer: str = "checker", organ: Organ = CITY, until: int = NOW + PATIENCE
) -> list[Drawn]:
    return [Drawn(Officer(officer, organ.id, Post.CHECKER), organ, 0, Instant(until), 20)]


def word(
    standing: Standing,
    officer: str = "checker",
    organ: Organ = CITY,
    refused: frozenset[bytes] = frozenset(),
    at: Instant = SOON,
) -> Approval:
    return Approval(standing.proposal.digest, standing.state, officer, organ, refused, at)


FEW = opened(proposal(3), 3, appellant=False)
MANY = opened(proposal(100), 100, appellant=False)


def test_one_approval_is_enough_for_ninety_nine() -> None:
    done = approve(FEW, word(FEW), drawn(), SOON)
    assert done.status is Status.APPROVED
    assert done.rows == FEW.proposal.rows
    assert done.state != FEW.state


def test_a_hundred_need_the_province_too() -> None:
    first = approve(MANY, word(MANY), drawn(), SOON)
    assert first.status is Status.FIRST
    second = approve(first, word(first, "p", PROVINCE), drawn("p", PROVINCE), SOON)
    assert second.status is Status.APPROVED
    assert [one.organ.id for one in second.approvals] == ["zz-hq", "ha-hq"]


@pytest.mark.parametrize(("eligible", "status"), [(19, Status.FIRST), (20, Status.APPROVED)])
def test_a_city_s_checker_among_fewer_than_twenty_needs_the_province_too(
    eligible: int, status: Status
) -> None:
    lot = [replace(one, eligible=eligible) for one in drawn()]
    first = approve(FEW, word(FEW), lot, SOON)
    assert first.status is status
    assert first.approvals[0].eligible == eligible
    assert first.second_needed is (status is Status.FIRST)
    if first.second_needed:
        done = approve(first, word(first, "p", PROVINCE), drawn("p", PROVINCE), SOON)
        assert done.status is Status.APPROVED


def test_the_province_s_own_checker_among_fewer_than_twenty_needs_one_below_it_too() -> None:
    lot = [replace(one, eligible=1) for one in drawn("p", PROVINCE)]
    first = approve(FEW, word(FEW, "p", PROVINCE), lot, SOON)
    assert first.status is Status.FIRST
    lot = [replace(one, eligible=1) for one in drawn("q", PROVINCE)]
    with pytest.raises(NotAnother):  # two of the province are not two of two levels
        approve(first, word(first, "q", PROVINCE), lot, SOON)
    assert approve(first, word(first), drawn(), SOON).status is Status.APPROVED
    twenty = drawn("p", PROVINCE)
    assert approve(FEW, word(FEW, "p", PROVINCE), twenty, SOON).status is Status.APPROVED


def test_somebody_who_objected_lately_needs_the_province_too() -> None:
    standing = opened(proposal(1), 1, appellant=True)
    assert approve(standing, word(standing), drawn(), SOON).status is Status.FIRST


def test_either_of_two_who_are_asked_at_once_is_the_first_and_the_other_completes_it() -> None:
    both = drawn() + drawn("p", PROVINCE)
    first = approve(MANY, word(MANY, "p", PROVINCE), both, SOON)
    assert first.status is Status.FIRST
    with pytest.raises(ApprovalRaced):
        approve(first, word(MANY), both, SOON)  # who did not see the first
    second = approve(first, word(first), both, SOON)
    assert second.status is Status.APPROVED
    assert [one.organ.id for one in second.approvals] == ["ha-hq", "zz-hq"]


def test_any_one_of_those_who_are_asked_at_once_decides_while_his_turn_lasts() -> None:
    three = drawn("a") + drawn("b") + drawn("c", until=SOON)
    for officer in "ab":
        assert approve(FEW, word(FEW, officer), three, SOON).status is Status.APPROVED
    with pytest.raises(NotDrawn):
        approve(FEW, word(FEW, "c"), three, SOON)


@pytest.mark.parametrize(
    ("officer", "organ"),
    [
        ("checker", PROVINCE),
        ("other", CITY),
        ("other", replace(CITY, id="zz-hq-2")),
        ("other", replace(CITY, id="kf-hq", level=Level.COUNTY)),
        ("other", replace(PROVINCE, id="ha-cdc", kind=CDC.kind)),
    ],
)
def test_the_second_approval_is_another_persons_of_another_higher_organ(
    officer: str, organ: Organ
) -> None:
    first = approve(MANY, word(MANY), drawn(), SOON)
    with pytest.raises(NotAnother):
        approve(first, word(first, officer, organ), drawn(officer, organ), SOON)


def test_two_organs_of_one_level_are_not_enough() -> None:
    first = approve(MANY, word(MANY, organ=PROVINCE), drawn(organ=PROVINCE), SOON)
    other = replace(PROVINCE, id="ha-hq-2")
    with pytest.raises(NotAnother):
        approve(first, word(first, "p", other), drawn("p", other), SOON)


@pytest.mark.parametrize(
    ("officer", "organ"),
    [("investigator-1", CITY), ("other", CDC), ("other", COMMISSION)],
)
def test_the_maker_his_organ_and_his_line_approve_nothing(officer: str, organ: Organ) -> None:
    with pytest.raises(NotAnother):
        approve(FEW, word(FEW, officer, organ), drawn(officer, organ), SOON)


def test_a_swapped_proposal_is_refused() -> None:
    other = opened(proposal(4), 4, appellant=False)
    with pytest.raises(ApprovalSwapped):
        approve(FEW, word(other), drawn(), SOON)


def test_refusing_rows_that_are_not_there_is_refused() -> None:
    with pytest.raises(ApprovalSwapped):
        approve(FEW, word(FEW, refused=frozenset({row(99).digest()})), drawn(), SOON)


def test_an_approval_given_twice_counts_once() -> None:
    first = approve(MANY, word(MANY), drawn(), SOON)
    with pytest.raises(ApprovalRaced):
        approve(first, word(MANY), drawn(), SOON)
    done = approve(FEW, word(FEW), drawn(), SOON)
    with pytest.raises(ApprovalRaced):
        approve(done, word(FEW), drawn(), SOON)
    with pytest.raises(ApprovalRaced):
        approve(done, word(done), drawn(), SOON)


def test_of_two_racing_approvals_the_second_is_refused() -> None:
    mine = word(MANY)
    theirs = word(MANY, "p", PROVINCE)
    first = approve(MANY, mine, drawn(), SOON)
    with pytest.raises(ApprovalRaced):
        approve(first, theirs, drawn("p", PROVINCE), SOON)


def test_an_approval_for_another_sum_of_the_same_proposal_is_still_of_its_state() -> None:
    recounted = replace(MANY, people=99)
    assert approve(recounted, word(MANY), drawn(), SOON).status is Status.APPROVED


@pytest.mark.parametrize(
    ("at", "now"),
    [(SOON, NOW + DAY), (NOW - 1, SOON), (SOON, SOON - 1)],
)
def test_a_stale_back_dated_or_future_approval_is_refused(at: int, now: int) -> None:
    late = drawn(until=NOW + 2 * DAY)
    with pytest.raises(ApprovalStale):
        approve(FEW, word(FEW, at=Instant(at)), late, Instant(now))


def test_only_who_was_drawn_approves_and_within_ten_minutes() -> None:
    with pytest.raises(NotDrawn):
        approve(FEW, word(FEW), drawn("somebody else"), SOON)
    with pytest.raises(NotDrawn):
        approve(FEW, word(FEW), drawn(organ=PROVINCE), SOON)
    with pytest.raises(NotDrawn):
        approve(FEW, word(FEW), drawn(until=SOON), SOON)


def test_one_bad_row_does_not_hold_the_others() -> None:
    bad = MANY.proposal.rows[7].digest()
    first = approve(MANY, word(MANY, refused=frozenset({bad})), drawn(), SOON)
    assert len(first.rows) == 99
    also = first.proposal.rows[8].digest()
    second = approve(
        first, word(first, "p", PROVINCE, frozenset({also})), drawn("p", PROVINCE), SOON
    )
    assert second.status is Status.APPROVED
    assert len(second.rows) == 98
    assert {bad, also} == second.refused


def test_a_proposal_of_which_every_row_is_refused_is_void() -> None:
    every = frozenset(one.digest() for one in FEW.proposal.rows)
    void = approve(FEW, word(FEW, refused=every), drawn(), SOON)
    assert void.status is Status.VOID
    assert void.rows == ()
    with pytest.raises(ApprovalRaced):
        approve(void, word(void), drawn(), SOON)


def test_a_proposal_nobody_decided_lapses_by_itself() -> None:
    assert not lapsed(FEW, Instant(NOW + DAY - 1))
    assert lapsed(FEW, Instant(NOW + DAY))
    assert not lapsed(approve(FEW, word(FEW), drawn(), SOON), Instant(NOW + DAY))


def test_what_a_checker_signs_covers_all_he_says() -> None:
    said = word(FEW)
    changes: list[dict[str, object]] = [
        {"proposal": bytes(32)},
        {"seen": bytes(32)},
        {"officer": "x"},
        {"organ": PROVINCE},
        {"refused": frozenset({row(1).digest()})},
        {"at": Instant(SOON + 1)},
    ]
    digests = {replace(said, **change).digest() for change in changes}  # type: ignore[arg-type]
    assert len(digests | {said.digest()}) == len(changes) + 1


def test_the_policies_see_the_proposal_as_it_stands() -> None:
    first = approve(MANY, word(MANY), drawn(), SOON)
    seen = matter(first, ground_sufficient=True, end_by_rule=True, shielded=False)
    assert (seen.made.status, seen.people, seen.worsens) == (Status.FIRST, 100, True)
    assert (seen.first, seen.first_organ, seen.first_level) == ("checker", "zz-hq", "city")
    assert seen.second_organ is None
    assert seen.made.digest == MANY.proposal.digest.hex()
    second = approve(first, word(first, "p", PROVINCE), drawn("p", PROVINCE), SOON)
    done = matter(second, ground_sufficient=True, end_by_rule=True, shielded=False)
    assert done.second_organ == "ha-hq"
    new = matter(FEW, ground_sufficient=False, end_by_rule=False, shielded=True)
    assert (new.first, new.ground_sufficient, new.shielded) == (None, False, True)


# --- the emergency path --------------------------------------------------------------------------


def test_the_emergency_path_lasts_seventy_two_hours_at_most() -> None:
    assert check_haste([], NOW, Instant(NOW + LONGEST_HASTE)) == NOW + 72 * HOUR
    for ends in (NOW + LONGEST_HASTE + 1, NOW, NOW - 1):
        with pytest.raises(HasteRefused, match="term"):
            check_haste([], NOW, Instant(ends))


def test_the_fourth_in_thirty_days_is_refused() -> None:
    two = [Instant(NOW - HASTE_WINDOW + 1), Instant(NOW - DAY)]
    check_haste(two, NOW, Instant(NOW + 1))
    with pytest.raises(HasteRefused, match="often"):
        check_haste([*two, NOW], NOW, Instant(NOW + 1))
    check_haste([*two, Instant(NOW - HASTE_WINDOW)], NOW, Instant(NOW + 1))
