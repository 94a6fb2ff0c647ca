"""A decision: a verdict made to count for one person, with everything it rests on.

It keeps every span still to come, so the colour falls at the second of its end with nothing
running (P7), and it names clause, pack digest and evidence (P2). It is never edited; the next
decision replaces it. Not issuing a code is a decision too (P16).
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property
from itertools import pairwise
from typing import Any

from mingma.kernel.canonical import canonical
from mingma.kernel.times import Instant
from mingma.kernel.words import SEVERITY, Colour
from mingma.rules.verdict import PackRef, Span, live, worst


class Outcome(StrEnum):
    """Whether a code may be shown under the decision."""

    ISSUED = "issued"
    NOT_ISSUED = "not_issued"  # no emergency in force, or nothing to go by: neither red nor yellow


@dataclass(frozen=True)  # no slots: what is computed once is kept beside the fields
class Decision:
    """One decision for `subject`, the `number`-th event of that person (unbroken from 1).

    `emergency` is the id of the declared emergency it stands under and `expires` that
    emergency's end (both None only where not issued for want of one). `spans` are what shows
    from `decided_at` on.
    """

    subject: str
    number: int
    decided_at: Instant
    outcome: Outcome
    emergency: str | None
    expires: Instant | None
    packs: tuple[PackRef, ...]
    spans: tuple[Span, ...]

    def colour_at(self, instant: int) -> Colour:
        """The colour at an instant; `unknown` where no code is issued or the emergency is over."""
        over = self.expires is not None and max(instant, self.decided_at) >= self.expires
        if self.outcome is Outcome.NOT_ISSUED or over:
            return Colour.UNKNOWN
        finding = self.finding_at(instant)
        return finding.colour or Colour.GREEN if finding else Colour.GREEN

    def finding_at(self, instant: int) -> Span | None:
        """The span whose colour shows at an instant; None where nothing but green does."""
        return worst(self.live_at(instant))

    def live_at(self, instant: int) -> Sequence[Span]:
        """The spans that count at an instant; a clock put back gets what was decided."""
        if instant > self.decided_at:
            return live(self.spans, instant)
        return self._live_when_decided

    @cached_property
    def _live_when_decided(self) -> Sequence[Span]:
        return live(self.spans, self.decided_at)

    def worst_ahead(self) -> Colour:
        """The worst colour it can give from `decided_at` on: the `to` of its leaf.

        What shows under it is never worse, whatever of it falls away before its end.
        """
        return self._worst_ahead

    @cached_property
    def _worst_ahead(self) -> Colour:
        now = self.colour_at(self.decided_at)
        if all(_weight(span) <= SEVERITY.get(now, 0) for span in self.spans):
            return now  # none that is worse can come up
        edges = {edge for span in self.spans for edge in (span.starts, span.until)}
        ahead = [edge for edge in edges if edge is not None and edge > self.decided_at]
        colours = {self.colour_at(instant) for instant in (self.decided_at, *ahead)}
        return max(colours - {Colour.UNKNOWN}, key=SEVERITY.__getitem__, default=Colour.UNKNOWN)

    def standing(self, packs: Collection[PackRef], emergency: str | None) -> Decision:
        """What is left of it when only these packs and this emergency are in force.

        A finding under a rule that is gone falls by itself, and without its emergency the code
        has run out: nothing has to be decided for that, and nothing can get worse by it.
        """
        gone = {ref.id for ref in self.packs if ref not in packs}
        over = self.emergency is not None and self.emergency != emergency
        return replace(
            self,
            expires=self.decided_at if over else self.expires,
            spans=tuple(span for span in self.spans if span.pack not in gone),
        )

    def without(self, evidence: Collection[str]) -> Decision:
        """What is left of it when these facts no longer count.

        Nothing worse that gave way to what falls comes up in its place: that takes a decision.
        """
        if not evidence:
            return self
        ends = {span.until for span in self.spans if span.until is not None}
        edges = sorted(ends | {span.starts for span in self.spans})
        stretches = [*pairwise(edges), *((last, None) for last in edges[-1:])]
        kept = [
            part
            for span in self.spans
            if set(evidence).isdisjoint(span.evidence)
            for part in _joined(span, [one for one in stretches if self._keeps(span, one[0])])
        ]
        return replace(self, spans=tuple(kept))

    def _keeps(self, span: Span, instant: int) -> bool:
        """Whether a span may count at an instant where others fall: it did, or is no worse."""
        counted = live(self.spans, instant)
        worst_then = max((_weight(one) for one in counted), default=0)
        return span.covers(instant) and (span in counted or _weight(span) <= worst_then)

    def body(self) -> bytes:
        """Canonical bytes: what the leaf's commitment opens to, and what is stored."""
        return self._body

    @cached_property
    def _body(self) -> bytes:
        return canonical(
            {
                "subject": self.subject,
                "number": self.number,
                "decided_at": self.decided_at,
                "outcome": self.outcome.value,
                "emergency": self.emergency,
                "expires": self.expires,
                "packs": [_fields(pack) for pack in self.packs],
                "spans": [_fields(span) for span in self.spans],
            }
        )

    @classmethod
    def read(cls, body: bytes) -> Decision:
        """The decision whose body this is."""
        value: dict[str, Any] = json.loads(body)
        spans = tuple(
            Span(
                **{
                    **span,
                    "colour": Colour(span["colour"]) if span["colour"] else None,
                    "evidence": tuple(span["evidence"]),
                    "gives_way_to": tuple(span["gives_way_to"]),
                }
            )
            for span in value["spans"]
        )
        return cls(
            **{
                **value,
                "decided_at": Instant(value["decided_at"]),
                "expires": None if value["expires"] is None else Instant(value["expires"]),
                "outcome": Outcome(value["outcome"]),
                "packs": tuple(PackRef(**pack) for pack in value["packs"]),
                "spans": spans,
            }
        )


def _weight(span: Span) -> int:
    """How bad a span's colour is; a notice's weight is none."""
    return SEVERITY[span.colour] if span.colour else 0


def _fields(value: PackRef | Span) -> dict[str, object]:
    """A flat value's fields; its own values are texts, numbers and tuples of texts."""
    return {name: getattr(value, name) for name in value.__slots__}


def _joined(span: Span, stretches: Iterable[tuple[int, int | None]]) -> list[Span]:
    """A span over these stretches of time, those that meet made one."""
    parts: list[Span] = []
    for starts, until in stretches:
        if parts and parts[-1].until == starts:
            parts[-1] = replace(parts[-1], until=until)
        else:
            parts.append(replace(span, starts=starts, until=until))
    return parts
