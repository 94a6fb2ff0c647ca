"""The pass notes on a person's own page: entry is guaranteed while an urgent request is open."""

from __future__ import annotations

from mingma.appeals.pass_note import PassNote, pass_note
from mingma.flows.context import Context
from mingma.flows.kept_appeals import own_appeals
from mingma.flows.log_time import log_time
from mingma.kernel.times import Instant
from mingma.ports import Unit


def own_passes(unit: Unit, context: Context, ref: str, now: Instant) -> list[PassNote]:
    """The notes that hold now, newest request first; reading them writes nothing."""
    person = unit.people([ref]).get(ref)
    filed = own_appeals(unit, ref)
    if person is None or not filed:
        return []
    at = log_time(unit, now)
    notes = (
        pass_note(one, at, name=person.name, last_four=person.last_four, specimen=context.specimen)
        for one in reversed(filed)
    )
    return [note for note in notes if note is not None]
