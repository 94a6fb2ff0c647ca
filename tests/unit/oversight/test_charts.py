"""The charts: a burst, a drip, tourists under a named case, appeals that fall."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from mingma.oversight.background import BIN
from mingma.oversight.charts import other_province, overturned, without_case
from mingma.oversight.cusum import count_score, step
from mingma.oversight.events import Marked
from mingma.oversight.signal import MOST_LEAVES, Detector
from tests.unit.oversight.making import DAY, FITTED, HOUR, answer, mark


def burst(count: int = 1317, seconds: int = HOUR, **other: object) -> list[Marked]:
    return [mark(n * seconds / count, leaf=n, **other) for n in range(count)]  # type: ignore[arg-type]


def test_a_burst_without_a_case_is_seen_within_ten_minutes_and_once() -> None:
    [signal] = without_case(burst(), FITTED)
    assert signal.detector is Detector.WITHOUT_CASE
    assert signal.about == "4101"
    assert signal.at - burst()[0].at <= 10 * 60
    assert signal.figures["marks"] == len(signal.leaves) < 50
    assert signal.leaves == tuple(range(len(signal.leaves)))


def test_as_many_under_a_named_case_are_no_alarm() -> None:
    marks = burst(case="case-7", outside=True)
    assert list(without_case(marks, FITTED)) == []
    assert list(other_province(marks, FITTED)) == []


def test_a_mark_a_day_without_a_case_is_no_alarm_in_a_year() -> None:
    assert list(without_case([mark(day * DAY) for day in range(365)], FITTED)) == []


def test_a_second_burst_after_two_quiet_days_speaks_again() -> None:
    second = [replace(one, at=one.at + 2 * DAY) for one in burst()]
    assert len(list(without_case([*burst(), *second], FITTED))) == 2


def test_each_city_has_a_chart_of_its_own() -> None:
    marks = [replace(one, city=f"{4101 + n}") for n, one in enumerate(burst(12))]
    assert list(without_case(marks, FITTED)) == []
    assert [one.about for one in without_case(burst(11, 600), FITTED)] == []
    assert [one.about for one in without_case(burst(12, 600), FITTED)] == ["4101"]


@given(st.lists(st.integers(0, 4000), max_size=60))
def test_the_sum_over_empty_bins_is_the_one_of_a_bin_at_a_time(bins: list[int]) -> None:
    threshold = FITTED.thresholds.without_case
    marks = [mark(at * BIN) for at in bins]
    score, total, spoke, expected = count_score(FITTED.background), 0.0, False, []
    for at in range(min(bins, default=0), max(bins, default=-1) + 1):
        total = min(float(step(total, score.of(float(bins.count(at))))), 2 * threshold)
        spoke = spoke and total > 0
        if total > threshold and not spoke:
            spoke = True
            expected.append(marks[0].at // BIN + at - bins[0])
    assert [one.at // BIN for one in without_case(marks, FITTED)] == expected


def test_outsiders_without_a_case_are_seen_and_locals_are_not() -> None:
    [signal] = other_province(burst(40, DAY, outside=True), FITTED)
    assert signal.figures == {"of": 4, "found": 4, "sum": signal.figures["sum"],
                              "seconds": signal.figures["seconds"]}  # fmt: skip
    assert list(other_province(burst(200, DAY), FITTED)) == []


def test_one_in_twelve_from_elsewhere_is_lawful() -> None:
    marks = [mark(n * HOUR, outside=n % 12 == 0) for n in range(2000)]
    assert list(other_province(marks, FITTED)) == []


def test_an_organ_whose_marks_fall_on_appeal_is_named_with_the_leaves_objected_to() -> None:
    answers = [answer(n * HOUR, overturned=True, leaf=100 + n) for n in range(60)]
    [signal] = overturned(answers, FITTED)
    assert signal.about == "zz-cdc"
    assert signal.figures["found"] == signal.figures["of"] == 4
    assert signal.leaves == (100, 101, 102, 103)
    assert list(overturned([replace(one, overturned=n % 10 == 0)
                            for n, one in enumerate(answers)], FITTED)) == []  # fmt: skip


def test_a_signal_names_the_last_fifty_leaves_it_rests_on() -> None:
    # A drip that pulls the sum up slowly rests on many.
    drip = [mark(n * HOUR, outside=n % 3 != 0, leaf=n) for n in range(300)]
    for signal in other_province(drip, FITTED):
        assert len(signal.leaves) <= MOST_LEAVES
        assert signal.id.startswith("oversight.other_province/4101/2022-")
