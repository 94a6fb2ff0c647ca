"""The test run's own PostgreSQL."""

import psycopg
import pytest

pytestmark = pytest.mark.postgres


def test_the_server_is_new_enough_and_speaks_utf8(postgres_dsn: str) -> None:
    with psycopg.connect(postgres_dsn) as link:
        assert link.info.server_version >= 150000
        assert link.execute("SELECT '明码'::text").fetchone() == ("明码",)


@pytest.mark.parametrize("run", [1, 2])
def test_each_test_can_start_from_an_empty_database(empty_postgres: str, run: int) -> None:
    with psycopg.connect(empty_postgres) as link:
        link.execute("CREATE TABLE left_behind (run integer)")
        link.execute("INSERT INTO left_behind VALUES (%s)", (run,))


def test_the_server_listens_on_no_network_address(postgres_dsn: str) -> None:
    with psycopg.connect(postgres_dsn) as link:
        assert link.execute("SHOW listen_addresses").fetchone() == ("",)
