"""An instance with a few people, and a browser's worth of client before it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from litestar.testing import TestClient

from mingma.serving import create_app
from tests.posts import Posts, posts
from tests.web.site import Site, people_on, site


@pytest.fixture
def visit(tmp_path: Path) -> Iterator[Site]:
    """A visit to a specimen under development, with an emergency in force."""
    with site(tmp_path) as made:
        yield made


@pytest.fixture
def closed(tmp_path: Path) -> Iterator[Site]:
    """A visit to an instance where nobody signs in."""
    with site(tmp_path, sign_in="off") as made:
        yield made


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Posts]:
    """Everybody in office, and the same people."""
    with posts(tmp_path) as made:
        people_on(made.stage)
        yield made


@pytest.fixture
def beside(here: Posts) -> Iterator[Site]:
    """A visit to the instance in which `here` acts."""
    app = create_app(here.stage.instance)
    with TestClient(app) as client:
        yield Site(here.stage, app, client)
