"""An instance with a few people, and a browser's worth of client before it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.web.site import Site, site


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
