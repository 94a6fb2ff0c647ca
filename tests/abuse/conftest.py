"""The app, made once; each case gives it an instance of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from litestar import Litestar

from mingma.serving import create_app
from tests.instances import stage


@pytest.fixture(scope="session")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Litestar]:
    """Over an instance that stays open as long as it does."""
    with stage(tmp_path_factory.mktemp("app")) as made:
        yield create_app(made.instance)
