"""A file is read whole, or as much of it as is asked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from mingma.flows.durable import USUAL, read_file


@pytest.mark.parametrize("size", [0, 7, USUAL - 1, USUAL, USUAL + 1, 3 * USUAL])
@pytest.mark.parametrize("limit", [-1, 0, 5, USUAL, USUAL + 1, 2 * USUAL, 1 << 24])
def test_a_file_is_read_up_to_its_limit(tmp_path: Path, size: int, limit: int) -> None:
    data = bytes(at % 251 for at in range(size))
    (tmp_path / "file").write_bytes(data)
    assert read_file(tmp_path / "file", limit) == (data if limit < 0 else data[:limit])
