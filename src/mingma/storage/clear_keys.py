"""Encrypt what an earlier release kept of K in the clear, at a start.

No unit may edit a person's K, so this goes past them, page by page; cut short, the next start goes
on. On PostgreSQL the service's role may not edit it either: then the owner has to start once.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa

from mingma.storage import tables as t
from mingma.storage.errors import StoreFailed

CLEAR: Final = 32  # bytes of a K in the clear; encrypted it has 48
PAGE: Final = 1000  # people in one transaction
NOT_ALLOWED: Final = "42501"  # PostgreSQL's word for it

_log = logging.getLogger(__name__)


def encrypt_clear(
    url: sa.URL, encrypted: Callable[[Mapping[str, bytes]], Mapping[str, bytes]]
) -> int:
    """Put in place of each K in the clear what `encrypted` says of it; how many it were.

    Those of which it says nothing stay as they are.
    """
    reader, owner = _engine(url, writes=False), _engine(url, writes=True)
    person, after, done = t.person.c, "", 0
    clear = (
        sa.select(person.sid, person.key)
        .where(sa.func.length(person.key) == CLEAR, person.sid > sa.bindparam("after"))
        .order_by(person.sid)
        .limit(PAGE)
    )
    change = (
        sa.update(t.person)
        .where(person.sid == sa.bindparam("who"), person.key == sa.bindparam("was"))
        .values(key=sa.bindparam("kept"))
    )
    try:
        while page := _read(reader, clear, after):
            after = max(page)
            rows = [{"who": ref, "was": page[ref], "kept": kept}
                    for ref, kept in encrypted(page).items()]  # fmt: skip
            if rows:
                with owner.begin() as link:
                    link.execute(change, rows)
            done += len(rows)
        if done and url.drivername == "sqlite":
            _clean(owner)
    except sa.exc.DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) != NOT_ALLOWED:
            raise StoreFailed(why=str(error.orig)) from error
        _log.warning("keys of people stand in the clear: start once as the owner of the tables")
    finally:
        reader.dispose()
        owner.dispose()
    return done


def _read(reader: sa.Engine, clear: sa.Select[Any], after: str) -> dict[str, bytes]:
    with reader.connect() as link:
        return {sid: bytes(key) for sid, key in link.execute(clear, {"after": after})}


def _clean(owner: sa.Engine) -> None:
    """Leave no byte of what was in the clear in SQLite's files, as after erasing."""
    link = owner.raw_connection()
    try:
        with suppress(sqlite3.Error):  # somebody else writes: only their bytes linger
            link.cursor().execute("VACUUM")
            link.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        link.close()


def _engine(url: sa.URL, *, writes: bool) -> sa.Engine:
    if url.drivername == "sqlite":
        from mingma.storage.sqlite.link import engine

        return engine(Path(str(url.database)), writes=writes)
    from mingma.storage.postgres.link import engine as server

    return server(url.render_as_string(hide_password=False))
