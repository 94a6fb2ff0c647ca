"""SQLite's turns and transactions.

Writers who wait for each other share one COMMIT, since its sync is what takes long: each works in
its turn, in a part that is kept or dropped by itself, and goes on when all of it is on the disk.
What they want done last (the seal) is done once for all of them, before that COMMIT.
Nobody waits for company: where no other writer waits, a unit commits at its end.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import sqlalchemy as sa

from mingma.kernel.errors import Problem
from mingma.ports import Last, Unit
from mingma.records import AlreadyThere, Misused, NotThere, Outgoing, Person
from mingma.storage import migrations
from mingma.storage.errors import Busy, CannotOpen, StoreFailed
from mingma.storage.rows import Row
from mingma.storage.sqlite.link import BUSY_WITHIN, connect, engine
from mingma.storage.statements import Statements, of_one
from mingma.storage.turns import PATIENCE, Turns
from mingma.storage.unit import SqlUnit


class SqliteUnit(SqlUnit):
    """One transaction on one SQLite connection."""

    holds_leaves = True  # one writer: what it adds it can seal itself

    def __init__(
        self,
        link: sqlite3.Connection,
        sql: Statements,
        *,
        writes: bool,
        waiting: Iterable[Outgoing] = (),
    ) -> None:
        super().__init__(sql, writes=writes)
        self._link = link
        self._born.add_checked(waiting)

    def leave_waiting(self) -> Sequence[Outgoing]:
        """End as `keep` does, but for the leaves: they wait for a later unit of the transaction."""
        self._check_unspoiled()
        self._check_born()
        return self._born.take_all()

    def _run(self, text: str, row: Sequence[Any]) -> sqlite3.Cursor:
        return self._link.execute(text, row)

    def _run_many(self, text: str, rows: Sequence[Row]) -> int:
        return self._link.executemany(text, rows).rowcount

    def _among(self, values: Collection[str]) -> str:
        return msgspec.json.encode(list(values)).decode()

    def _read_of(self, text: str, values: Collection[str], *before: Any) -> list[Row]:
        if len(values) == 1:
            return self._read(of_one(text), *before, *values)
        return super()._read_of(text, values, *before)

    def refusal(self, error: Exception, what: str) -> Problem | None:
        return refusal(error, what)

    def _hold_new(self, refs: Collection[str]) -> Mapping[str, Person]:
        return {}  # one writer at a time: nobody else writes anyway

    def _hold_source(self, source: str) -> None:
        """Held with everything else, by the one writer."""

    def _hold_records(self, kind: str, prefix: str) -> None:
        """Held with everything else, by the one writer."""


class SqliteStore:
    """A `ports.Store` in one file; opening it brings its tables up to date."""

    one_writer = True

    def __init__(self, file: Path, *, patience: float = PATIENCE) -> None:
        self._open = False
        self._unclean = False  # what was erased may still stand in the files
        self._failure: StoreFailed | None = None
        self._turns = Turns(patience)
        self._shared: _Shared | None = None
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
    def write(self, last: Last | None = None) -> Iterator[Unit]:
        """A unit of work in this thread's turn."""
        with self._turns.turn():
            self._check_open()
            shared = self._begin(last)
            unit = self._unit_in(shared)
            try:
                if shared.parts:
                    _execute(self._writer, "SAVEPOINT part")
                yield unit
                owed = last or shared.last
                if owed is not None and not self._turns.wanted:
                    owed(unit)  # nobody comes behind
                    owed = None
                waiting: Sequence[Outgoing] = ()
                if owed is not None:
                    waiting = unit.leave_waiting()
                else:
                    unit.keep()
                if shared.parts:
                    _execute(self._writer, "RELEASE part")
            except BaseException:
                self._drop_part(shared)
                raise
            finally:
                unit.end()
            shared.parts += 1
            shared.last, shared.waiting = owed, waiting
            shared.erased |= unit.erased
            # Whoever is the last of those who came commits for all; it may be nobody.
            if not self._turns.wanted or (self._turns.step_back() and not shared.over):
                self._commit()
        if shared.failure is not None:
            raise shared.failure

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
                self._commit()  # of units whose threads were stopped before they could
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

    def _begin(self, last: Last | None) -> _Shared:
        """The transaction that is open, or a new one where something else is to be done last."""
        if self._shared and self._shared.last not in (None, last) and last is not None:
            self._commit()
        if self._failure is not None:
            raise self._failure
        if self._shared is None or self._shared.over:
            _execute(self._writer, "BEGIN IMMEDIATE")
            self._shared = _Shared()
        return self._shared

    def _unit_in(self, shared: _Shared) -> SqliteUnit:
        """A part of the transaction: what the others left waiting waits in it too."""
        return SqliteUnit(self._writer, self._sql, writes=True, waiting=shared.waiting)

    def _drop_part(self, shared: _Shared) -> None:
        """Undo the part that failed, and no other; if that cannot be, all of them are told."""
        if shared.parts and self._writer.in_transaction:
            with suppress(sqlite3.Error):
                self._writer.execute("ROLLBACK TO part")
                self._writer.execute("RELEASE part")
                return
        if self._writer.in_transaction:
            self._writer.rollback()
        shared.over = True
        if shared.parts:  # some errors end the whole transaction
            shared.failure = StoreFailed(why="another unit of work failed and took this one along")

    def _commit(self) -> None:
        """End the open transaction; how it went is told to everybody in it."""
        shared = self._shared
        if shared is None or shared.over:
            return
        try:
            shared.failure = self._do_last(shared) or self._end_transaction()
        except BaseException:  # somebody stopped the program
            shared.failure = StoreFailed(why="the commit was interrupted")
            raise
        finally:
            shared.over = True
            if self._writer.in_transaction:
                self._writer.rollback()
            self._turns.let_go()
        if shared.failure is None:
            if self._unclean and not shared.erased:
                self._clean()
            self._unclean |= shared.erased

    def _do_last(self, shared: _Shared) -> Exception | None:
        """What those who are gone left to be done; why nothing can be kept, if it fails."""
        if shared.last is None:
            return None
        unit = self._unit_in(shared)
        try:
            shared.last(unit)
            unit.keep()
        except Exception as error:  # noqa: BLE001 # raised by each whose part this was
            return error
        finally:
            unit.end()
        return None

    def _end_transaction(self) -> StoreFailed | None:
        try:
            _execute(self._writer, "COMMIT")
        except StoreFailed as error:
            # What reached the disk is unknown, and the page cache may lie about it: no retry, no
            # other write until the store is opened anew. What was in force stays and is read.
            self._failure = error
            return error
        return None


@dataclass(slots=True)
class _Shared:
    """One transaction: how many units are in it, and how it ended."""

    parts: int = 0
    last: Last | None = None  # still to be done
    waiting: Sequence[Outgoing] = ()  # leaves for it, in no table yet
    erased: bool = False
    over: bool = False
    failure: Exception | None = None


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
