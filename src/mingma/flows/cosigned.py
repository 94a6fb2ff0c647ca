"""What the witnesses have cosigned: heads, the leaves under them, and the decisions in time.

A head that meets the trust policy is kept as a record `cosigned`, by its size: the note with the
log's lines and the witnesses' Ed25519 lines. Post-quantum lines stand apart in `cosigned_mldsa`,
since receipts have no room for them. Records are only added, so the first that covers a leaf says
for good when the leaf was cosigned. Knows no colour.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final, TypeGuard

from mingma.codes.decision import Decision
from mingma.codes.effect import Made, in_effect
from mingma.flows.context import Context
from mingma.flows.kept_appeals import fallen_for
from mingma.flows.vouched import borne_out
from mingma.kernel.times import Instant
from mingma.kernel.words import SEVERITY
from mingma.ledger.checkpoint import Checkpoint, parse_checkpoint
from mingma.ledger.note import Note, parse_note
from mingma.ports import Unit
from mingma.records import Record

COSIGNED: Final = "cosigned"  # the kind of records that are heads which met the policy
COSIGNED_MLDSA: Final = "cosigned_mldsa"  # … and of the post-quantum lines under them
GRACE: Final = 600  # seconds from a decision to its head; later it is void for the worse (P11)


def size_id(size: int) -> str:
    """The id of a head's record: ids sort as sizes do."""
    return f"{size:019}"


def cosigned_head(unit: Unit) -> tuple[Note, Checkpoint] | None:
    """The largest head that met the policy, or None."""
    record = unit.last_record(COSIGNED, "")
    if record is None:
        return None
    note = parse_note(record.body)
    return note, parse_checkpoint(note.text)


def cosigned_size(unit: Unit) -> int:
    """The size of that head; 0 if there is none."""
    record = unit.last_record(COSIGNED, "")
    return int(record.id) if record else 0


def cosigned_at(unit: Unit, index: int) -> Instant | None:
    """When the leaf was first covered by a head that met the policy; None while it is not."""
    record = _covering(unit, index)
    return record.at if record else None


def cosigned_ranges(unit: Unit, start: int, end: int) -> Iterator[tuple[int, int, Instant]]:
    """[start, end) cut by the heads that first covered its leaves, and when each met the policy."""
    while start < end and (record := _covering(unit, start)) is not None:
        upto = min(end, int(record.id))
        yield start, upto, record.at
        start = upto


def in_time(decision: Decision, cosigned: Instant | None) -> bool:
    """Whether a decision whose leaf was cosigned then is full."""
    return cosigned is not None and cosigned <= decision.decided_at + GRACE


def standing_decisions(unit: Unit, context: Context, ref: str, now: Instant) -> Sequence[Made]:
    """A person's decisions from the last full one on, as they stand now; oldest first.

    In a specimen every decision is full, and proves nothing. Where a worse colour would show that
    the rules on vouched evidence do not give, none of them is.
    """
    latest = unit.decisions_in_force([ref]).get(ref)
    if latest is None:
        return ()
    emergency = unit.emergency_at(now)
    declared = emergency.id if emergency else None
    gone = fallen_for(unit, ref, now).keys()

    def made(decision: Decision, *, full: bool) -> Made:
        standing = decision.standing(context.book.refs, declared)
        return Made(standing.without(gone), full)

    found = [made(latest, full=context.specimen or is_full(unit, latest))]
    if not found[0].full:
        for earlier in reversed(unit.decisions_of(ref)[:-1]):
            found.append(made(earlier, full=is_full(unit, earlier)))
            if found[-1].full:
                break
        found.reverse()
    # Whatever leaf it has: on evidence that nobody sent, a decision is void for the worse.
    shows = in_effect(found, now)
    if _is_worse(shows, now) and not borne_out(unit, context, ref, shows.decision, now):
        return tuple(replace(one, full=False) for one in found)
    return tuple(found)


def decision_in_effect(unit: Unit, context: Context, ref: str, now: Instant) -> Decision | None:
    """The person's decision that shows now."""
    shows = in_effect(standing_decisions(unit, context, ref, now), now)
    return shows.decision if shows else None


def is_full(unit: Unit, decision: Decision) -> bool:
    """Whether a head that met the policy in time covers the decision's leaf."""
    index = unit.index_of(decision.subject, decision.number)
    return index is not None and in_time(decision, cosigned_at(unit, index))


def _covering(unit: Unit, index: int) -> Record | None:
    return unit.first_record(COSIGNED, size_id(index + 1))


def _is_worse(shows: Made | None, now: Instant) -> TypeGuard[Made]:
    """Whether a colour worse than green would show."""
    return shows is not None and SEVERITY.get(shows.decision.colour_at(now), 0) > 0
