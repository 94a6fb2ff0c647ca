"""Put on record what lapsed, for everybody: a duty of the instance that nothing waits for.

A lapse counts at its second without it. This makes its leaf, its withdrawals and the decision that
follows appear soon, also for people whom nothing else touches.
"""

from __future__ import annotations

from typing import Final

from mingma.appeals.appeal import State
from mingma.flows.context import Context
from mingma.flows.decide import redecide
from mingma.flows.index_hour import Acting
from mingma.flows.kept_appeals import due_between
from mingma.flows.log_time import log_time
from mingma.kernel.times import Instant
from mingma.ports import Store
from mingma.records import Record

SWEPT: Final = "appeal_swept"  # the kind of records that say how far the list of due ones was read
PAGE: Final = 200  # appeals settled in one transaction


def keep_appeals(store: Store, acting: Acting, context: Context, now: Instant) -> int:
    """Settle every appeal that fell due; returns how many lapsed."""
    lapsed = 0
    while True:
        with store.read() as unit:
            last = unit.last_record(SWEPT, "")
            at = log_time(unit, now)
            due = due_between(unit, last.id if last else "", at)
            page = [one for one, _ in zip(due, range(PAGE), strict=False)]
            waits = {
                filed.appeal.subject
                for _, filed in page
                if filed.state_at(at) is State.LAPSED and not filed.closing()
            }
        if not page:
            return lapsed
        with acting() as unit:
            redecide(unit, context, waits, now)
            place = page[-1][0]
            if unit.last_record(SWEPT, "") == last:  # another process may have been here
                unit.add_record(Record(SWEPT, place, now, b"{}"))
        lapsed += len(waits)
