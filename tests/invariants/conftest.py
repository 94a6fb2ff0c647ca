"""The promises are checked on whole instances in memory."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.flows.conftest import calm, scene
from tests.under_policy import Watched, under_policy


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Watched]:
    """An instance under a trust policy, an emergency in force, its witnesses awake."""
    with under_policy(tmp_path) as made:
        yield made


__all__ = ["calm", "scene"]
