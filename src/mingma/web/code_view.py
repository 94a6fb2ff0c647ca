"""What a code page says, made from what `show_code` showed: no rule and no colour is decided here.

A code whose emergency is over says lapsed; one that was not issued says so and why; neither has a
QR code, and neither is drawn in any colour.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from mingma.codes.decision import Decision, Outcome
from mingma.flows.context import Context
from mingma.flows.show_code import Shown
from mingma.kernel.times import Instant, parse_instant, print_instant
from mingma.kernel.words import Colour
from mingma.records import Notice
from mingma.rules.explain import Reason
from mingma.rules.pack import Pack
from mingma.rules.verdict import Span, live, next_change
from mingma.web.clause_words import Reader


class State(StrEnum):
    """Whether a code is shown, and if not, why not."""

    ISSUED = "issued"
    SEALING = "sealing"  # a change for the worse shows from its seal
    LAPSED = "lapsed"
    NO_EMERGENCY = "no_emergency"
    NO_DATA = "no_data"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class ReasonView:
    """One reason: its words, its instants as instants, and what it asks of the person."""

    words: Reason
    since: Instant
    until: Instant | None
    measure: str
    grade: str
    published: str  # what the source gives where the rule is narrowed, else empty
    narrowed: str  # why it is less here


@dataclass(frozen=True, slots=True)
class ChannelAge:
    """When a channel last brought something; `stale` by the packs' own limits."""

    kind: str
    last: Instant | None
    age: int | None
    stale: bool


@dataclass(frozen=True, slots=True)
class NoticeView:
    """A notice in words."""

    at: Instant
    before: str
    after: str
    colour: Colour
    changed: bool
    rule: str
    until: Instant | None
    kinds: tuple[str, ...]
    void: bool = False  # what was to change never did: no witness saw it in time
    leaf: int | None = None  # where the log has a void one


@dataclass(frozen=True, slots=True)
class Next:
    """What the code turns into by itself, and when."""

    colour: Colour
    word: str
    at: int


def state_of(shown: Shown) -> State:
    """Which of the page's states this is."""
    decision = shown.decision
    if decision is None:
        return State.UNDECIDED
    if shown.lapsed:
        return State.LAPSED
    if decision.outcome is Outcome.NOT_ISSUED:
        return State.NO_DATA if decision.emergency else State.NO_EMERGENCY
    return State.ISSUED if shown.token is not None else State.SEALING


def fingerprint(shown: Shown) -> str:
    """A text that changes with anything on the page but the token, the clock and the ages."""
    number = shown.decision.number if shown.decision else 0
    said = (*shown.explanation.reasons, *shown.explanation.notices)
    return " ".join([shown.colour, str(number), *(f"{one.rule}@{one.since}" for one in said)])


def reasons(shown: Shown, context: Context, reader: Reader) -> list[ReasonView]:
    """The reasons of the colour, worst first."""
    return [_reason(one, shown, context, reader) for one in shown.explanation.reasons]


def pop_ups(shown: Shown, context: Context, reader: Reader) -> list[ReasonView]:
    """The live notices, which are no colour."""
    return [_reason(one, shown, context, reader) for one in shown.explanation.notices]


def next_of(shown: Shown, reader: Reader) -> Next | None:
    """The next change if nothing new arrives."""
    if shown.decision is None or state_of(shown) is not State.ISSUED:
        return None
    change = next_change(shown.decision.spans, shown.at)
    return Next(change.colour, reader.colour(change.colour), change.at) if change else None


def deciding_pack(shown: Shown, context: Context) -> Pack:
    """The pack whose rule shows; the first one in force where none does."""
    first = shown.decision.finding_at(shown.at) if shown.decision else None
    return context.pack(first.pack) if first else context.packs[0]


def ages(shown: Shown, context: Context, reader: Reader) -> list[ChannelAge]:
    """The age of each channel that has brought something or that a rule in force may wait for."""
    limits: dict[str, int] = {}
    for pack in context.packs:
        for kind, limit in pack.stale_after.items():
            limits[kind] = min(limit, limits.get(kind, limit))
    found = []
    for kind in sorted({*shown.ages, *limits}):
        last = shown.ages.get(kind)
        age = None if last is None else max(0, shown.at - last)
        stale = kind in limits and (age is None or age > limits[kind])
        found.append(ChannelAge(reader.kind(kind), last, age, stale))
    return found


def notices(
    stored: Iterable[Notice],
    reader: Reader,
    void: Mapping[int, tuple[Decision, int | None]] | None = None,
) -> list[NoticeView]:
    """Notices in words, in their order; those of void decisions say that nothing came of them."""
    void = void or {}
    views = []
    for one in stored:
        leaf = void[one.number][1] if one.number in void else None
        views.append(replace(_notice(one, reader), void=one.number in void, leaf=leaf))
    return views


def unannounced(
    stored: Iterable[Notice], reader: Reader, void: Mapping[int, tuple[Decision, int | None]]
) -> list[NoticeView]:
    """The void decisions that no notice was owed for, newest first."""
    told = {one.number for one in stored}
    left = sorted(set(void) - told, reverse=True)
    return [_void(*void[number], reader) for number in left]


def _reason(words: Reason, shown: Shown, context: Context, reader: Reader) -> ReasonView:
    span = _span(words, shown)
    measure = grade = published = narrowed = ""
    if span is not None:
        clause = context.pack(span.pack).clause(span.rule)
        grade = clause.basis.grade
        ground = next(one for one in clause.grounds if one.id == span.ground)
        measures = {
            phase.measure: None
            for phase in ground.phases
            if phase.measure and (phase.colour, phase.notice) == (span.colour, span.notice)
        }
        measure = reader.list(reader.measure(one) for one in measures)
        if ground.narrowed:
            published, narrowed = reader.narrowed(ground)
    until = parse_instant(words.until) if words.until else None
    since = parse_instant(words.since)
    return ReasonView(words, since, until, measure, grade, published, narrowed)


def _span(words: Reason, shown: Shown) -> Span | None:
    """The live span that the words were made from."""
    spans = shown.decision.spans if shown.decision else ()
    for span in live(spans, shown.at):
        if span.rule == words.rule and print_instant(span.starts) == words.since:
            return span
    return None


def _void(decision: Decision, leaf: int | None, reader: Reader) -> NoticeView:
    at = decision.decided_at
    first, colour = decision.finding_at(at), decision.colour_at(at)
    return NoticeView(
        at=at,
        before=reader.colour(colour),
        after=reader.colour(colour),
        colour=colour,
        changed=False,
        rule=f"{first.pack} {first.rule}" if first else "",
        until=Instant(first.until) if first and first.until is not None else None,
        kinds=(),
        void=True,
        leaf=leaf,
    )


def _notice(notice: Notice, reader: Reader) -> NoticeView:
    body: Mapping[str, object] = json.loads(notice.body)
    before, after = Colour(str(body["from"])), Colour(str(body["to"]))
    until, rule = body["until"], body["rule"]
    kinds = body["notices"]
    assert isinstance(kinds, list)
    return NoticeView(
        at=notice.at,
        before=reader.colour(before),
        after=reader.colour(after),
        colour=after,
        changed=before is not after,
        rule=f"{body['pack']} {rule}" if rule else "",
        until=Instant(until) if isinstance(until, int) else None,
        kinds=tuple(f"{reader.notice(kind)}({rule})" for kind, rule in kinds),
    )
