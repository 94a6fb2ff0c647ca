"""What all tests share."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from tests import postgres

# A busy machine is not a failure: no deadline. CI draws the same examples each time.
settings.register_profile(
    "mingma", deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("ci", settings.get_profile("mingma"), derandomize=True, database=None)
settings.load_profile("ci" if os.environ.get("CI") else "mingma")


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
