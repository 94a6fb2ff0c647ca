"""The one record of a kind and an id: a store is asked from an id on, and may have a later one."""

from __future__ import annotations

from mingma.ports import Unit
from mingma.records import Record


def exact_record(unit: Unit, kind: str, id: str) -> Record | None:
    """The record of this very id, or None."""
    record = unit.first_record(kind, id)
    return record if record is not None and record.id == id else None
