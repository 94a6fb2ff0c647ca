"""The fact that an approved row becomes, and from then on who stands behind it.

Such a fact's id names its proposal and row; who proposed and approved is read from their records.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from mingma.authority.organs import Organ
from mingma.evidence.admit import admit
from mingma.evidence.model import Fact
from mingma.evidence.record import fact_to_record
from mingma.flows.context import Context
from mingma.flows.proposals import HEX, Kept, approvals_of, asserted_digest, kept_under, made_of
from mingma.kernel.canonical import canonical
from mingma.kernel.errors import Refused
from mingma.kernel.times import Instant, print_instant
from mingma.ports import Unit

# Kinds whose instant is that of the approval, not of what happened.
AT_APPROVAL: Final = frozenset({"mark", "release", "withdrawal"})


class MarkNotSealed(Refused):
    """A mark whose leaf waits for its seal; the leaf of its end would name that leaf."""

    slug = "mark.not_sealed"
    status = 409
    zh = "该标记的批准尚未封存入日志"
    en = "the leaf of the mark's approval is not sealed yet"
    remedy_zh = "稍后再试;封存之前不生效"
    remedy_en = "try again in a moment; it counts for nothing until then"


@dataclass(frozen=True, slots=True)
class Behind:
    """The organs and officers that proposed and approved what a fact says."""

    organs: frozenset[str]
    officers: frozenset[str]
    proposal: str


def fact_of(context: Context, one: Kept, row: int, organs: Sequence[Organ], now: Instant) -> Fact:
    """The fact that an approved row becomes: through the same door as any other."""
    record = dict(fact_to_record(one.drafts[row]))
    record["id"] = f"act/{one.id[:HEX]}/{row}"
    record["recorded_at"] = print_instant(now)
    record["organ"] = one.proposal.maker.organ
    if record["kind"] in AT_APPROVAL:
        record["at"] = print_instant(now)
    if record["kind"] == "mark":
        approved_by = [one.proposal.maker.organ, *(organ.id for organ in organs)]
        record["data"] = {**record["data"], "approved_by": approved_by}
    return admit(record, context.divisions)


def approval_body(one: Kept, row: int, fact: Fact, organs: Sequence[Organ]) -> bytes:
    """What the leaf of a row's approval commits to: for the person, who made and approved it."""
    return canonical(
        {
            "approved_by": [organ.id for organ in organs],
            "fact": asserted_digest(fact),
            "maker": one.proposal.maker.organ,
            "proposal": one.id,
            "row": one.proposal.rows[row].digest().hex(),
        }
    )


def behind(unit: Unit, fact_id: str) -> Behind | None:
    """Who proposed and approved what a fact says; None for a fact of no approved act."""
    one = _asserting(unit, fact_id)
    if one is None:
        return None
    approvals = approvals_of(unit, one.id)
    return Behind(
        frozenset({one.proposal.maker.organ, *(a.organ.id for a in approvals)}),
        frozenset({one.proposal.maker.officer, *(a.officer for a in approvals)}),
        one.id,
    )


def acted(unit: Unit, fact_id: str) -> tuple[Kept, int, Sequence[Organ]] | None:
    """The proposal and row of a fact, and the organs that approved it; None if no act made it."""
    one, row = _asserting(unit, fact_id), fact_id.rpartition("/")[2]
    if one is None or not row.isdecimal() or int(row) >= len(one.proposal.rows):
        return None
    return one, int(row), [approval.organ for approval in approvals_of(unit, one.id)]


def mark_leaf(unit: Unit, fact: Fact) -> int | None:
    """The index of the `mark.approve` leaf behind a fact; None where there is none.

    Raises MarkNotSealed while it waits for its seal.
    """
    parts = fact.id.split("/")
    if len(parts) != 4 or parts[1] != "act" or not parts[3].isdecimal():
        return None
    one = kept_under(unit, parts[2])
    number = (made_of(unit, one) or {}).get(int(parts[3])) if one else None
    if not number:
        return None
    index = unit.index_of(fact.subject, number)
    if index is None:
        raise MarkNotSealed
    return index


def _asserting(unit: Unit, fact_id: str) -> Kept | None:
    parts = fact_id.split("/")
    if len(parts) != 4 or parts[1] != "act":
        return None
    one = kept_under(unit, parts[2])
    return one if one is not None and one.proposal.maker.organ == parts[0] else None
