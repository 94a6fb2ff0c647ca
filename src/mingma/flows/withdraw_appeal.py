"""A person takes her own appeal back: what she objected to stands again, and she may file anew."""

from __future__ import annotations

from mingma.appeals.appeal import Event, Filed, Happened, must_be_open
from mingma.flows.context import Context
from mingma.flows.file_appeal import NotSealedYet
from mingma.flows.kept_appeals import NoSuchAppeal, keep_event, own_appeal
from mingma.flows.log_time import log_time
from mingma.flows.personal_leaf import Events
from mingma.kernel.times import Instant
from mingma.ledger.leaf import Kind
from mingma.ports import Unit

WITHDRAWN = "withdrawn"  # the `what` of its leaf: nothing lapsed


def withdraw_appeal(unit: Unit, context: Context, ref: str, number: int, now: Instant) -> Filed:
    """Withdraw one's own open appeal; raises NoSuchAppeal or AppealOver."""
    people = unit.people([ref])
    if ref not in people:
        raise NoSuchAppeal
    filed, at = own_appeal(unit, ref, number), log_time(unit, now)
    must_be_open(filed, at)
    index = unit.index_of(ref, number)
    if index is None:
        raise NotSealedYet
    happened = Event(happened=Happened.WITHDRAWN, at=at)
    settled = keep_event(unit, filed, happened)
    events = Events(unit, people)
    events.leaf(
        ref, Kind.APPEAL_LAPSE, happened.body(),
        answers=index, organ=context.organ, what=WITHDRAWN,
    )  # fmt: skip
    events.write(now)
    return settled
