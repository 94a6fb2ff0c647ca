"""SQLite's turns and transactions."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import sqlalchemy as sa

from mingma.kernel.errors import Problem
from mingma.ports import Unit
from mingma.records import AlreadyThere, Misused, NotThere, Person
from mingma.storage import migrations
from mingma.storage.errors import Busy, CannotOpen, StoreFailed
from mingma.storage.rows import Row
from mingma.storage.sqlite.link import BUSY_WITHIN, connect, engine
from mingma.storage.statements import Statements
from mingma.storage.turns import PATIENCE, Turns
from mingma.storage.unit import SqlUnit


class SqliteUnit(SqlUnit):
    """One transaction on one SQLite connection."""

    holds_leaves = True  # one writer: what it adds it can seal itself

    def __init__(self, link: sqlite3.Connection, sql: Statements, *, writes: bool) -> None:
        super().__init__(sql, writes=writes)
        self._link = link

    def _run(self, text: str, row: Sequence[Any]) -> sqlite3.Cursor:
        return self._link.execute(text, row)

    def _run_many(self, text: str, rows: Sequence[Row]) -> int:
        return self._link.executemany(text, rows).rowcount

    def _among(self, values: Collection[str]) -> str:
        return msgspec.json.encode(list(values)).decode()

    def refusal(self, error: Exception, what: str) -> Problem | None:
        return refusal(error, what)

    def _hold_new(self, refs: Collection[str]) -> Mapping[str, Person]:
        return {}  # one writer at a time: nobody else writes anyway

    def _hold_source(self, source: str) -> None:
        pass

    def _hold_records(self, kind: str, prefix: str) -> None:
        pass


class SqliteStore:
    """A `ports.Store` in one file; opening it brings its tables up to date."""

    one_writer = True

    def __init__(self, file: Path, *, patience: float = PATIENCE) -> None:
        self._open = False
        self._unclean = False  # what was erased may still stand in the files
        self._failure: StoreFailed | None = None
        self._turns = Turns(patience)
        self._readers = engine(file, writes=False)
        self._sql = Statements(self._readers.dialect)
        try:
            writers = engine(file, writes=True)
            try:
                migrations.upgrade(writers)
            finally:
                # The last one that closes also writes the WAL back and deletes it: what a sync that
                # failed left in the page cache only is on the disk before anything rests on it.
                writers.dispose()
            self._writer = connect(file, writes=True)
        except (sqlite3.Error, sa.exc.DBAPIError) as error:
            cause = getattr(error, "orig", None) or error
            raise CannotOpen(file=file, why=str(cause)) from error
        self._open = True

    @contextmanager
    def write(self) -> Iterator[Unit]:
        """A unit of work in this thread's turn."""
        with self._turns.turn():
            self._check_open()
            if self._failure is not None:
                raise self._failure
            unit = SqliteUnit(self._writer, self._sql, writes=True)
            _execute(self._writer, "BEGIN IMMEDIATE")
            try:
                yield unit
                unit.keep()
                self._commit()
                self._unclean |= unit.erased
            finally:
                unit.end()
                if self._writer.in_transaction:
                    self._writer.rollback()
            if self._unclean and not unit.erased:
                self._clean()

    @contextmanager
    def read(self) -> Iterator[Unit]:
        """A unit of work on a snapshot, beside whoever writes."""
        self._check_open()
        try:
            lent = self._readers.raw_connection()
        except sa.exc.DBAPIError as error:
            raise StoreFailed(why=str(error.orig)) from error
        link: sqlite3.Connection = lent.driver_connection  # type: ignore[assignment] # ours
        unit = SqliteUnit(link, self._sql, writes=False)
        try:
            _execute(link, "BEGIN")
            yield unit
        finally:
            unit.end()
            if not self._open:
                lent.invalidate()
            lent.close()  # back to the pool, which ends the transaction

    def close(self) -> None:
        """Let the running writer finish, then release the file."""
        with self._turns.turn():
            if self._open:
                self._open = False
                self._readers.dispose()
                if self._unclean:
                    self._clean()
                self._writer.close()

    def _check_open(self) -> None:
        if not self._open:
            raise Misused(how="a store was used after it was closed")

    def _clean(self) -> None:
        """Leave no byte of what was erased in the files.

        The file is written anew, since pages keep what once stood between their rows, and the
        write-ahead log is cut to nothing: once, with the first unit after those that erase. While
        a reader still looks at what was before it must wait, and is tried again with each later
        unit and at the end.
        """
        try:
            self._writer.execute("VACUUM")
            ((busy, *_),) = self._writer.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        except sqlite3.Error:
            return  # the erasure itself is durable; only its bytes linger
        self._unclean = bool(busy)

    def _commit(self) -> None:
        try:
            _execute(self._writer, "COMMIT")
        except StoreFailed as error:
            # What reached the disk is unknown, and the page cache may lie about it: no retry, no
            # other write until the store is opened anew. What was in force stays and is read.
            self._failure = error
            raise


def _execute(link: sqlite3.Connection, statement: str) -> None:
    try:
        link.execute(statement)
    except sqlite3.Error as error:
        raise refusal(error, "person") or error from error


def refusal(error: Exception, what: str) -> Problem | None:
    """The port's error for one of SQLite's; None if it is none of SQLite's."""
    if not isinstance(error, sqlite3.Error):
        return None
    match getattr(error, "sqlite_errorname", "").removeprefix("SQLITE_").split("_"):
        case ["CONSTRAINT", "PRIMARYKEY" | "UNIQUE" | "ROWID"]:
            return AlreadyThere(what=what)
        case ["CONSTRAINT", "FOREIGNKEY"]:
            return NotThere(what=what)
        case ["BUSY", *_]:
            return Busy(seconds=BUSY_WITHIN / 1000)
    return StoreFailed(why=str(error))
