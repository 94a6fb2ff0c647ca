"""The tests: one case, one week of batches, the shield, a laboratory, an hour of refusals."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from mingma.oversight.events import Attempted, Cleared, FirstUse, LaboratoryDay, Proposed, Signed
from mingma.oversight.excess import excess
from mingma.oversight.signal import Detector
from mingma.oversight.tails import (
    attempts,
    attempts_of_days,
    contacts_per_case,
    first_use,
    positivity,
    recoloured,
    structuring,
)
from tests.unit.oversight.making import DAY, FITTED, HOUR, MINUTE, after, mark


def test_a_hundred_people_of_one_case_are_lawful_and_the_next_one_speaks() -> None:
    marks = [mark(n, case="case-7", leaf=n) for n in range(101)]
    assert list(contacts_per_case(marks[:100], FITTED)) == []
    [signal] = contacts_per_case(marks, FITTED)
    assert signal.figures["people"] == 101
    assert signal.at == marks[100].at
    assert "case-7" not in repr(signal)


def test_marks_of_many_cases_or_of_none_are_not_counted_together() -> None:
    many = [mark(n, case=f"case-{n % 3}") for n in range(300)]
    assert list(contacts_per_case(many, FITTED)) == []
    assert list(contacts_per_case([mark(n) for n in range(300)], FITTED)) == []


@pytest.mark.parametrize(("people", "speaks"), [(79, 0), (80, 1), (99, 1), (100, 0)])
def test_batches_just_under_a_hundred_speak_from_the_second_on(people: int, speaks: int) -> None:
    batches = [Proposed(after(n * HOUR), "zz-cdc", people, n) for n in range(14)]
    found = list(structuring(batches, FITTED))
    assert len(found) == speaks
    if speaks:
        assert found[0].at == after(HOUR)
        assert found[0].leaves == (0, 1)


def test_one_large_batch_among_lawful_ones_is_nothing() -> None:
    batches = [Proposed(after(n), "zz-cdc", 95 if n == 5 else 7) for n in range(200)]
    assert list(structuring(batches, FITTED)) == []


def test_a_mark_an_hour_after_clearing_speaks() -> None:
    cleared = [Cleared(after(n), "zz-cdc", n == 3, n) for n in range(10)]
    [signal] = recoloured(cleared, FITTED)
    assert signal.figures == {"cleared": 10, "again": 1, "chance": signal.figures["chance"]}
    assert signal.leaves == (3,)
    assert (
        list(recoloured([Cleared(after(n), "zz-cdc", False, n) for n in range(10)], FITTED)) == []
    )


def used(hours: float, people: int = 1, *, by_hand: bool = False, maker: str = "m") -> FirstUse:
    made = after(hours * HOUR)
    return FirstUse(made, "zz-cdc", maker, after(0), by_hand, people, int(hours), 1000)


def test_a_mark_by_hand_on_the_day_of_the_first_grant_speaks_and_names_the_grant() -> None:
    [signal] = first_use([used(1), used(23, by_hand=True), used(23.5, 300)], FITTED)
    assert (signal.detector, signal.about) == (Detector.FIRST_USE, "zz-cdc")
    assert signal.at == after(23 * HOUR)
    assert signal.figures["hours"] == 23
    assert signal.leaves == (1, 23, 1000)
    assert list(first_use([used(24, 300, by_hand=True)], FITTED)) == []


def test_a_bulk_on_the_day_of_the_first_grant_speaks_however_it_is_split() -> None:
    lawful = [used(n, 6) for n in range(10)]
    assert list(first_use(lawful, FITTED)) == []
    [signal] = first_use([*lawful, used(11, 2)], FITTED)
    assert signal.figures["people"] == 62
    assert float(str(signal.figures["chance"])) < 0.01
    two = [used(n, 6, maker=f"m-{n % 2}") for n in range(20)]
    assert list(first_use(two, FITTED)) == []  # of one maker, never of several together


def laboratory(name: str, days: int, samples: int, positives: int) -> list[LaboratoryDay]:
    return [LaboratoryDay(after(day * DAY), name, samples, positives) for day in range(days)]


def test_a_laboratory_that_never_finds_anybody_is_seen_after_five_thousand_samples() -> None:
    # 50,000 samples and nobody, where one in a thousand is ill.
    honest = laboratory("lab-1", 50, 1000, 1) + laboratory("lab-2", 50, 1000, 1)
    found = list(positivity([*honest, *laboratory("lab-3", 50, 1000, 0)], FITTED))
    assert {one.about for one in found} == {"lab-3"}
    assert found[0].at == after(4 * DAY)
    assert found[0].figures["samples"] == 5000
    assert float(str(found[0].figures["chance"])) < 0.01
    assert len(found) == 10


def test_a_laboratory_that_makes_positives_is_seen() -> None:
    honest = laboratory("lab-1", 5, 1000, 1) + laboratory("lab-2", 5, 1000, 1)
    assert [
        one.about for one in positivity([*honest, *laboratory("lab-3", 5, 1000, 4)], FITTED)
    ] == ["lab-3"]


def test_alone_or_among_others_that_find_nobody_nothing_is_said() -> None:
    assert list(positivity(laboratory("lab-1", 50, 1000, 0), FITTED)) == []
    every = [one for n in range(3) for one in laboratory(f"lab-{n}", 50, 1000, 0)]
    assert list(positivity(every, FITTED)) == []


def test_1317_refusals_in_an_hour_are_an_alarm_by_themselves() -> None:
    refused = [Attempted(after(n * 2), "zz-social", 1, n) for n in range(1317)]
    [signal] = attempts(refused, FITTED)
    assert signal.about == "zz-social"
    assert signal.figures["refused"] == signal.figures["people_at_least"] == 1317
    assert signal.at - refused[0].at < MINUTE


def test_one_refused_list_of_a_thousand_is_an_alarm() -> None:
    [signal] = attempts([Attempted(after(0), "zz-social", 1000, 4)], FITTED)
    assert signal.leaves == (4,)


def test_a_slip_now_and_then_is_no_alarm() -> None:
    refused = [Attempted(after(n * DAY / 2), "zz-cdc", 1, n) for n in range(100)]
    assert list(attempts(refused, FITTED)) == []
    assert list(attempts_of_days(refused, FITTED)) == []


def test_the_public_leaves_alone_show_a_day_of_refusals() -> None:
    refused = [Attempted(after(0), "zz-social", 1, n) for n in range(20)]
    [signal] = attempts_of_days(refused, FITTED)
    p = stats.poisson.sf(19, FITTED.background.attempts_an_hour * 24)
    assert float(str(signal.figures["chance"])) == pytest.approx(float(p), rel=0.1)


@given(st.integers(0, 50), st.integers(0, 50))
def test_more_marks_than_records_are_an_incident_and_nothing_else_is(
    records: int, marks: int
) -> None:
    found = list(excess([Signed(after(0), "lab-1", "test", records, marks)]))
    assert bool(found) is (marks > records)
    for signal in found:
        assert signal.incident
        assert signal.detector is Detector.RECONCILIATION
        assert signal.about == "lab-1/test"
