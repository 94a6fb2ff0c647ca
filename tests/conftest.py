"""What all tests share."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

from tests import postgres
from tests.lacking import in_ci

if TYPE_CHECKING:
    from litestar import Litestar

# A busy machine is not a failure: no deadline. CI draws the same examples each time.
settings.register_profile(
    "mingma", deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("ci", settings.get_profile("mingma"), derandomize=True, database=None)
settings.load_profile("ci" if in_ci() else "mingma")


@pytest.fixture(scope="session")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Litestar]:
    """The app, made once; each test gives it an instance of its own."""
    from mingma.serving import create_app  # most tests need no server: spare them the import
    from tests.instances import stage

    with stage(tmp_path_factory.mktemp("app")) as made:
        yield create_app(made.instance)


@pytest.fixture(scope="session")
def postgres_dsn() -> Iterator[str]:
    """An empty database `mingma` in a private PostgreSQL server, one for each xdist worker."""
    with postgres.server() as dsn:
        yield dsn


@pytest.fixture
def empty_postgres(postgres_dsn: str) -> str:
    """The same database, emptied for this test."""
    postgres.empty(postgres_dsn)
    return postgres_dsn
