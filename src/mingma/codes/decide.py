"""The one function that makes a colour real: a verdict becomes a decision, or changes nothing.

There is no other way to a decision, and a decision says only what the verdict says. Without a
declared emergency no code is issued (P14), and that is a decision too (P16).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from mingma.codes.decision import Decision, Outcome
from mingma.kernel.times import Instant
from mingma.rules.verdict import Span, Verdict, in_order


@dataclass(frozen=True, slots=True)
class Cover:
    """The declared emergency a decision stands under: its id and its end."""

    id: str
    ends: Instant


def decide(
    verdict: Verdict, before: Decision | None, number: int, cover: Cover | None
) -> Decision | None:
    """The decision a verdict makes, or None where the one in force already says the same.

    `number` is the person's next event.
    """
    issued = verdict.known and cover is not None
    decision = Decision(
        subject=verdict.subject,
        number=number,
        decided_at=Instant(verdict.at),
        outcome=Outcome.ISSUED if issued else Outcome.NOT_ISSUED,
        emergency=cover.id if cover else None,
        expires=cover.ends if cover else None,
        packs=verdict.packs,
        spans=verdict.spans if issued else (),
    )
    return None if before is not None and _same(before, decision) else decision


def _same(before: Decision, after: Decision) -> bool:
    """Whether the older decision says the same from the newer one's instant on."""
    return (
        before.outcome is after.outcome
        and before.emergency == after.emergency
        and before.expires == after.expires
        and before.packs == after.packs
        and _ahead(before.spans, after.decided_at) == _ahead(after.spans, after.decided_at)
    )


def _ahead(spans: Iterable[Span], instant: int) -> tuple[Span, ...]:
    """What they show from an instant on, whenever it began."""
    return in_order(
        replace(span, starts=max(span.starts, instant))
        for span in spans
        if span.until is None or span.until > instant
    )
