"""The lot: everybody eligible equally likely, the same for whoever draws it, never the maker's."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mingma.authority.organs import Level, Line
from mingma.authority.posts import Post
from mingma.authority.proposal import Maker, Proposal
from mingma.authority.roster import (
    AT_ONCE,
    PATIENCE,
    Drawn,
    NobodyEligible,
    Shift,
    Stage,
    draw,
    eligible,
    gap,
    on_roster,
    seed,
    stages,
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


def first_of(
    lot: bytes, roster: list[Shift], one: Proposal, stage: Stage, asked: Instant, at: Instant
) -> Drawn:
    """Of those whose turn it is the one with the smallest hash."""
    return draw(lot, roster, one, stage, asked, at)[0]


def chosen(number: int, roster: list[Shift], stage: Stage = ONE) -> str:
    one = proposal()
    return first_of(seed(root(number), one.digest), roster, one, stage, NOW, NOW).officer.id


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
    drawn = {
        first_of(seed(root(n), digest), FULL, one, ONE, NOW, NOW).officer.id for n in range(300)
    }
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
        drawn = first_of(seed(root(number), one.digest), FULL, one, ONE, NOW, at)
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


def organs(roster: list[Shift], stage: Stage) -> set[str]:
    return {shift.organ.id for shift in eligible(roster, proposal(), NOW, stage)}


def test_of_two_lots_one_is_for_the_city_and_one_for_the_province() -> None:
    city, province = stages(two=True, first=None)
    assert organs(FULL, city) == {"zz-hq"}
    assert organs(FULL, province) == {"ha-hq"}
    [only] = stages(two=False, first=None)
    assert organs(FULL, only) == {"zz-hq", "ha-hq"}


def test_whoever_was_first_the_other_lot_goes_on_as_it_was() -> None:
    one, at = proposal(), Instant(NOW + PATIENCE)
    city, province = stages(two=True, first=None)
    [after_the_city] = stages(two=True, first=CITY)
    [after_the_province] = stages(two=True, first=PROVINCE)
    for open_, done in ((province, after_the_city), (city, after_the_province)):
        assert open_.high is done.high
        lot = seed(ROOT, one.digest, high=done.high)
        assert draw(lot, FULL, one, open_, NOW, at) == draw(lot, FULL, one, done, NOW, at)


def test_with_nobody_below_the_province_both_are_drawn_there_and_one_level_is_not_enough() -> None:
    province = checkers(PROVINCE, 3)
    nation = checkers(replace(PROVINCE, id="cn-hq", level=Level.NATIONAL, region="000000"), 2)
    for stage in stages(two=True, first=None):
        assert organs(province, stage) == {"ha-hq"}
    [after] = stages(two=True, first=PROVINCE)
    assert organs(province, after) == set()
    assert organs(province + nation, after) == {"cn-hq"}


def test_the_first_round_asks_one_and_every_later_one_three_others() -> None:
    one = proposal()
    lot = seed(ROOT, one.digest)
    turns = [draw(lot, FULL, one, ONE, NOW, Instant(NOW + n * PATIENCE)) for n in range(8)]
    assert [len(turn) for turn in turns] == [1] + 7 * [AT_ONCE]
    asked = [each.officer.id for turn in turns for each in turn]
    assert len(set(asked)) == len(asked)
    assert {each.until for each in turns[2]} == {NOW + 3 * PATIENCE}


def test_one_accomplice_among_twenty_is_asked_before_another_decides_as_often_as_is_said() -> None:
    roster, one, nights, silent = checkers(CITY, 20), proposal(), 3_000, 0.3
    accomplice, first, reached = roster[7].officer.id, 0, 0.0
    for night in range(nights):
        lot, chance = seed(root(night), one.digest), 1.0
        for number in range(3):
            at = Instant(NOW + number * PATIENCE)
            turn = [each.officer.id for each in draw(lot, roster, one, ONE, NOW, at)]
            if accomplice in turn:
                first += number == 0
                reached += chance  # everybody asked before him was silent
                break
            chance *= silent ** len(turn)
    assert abs(first / nights - 1 / 20) < 0.01
    assert abs(reached / nights - 0.096) < 0.015


def test_a_silent_checker_is_passed_over_after_ten_minutes() -> None:
    one = proposal()
    lot = seed(ROOT, one.digest)
    first = first_of(lot, FULL, one, ONE, NOW, Instant(NOW + PATIENCE - 1))
    second = first_of(lot, FULL, one, ONE, NOW, Instant(NOW + PATIENCE))
    assert (first.round, second.round) == (0, 1)
    assert first.until == NOW + PATIENCE
    assert first.officer != second.officer


def test_who_was_silent_comes_again_only_after_everybody_else() -> None:
    one, roster = proposal(), checkers(CITY, 5)
    lot = seed(ROOT, one.digest)
    asked: list[str] = []
    for n in range(7):
        at = Instant(NOW + n * PATIENCE)
        asked += [each.officer.id for each in draw(lot, roster, one, ONE, NOW, at)]
    assert len(asked) == 1 + 6 * AT_ONCE
    for start in (0, 5, 10):
        assert len(set(asked[start : start + 5])) == 5


def test_the_night_shift_takes_over_by_itself() -> None:
    one = proposal()
    day = checkers(CITY, 4, ends=NOW + PATIENCE)
    night = checkers(PROVINCE, 4, starts=NOW + PATIENCE)
    lot = seed(ROOT, one.digest)
    assert first_of(lot, day + night, one, ONE, NOW, NOW).organ == CITY
    assert first_of(lot, day + night, one, ONE, NOW, Instant(NOW + PATIENCE)).organ == PROVINCE


def test_an_hour_without_anybody_is_waited_out() -> None:
    one, later = proposal(), checkers(CITY, 3, starts=NOW + HOUR)
    lot = seed(ROOT, one.digest)
    with pytest.raises(NobodyEligible):
        first_of(lot, later, one, ONE, NOW, Instant(NOW + HOUR - 1))
    assert first_of(lot, later, one, ONE, NOW, Instant(NOW + HOUR)).round == 6


def test_nobody_is_asked_after_the_proposal_lapsed() -> None:
    one, roster = proposal(), checkers(CITY, 3, ends=NOW + 30 * DAY)
    lot = seed(ROOT, one.digest)
    last = first_of(lot, roster, one, ONE, NOW, one.lapses)
    assert first_of(lot, roster, one, ONE, NOW, Instant(NOW + 20 * DAY)) == last


def test_a_short_roster_is_said_to_be_short() -> None:
    one = proposal()
    lot = seed(ROOT, one.digest)
    assert first_of(lot, checkers(CITY, 19), one, ONE, NOW, NOW).short
    twenty = first_of(lot, checkers(CITY, 20), one, ONE, NOW, NOW)
    assert not twenty.short
    assert twenty.eligible == 20


def test_the_province_has_a_lot_of_its_own() -> None:
    digest = proposal().digest
    assert seed(ROOT, digest) != seed(ROOT, digest, high=True)
    assert seed(ROOT, digest) != seed(root(1), digest)
    with pytest.raises(ValueError, match="32 bytes"):
        seed(b"", digest)


def test_a_roster_without_a_gap_passes_and_one_with_a_gap_names_it() -> None:
    day = checkers(CITY, 2, starts=NOW, ends=NOW + 12 * HOUR)
    night = checkers(CITY, 1, starts=NOW + 12 * HOUR, ends=NOW + 24 * HOUR)
    end = Instant(NOW + 24 * HOUR)
    assert gap([*night, *day], NOW, end) is None
    assert gap(day, NOW, end) == NOW + 12 * HOUR
    assert gap(night, NOW, end) == gap([], NOW, end) == NOW
    late = [replace(night[0], starts=Instant(NOW + 12 * HOUR + 1))]
    assert gap([*day, *late], NOW, end) == NOW + 12 * HOUR


def test_the_province_s_checkers_serve_a_city_and_not_the_other_way_round() -> None:
    both = [*checkers(CITY, 3), *checkers(PROVINCE, 2), *checkers(ELSEWHERE, 4)]
    assert (on_roster(both, CITY, NOW), on_roster(both, PROVINCE, NOW)) == (5, 2)
    assert on_roster(both, CITY, Instant(NOW + 8 * HOUR)) == 0
    assert on_roster([*both, *both], CITY, NOW) == 5
