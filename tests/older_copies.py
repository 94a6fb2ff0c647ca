"""An older copy of a database, made and brought back: an SQLite file, or a dump of a server's."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from tests import postgres

SQLITE = "sqlite:///"


def copy_of(database: str) -> bytes:
    """All there is in a database, which may be in use."""
    if not database.startswith(SQLITE):
        return postgres.dump(database)
    with closing(sqlite3.connect(database.removeprefix(SQLITE))) as link:
        return link.serialize()


def bring_back(database: str, copy: bytes) -> None:
    """The copy in the place of the database, which nobody has open."""
    if not database.startswith(SQLITE):
        postgres.restore(database, copy)
        return
    file = Path(database.removeprefix(SQLITE))
    for path in file.parent.glob(f"{file.name}*"):
        path.unlink()
    file.write_bytes(copy)
