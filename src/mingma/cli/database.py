"""The database that a command works on, closed when it is done."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

from mingma.app import Instance
from mingma.cli.serve import with_words
from mingma.flows.vouched_rows import VouchedStore
from mingma.keys import EVIDENCE_KEY, evidence_key
from mingma.opening import open_instance
from mingma.ports import Store, Unit
from mingma.settings import Settings, read_settings
from mingma.storage import open_store

READ: Final = 4096  # leaves read at a time


def opened_store(database: str | None) -> closing[Store]:
    """The store of the named database, or of the one that the settings name."""
    return closing(open_store(with_words(read_settings(os.environ), database=database).database))


def vouched_store(settings: Settings) -> closing[VouchedStore]:
    """The store that the settings name, with the key that vouches for rows of power.

    Without that key rows are read as they stand.
    """
    path = Path(settings.keys) / EVIDENCE_KEY
    key = evidence_key(path) if path.exists() else b""
    return closing(VouchedStore(open_store(settings.database), key))


def opened_instance(database: str | None = None) -> closing[Instance]:
    """The instance over it, with its keys and packs."""
    return closing(open_instance(with_words(read_settings(os.environ), database=database)))


def stored_entries(unit: Unit, size: int) -> Iterator[bytes]:
    """The first entries of the log, as the database has them, up to the first that it lacks."""
    for start in range(0, size, READ):
        end = min(start + READ, size)
        entries = unit.leaves(start, end)
        yield from entries
        if start + len(entries) < end:
            return
