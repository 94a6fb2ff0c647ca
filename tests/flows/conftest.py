"""An instance in memory, its clock in the test's hands."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.instances import Stage, stage
from tests.posts import Posts, posts


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Stage]:
    """An instance with an emergency in force."""
    with stage(tmp_path) as made:
        yield made


@pytest.fixture
def calm(tmp_path: Path) -> Iterator[Stage]:
    """An instance without an emergency."""
    with stage(tmp_path, emergency=False) as made:
        yield made


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Posts]:
    """Everybody of Henan in office, an emergency in force."""
    with posts(tmp_path) as made:
        yield made
