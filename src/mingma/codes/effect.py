"""Which of a person's decisions shows at an instant.

A decision is *full* once a head that the trust policy's witnesses cosigned in time covers its leaf.
What shows is the mildest of the last full decision and every later one: a later one that is not
full may make things better at once, and never worse (P11). Of equals the full one shows, or the
latest of green ones. Where no full one issues a code, the others give green at most.

Not issuing counts as the worst. What has ended by itself – an emergency, a span – has ended in
every one of them (P7, P14). Cosigned too late, or never, a decision stays void for the worse for
good; whether it is decided anew is not known here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from mingma.codes.decision import Decision
from mingma.kernel.times import Instant
from mingma.kernel.words import SEVERITY, Colour

_WORST: Final = max(SEVERITY.values()) + 1  # what no code counts as


@dataclass(frozen=True, slots=True)
class Made:
    """A decision as it stands now, and whether it is full."""

    decision: Decision
    full: bool


def in_effect(made: Sequence[Made], instant: Instant) -> Made | None:
    """The decision that shows, of some in the order in which they were made; None if none was.

    Those before the last full one change nothing. Where nothing but void colours is left, it is
    the latest that issues a code, without them.
    """
    if not made:
        return None
    last_full = max((n for n, one in enumerate(made) if one.full), default=None)
    standing = list(made[last_full or 0 :])
    issuing = [one for one in standing if _weight(one, instant) < _WORST]
    if not issuing:
        return standing[-1]
    # min takes the first of equals: asked from the latest back.
    mildest = min(reversed(issuing), key=lambda one: _rank(one, instant))
    grounded = last_full is not None and issuing[0] is standing[0]
    if grounded or mildest.decision.colour_at(instant) is Colour.GREEN:
        return mildest
    return Made(_without_colours(issuing[-1].decision), full=False)


def _weight(one: Made, instant: Instant) -> int:
    """How bad it is."""
    return SEVERITY.get(one.decision.colour_at(instant), _WORST)


def _rank(one: Made, instant: Instant) -> tuple[int, bool]:
    """Mildest first; of equals worse than green the full one, whose token can be proven."""
    weight = _weight(one, instant)
    return weight, weight > 0 and not one.full


def _without_colours(decision: Decision) -> Decision:
    return replace(decision, spans=tuple(s for s in decision.spans if s.colour is None))
