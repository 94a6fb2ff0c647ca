"""What rules make of one person's facts: spans of colours and notices over time.

A span is one rule's answer over a half-open interval. A verdict keeps every span that is live or
still to come, so colour is a function of time (P7): nothing has to run for it to fall.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from mingma.kernel.words import SEVERITY, Colour


@dataclass(frozen=True, slots=True)
class PackRef:
    """Which edition of which pack answered; `digest` is of its canonical form."""

    id: str
    edition: int
    digest: str


@dataclass(frozen=True, slots=True)
class Span:
    """One rule's colour or notice over [starts, until); `until` None: no end is known yet.

    INVARIANT: exactly one of colour and notice; evidence is not empty unless the notice is of an
    absence. `evidence[0]` is the fact that triggered the rule. `gives_way_to` names rules of the
    same pack during whose spans this one does not count.
    """

    pack: str
    rule: str
    ground: str
    colour: Colour | None
    notice: str | None
    starts: int
    until: int | None
    evidence: tuple[str, ...]
    release: str
    gives_way_to: tuple[str, ...] = ()

    def covers(self, instant: int) -> bool:
        """Whether the span is live at the instant."""
        return self.starts <= instant and (self.until is None or instant < self.until)


def live(spans: Iterable[Span], instant: int) -> list[Span]:
    """The spans that count at an instant: live, and not giving way to another live one."""
    covering = [span for span in spans if span.covers(instant)]
    held = {(span.pack, span.rule) for span in covering if span.colour is not None}
    return [
        span
        for span in covering
        if not (span.gives_way_to and any((span.pack, rule) in held for rule in span.gives_way_to))
    ]


def in_order(spans: Iterable[Span]) -> tuple[Span, ...]:
    """The spans in the one order in which they are kept: equal facts give equal bytes."""
    return tuple(sorted(spans, key=_order))


def _order(span: Span) -> tuple[str, str, int, bool, int, str, tuple[str, ...]]:
    says = span.colour or span.notice or ""
    ends = (span.until is None, span.until or 0)
    return span.pack, span.ground, span.starts, *ends, says, span.evidence


def worst(spans: Iterable[Span]) -> Span | None:
    """The span that shows among live ones: severity, later end (none last), pack, rule."""
    coloured = [span for span in spans if span.colour is not None]
    return min(coloured, key=_rank, default=None)


def _rank(span: Span) -> tuple[int, bool, int, str, str, int, tuple[str, ...]]:
    assert span.colour is not None
    return (
        -SEVERITY[span.colour],
        span.until is None,
        -(span.until or 0),
        span.pack,
        span.rule,
        span.starts,
        span.evidence,
    )


def shown(spans: Iterable[Span], instant: int) -> Colour:
    """The colour at an instant."""
    winner = worst(live(spans, instant))
    return winner.colour if winner is not None and winner.colour else Colour.GREEN


@dataclass(frozen=True, slots=True)
class Change:
    """The next change of colour if no further fact arrives."""

    colour: Colour
    at: int


def next_change(spans: tuple[Span, ...], instant: int) -> Change | None:
    """The first change of the shown colour after an instant, or None."""
    now = shown(spans, instant)
    edges = {span.starts for span in spans} | {span.until for span in spans}
    for edge in sorted(edge for edge in edges if edge is not None and edge > instant):
        then = shown(spans, edge)
        if then is not now:
            return Change(then, edge)
    return None


@dataclass(frozen=True, slots=True)
class Verdict:
    """The rules' whole answer for one subject at one instant.

    `known` is False when there is nothing to go by (every fact withdrawn or its channel stale, or
    no declared emergency): the colour is then `unknown`, which is neither green nor red.
    """

    subject: str
    at: int
    packs: tuple[PackRef, ...]
    spans: tuple[Span, ...]
    known: bool = True

    @property
    def findings(self) -> list[Span]:
        """The live coloured spans, worst first."""
        return sorted((s for s in live(self.spans, self.at) if s.colour is not None), key=_rank)

    @property
    def notices(self) -> list[tuple[str, str]]:
        """The live notices as (kind, rule), each once, in order."""
        return sorted({(s.notice, s.rule) for s in live(self.spans, self.at) if s.notice})

    @property
    def colour(self) -> Colour:
        """What shows at `at`."""
        if not self.known:
            return Colour.UNKNOWN
        return self.findings[0].colour or Colour.GREEN if self.findings else Colour.GREEN
