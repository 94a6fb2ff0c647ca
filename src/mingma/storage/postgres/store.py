"""PostgreSQL's transactions."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import psycopg
import sqlalchemy as sa

from mingma.ports import Last, Unit
from mingma.records import Misused
from mingma.storage import migrations
from mingma.storage.errors import Busy
from mingma.storage.postgres.link import away, engine, refusal
from mingma.storage.postgres.unit import PostgresUnit, copies
from mingma.storage.statements import Statements
from mingma.storage.turns import PATIENCE

# A reader's look is one moment. A writer first waits for who wrote before it about the same
# person, and then must see what that one wrote: a snapshot taken before the wait would not.
READING = psycopg.IsolationLevel.REPEATABLE_READ
WRITING = psycopg.IsolationLevel.READ_COMMITTED


class PostgresStore:
    """A `ports.Store` on a server; opening it brings its tables up to date."""

    one_writer = False

    def __init__(self, dsn: str, *, patience: float = PATIENCE) -> None:
        self._patience = patience
        self._engine = engine(dsn, patience=patience)
        self._sql = Statements(self._engine.dialect)
        self._copies = copies(self._sql)
        self._refusal = partial(refusal, engine=self._engine, patience=patience)
        self._mine = threading.local()
        self._open = True
        self._migrate(dsn)

    @contextmanager
    def write(self, last: Last | None = None) -> Iterator[Unit]:
        """A unit of work; who writes about the same person waits."""
        if getattr(self._mine, "writing", False):
            raise Misused(how="a unit of writing inside another")
        with self._unit(WRITING) as (link, unit):
            self._mine.writing = True
            try:
                yield unit
                if last is not None:
                    last(unit)
                unit.keep()
                self._commit(link)
            finally:
                self._mine.writing = False

    @contextmanager
    def read(self) -> Iterator[Unit]:
        """A unit of work on a snapshot."""
        with self._unit(READING) as (_, unit):
            yield unit

    def close(self) -> None:
        """Release the connections."""
        self._open = False
        self._engine.dispose()

    @contextmanager
    def _unit(
        self, level: psycopg.IsolationLevel
    ) -> Iterator[tuple[psycopg.Connection[Any], PostgresUnit]]:
        """A connection in a transaction and a unit on it; back to the pool after it."""
        if not self._open:
            raise Misused(how="a store was used after it was closed")
        lent = self._borrow()
        link: psycopg.Connection[Any] = lent.driver_connection  # type: ignore[assignment] # ours
        writes = level is WRITING
        link.isolation_level, link.read_only = level, not writes
        unit = PostgresUnit(link, self._sql, self._copies, self._refusal, writes=writes)
        try:
            yield link, unit
        finally:
            unit.end()
            if link.closed:  # the server went away: so did the others in the pool
                self._engine.dispose()
            if link.closed or not self._open:
                lent.invalidate()
            lent.close()  # back to the pool, which rolls back what was not committed

    def _migrate(self, dsn: str) -> None:
        made = engine(dsn)
        try:
            migrations.upgrade(made)
        except sa.exc.DBAPIError as error:
            cause = error.orig if isinstance(error.orig, Exception) else error
            raise self._refusal(cause, "") or error from error
        finally:
            made.dispose()

    def _borrow(self) -> sa.PoolProxiedConnection:
        try:
            return self._engine.raw_connection()
        except sa.exc.TimeoutError as error:
            raise Busy(seconds=self._patience) from error
        except sa.exc.DBAPIError as error:
            raise away(error.orig or error, self._engine) from error

    def _commit(self, link: psycopg.Connection[Any]) -> None:
        try:
            link.commit()
        except psycopg.Error as error:
            raise self._refusal(error, "person") or error from error
