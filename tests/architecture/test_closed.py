"""What is written and open to nobody has no door in the product: nothing imports it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from mingma.authority.powers import CLOSED
from tests.paths import SOURCE

MODULES = sorted(f"mingma.flows.{one.flow}" for one in CLOSED)


def imported(path: Path) -> Iterator[str]:
    """Each module, and each name of one, that a file imports."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (one.name for one in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield str(node.module)
            yield from (f"{node.module}.{one.name}" for one in node.names)


@pytest.mark.parametrize("module", MODULES)
def test_nothing_imports_what_is_closed_to_everybody(module: str) -> None:
    own = SOURCE.joinpath(*module.split(".")[1:]).with_suffix(".py")
    assert own.is_file()
    paths = [path for path in SOURCE.rglob("*.py") if path != own]
    assert len(paths) > 100
    assert [str(path) for path in paths if module in imported(path)] == []
