"""Log time: the instance's clock, but never before what the log has already seen.

Clocks of appeals, lots and grants read it. Setting the server's clock back changes nothing: the
newest sealed head states a time, and so do the witnesses under the newest cosigned one, whose
clocks are not the operator's. Of the witnesses' times the middle one counts, so that one of them
alone moves nothing either way. Knows no colour.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final

from mingma.flows.cosigned import COSIGNED, size_id
from mingma.kernel.errors import Malformed
from mingma.kernel.times import Instant
from mingma.ledger.note import Note, parse_note
from mingma.ports import Record, Unit

NEAR: Final = (2, 4)  # among the heads of the last hundred leaves, then of the last ten thousand
_TIME: Final = struct.Struct(">Q")
# Bytes of a signature with a time in front: Ed25519, and ML-DSA-44.
_TIMED: Final = frozenset({_TIME.size + 64, _TIME.size + 2420})


def log_time(unit: Unit, now: Instant) -> Instant:
    """The instant that clocks of acts read: `now`, or what the log has seen if that is later."""
    return max([now, *_sealed(unit), *_witnessed(unit)])


def _sealed(unit: Unit) -> Iterator[Instant]:
    """What the log said of the time when it signed its newest head."""
    _, head = unit.head()
    times = _times(_note(head)) if head else []
    if times:
        yield Instant(max(times))


def _witnessed(unit: Unit) -> Iterator[Instant]:
    """The middle of the witnesses' times under the newest head that met the policy."""
    record = _newest_cosigned(unit)
    if record is None:
        return
    yield record.at
    times = sorted(_times(_note(record.body)))
    if times:
        yield Instant(times[(len(times) - 1) // 2])


def _newest_cosigned(unit: Unit) -> Record | None:
    """The newest cosigned head near the end of the log; asking takes nobody's turn."""
    size, _ = unit.head()
    for digits in NEAR:
        found = unit.records_under(COSIGNED, size_id(size)[:-digits])
        if found:
            return found[-1]
    return None


def _note(data: bytes) -> Note | None:
    try:
        return parse_note(data)
    except Malformed:
        return None  # the seal and the audit say what is wrong with it; the clock goes on


def _times(note: Note | None) -> list[int]:
    lines = note.signatures if note else ()
    return [_TIME.unpack_from(one.signature)[0] for one in lines if len(one.signature) in _TIMED]
