"""The three adapters, each empty for each test."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from mingma.ports import Store
from mingma.storage.memory import MemoryStore
from mingma.storage.postgres import PostgresStore, grant_erasure, grant_service
from mingma.storage.sqlite import SqliteStore
from mingma.storage.tables import metadata

SERVICE = "mingma_service"  # the role without rights to edit, as a deployment has it
ERASER = "mingma_eraser"  # the role under which retention runs


@dataclass(frozen=True)
class Adapter:
    """A place to keep things; `open` opens it, and again, with the patience of its writers."""

    name: str
    open: Callable[[float], Store]


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty, migrated SQLite file, to be copied."""
    file = tmp_path_factory.mktemp("sqlite") / "empty.db"
    SqliteStore(file).close()
    return file


@pytest.fixture
def service_dsn(postgres_dsn: str) -> str:
    """The emptied, migrated database, seen by the service's role."""
    with psycopg.connect(postgres_dsn, autocommit=True) as owner:
        if not owner.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [SERVICE]).fetchone():
            owner.execute(f"CREATE ROLE {SERVICE} LOGIN")
        grant_service(postgres_dsn, SERVICE)
        owner.execute(f"TRUNCATE {', '.join(metadata.tables)}")
        owner.execute("INSERT INTO head (id, size, note) VALUES (1, 0, '')")
    return postgres_dsn.replace("//mingma@", f"//{SERVICE}@")


@pytest.fixture
def erasure_dsn(postgres_dsn: str, service_dsn: str) -> str:
    """The same database, seen by the role that erases whose data are due."""
    with psycopg.connect(postgres_dsn, autocommit=True) as owner:
        if not owner.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [ERASER]).fetchone():
            owner.execute(f"CREATE ROLE {ERASER} LOGIN")
    grant_erasure(postgres_dsn, ERASER)
    return service_dsn.replace(f"//{SERVICE}@", f"//{ERASER}@")


@pytest.fixture(params=["memory", "sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def adapter(request: pytest.FixtureRequest, tmp_path: Path) -> Adapter:
    """Each adapter in turn."""
    name = request.param
    if name == "memory":
        return Adapter(name, lambda patience: MemoryStore(patience=patience))
    if name == "sqlite":
        file = tmp_path / "store.db"
        shutil.copy(request.getfixturevalue("migrated_file"), file)
        return Adapter(name, lambda patience: SqliteStore(file, patience=patience))
    dsn = request.getfixturevalue("service_dsn")
    return Adapter(name, lambda patience: PostgresStore(dsn, patience=patience))


@pytest.fixture
def store(adapter: Adapter) -> Iterator[Store]:
    """An empty store of each adapter."""
    opened = adapter.open(20.0)
    yield opened
    opened.close()


@pytest.fixture
def eraser(request: pytest.FixtureRequest, adapter: Adapter, store: Store) -> Iterator[Store]:
    """The same store for who may erase: on PostgreSQL a role of its own, elsewhere everybody."""
    if adapter.name != "postgres":
        yield store
        return
    opened = PostgresStore(request.getfixturevalue("erasure_dsn"))
    yield opened
    opened.close()


@pytest.fixture
def again(adapter: Adapter, store: Store) -> Iterator[Callable[[], Store]]:
    """The same store as another process sees it; memory has no other process."""
    opened: list[Store] = []

    def reopen() -> Store:
        if adapter.name == "memory":
            return store
        opened.append(adapter.open(20.0))
        return opened[-1]

    yield reopen
    for one in opened:
        one.close()
