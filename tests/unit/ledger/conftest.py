"""What tests of the audit share."""

from __future__ import annotations

import pytest

from tests.unit.ledger.written import Made


@pytest.fixture
def log() -> Made:
    """A log that begins with an emergency of sixty days."""
    made = Made()
    made.emergency()
    return made
