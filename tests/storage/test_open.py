"""Opening a store by its address, and what is said when that does not work."""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path

import pytest

from mingma.kernel.errors import Malformed, Unavailable
from mingma.storage import open_store
from mingma.storage.errors import CannotOpen, DriverMissing, ServerAway, UnknownAddress
from mingma.storage.memory import MemoryStore
from mingma.storage.postgres import PostgresStore
from mingma.storage.sqlite import SqliteStore
from tests.storage import make


def test_a_store_in_memory_warns_that_it_forgets(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        store = open_store("memory:")
    assert isinstance(store, MemoryStore)
    assert "everything is gone" in caplog.text


def test_a_file_is_made_where_there_is_none(tmp_path: Path) -> None:
    file = tmp_path / "a folder" / "明码.db"
    file.parent.mkdir()
    for ref in ("ann", "ben"):
        store = open_store(f"sqlite:///{file}")
        assert isinstance(store, SqliteStore)
        with store.write() as unit:
            unit.add_people([make.person(ref)])
            assert "ann" in unit.people(["ann"])
        store.close()
    assert file.exists()


@pytest.mark.postgres
def test_a_server_is_opened_by_its_address(empty_postgres: str) -> None:
    store = open_store(empty_postgres)
    assert isinstance(store, PostgresStore)
    with store.write() as unit:
        unit.add_people([make.person("ann")])
    store.close()


@pytest.mark.parametrize(
    "address",
    [
        "",
        "memory",
        "store.db",
        "sqlite:",
        "sqlite://",
        "sqlite:///",
        "sqlite:///:memory:",
        "mysql://host/database",
        "postgresql+asyncpg://host/database",
        "sqlite+aiosqlite:///store.db",
        "postgresql://host:port/database",
    ],
)
def test_another_address_is_refused_with_the_ones_there_are(address: str) -> None:
    with pytest.raises(UnknownAddress) as refusal:
        open_store(address)
    assert isinstance(refusal.value, Malformed)
    assert "sqlite:///path" in str(refusal.value)


def test_no_message_shows_a_password() -> None:
    for address in ("mysql://ann:s3cret@host/database", "postgresql://ann:s3cret@h:port/d"):
        with pytest.raises(UnknownAddress) as refusal:
            open_store(address)
        assert "s3cret" not in str(refusal.value)
        assert "s3cret" not in refusal.value.sentence("zh")


def _no_folder(tmp_path: Path) -> Path:
    return tmp_path / "missing" / "store.db"


def _a_folder(tmp_path: Path) -> Path:
    return tmp_path


def _no_database(tmp_path: Path) -> Path:
    (tmp_path / "store.db").write_text("a diary " * 1000)
    return tmp_path / "store.db"


def _damaged(tmp_path: Path) -> Path:
    file = tmp_path / "store.db"
    SqliteStore(file).close()
    file.write_bytes(file.read_bytes()[:4096] + os.urandom(40_000))
    return file


@pytest.mark.parametrize("made", [_no_folder, _a_folder, _no_database, _damaged])
def test_a_file_that_cannot_be_opened_is_named(made: object, tmp_path: Path) -> None:
    file = made(tmp_path)  # type: ignore[operator] # one of the four above
    with pytest.raises(CannotOpen) as refusal:
        open_store(f"sqlite:///{file}")
    assert isinstance(refusal.value, Unavailable)
    assert str(file) in str(refusal.value)


def test_a_server_that_is_away_is_named_without_its_password(tmp_path: Path) -> None:
    with pytest.raises(ServerAway) as refusal:
        open_store(f"postgresql://ann:s3cret@/mingma?host={tmp_path}")
    assert isinstance(refusal.value, Unavailable)
    assert "/mingma" in str(refusal.value)
    assert "s3cret" not in str(refusal.value)


@pytest.mark.postgres
def test_a_database_that_does_not_exist_is_unavailable(postgres_dsn: str) -> None:
    with pytest.raises(Unavailable) as refusal:
        open_store(postgres_dsn.replace("/mingma?", "/nowhere?"))
    assert "nowhere" in str(refusal.value)


def test_without_its_driver_postgresql_is_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith("mingma.storage.postgres")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(DriverMissing) as refusal:
        open_store("postgresql://host/database")
    assert "mingma[postgres]" in str(refusal.value)
