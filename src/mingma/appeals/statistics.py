"""What organs did with appeals: counts, delays, and how often they passed them on.

By the organ that was asked, for delay and buck-passing; by the organ whose evidence was objected
to, for how often it was wrong. Pure: whoever publishes them merges small cells.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Final

from mingma.appeals.appeal import Filed, State
from mingma.appeals.ways import Way, way_of

NOBODY: Final = "–"  # no organ could be asked, or no evidence was behind it
HALF: Final = 0.5
NINE_TENTHS: Final = 0.9


@dataclass(frozen=True, slots=True)
class Counts:
    """One organ's row. Times in seconds from filing to the end, of those that have one."""

    filed: int
    open: int
    upheld: int
    rejected: int
    lapsed: int
    withdrawn: int
    handed_on: int
    passed_on: int
    median: int | None
    nine_tenths: int | None


@dataclass(frozen=True, slots=True)
class AppealStatistics:
    """By the organ asked to answer, by the organ objected to, and by how it was filed.

    `by_way` counts them as requests to convert a code were counted (`ways`); `re_marks` are
    decisions for the worse within a shield.
    """

    by_asked: Mapping[str, Counts]
    by_maker: Mapping[str, Counts]
    by_channel: Mapping[str, Counts]
    by_way: Mapping[Way, int]
    helped: int
    re_marks: int = 0


def statistics(filed: Iterable[Filed], at: int) -> AppealStatistics:
    """The statistics of those filed up to an instant, as they stood at it."""
    known = [_as_of(one, at) for one in filed if one.appeal.opened_at <= at]
    return AppealStatistics(
        by_asked=_rows(((one.asked_of_at(at) or NOBODY, one) for one in known), at),
        by_maker=_rows(((one.appeal.maker or NOBODY, one) for one in known), at),
        by_channel=_rows(((one.appeal.channel, one) for one in known), at),
        by_way=_ways(known, at),
        helped=sum(one.appeal.helper is not None for one in known),
    )


def _ways(filed: Iterable[Filed], at: int) -> dict[Way, int]:
    counts = dict.fromkeys(Way, 0)
    for one in filed:
        counts[way_of(one, at)] += 1
    return counts


def _as_of(one: Filed, at: int) -> Filed:
    """An appeal with what was on record by an instant."""
    return Filed(appeal=one.appeal, events=tuple(event for event in one.events if event.at <= at))


def _rows(named: Iterable[tuple[str, Filed]], at: int) -> dict[str, Counts]:
    groups: dict[str, list[Filed]] = {}
    for name, one in named:
        groups.setdefault(name, []).append(one)
    return {name: _counts(groups[name], at) for name in sorted(groups)}


def _counts(group: Sequence[Filed], at: int) -> Counts:
    states = [one.state_at(at) for one in group]
    ends = ((one.ended_at(at), one.appeal.opened_at) for one in group)
    times = sorted(ended - opened for ended, opened in ends if ended is not None)
    return Counts(
        filed=len(group),
        open=states.count(State.OPEN),
        upheld=states.count(State.UPHELD),
        rejected=states.count(State.REJECTED),
        lapsed=states.count(State.LAPSED),
        withdrawn=states.count(State.WITHDRAWN),
        handed_on=sum(one.hand_overs() for one in group),
        passed_on=sum(one.passes_at(at) for one in group),
        median=_quantile(times, HALF),
        nine_tenths=_quantile(times, NINE_TENTHS),
    )


def _quantile(times: Sequence[int], part: float) -> int | None:
    """The smallest time that this part of them does not exceed."""
    return times[max(0, ceil(part * len(times)) - 1)] if times else None
