"""Log time: the instance's clock, but never before what the log has already seen.

Colours, decisions and the clocks of appeals, lots and grants read it. Setting the server's clock
back changes nothing: the witnesses under the newest cosigned head state the time, and their clocks
are not the operator's; of their times the middle one counts, so that one of them alone moves
nothing either way. Where no witness is asked, the day of the newest leaf, the arrival of the newest
evidence and the ticks of the instance's own duties stand in. Knows no colour.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from mingma.flows.index_hour import Acting
from mingma.kernel.errors import Malformed
from mingma.kernel.times import Instant, midnight
from mingma.ledger.leaf_values import LeafUnreadable
from mingma.ledger.note import parse_note
from mingma.ledger.skim import day, skim
from mingma.ports import Unit
from mingma.records import Record

TICK: Final = "log_time"  # the kind of records that say what time it was; ids are instants
TICK_EVERY: Final = 600  # seconds
# The records of heads that met the policy, by size; `flows.cosigned` reads this clock itself.
COSIGNED: Final = "cosigned"
RECENT: Final = 16  # heads and leaves whose time is remembered: every act and view asks for it
_TIME: Final = struct.Struct(">Q")
_TIMED: Final = _TIME.size + 64  # bytes of an Ed25519 signature with a time in front


def log_time(unit: Unit, now: Instant) -> Instant:
    """The instant that clocks of acts read: `now`, or what the log has seen if that is later."""
    arrived = unit.channel_ages().values()
    return max([now, *_ticked(unit), *arrived, *_sealed(unit), *_witnessed(unit)])


def keep_ticking(acting: Acting, now: Instant) -> int:
    """Write down what time it is, every ten minutes; returns how often it was, 0 or 1."""
    with acting() as unit:
        last = unit.last_record(TICK, "")
        if last is not None and now < int(last.id) + TICK_EVERY:
            return 0
        unit.add_record(Record(TICK, f"{now:019}", now, b"{}"))
    return 1


def _ticked(unit: Unit) -> Iterator[Instant]:
    """The last tick."""
    last = unit.newest_record(TICK)
    if last is not None:
        yield Instant(int(last.id))


def _sealed(unit: Unit) -> Iterator[Instant]:
    """When the day of the newest leaf began."""
    size, _ = unit.head()
    for entry in unit.leaves(max(0, size - 1), size):
        yield from _day_began(entry)


@lru_cache(RECENT)
def _day_began(entry: bytes) -> tuple[Instant, ...]:
    try:
        _, fields = skim(entry)
    except LeafUnreadable:
        return ()  # the audit says what is wrong with it; the clock goes on
    return (Instant(midnight(day(fields["t"] or b""))),)


def _witnessed(unit: Unit) -> Iterator[Instant]:
    """The middle of the witnesses' times under the newest head that met the policy."""
    newest = unit.newest_record(COSIGNED)
    if newest is not None:
        yield from cosigned_by_witnesses(newest.body)


def cosigned_by_witnesses(note: bytes) -> Iterator[Instant]:
    """When its witnesses say that they cosigned a head: the middle of their times, if any."""
    times = sorted(_times(note))
    if times:
        yield Instant(times[(len(times) - 1) // 2])


@lru_cache(RECENT)
def _times(note: bytes) -> tuple[int, ...]:
    try:
        lines = parse_note(note).signatures
    except Malformed:
        return ()
    timed = (one.signature for one in lines if len(one.signature) == _TIMED)
    return tuple(_TIME.unpack_from(one)[0] for one in timed)
