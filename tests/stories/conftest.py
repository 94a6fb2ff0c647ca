"""Everybody in office, over HTTP: one app, and an instance of its own for each story."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from tests.abuse.scene import Office
from tests.api.asking import Client
from tests.cli.files import Run, runner
from tests.posts import posts
from tests.stories.new_year import Year, at_the_end_of_a_year

Offices = Callable[..., Office]


@pytest.fixture
def office(tmp_path: Path, app: Litestar) -> Iterator[Offices]:
    """Opens an instance with everybody in office, under the packs that are named."""
    with ExitStack() as stack:

        def opened(**settings: Any) -> Office:
            here = stack.enter_context(posts(tmp_path, **settings))
            app.state.instance = here.stage.instance
            http = stack.enter_context(TestClient(app, raise_server_exceptions=False))
            return Office(here, Client(http))

        yield opened


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """A command line run in this process."""
    return runner(capsys)


@pytest.fixture
def year(tmp_path: Path) -> Iterator[Year]:
    """An instance at the end of a year, its database a file."""
    with at_the_end_of_a_year(tmp_path, f"sqlite:///{tmp_path}/mingma.db") as made:
        yield made
