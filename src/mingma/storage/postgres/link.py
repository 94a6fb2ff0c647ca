"""Connections to one PostgreSQL database."""

from __future__ import annotations

from typing import Any, Final

import psycopg
import sqlalchemy as sa

from mingma.kernel.errors import Problem
from mingma.records import AlreadyThere, NotThere, Stale
from mingma.storage.errors import Busy, ServerAway, StoreFailed
from mingma.storage.turns import PATIENCE

CONNECT_WITHIN: Final = 10  # seconds until a server that does not answer counts as away
CONNECTIONS: Final = 10  # kept
MORE: Final = 20  # opened at a rush, closed after it


def engine(dsn: str, *, patience: float = PATIENCE) -> sa.Engine:
    """An engine over connections that are durable at commit and wait no longer than `patience`."""
    url = sa.make_url(dsn).set(drivername="postgresql+psycopg")
    if "connect_timeout" not in url.query:
        url = url.update_query_dict({"connect_timeout": str(CONNECT_WITHIN)})
    made = sa.create_engine(
        url,
        paramstyle="format",
        pool_size=CONNECTIONS,
        max_overflow=MORE,
        pool_timeout=patience,
    )

    def prepare(link: psycopg.Connection[Any], _: object) -> None:
        link.execute(f"SET lock_timeout = {round(patience * 1000)}")
        link.execute("SET synchronous_commit = on")
        link.commit()

    sa.event.listen(made, "connect", prepare)
    return made


def refusal(error: Exception, what: str, *, engine: sa.Engine, patience: float) -> Problem | None:
    """The port's error for one of PostgreSQL's; None if it is none of PostgreSQL's."""
    match error:
        case psycopg.errors.UniqueViolation():
            return AlreadyThere(what=what)
        case psycopg.errors.ForeignKeyViolation():
            return NotThere(what=what)
        case psycopg.errors.SerializationFailure() | psycopg.errors.DeadlockDetected():
            return Stale(what=what)
        case psycopg.errors.LockNotAvailable():
            return Busy(seconds=patience)
        case psycopg.OperationalError() if (error.sqlstate or "08")[:3] in {"08", "080", "57P"}:
            return away(error, engine)
        case psycopg.Error():
            return StoreFailed(why=_first_line(error))
    return None


def away(error: Exception, engine: sa.Engine) -> ServerAway:
    """The refusal for a server that is not there, named without its password."""
    url = engine.url
    host = url.host or url.query.get("host") or "local"
    return ServerAway(server=f"{host}/{url.database or ''}", why=_first_line(error))


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [""])[0][:200]
