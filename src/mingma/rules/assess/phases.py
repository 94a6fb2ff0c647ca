"""Phases laid one after the other without a gap."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from mingma.evidence.model import Fact
from mingma.kernel.times import HOUR, day_of, midnight
from mingma.kernel.words import Colour
from mingma.rules.assess.exposures import Exposure
from mingma.rules.assess.person import Person, recorded
from mingma.rules.ground import Ground, Phase
from mingma.rules.verdict import Span

TEST_DUE_DAYS: Final = 14  # how long the notice of a missing final test stays


def lay(
    pack: str,
    ground: Ground,
    fact: Fact,
    person: Person,
    exposure: Exposure,
    evidence: tuple[str, ...],
    only_notice: str | None,
) -> Iterable[Span]:
    """The spans of the phases, one after the other without a gap."""

    def span(colour: Colour | None, notice: str | None, starts: int, until: int | None) -> Span:
        return Span(
            pack, ground.rule, ground.id, colour, notice, starts, until, evidence,
            ground.release, ground.gives_way_to,
        )  # fmt: skip

    begin, end = 0, None
    anchors: dict[tuple[str, ...], int] = {}
    for number, phase in enumerate(ground.phases):
        anchor = recorded(phase.after, fact, person)
        if anchor is None and end is not None:
            # With no end recorded, the last day of the phase before is day 0, and stays it for
            # later phases that are counted from the same end.
            anchor = anchors.get(phase.after, end - 1)
        if anchor is None and not phase.inside:
            return
        if anchor is not None:
            anchors[phase.after] = anchor
        laid = _interval(phase, anchor or 0, fact, person, exposure, end if number else None)
        begin, end = laid
        colour, notice = phase.colour, phase.notice
        if exposure.wide and colour is Colour.RED:
            colour = Colour.YELLOW  # a scope wider than a community never gives red
        if only_notice:
            colour, notice = None, only_notice
        if end is None or end > begin:
            yield span(colour, notice, begin, end)
        if end is None:
            return
    owed = ground.final_test and not only_notice
    if owed and end is not None and not any(t.at >= begin for t in person.negatives()):
        yield span(None, "test_due", end, midnight(day_of(end - 1) + TEST_DUE_DAYS + 1))


def _interval(
    phase: Phase,
    anchor: int,
    fact: Fact,
    person: Person,
    exposure: Exposure,
    before: int | None,
) -> tuple[int, int | None]:
    """[begin, end) of a phase counted from an anchor; `before` is the end of the phase before."""
    if phase.inside:
        return exposure.starts, exposure.ends
    day0 = day_of(anchor)
    begin = before
    if begin is None:
        first = anchor if phase.first <= 1 else midnight(day0 + phase.first)
        begin = max(first, exposure.starts)
    end: int
    if phase.hours is not None:
        end = anchor + phase.hours * HOUR
    else:
        assert phase.last is not None
        end = midnight(day0 + phase.last + 1)
    stop = recorded(phase.stops, fact, person)
    if stop is not None:
        end = min(end, max(stop, begin))
    if phase.clean_reports is not None:
        end = min(end, _clean_end(day0, phase.clean_reports, person) or end)
    return begin, max(begin, end)


def _clean_end(day0: int, need: int, person: Person) -> int | None:
    """00:00 after the first `need` consecutive clean days from day 1 on."""
    run = 0
    clean = person.clean_days()
    for day in range(day0 + 1, max(clean, default=day0) + 1):
        run = run + 1 if day in clean else 0
        if run == need:
            return midnight(day + 1)
    return None


def absence(pack: str, ground: Ground, person: Person) -> Iterable[Span]:
    assert ground.absence is not None
    absence = ground.absence
    if not person.facts:
        return
    days = [day_of(f.at) for f in person.facts if f.kind == absence.kind]
    first = min(f.at for f in person.facts)
    starts = midnight(max(days) + absence.days) if days else first
    yield Span(
        pack, ground.rule, ground.id, None, ground.phases[0].notice, starts, None, (),
        ground.release,
    )  # fmt: skip
