"""Where people, facts, decisions and the log's leaves are kept: three adapters of `ports.Store`.

`memory/`, `sqlite/` and `postgres/` each say in their docstring whom they must trust. The two SQL
adapters share tables, steps and statements, and keep transactions and turns to themselves.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import sqlalchemy as sa

from mingma.ports import Store
from mingma.storage import migrations
from mingma.storage.clear_keys import encrypt_clear
from mingma.storage.errors import DriverMissing, UnknownAddress

MEMORY: Final = "memory:"

_log = logging.getLogger(__name__)


def open_store(dsn: str) -> Store:
    """The store at `memory:`, `sqlite:///path` or `postgresql://…`, its tables up to date.

    Raises UnknownAddress, CannotOpen, ServerAway, DriverMissing or NewerDatabase.
    """
    if dsn == MEMORY:
        from mingma.storage.memory import MemoryStore

        _log.warning("the store is in memory: everything is gone when the program ends")
        return MemoryStore()
    url = _url(dsn)
    if url.drivername == "sqlite":
        from mingma.storage.sqlite import SqliteStore

        return SqliteStore(Path(str(url.database)))
    try:
        from mingma.storage.postgres import PostgresStore
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "psycopg":
            raise
        raise DriverMissing from error
    return PostgresStore(dsn)


def migrate(dsn: str) -> None:
    """Bring the tables at an address up to date, as opening it does, and let go of it."""
    open_store(dsn).close()


def encrypt_clear_keys(
    dsn: str, encrypted: Callable[[Mapping[str, bytes]], Mapping[str, bytes]]
) -> None:
    """Put what `encrypted` says in place of each K that an earlier release kept in the clear."""
    if dsn != MEMORY:
        encrypt_clear(_url(dsn), encrypted)


def _url(dsn: str) -> sa.URL:
    try:
        url = sa.make_url(dsn)
    except (sa.exc.ArgumentError, ValueError):
        raise UnknownAddress(value=dsn.partition(":")[0]) from None
    file = url.drivername == "sqlite" and url.database not in {None, "", ":memory:"}
    if not file and url.drivername != "postgresql":
        raise UnknownAddress(value=url.render_as_string(hide_password=True))
    return url


__all__ = ["encrypt_clear_keys", "migrate", "migrations", "open_store"]
