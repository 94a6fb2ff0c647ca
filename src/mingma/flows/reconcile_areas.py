"""Hold the area list in use against the leaves that published one: nobody edits it in silence."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mingma.flows.area_list import LIST, SUBJECT, list_digest, read_published, why_not
from mingma.flows.context import Context
from mingma.flows.exact_record import exact_record
from mingma.flows.reconcile_found import Amiss, Found
from mingma.ports import Unit


@dataclass(frozen=True, slots=True)
class Told:
    """A leaf that published a list: where it stands, whose act it is, and the digest it names."""

    index: int
    subject: str
    number: int
    digest: bytes


def check_area_list(unit: Unit, context: Context, told: Sequence[Told]) -> Iterator[Found]:
    """Each leaf has its row, a later list its owner's signature, and the last list is in use."""
    for one in told:
        if not _fits(unit, one):
            yield Found(Amiss.AREA_LIST, one.index, what="record")
    ours = bytes.fromhex(list_digest(context.base_areas))
    if told and not context.specimen and told[-1].digest != ours:
        yield Found(Amiss.AREA_LIST, told[-1].index, what="list")


def _fits(unit: Unit, one: Told) -> bool:
    record = exact_record(unit, LIST, f"{one.number:06}")
    if one.subject != SUBJECT or record is None:
        return False
    said = read_published(record)
    if bytes.fromhex(said.digest) != one.digest:
        return False
    if said.signed is None:
        return said.number == 0
    return not why_not(unit, said.digest, said.signed)
