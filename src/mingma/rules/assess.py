"""The plain definition of every rule: facts and an instant in, a verdict out.

Written to be read beside RULES; `rules/columnar.py` says the same as SQL and a test holds the two
equal. Knows nothing of decisions, logs or who asks.

What is known at the instant: facts and recorded ends later than it do not count yet, so asking
again about a past instant gives the past answer.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final

import msgspec

from mingma.evidence.areas.matching import AreaMatch
from mingma.evidence.channels import KINDS
from mingma.evidence.model import Fact
from mingma.kernel.times import DAY, HOUR, day_of, midnight
from mingma.kernel.words import Colour
from mingma.rules.conditions import matcher
from mingma.rules.ground import Area, Ground, Negatives, Other, Phase, Report, Since, Stay
from mingma.rules.pack import Pack
from mingma.rules.verdict import Span, Verdict

STATED_DAYS: Final = 14  # a level an organ states on an open stay holds for days 0–14
TEST_DUE_DAYS: Final = 14  # how long the notice of a missing final test stays
FEVER: Final = 37.3  # °C, from the published rules


MatchArea = Callable[[str | None, str | None], Sequence[AreaMatch]]


def no_areas(_region: str | None, _place: str | None) -> Sequence[AreaMatch]:
    """No area list: only what organs state counts."""
    return ()


class Rulebook:
    """Packs made ready: which grounds to ask for a fact of each kind."""

    def __init__(self, packs: Sequence[Pack]) -> None:
        self.packs = tuple(packs)
        self.by_kind: dict[str, list[tuple[str, Ground, Callable[[Fact], bool]]]] = {}
        self.absences: list[tuple[str, Ground]] = []
        for pack in packs:
            for ground in pack.grounds:
                if ground.absence is not None:
                    self.absences.append((pack.id, ground))
                elif ground.when is not None:
                    entry = (pack.id, ground, matcher(ground.when))
                    self.by_kind.setdefault(ground.when.kind, []).append(entry)
        self.refs = tuple(pack.ref for pack in packs)


def assess(
    book: Rulebook,
    subject: str,
    facts: Iterable[Fact],
    at: int,
    areas: MatchArea = no_areas,
    stale: Collection[str] = (),
) -> Verdict:
    """The verdict on one subject at an instant, from her own facts only.

    `areas` matches a region and place to listings; `stale` are kinds whose channel is too old.
    """
    # (1) What was known by then, less what was withdrawn.
    known = [f for fact in facts if (f := as_known(fact, at)) is not None]
    withdrawn = {fact.data.of for fact in known if fact.kind == "withdrawal"}  # type: ignore[union-attr]
    person = _Person(at, [f for f in known if f.id not in withdrawn or f.kind == "withdrawal"])

    # (2) Each live fact against each ground of its kind.
    spans: set[Span] = set()
    for fact in person.facts:
        for pack, ground, meets in book.by_kind.get(fact.kind, ()):
            if meets(fact):
                spans.update(_spans(pack, ground, fact, person, areas))
    for pack, ground in book.absences:
        spans.update(_absence(pack, ground, person))

    # (3) What is live or still to come; nothing known is neither green nor red.
    ahead = sorted((s for s in spans if s.until is None or s.until > at), key=_order)
    blind = bool(known) and all(f.id in withdrawn or f.kind in stale for f in known)
    return Verdict(subject, at, book.refs, tuple(ahead), known=not blind)


def _order(span: Span) -> tuple[str, str, int, str, tuple[str, ...]]:
    return span.pack, span.ground, span.starts, span.colour or span.notice or "", span.evidence


@cache
def _instants(kind: str) -> tuple[str, ...]:
    """The recorded instants in a kind's data that may lie after the instant asked about."""
    ends = ("isolation_started_at", "isolation_ended_at", "discharged_at", "excluded_at")
    return tuple(name for name in ends if name in KINDS[kind].__struct_fields__)


def as_known(fact: Fact, at: int) -> Fact | None:
    """The fact as it stood at an instant: None before anybody knew it, later ends left out."""
    if fact.at > at or (fact.recorded_at is not None and fact.recorded_at > at):
        return None
    if fact.kind == "test" and fact.data.reported_at > at:  # type: ignore[union-attr]
        return None
    later = {
        name: None
        for name in _instants(fact.kind)
        if (value := getattr(fact.data, name)) is not None and value > at
    }
    if later:
        fact = msgspec.structs.replace(fact, data=msgspec.structs.replace(fact.data, **later))
    if fact.until is not None and fact.until > at:
        fact = msgspec.structs.replace(fact, until=None)
    return fact


@dataclass(slots=True)
class _Person:
    """One subject's live facts at the instant, and what is asked of them more than once."""

    at: int
    facts: list[Fact]
    _released: dict[str, int] | None = None
    _negatives: list[Fact] | None = None
    _positives: list[int] = field(default_factory=list)
    _clean: set[int] | None = None

    def released(self, id: str) -> int | None:
        """When the first release order for a fact was given."""
        if self._released is None:
            self._released = {}
            for fact in sorted(self.facts, key=lambda f: -f.at):
                if fact.kind == "release":
                    self._released[fact.data.of] = fact.at  # type: ignore[union-attr]
        return self._released.get(id)

    def negatives(self) -> list[Fact]:
        """PCR negatives in order of sampling; own positives are noted beside."""
        if self._negatives is None:
            tests: list[Any] = [f for f in self.facts if f.kind == "test"]
            negative = [t for t in tests if t.data.result == "negative" and t.data.assay == "pcr"]
            self._negatives = sorted(negative, key=lambda t: t.at)
            self._positives = [
                t.at for t in tests if t.data.result == "positive" and t.data.tube != "mixed"
            ]
        return self._negatives

    def positive_between(self, first: int, last: int) -> bool:
        """Whether an own positive was sampled strictly between two instants."""
        return any(first < at < last for at in self._positives)

    def reports(self) -> list[Any]:
        """Daily reports that no later one corrects."""
        reports: list[Any] = [f for f in self.facts if f.kind == "daily_report"]
        corrected = {report.data.corrects for report in reports}
        return [report for report in reports if report.id not in corrected]

    def clean_days(self) -> set[int]:
        """Local days with a daily report and none that is unclean."""
        if self._clean is None:
            reports = self.reports()
            unclean = {day_of(r.at) for r in reports if not _clean(r)}
            self._clean = {day_of(r.at) for r in reports} - unclean
        return self._clean


def _clean(report: Any) -> bool:
    data = report.data
    hot = data.temperature is not None and data.temperature >= FEVER
    return not (data.symptoms or hot or data.high_area_stay or data.overseas)


@dataclass(frozen=True, slots=True)
class _Exposure:
    """What a ground on areas is about: when listing and stay meet, and whether by county row."""

    starts: int
    ends: int | None
    wide: bool


def _spans(
    pack: str, ground: Ground, fact: Fact, person: _Person, areas: MatchArea
) -> Iterable[Span]:
    # (1) What ended is over: exclusion, a release order, tests, reports, leaving.
    if not ground.counts_exclusion and getattr(fact.data, "excluded_at", None) is not None:
        return
    anchored = any("released" in phase.after for phase in ground.phases)
    if not anchored and person.released(fact.id) is not None:
        return
    anchor = _recorded(ground.phases[0].after, fact, person)
    start = fact.at if anchor is None else anchor
    if any(_ended(one, fact, start, person) for one in ground.negatives):
        return
    if any(_reported(one, fact, person) for one in ground.reports) or _left(ground, fact, person):
        return

    # (2) Company: other facts that must or must not be there, and a mark's own evidence.
    if any(_others(other, fact, start, person) for other in ground.unless):
        return
    company: set[str] = set()
    for other in ground.needs:
        found = _others(other, fact, start, person)
        if not found:
            return
        company.update(found)
    notice = None
    if fact.kind == "mark":
        counted = _counted(ground, fact, person)
        if not counted:
            return
        company.update(f.id for f in counted)
        notice = _only_notice({f.kind for f in counted})

    # (3) The phases, once for each time a listed place and the stay meet.
    evidence = (fact.id, *sorted(company))
    for exposure in _exposures(ground.area, fact, person.at, areas):
        yield from _lay(pack, ground, fact, person, exposure, evidence, notice)


def _recorded(names: Sequence[str], fact: Fact, person: _Person) -> int | None:
    """The first of the named instants that is recorded."""
    for name in names:
        if name == "released":
            value: int | None = person.released(fact.id)
        elif name in ("at", "until"):
            value = getattr(fact, name)
        else:
            value = getattr(fact.data, name, None)
        if value is not None:
            return value
    return None


def _ended(rule: Negatives, fact: Fact, anchor: int, person: _Person) -> bool:
    """Whether negatives known by now end the finding."""
    since = {
        Since.ANCHOR: anchor,
        Since.LATER: fact.at + 1,
        Since.SAME_DAY: midnight(day_of(anchor)),
        Since.DAY: midnight(day_of(anchor) + rule.day),
    }[rule.since]
    times = [
        t.at
        for t in person.negatives()
        if t.at >= since and not (rule.single and t.data.tube == "mixed")  # type: ignore[union-attr]
    ]
    if rule.count == 1:
        return bool(times)
    return any(
        _chain(times, i, rule.count - 1, times[i] + rule.hours * HOUR, person)
        for i in range(len(times))
    )


def _chain(times: Sequence[int], i: int, more: int, latest: int, person: _Person) -> bool:
    """Whether `more` negatives follow the i-th, each ≥ 24 h after the one before, by `latest`."""
    if more == 0:
        return True
    return any(
        times[j] - times[i] >= DAY
        and times[j] <= latest
        and not person.positive_between(times[i], times[j])
        and _chain(times, j, more - 1, latest, person)
        for j in range(i + 1, len(times))
    )


def _reported(rule: Report, fact: Fact, person: _Person) -> bool:
    """Whether a daily report ends the finding."""
    reports: list[Any] = [f for f in person.facts if f.kind == "daily_report"]
    if rule is Report.CORRECTS:
        return any(report.data.corrects == fact.id for report in reports)
    later = [r for r in reports if (r.at, r.id) > (fact.at, fact.id)]
    if rule is Report.NEXT:
        return bool(later)
    return any(
        r.data.temperature is not None
        and r.data.temperature < FEVER
        and "fever" not in r.data.symptoms
        for r in later
    )


def _left(ground: Ground, fact: Fact, person: _Person) -> bool:
    """Whether the person has left the region by a recorded trip."""
    if ground.leaves is None:
        return False
    inside = ground.leaves.region
    trips: list[Any] = [f for f in person.facts if f.kind == "trip" and f.at >= fact.at]
    return any(t.data.from_.startswith(inside) and not t.data.to.startswith(inside) for t in trips)


def _others(other: Other, fact: Fact, anchor: int, person: _Person) -> list[str]:
    """Ids of the person's other live facts that a ground asks about."""
    earliest = None if other.hours is None else anchor - other.hours * HOUR
    return [
        f.id
        for f in person.facts
        if f.id != fact.id
        and (earliest is None or f.at >= earliest)
        and any(f.kind == m.kind and matcher_of(m)(f) for m in other.matches)
    ]


matcher_of = cache(matcher)


def _counted(ground: Ground, mark: Any, person: _Person) -> list[Fact]:
    """The live evidence that makes a mark count: two organs, each fact older and admitted."""
    if len(set(mark.data.approved_by)) < 2:
        return []
    named = set(mark.data.evidence)
    return [
        f
        for f in person.facts
        if f.id in named
        and known_since(f) < mark.at
        and getattr(f.data, "excluded_at", None) is None
        and person.released(f.id) is None
        and any(f.kind == m.kind and matcher_of(m)(f) for m in ground.admits)
    ]


def known_since(fact: Fact) -> int:
    """The first instant at which anybody could know the fact."""
    reported = fact.data.reported_at if fact.kind == "test" else fact.at  # type: ignore[union-attr]
    return max(fact.at, reported, fact.recorded_at or fact.at)


def _only_notice(kinds: set[str]) -> str | None:
    """The notice a mark is narrowed to when probabilistic or foreign evidence is all it has."""
    if kinds <= {"companion_match", "foreign_statement"}:
        return "companion" if "companion_match" in kinds else "foreign"
    return None


def _exposures(area: Area | None, fact: Fact, at: int, areas: MatchArea) -> Iterable[_Exposure]:
    """When the stay was in a place of the level; one empty exposure for other grounds."""
    if area is None:
        yield _Exposure(fact.at, _stated_end(fact), False)
        return
    if (fact.until is None) is not (area.stay is Stay.OPEN):
        return
    stated = fact.data.level  # type: ignore[union-attr]
    if stated is not None:
        if stated in area.levels:
            yield _Exposure(fact.at, _stated_end(fact), False)
        return
    limit: int | None = fact.until
    if limit is not None and area.look_back is not None:
        limit = midnight(day_of(limit) + area.look_back + 1)
    for match in areas(fact.region, fact.place):
        if (
            match.level in area.levels
            and match.starts <= at
            and (limit is None or match.starts < limit)
            and (match.ends is None or match.ends > fact.at)
        ):
            yield _Exposure(max(fact.at, match.starts), match.ends, match.wide)


def _stated_end(fact: Fact) -> int:
    return midnight(day_of(fact.at) + STATED_DAYS + 1)


def _lay(
    pack: str,
    ground: Ground,
    fact: Fact,
    person: _Person,
    exposure: _Exposure,
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
    for number, phase in enumerate(ground.phases):
        laid = _interval(phase, fact, person, exposure, end if number else None)
        if laid is None:
            return
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
    if ground.final_test and end is not None and not only_notice:
        if not any(test.at >= begin for test in person.negatives()):
            yield span(None, "test_due", end, midnight(day_of(end - 1) + TEST_DUE_DAYS + 1))


def _interval(
    phase: Phase, fact: Fact, person: _Person, exposure: _Exposure, before: int | None
) -> tuple[int, int | None] | None:
    """[begin, end) of a phase; `before` is the end of the phase before. None: no anchor."""
    if phase.inside:
        return exposure.starts, exposure.ends
    anchor = _recorded(phase.after, fact, person)
    if anchor is None and before is None:
        return None
    # With no end recorded, the last day of the phase before is day 0.
    day0 = day_of(anchor if anchor is not None else before - 1)  # type: ignore[operator]
    if before is not None:
        begin = before
    else:
        assert anchor is not None
        first = anchor if phase.first <= 1 else midnight(day0 + phase.first)
        begin = max(first, exposure.starts)
    end: int
    if phase.hours is not None:
        end = (anchor if anchor is not None else begin) + phase.hours * HOUR
    else:
        assert phase.last is not None
        end = midnight(day0 + phase.last + 1)
    stop = _recorded(phase.stops, fact, person)
    if stop is not None:
        end = min(end, max(stop, begin))
    if phase.clean_reports is not None:
        end = min(end, _clean_end(day0, phase.clean_reports, person) or end)
    return begin, max(begin, end)


def _clean_end(day0: int, need: int, person: _Person) -> int | None:
    """00:00 after the first `need` consecutive clean days from day 1 on."""
    run = 0
    clean = person.clean_days()
    for day in range(day0 + 1, max(clean, default=day0) + 1):
        run = run + 1 if day in clean else 0
        if run == need:
            return midnight(day + 1)
    return None


def _absence(pack: str, ground: Ground, person: _Person) -> Iterable[Span]:
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
