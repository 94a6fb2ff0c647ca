"""The whole app over an instance in memory, its clock in the test's hands."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from tests.api.asking import Client
from tests.instances import Stage, stage


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Stage]:
    """An instance with an emergency in force, where one may be anybody."""
    with stage(tmp_path) as made:
        yield made


@pytest.fixture
def client(app: Litestar, scene: Stage) -> Iterator[Client]:
    """Asks the app over `scene`."""
    app.state.instance = scene.instance
    with TestClient(app, raise_server_exceptions=False) as http:
        yield Client(http)
