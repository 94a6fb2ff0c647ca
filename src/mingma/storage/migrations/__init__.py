"""Bringing a database to the tables this release knows.

One file of steps serves both databases. An empty database is filled, an older one brought up to
date, a newer one refused: an older program must not write it. All steps of a run are one
transaction, on SQLite too, and two processes that start together take turns.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import sqlalchemy as sa

from mingma.storage.errors import NewerDatabase

HEAD: Final = "0001"  # the newest step in versions/
_LOCK: Final = 0x6D696E67  # PostgreSQL's advisory lock of migrations: "ming"


def upgrade(engine: sa.Engine, to: str = "head") -> None:
    """Bring the database to the newest step; raises NewerDatabase."""
    with engine.connect() as connection:
        if to == "head" and revision(connection) == HEAD:
            return  # the usual start: Alembic is not even loaded
    with engine.begin() as connection:
        _take_turn(connection)
        _refuse_newer(connection)
        _alembic("upgrade", connection, to)


def downgrade(engine: sa.Engine, to: str) -> None:
    """Take the database back to an older step, or to `base`: nothing left."""
    with engine.begin() as connection:
        _take_turn(connection)
        _alembic("downgrade", connection, to)


def check(engine: sa.Engine) -> None:
    """Raise if the steps and tables.py say different things."""
    with engine.begin() as connection:
        _alembic("check", connection)


def revision(connection: sa.Connection) -> str | None:
    """The step the database is at, or None where it is empty."""
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    found = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    return None if found is None else str(found)


def _take_turn(connection: sa.Connection) -> None:
    if connection.dialect.name == "postgresql":  # SQLite's transaction began as a writer's
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")


def _refuse_newer(connection: sa.Connection) -> None:
    found = revision(connection)
    if found is not None and found > HEAD:
        raise NewerDatabase(revision=found)


def _alembic(what: str, connection: sa.Connection, *words: str) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.attributes["connection"] = connection
    getattr(command, what)(config, *words)
