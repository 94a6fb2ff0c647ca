"""What a test needs of the machine, where it is not there: a skip that says why, an error in CI."""

from __future__ import annotations

import os
from typing import NoReturn

import pytest


def in_ci() -> bool:
    """Whether this run must leave nothing out, as .ci/run says of its own."""
    return bool(os.environ.get("CI"))


def lacking(why: str) -> NoReturn:
    """Skip the test; in CI, where everything must run, fail it. `why` names what to run."""
    if in_ci():
        pytest.fail(why)
    pytest.skip(why)
