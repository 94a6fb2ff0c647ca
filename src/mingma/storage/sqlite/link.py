"""Connections to one SQLite file."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Final

import sqlalchemy as sa

BUSY_WITHIN: Final = 5_000  # ms another process may hold the file before we give up
READERS: Final = 8  # connections kept; more are opened as needed
# A page that many commits touch goes back into the file once, and not once for every few commits.
CHECKPOINT_AFTER: Final = 8_192  # pages of the write-ahead log: 32 MiB, read again after a crash
JOURNAL_KEPT: Final = 64 << 20  # bytes of the write-ahead log kept after a bulk load
CACHE: Final = 16_384  # KiB of pages each connection keeps


def connect(file: Path, *, writes: bool) -> sqlite3.Connection:
    """A connection as all of ours are; transactions begin and end by statement only."""
    link = sqlite3.connect(
        file, timeout=BUSY_WITHIN / 1000, isolation_level=None, check_same_thread=False
    )
    try:
        if writes:
            link.execute("PRAGMA journal_mode = WAL")  # kept in the file: readers have it too
        link.execute("PRAGMA synchronous = FULL")
        link.execute("PRAGMA foreign_keys = ON")
        link.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_AFTER}")
        link.execute(f"PRAGMA journal_size_limit = {JOURNAL_KEPT}")
        link.execute(f"PRAGMA cache_size = -{CACHE}")
        # What is deleted is overwritten, and so is what a page held before it was split.
        link.execute("PRAGMA secure_delete = ON")
        link.execute(f"PRAGMA query_only = {'OFF' if writes else 'ON'}")
    except BaseException:
        link.close()
        raise
    return link


def engine(file: Path, *, writes: bool) -> sa.Engine:
    """An engine over such connections."""
    made = sa.create_engine(
        "sqlite://",
        creator=lambda: connect(file, writes=writes),
        poolclass=sa.QueuePool,
        pool_size=READERS,
        max_overflow=-1,
    )
    # A transaction that begins as a reader's and then writes fails when another wrote in between.
    begin = "BEGIN IMMEDIATE" if writes else "BEGIN"
    sa.event.listen(made, "begin", lambda link: link.exec_driver_sql(begin))
    return made
