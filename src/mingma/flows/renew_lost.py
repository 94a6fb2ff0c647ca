"""Decide anew for people whose decisions were lost with an accepted loss, once for each loss.

Where the log had ended by then, the next year's log does it. Cut short, the next start goes on: who
has a decision that follows what was lost is not decided twice.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Final

from mingma.flows.context import Context
from mingma.flows.decide import redecide
from mingma.flows.reconcile_leaves import LOSS, losses
from mingma.kernel.times import Instant
from mingma.ports import Store, Unit
from mingma.records import Record

RENEWED: Final = "loss_renewed"  # the kind of records that say of which losses that was done
PAGE: Final = 1000  # leaves looked at, and at most as many people decided, in one transaction

Acting = Callable[[], AbstractContextManager[Unit]]  # a unit of work whose leaves are sealed


def renew_lost(store: Store, acting: Acting, context: Context, now: Instant) -> int:
    """Decide anew for whom it is due; returns how many decisions were made."""
    with store.read() as unit:
        due = {one.id for one in unit.records(LOSS)} - {one.id for one in unit.records(RENEWED)}
    if not due:
        return 0
    with acting():
        pass  # seals the leaf that tells of the loss: before that nobody believes the record
    with store.read() as unit:
        ranges = [(start, end) for start, end in losses(unit) if f"{start:019}" in due]
    made = 0
    for start, end in ranges:
        for at in range(start, end, PAGE):
            made += _page(store, acting, context, at, min(at + PAGE, end), now)
        with store.write() as unit:
            unit.add_record(Record(RENEWED, f"{start:019}", now, b""))
    return made


def _page(
    store: Store, acting: Acting, context: Context, start: int, end: int, now: Instant
) -> int:
    with store.read() as unit:
        lost = dict(unit.acts(start, end))  # of each, the last number
        in_force = unit.decisions_in_force(lost)
        people = unit.people(lost)
    refs = {ref for ref in people if ref not in in_force or in_force[ref].number < lost[ref]}
    if not refs:
        return 0
    with acting() as unit:
        return redecide(unit, context, refs, now, anew=refs)
