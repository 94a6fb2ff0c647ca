"""Hold the records of offices and sources against their digests and their leaves, both ways.

Whoever writes to the database could make somebody an officer, take a roster away, or register a
key; each such record is vouched for by a key elsewhere, and has a leaf that opens to it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Final

from mingma.flows import offices
from mingma.flows.context import Context
from mingma.flows.emergency import INSTANCE
from mingma.flows.exact_record import exact_record
from mingma.flows.reconcile_found import Amiss, Found
from mingma.flows.seal import EVERYTHING
from mingma.flows.sources import says
from mingma.flows.vouched_rows import SOURCE, VOUCHED, strangers
from mingma.ledger.leaf import Kind, Leaf
from mingma.ports import Unit

# The kind of record that a leaf about nobody has; of a `key.rotate` its `what` says it.
RECORD_OF: Final[Mapping[Kind, str]] = {
    leaf: kind for kind, leaf in offices.LEAF_OF.items() if leaf is not Kind.KEY_ROTATE
}


def check_offices(unit: Unit, context: Context) -> Iterator[Found]:
    """Each record is as this instance wrote it, and has a leaf that opens to it."""
    for kind in sorted(VOUCHED):
        for id in strangers(unit, kind):
            yield Found(Amiss.NOT_VOUCHED, offices.leaf_index(unit, kind, id), what=f"{kind} {id}")
    waiting: set[str] | None = None
    for kind in offices.LEAF_OF:
        for record in unit.records(kind):
            index = offices.leaf_index(unit, kind, record.id)
            if index is not None:
                if not offices.fits_its_leaf(unit, record):
                    yield Found(Amiss.OFFICE_DIFFERS, index, what=f"{kind} {record.id}")
                continue
            if waiting is None:
                waiting = {one.subject for one in unit.pool(EVERYTHING)}
            if f"{INSTANCE}:{kind}:{record.id}" not in waiting:
                yield Found(Amiss.OFFICE_WITHOUT_LEAF, what=f"{kind} {record.id}")
    yield from _check_named(unit)
    yield from _check_sources(unit, context)


def _check_named(unit: Unit) -> Iterator[Found]:
    """No organ or officer is gone that a passkey, a grant or an officer speaks of.

    They have no leaf of their own: each is named by one of those that have.
    """
    by: dict[tuple[str, str], tuple[str, str]] = {}  # what is spoken of: by which record
    for record in unit.records(offices.PASSKEY):
        by.setdefault((offices.OFFICER, record.id.partition("/")[0]), (record.kind, record.id))
    for record in unit.records(offices.GRANT):
        said = json.loads(record.body)
        for kind, id in (
            (offices.OFFICER, said["officer"]),
            (offices.ORGAN, said["organ"]),
            (offices.ORGAN, said["given_by_organ"]),
        ):
            by.setdefault((kind, id), (record.kind, record.id))
    for record in unit.records(offices.OFFICER):
        organ = json.loads(record.body)["organ"]
        by.setdefault((offices.ORGAN, organ), (offices.PASSKEY, f"{record.id}/000001"))
    for kind in (offices.OFFICER, offices.ORGAN):
        there = {*(one.id for one in unit.records(kind)), *strangers(unit, kind)}
        for (what, id), speaks in sorted(by.items()):
            if what == kind and id not in there:
                index = offices.leaf_index(unit, *speaks)
                yield Found(Amiss.OFFICE_MISSING, index, what=f"{kind} {id}")


def _check_sources(unit: Unit, context: Context) -> Iterator[Found]:
    """Each source is the one its leaf tells of; only a specimen's needs none."""
    for id, source in sorted(unit.sources().items()):
        index = offices.leaf_index(unit, SOURCE, id)
        if index is not None and not says(unit, index, source):
            yield Found(Amiss.OFFICE_DIFFERS, index, what=f"{SOURCE} {id}")
        elif index is None and not context.specimen and not _waits(unit, id):
            yield Found(Amiss.OFFICE_WITHOUT_LEAF, what=f"{SOURCE} {id}")


def _waits(unit: Unit, id: str) -> bool:
    subject = f"{INSTANCE}:{SOURCE}:{id}"
    return any(one.subject == subject for one in unit.pool(EVERYTHING))


def missing(unit: Unit, leaf: Leaf, subject: str) -> str:
    """The kind and id of the record that a sealed leaf of nobody tells of, if it is not there.

    One that nobody vouches for is there: it is named by itself.
    """
    kind = leaf.what if leaf.kind is Kind.KEY_ROTATE else RECORD_OF.get(leaf.kind)
    if kind not in {*RECORD_OF.values(), offices.PASSKEY, SOURCE}:
        return ""
    begins = f"{INSTANCE}:{kind}:"
    id = subject.removeprefix(begins)
    there = subject.startswith(begins) and exact_record(unit, kind, id) is not None
    return "" if there or id in strangers(unit, kind, id) else f"{kind} {id}"
