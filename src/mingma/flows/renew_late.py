"""Decide anew for people whose decision the witnesses cosigned too late (P11).

Such a decision stays void for the worse; what stands against the person by now is decided again,
gets a leaf of its own, and shows once that one is cosigned in time. Done when a head has met the
policy, for the leaves that are newly covered; killed in between, the next start goes over them
again, and a late decision that was followed by another is not decided twice.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Final

from mingma.flows.context import Context
from mingma.flows.cosigned import cosigned_ranges, cosigned_size, in_time, size_id
from mingma.flows.decide import redecide
from mingma.kernel.times import Instant
from mingma.kernel.words import Colour
from mingma.ports import Store, Unit
from mingma.records import Record

RENEWED: Final = "renewed"  # the kind of records that say up to which size that was done
PAGE: Final = 1000  # leaves looked at, and at most as many people decided, in one transaction
# Ranges without a late decision are only remembered on record once they are that long.
UNRECORDED: Final = 100_000  # leaves

Acting = Callable[[], AbstractContextManager[Unit]]  # a unit of work whose leaves are sealed


class LateDecisions:
    """Remembers how far the cosigned leaves have been looked at."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._done: int | None = None

    def renew(self, acting: Acting, context: Context, now: Instant) -> int:
        """Decide anew for whom it is due; returns how many decisions were made."""
        with self._store.read() as unit:
            recorded = self._recorded(unit)
            end = cosigned_size(unit)
        start = recorded if self._done is None else max(self._done, recorded)
        made = 0
        for at in range(start, end, PAGE):
            made += self._page(acting, context, at, min(at + PAGE, end), now)
        if made or end - recorded > UNRECORDED:
            self._record(end, now)
        self._done = max(start, end)
        return made

    def _page(self, acting: Acting, context: Context, start: int, end: int, now: Instant) -> int:
        with self._store.read() as unit:
            if not late_worsened(unit, start, end):
                return 0
        with acting() as unit:
            # Looked at once more: somebody may have been decided for meanwhile.
            late = late_worsened(unit, start, end)
            return redecide(unit, context, late, now, anew=late)

    def _record(self, end: int, now: Instant) -> None:
        with self._store.write() as unit:
            last = unit.last_record(RENEWED, "")
            if last is None or int(last.id) < end:
                unit.add_record(Record(RENEWED, size_id(end), now, b""))

    def _recorded(self, unit: Unit) -> int:
        last = unit.last_record(RENEWED, "")
        return int(last.id) if last else 0


def late_worsened(unit: Unit, start: int, end: int) -> set[str]:
    """Whose latest decision has its leaf in [start, end), gives worse than green, and is late."""
    late: set[str] = set()
    for first, last, at in cosigned_ranges(unit, start, end):
        acts = set(unit.acts(first, last))
        in_force = unit.decisions_in_force({subject for subject, _ in acts})
        late |= {
            ref
            for ref, decision in in_force.items()
            if (ref, decision.number) in acts
            and not in_time(decision, at)
            and decision.worst_ahead() is not Colour.GREEN
        }
    return late
