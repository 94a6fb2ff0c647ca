"""What tests of commands share."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.files import Run, check_in, finding, runner, write


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """A command line run in this process."""
    return runner(capsys)


@pytest.fixture
def facts(tmp_path: Path) -> Path:
    """A red person, a green one, and one who will be red."""
    return write(
        tmp_path / "facts.ndjson",
        finding("f", "乙"),
        check_in("c", "a"),
        finding("g", "b", "2021-10-13T10:00:00+08:00"),
    )
