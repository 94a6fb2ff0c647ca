"""The lot: everybody eligible equally likely, the same for whoever draws it, never the maker's."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mingma.authority.organs import Line
from mingma.authority.posts import Post
from mingma.authority.proposal import Maker
from mingma.authority.roster import (
    PATIENCE,
    NobodyEligible,
    RosterGap,
    Shift,
    Stage,
    check_roster,
    draw,
    eligible,
    seed,
)
from mingma.kernel.times import DAY, HOUR, Instant
from tests.unit.authority.proposals import (
    CDC,
    CITY,
    ELSEWHERE,
    NOW,
    PROVINCE,
    checkers,
    proposal,
)

ROOT = bytes(32)
ONE = Stage()
FULL = checkers(CITY, 14) + checkers(PROVINCE, 10)


def root(number: int) -> bytes:
    return hashlib.sha256(number.to_bytes(8, "big")).digest()


def chosen(number: int, roster: list[Shift], stage: Stage = ONE) -> str:
    one = proposal()
    return draw(seed(root(number), one.digest), roster, one, stage, NOW, NOW).officer.id


def test_everybody_eligible_is_equally_likely() -> None:
    draws = 6_000
    count = Counter(chosen(number, FULL) for number in range(draws))
    expected = draws / len(FULL)
    chi_squared = sum((count[s.officer.id] - expected) ** 2 / expected for s in FULL)
    # 23 degrees of freedom: above 49.7 once in a thousand. The roots are fixed, so is the result.
    assert chi_squared < 49.7
    assert set(count) == {shift.officer.id for shift in FULL}


def test_a_grinding_maker_cannot_choose_without_the_root() -> None:
    one = proposal()
    digest = one.digest
    drawn = {draw(seed(root(n), digest), FULL, one, ONE, NOW, NOW).officer.id for n in range(300)}
    assert len(drawn) > 20


@given(order=st.permutations(range(len(FULL))), number=st.integers(0, 2**32))
def test_the_lot_is_the_same_for_whoever_draws_it(order: list[int], number: int) -> None:
    assert chosen(number, [FULL[n] for n in order]) == chosen(number, FULL)


@settings(max_examples=60)
@given(
    number=st.integers(0, 2**32),
    line=st.sampled_from(list(Line)),
    organ=st.sampled_from(["zz-hq", "ha-hq", "zz-cdc"]),
    officer=st.sampled_from(["zz-hq-checker-00", "ha-hq-checker-03", "investigator-1"]),
    minutes=st.integers(0, 300),
)
def test_the_lot_never_falls_on_the_makers_person_organ_or_line(
    number: int, line: Line, organ: str, officer: str, minutes: int
) -> None:
    one = proposal(maker=Maker(officer, organ, line))
    at = Instant(NOW + minutes * 60)
    try:
        drawn = draw(seed(root(number), one.digest), FULL, one, ONE, NOW, at)
    except NobodyEligible:
        assert line is Line.HEADQUARTERS
        return
    assert drawn.officer.id != officer
    assert drawn.organ.id != organ
    assert drawn.organ.line is not line


def test_only_checkers_on_duty_whose_organ_covers_the_region_are_eligible() -> None:
    one = proposal()
    good = checkers(CITY, 1)[0]
    investigator = replace(good, officer=replace(good.officer, id="x", post=Post.INVESTIGATOR))
    visitor = replace(good, officer=replace(good.officer, id="y", organ="zz-cdc"))
    off_duty = checkers(PROVINCE, 1, starts=NOW + 1)[0]
    over = checkers(PROVINCE, 2, ends=NOW)[1]
    others = [investigator, visitor, off_duty, over, *checkers(ELSEWHERE, 3), *checkers(CDC, 3)]
    assert eligible([*others, good], one, NOW, ONE) == [good]
    assert eligible([*others, good, good], one, NOW, ONE) == [good]


def test_of_two_approvals_the_first_is_the_citys_and_the_second_the_provinces() -> None:
    one = proposal()
    first = eligible(FULL, one, NOW, Stage(two=True))
    assert {shift.organ.id for shift in first} == {"zz-hq"}
    second = eligible(FULL, one, NOW, Stage(two=True, first=CITY))
    assert {shift.organ.id for shift in second} == {"ha-hq"}
    assert {shift.organ.id for shift in eligible(FULL, one, NOW, ONE)} == {"zz-hq", "ha-hq"}


def test_with_nobody_below_the_province_the_first_is_the_provinces_and_the_second_is_not() -> None:
    province = checkers(PROVINCE, 3)
    assert len(eligible(province, proposal(), NOW, Stage(two=True))) == 3
    assert eligible(province, proposal(), NOW, Stage(two=True, first=PROVINCE)) == []


def test_a_silent_checker_is_passed_over_after_ten_minutes() -> None:
    one = proposal()
    lot = seed(ROOT, one.digest)
    first = draw(lot, FULL, one, ONE, NOW, Instant(NOW + PATIENCE - 1))
    second = draw(lot, FULL, one, ONE, NOW, Instant(NOW + PATIENCE))
    assert (first.round, second.round) == (0, 1)
    assert first.until == NOW + PATIENCE
    assert first.officer != second.officer


def test_who_was_silent_comes_again_only_after_everybody_else() -> None:
    one, roster = proposal(), checkers(CITY, 5)
    lot = seed(ROOT, one.digest)
    turns = [
        draw(lot, roster, one, ONE, NOW, Instant(NOW + n * PATIENCE)).officer.id for n in range(15)
    ]
    for start in (0, 5, 10):
        assert len(set(turns[start : start + 5])) == 5


def test_the_night_shift_takes_over_by_itself() -> None:
    one = proposal()
    day = checkers(CITY, 4, ends=NOW + PATIENCE)
    night = checkers(PROVINCE, 4, starts=NOW + PATIENCE)
    lot = seed(ROOT, one.digest)
    assert draw(lot, day + night, one, ONE, NOW, NOW).organ == CITY
    assert draw(lot, day + night, one, ONE, NOW, Instant(NOW + PATIENCE)).organ == PROVINCE


def test_an_hour_without_anybody_is_waited_out() -> None:
    one, later = proposal(), checkers(CITY, 3, starts=NOW + HOUR)
    lot = seed(ROOT, one.digest)
    with pytest.raises(NobodyEligible):
        draw(lot, later, one, ONE, NOW, Instant(NOW + HOUR - 1))
    assert draw(lot, later, one, ONE, NOW, Instant(NOW + HOUR)).round == 6


def test_nobody_is_asked_after_the_proposal_lapsed() -> None:
    one, roster = proposal(), checkers(CITY, 3, ends=NOW + 30 * DAY)
    lot = seed(ROOT, one.digest)
    last = draw(lot, roster, one, ONE, NOW, one.lapses)
    assert draw(lot, roster, one, ONE, NOW, Instant(NOW + 20 * DAY)) == last


def test_a_short_roster_is_said_to_be_short() -> None:
    one = proposal()
    lot = seed(ROOT, one.digest)
    assert draw(lot, checkers(CITY, 19), one, ONE, NOW, NOW).short
    twenty = draw(lot, checkers(CITY, 20), one, ONE, NOW, NOW)
    assert not twenty.short
    assert twenty.eligible == 20


def test_the_second_approval_has_a_lot_of_its_own() -> None:
    digest = proposal().digest
    assert seed(ROOT, digest) != seed(ROOT, digest, second=True)
    assert seed(ROOT, digest) != seed(root(1), digest)
    with pytest.raises(ValueError, match="32 bytes"):
        seed(b"", digest)


def test_a_roster_without_a_gap_passes_and_one_with_a_gap_names_it() -> None:
    day = checkers(CITY, 2, starts=NOW, ends=NOW + 12 * HOUR)
    night = checkers(CITY, 1, starts=NOW + 12 * HOUR, ends=NOW + 24 * HOUR)
    check_roster([*night, *day], NOW, Instant(NOW + 24 * HOUR))
    with pytest.raises(RosterGap, match="2022-06-13T14:00:00"):
        check_roster(day, NOW, Instant(NOW + 24 * HOUR))
    with pytest.raises(RosterGap):
        check_roster(night, NOW, Instant(NOW + 24 * HOUR))
    late = [replace(night[0], starts=Instant(NOW + 12 * HOUR + 1))]
    with pytest.raises(RosterGap):
        check_roster([*day, *late], NOW, Instant(NOW + 24 * HOUR))
