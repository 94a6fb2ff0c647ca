"""Where things are, for tests."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src" / "mingma"

# Published vectors and registers too large to ship: beside the checkout, or where the setting says.
TEST_DATA = Path(os.environ.get("MINGMA_TEST_DATA", ROOT.parent / "shared" / "data"))


def published(path: str) -> Path:
    """A file or folder of the published test data; skips the test where it is not at hand."""
    found = TEST_DATA / path
    if not found.exists():
        pytest.skip(f"published test data `{path}` not found; set MINGMA_TEST_DATA to its folder")
    return found
