"""The three charts: marks without a case, the share of other provinces, overturned appeals.

The share chart reads only marks that name no case or area: an outbreak among tourists brings many
of other provinces, lawfully, and would drown it. It sees nobody in a list of locals; overturned
appeals do (ACCOUNTABILITY section 6, the table). No chart reads volume.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

from mingma.oversight.background import BIN
from mingma.oversight.cusum import Chart, YesNoScore, count_score, yes_no_score
from mingma.oversight.events import Answered, Marked, grouped
from mingma.oversight.fitted import Fitted
from mingma.oversight.signal import Detector, Figures, Signal, named

Event = TypeVar("Event", Marked, Answered)


def without_case(marks: Iterable[Marked], fitted: Fitted) -> Iterator[Signal]:
    """CUSUM of a city's marks that name no case or area."""
    for city, own in grouped(lambda mark: mark.city, _unnamed(marks)):
        yield from _counted(city, own, fitted)


def other_province(marks: Iterable[Marked], fitted: Fitted) -> Iterator[Signal]:
    """Bernoulli CUSUM of people of other provinces among a city's marks without a case."""
    usual = fitted.background
    score = yes_no_score(usual.other_province, usual.attacked_share)
    for city, own in grouped(lambda mark: mark.city, _unnamed(marks)):
        threshold = fitted.thresholds.other_province
        yield from _shared(
            Detector.OTHER_PROVINCE, city, own, [one.outside for one in own], score, threshold
        )


def overturned(answers: Iterable[Answered], fitted: Fitted) -> Iterator[Signal]:
    """Bernoulli CUSUM of an organ's acts that fell among those appealed against."""
    usual = fitted.background
    score = yes_no_score(usual.overturned, usual.attacked_overturned)
    for organ, own in grouped(lambda one: one.organ, answers):
        threshold = fitted.thresholds.overturned
        yield from _shared(
            Detector.OVERTURNED, organ, own, [one.overturned for one in own], score, threshold
        )


def _counted(city: str, own: Sequence[Marked], fitted: Fitted) -> Iterator[Signal]:
    score = count_score(fitted.background)
    chart = Chart(fitted.thresholds.without_case)
    since: list[Marked] = []  # the marks since the sum was last zero
    before, after = None, 0.0
    bins: dict[int, list[Marked]] = defaultdict(list)
    for mark in own:
        bins[mark.at // BIN].append(mark)
    for at, marks in bins.items():
        # (1) The bins in which nothing was: the same score each.
        empty = at - before - 1 if before is not None else 0
        chart.sum = after
        chart.see(empty * score.of(0.0))
        if chart.sum == 0.0:
            since.clear()
        # (2) This bin, mark by mark: it speaks as soon as the count so far is too high.
        start = chart.sum
        for count, mark in enumerate(marks, 1):
            since.append(mark)
            chart.sum = start
            if chart.see(score.of(float(count))):
                figures: Figures = {"marks": len(since), "sum": f"{chart.sum:.1f}", **_over(since)}
                leaves = named([one.leaf for one in since])
                yield Signal(Detector.WITHOUT_CASE, city, mark.at, figures, leaves)
        before, after = at, chart.sum


def _shared(
    detector: Detector,
    about: str,
    own: Sequence[Event],
    yes: Sequence[bool],
    score: YesNoScore,
    threshold: float,
) -> Iterator[Signal]:
    chart = Chart(threshold)
    start = 0  # of the events since the sum was last zero
    for index, (event, said) in enumerate(zip(own, yes, strict=True)):
        speaks = chart.see(score.of(said))
        if chart.sum == 0.0:
            start = index + 1
        if speaks:
            since = own[start : index + 1]
            hits = sum(yes[start : index + 1])
            figures: Figures = {
                "of": len(since),
                "found": hits,
                "sum": f"{chart.sum:.1f}",
                **_over(since),
            }
            yield Signal(detector, about, event.at, figures, named([one.leaf for one in since]))


def _over(events: Sequence[Event]) -> Figures:
    return {"seconds": events[-1].at - events[0].at}


def _unnamed(marks: Iterable[Marked]) -> Iterator[Marked]:
    return (mark for mark in marks if mark.case is None)
