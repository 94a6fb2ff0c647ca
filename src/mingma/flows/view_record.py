"""The leaf over an organ's newest looks: one at each turn of the duties, not one a look.

Nothing waits for it: a look is in the person's access log from its own second on. The leaf makes
it provable that none was taken out again.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final

from mingma.flows.emergency import INSTANCE
from mingma.flows.index_hour import Acting
from mingma.flows.look import ORGAN_LOOK
from mingma.kernel.canonical import canonical, from_b64url
from mingma.kernel.times import Instant
from mingma.ledger.view_record import looks_leaf
from mingma.ports import Unit
from mingma.records import Outgoing, Record

VIEW: Final = "view_record"  # ids are <organ>|<number after the last look>
BLOCK: Final = 1000  # looks of one leaf at most: those whose numbers differ in three digits
_DIGITS: Final = 19
_AFTER: Final = "}"  # sorts after the `|` that ends an organ's name, and stands in no name


def keep_looks(acting: Acting, now: Instant) -> int:
    """Write the leaves that are due; returns how many. `acting` opens a unit that is sealed."""
    made = 0
    while True:
        with acting() as unit:
            done = sum(_one_leaf(unit, organ, now) for organ in _organs(unit))
        if not done:
            return made
        made += done


def commitments(unit: Unit, organ: str, start: int, end: int) -> list[bytes]:
    """The commitments to the looks [start, end) of an organ, of one block."""
    return [_commitment(one) for one in _block(unit, organ, start)[: end - start]]


def view_of(unit: Unit, organ: str, number: int) -> tuple[int, int] | None:
    """The looks [start, end) of the leaf that has this look; None while it has none."""
    found = unit.first_record(VIEW, f"{organ}|{number + 1:0{_DIGITS}}")
    if found is None or not found.id.startswith(f"{organ}|"):
        return None
    return int(json.loads(found.body)["start"]), int(found.id.removeprefix(f"{organ}|"))


def leaf_subject(organ: str) -> str:
    """Whose act such a leaf is; its number is the end of its looks."""
    return f"{INSTANCE}:looks:{organ}"


def _one_leaf(unit: Unit, organ: str, now: Instant) -> bool:
    # (1) Where the last leaf ended; whoever asks in a writing unit is alone until its end.
    last = unit.last_record(VIEW, f"{organ}|")
    start = int(last.id.removeprefix(f"{organ}|")) if last else 0
    found = _block(unit, organ, start)
    if not found:
        return False
    # (2) The leaf, and where to find it.
    end = start + len(found)
    leaf = looks_leaf(organ, [_commitment(one) for one in found])
    unit.add_record(Record(VIEW, f"{organ}|{end:0{_DIGITS}}", now, canonical({"start": start})))
    unit.add_leaves([Outgoing(leaf_subject(organ), end, leaf.unsealed(), now)])
    return True


def _block(unit: Unit, organ: str, start: int) -> Sequence[Record]:
    """The looks of an organ from a number on, up to the next full thousand."""
    prefix = f"{organ}|{start // BLOCK:0{_DIGITS - 3}}"
    return unit.records_under(ORGAN_LOOK, prefix)[start % BLOCK :]


def _organs(unit: Unit) -> list[str]:
    """Every organ in whose name anybody ever looked."""
    found: list[str] = []
    record = unit.first_record(ORGAN_LOOK, "")
    while record is not None:
        found.append(record.id.rpartition("|")[0])
        record = unit.first_record(ORGAN_LOOK, found[-1] + _AFTER)
    return found


def _commitment(record: Record) -> bytes:
    text: str = json.loads(record.body)["c"]
    return from_b64url(text)
