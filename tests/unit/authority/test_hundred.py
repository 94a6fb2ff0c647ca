"""The hundredth person: 24-hour sums by maker, organ, clause and case."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mingma.authority.hundred import HUNDRED, WINDOW, Counted, counted, second_needed, sums
from mingma.authority.organs import Line
from mingma.authority.proposal import Maker
from mingma.kernel.times import Instant
from tests.unit.authority.proposals import NOW, proposal

NAMES = st.sampled_from(["a", "b", "c"])
EARLIER = st.lists(
    st.builds(
        Counted,
        at=st.integers(NOW - 2 * WINDOW, NOW + 3).map(Instant),
        maker=NAMES,
        organ=NAMES,
        clause=st.sampled_from([bytes(32), bytes([1] * 32)]),
        case=st.sampled_from([None, "case-1", "case-2"]),
        people=st.integers(0, 120),
    ),
    max_size=30,
)


@given(earlier=EARLIER, case=st.sampled_from([None, "case-1"]), count=st.integers(1, 120))
def test_the_sum_is_what_a_slow_count_second_by_second_gives(
    earlier: list[Counted], case: str | None, count: int
) -> None:
    own = proposal(count, maker=Maker("a", "b", Line.HEALTH), case=case)
    found = sums(own, earlier)
    inside = set(range(NOW - WINDOW + 1, NOW + 1))

    def slow(name: str, mine: object) -> int:
        same = [o for o in earlier if getattr(o, name) == mine and mine is not None]
        return count + sum(one.people for one in same if one.at in inside)

    assert found.maker == slow("maker", "a")
    assert found.organ == slow("organ", "b")
    assert found.clause == slow("clause", bytes(32))
    assert found.case == slow("case", case)
    assert found.largest == max(found.maker, found.organ, found.clause, found.case) >= count


@given(
    sizes=st.lists(st.integers(1, 99), min_size=2, max_size=14),
    gaps=st.lists(st.integers(0, WINDOW // 20), min_size=14, max_size=14),
)
def test_splitting_a_list_helps_nobody(sizes: list[int], gaps: list[int]) -> None:
    made: list[Counted] = []
    at, second = int(NOW), []
    for size, gap in zip(sizes, gaps, strict=False):
        at += gap
        one = proposal(size, at=Instant(at))
        second.append(second_needed(sums(one, made).largest, appellant=False))
        made.append(counted(one))
    running = [sum(sizes[: n + 1]) >= HUNDRED for n in range(len(sizes))]
    assert second == running


@pytest.mark.parametrize("name", ["maker", "organ", "clause", "case"])
def test_each_of_the_four_measures_counts_alone(name: str) -> None:
    own = counted(proposal(1))
    stranger = Counted(NOW, "x", "y", bytes([9] * 32), "z", 99)
    assert sums(proposal(1), [stranger]).largest == 1
    same = replace(stranger, **{name: getattr(own, name)})
    assert sums(proposal(1), [same]).largest == HUNDRED


def test_two_proposals_without_a_case_are_not_of_one_case() -> None:
    stranger = Counted(NOW, "x", "y", bytes([9] * 32), None, 99)
    assert sums(proposal(1, case=None), [stranger]).largest == 1


def test_ninety_nine_need_one_approval_and_a_hundred_two() -> None:
    assert not second_needed(99, appellant=False)
    assert second_needed(100, appellant=False)
    assert second_needed(1, appellant=True)


def test_the_window_is_a_day_to_the_second() -> None:
    just_in = replace(counted(proposal(99)), at=Instant(NOW - WINDOW + 1))
    just_out = replace(just_in, at=Instant(NOW - WINDOW))
    assert sums(proposal(1), [just_in]).largest == 100
    assert sums(proposal(1), [just_out]).largest == 1


def test_what_a_laboratory_confirmed_does_not_count() -> None:
    assert sums(proposal(150, laboratory=51), []).largest == 99
