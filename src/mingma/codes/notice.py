"""What a person is told with a decision: what changed, by which clause, until when.

Words are made when the notice is shown, from the decision and the pack it names; stored are only
facts. A decision that changes nothing anybody can see tells nothing.
"""

from __future__ import annotations

from mingma.codes.decision import Decision
from mingma.kernel.canonical import canonical
from mingma.kernel.words import Colour


def notice_of(before: Decision | None, after: Decision) -> bytes | None:
    """Canonical body of the notice that a decision owes its person, or None."""
    now = after.decided_at
    was = before.colour_at(now) if before else Colour.GREEN
    kinds_before = _kinds(before, now) if before else []
    colour, kinds = after.colour_at(now), _kinds(after, now)
    if (was, kinds_before) == (colour, kinds):
        return None
    first = after.finding_at(now)
    return canonical(
        {
            "from": was.value,
            "to": colour.value,
            "notices": [list(kind) for kind in kinds],
            "pack": first.pack if first else None,
            "rule": first.rule if first else None,
            "until": first.until if first else None,
        }
    )


def _kinds(decision: Decision, instant: int) -> list[tuple[str, str]]:
    return sorted({(s.notice, s.rule) for s in decision.live_at(instant) if s.notice})
