"""What is PostgreSQL's own: rights, several writers at once, a server that goes away."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import psycopg
import pytest

from mingma.ports import Store
from mingma.records import AlreadyThere, Record, Stale
from mingma.storage import tables as t
from mingma.storage.errors import ServerAway, StoreFailed
from mingma.storage.personal import PERSONAL
from mingma.storage.postgres import PostgresStore, grant_service
from tests.storage import make
from tests.storage.conftest import SERVICE
from tests.storage.waiting import SOON

pytestmark = pytest.mark.postgres


@pytest.fixture
def store(service_dsn: str) -> Iterator[Store]:
    opened = PostgresStore(service_dsn)
    with opened.write() as unit:
        unit.add_people([make.person("ann"), make.person("ben")])
    yield opened
    opened.close()


APPEND_ONLY = sorted(set(t.metadata.tables) - {t.outbox.name})


@pytest.mark.parametrize("table", APPEND_ONLY)
def test_the_service_s_role_deletes_nothing_but_the_queue(service_dsn: str, table: str) -> None:
    with psycopg.connect(service_dsn) as link:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            link.execute(f"DELETE FROM {table}")
        link.rollback()
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            link.execute(f"TRUNCATE {table}")


@pytest.mark.parametrize("table", t.metadata.sorted_tables, ids=str)
def test_the_service_s_role_changes_only_the_columns_that_change(
    service_dsn: str, table: Any
) -> None:
    with psycopg.connect(service_dsn) as link:
        for column in [column.name for column in table.columns]:
            change = f"UPDATE {table.name} SET {column} = {column}"
            if column in t.MUTABLE.get(table, ()):
                link.execute(change)
                continue
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                link.execute(change)
            link.rollback()


@pytest.mark.parametrize("act", ["ALTER TABLE decision ADD colour text", "DROP TABLE leaf"])
def test_the_service_s_role_does_not_own_the_tables(service_dsn: str, act: str) -> None:
    with psycopg.connect(service_dsn) as link, pytest.raises(psycopg.errors.InsufficientPrivilege):
        link.execute(act)


def test_the_head_cannot_get_a_second_row(service_dsn: str) -> None:
    with psycopg.connect(service_dsn) as link, pytest.raises(psycopg.errors.InsufficientPrivilege):
        link.execute("INSERT INTO head (id, size, note) VALUES (2, 0, '')")


@pytest.mark.parametrize("table", t.metadata.sorted_tables, ids=str)
def test_the_role_that_erases_deletes_what_is_personal_and_no_leaf(
    erasure_dsn: str, table: Any
) -> None:
    with psycopg.connect(erasure_dsn) as link:
        if table in t.PERSONAL | t.QUEUE:
            link.execute(f"DELETE FROM {table.name}")
            return
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            link.execute(f"DELETE FROM {table.name}")


def test_the_role_that_erases_deletes_no_record_of_a_kind_that_stays(
    erasure_dsn: str, store: Store
) -> None:
    kinds = (*sorted(PERSONAL), "grant", "attempt", "edition")
    with store.write() as unit:
        for kind in kinds:
            unit.add_record(Record(kind, "ann/1", make.EARLIER, b"{}"))
    with psycopg.connect(erasure_dsn) as link:
        assert link.execute("DELETE FROM record").rowcount == len(PERSONAL)
    with store.read() as unit:
        assert unit.records("grant")
        assert not unit.records("appeal")


def test_the_role_that_erases_changes_of_a_leaf_only_whose_act_it_is(erasure_dsn: str) -> None:
    with psycopg.connect(erasure_dsn) as link:
        link.execute("UPDATE leaf SET sid = sid, number = number")
        for column in ("leaf SET i = i", "sealed SET i = i", "sealed SET entries = entries"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                link.execute(f"UPDATE {column}")
            link.rollback()


def test_the_service_itself_erases_nobody(store: Store) -> None:
    with pytest.raises(StoreFailed), store.write() as unit:
        unit.erase(["ann"])
    with store.read() as unit:
        assert unit.people(["ann"])


def test_granting_takes_back_what_a_role_had_too_much(postgres_dsn: str, service_dsn: str) -> None:
    with psycopg.connect(postgres_dsn, autocommit=True) as owner:
        owner.execute(f"GRANT ALL ON decision TO {SERVICE}, PUBLIC")
        owner.execute(f"GRANT UPDATE (body) ON notice TO {SERVICE}")
    grant_service(postgres_dsn, SERVICE)
    test_the_service_s_role_deletes_nothing_but_the_queue(service_dsn, "decision")
    test_the_service_s_role_changes_only_the_columns_that_change(service_dsn, t.notice)


def test_a_right_that_is_missing_is_unavailable(service_dsn: str, postgres_dsn: str) -> None:
    with psycopg.connect(postgres_dsn, autocommit=True) as owner:
        owner.execute(f"REVOKE INSERT ON record FROM {SERVICE}")
    store = PostgresStore(service_dsn)
    with pytest.raises(StoreFailed), store.write() as unit:
        unit.add_record(make.record())
    store.close()
    grant_service(postgres_dsn, SERVICE)


def test_writers_about_different_people_do_not_wait_for_each_other(store: Store) -> None:
    def write() -> None:
        with store.write() as unit:
            unit.people(["ben"])
            unit.known("clinic", ["1"])
            make.add_facts(unit, make.fact("1", "ben"), source="clinic")
            unit.count_events({"ben": 1})

    with ThreadPoolExecutor(1) as other, store.write() as unit:
        unit.people(["ann"])
        unit.known("lab", ["1"])
        make.add_facts(unit, make.fact("1", "ann"), source="lab", at=make.EARLIER)
        unit.count_events({"ann": 1})
        other.submit(write).result(SOON)


def test_two_that_wait_for_each_other_end_with_one_stale(store: Store) -> None:
    both = Barrier(2)

    def cross(first: str, second: str) -> str:
        try:
            with store.write() as unit:
                unit.people([first])
                both.wait(SOON)
                unit.people([second])
        except Stale:
            return "stale"
        return "done"

    with ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(cross, ["ann", "ben"], ["ben", "ann"]))
    assert sorted(outcomes) == ["done", "stale"]


def test_the_same_fact_from_two_writers_that_did_not_ask_is_stored_once(store: Store) -> None:
    def write() -> None:
        with store.write() as unit:
            make.add_facts(unit, make.fact())

    with ThreadPoolExecutor(1) as other:
        with store.write() as unit:
            make.add_facts(unit, make.fact())
            second = other.submit(write)
        with pytest.raises(AlreadyThere):
            second.result(SOON)


def cut(dsn: str) -> None:
    """End the service's connections, as a server that restarts does."""
    with psycopg.connect(dsn, autocommit=True) as owner:
        owner.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = %s", [SERVICE]
        )


def test_a_server_that_went_away_is_unavailable_and_then_back(
    store: Store, postgres_dsn: str
) -> None:
    with store.write() as first, store.read() as second:  # two connections in the pool
        first.people(["ann"])
        second.people(["ann"])

    def half() -> None:
        with store.write() as unit:
            unit.add_people([make.person("eve")])
            cut(postgres_dsn)
            unit.add_people([make.person("eva")])

    with pytest.raises(ServerAway):
        half()
    with store.write() as unit:
        assert unit.people(["ann", "eve"]).keys() == {"ann"}
    cut(postgres_dsn)
    with pytest.raises(ServerAway), store.write() as unit:
        unit.people(["ann"])
    with store.read() as unit:
        assert unit.people(["ann"])


def test_a_commit_that_is_cut_off_is_unavailable(store: Store, postgres_dsn: str) -> None:
    def cut_before_the_end() -> None:
        with store.write() as unit:
            unit.add_people([make.person("eve")])
            cut(postgres_dsn)

    with pytest.raises(ServerAway):
        cut_before_the_end()


def test_commits_are_durable_whatever_the_server_s_default(store: PostgresStore) -> None:
    with store.write() as unit:
        asked: Any = unit
        assert asked._link.execute("SHOW synchronous_commit").fetchone() == ("on",)
        assert asked._link.execute("SHOW transaction_isolation").fetchone() == ("read committed",)
    with store.read() as unit:
        asked = unit
        assert asked._link.execute("SHOW transaction_isolation").fetchone() == ("repeatable read",)
        assert asked._link.execute("SHOW transaction_read_only").fetchone() == ("on",)
