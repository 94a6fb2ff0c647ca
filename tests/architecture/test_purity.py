"""From `ports` down everything is pure: values in, values out or an error.

The direction of imports is import-linter's (pyproject.toml). Here: what a pure component may take
from outside the product, as an allow-list, and which calls it may not make.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.paths import SOURCE

PURE_PARTS = """
kernel people authority ledger evidence tracing rules codes appeals exchange oversight
"""

# Everything else is refused, so a new dependency of a pure component is a decision made here.
ALLOWED_PACKAGES = """
__future__ abc base64 binascii bisect codecs collections contextlib copy csv dataclasses datetime
decimal difflib enum fractions functools graphlib gzip hashlib heapq hmac io itertools json math
operator re string struct textwrap types typing unicodedata zlib
cbor2 cryptography mingma msgspec numpy scipy yaml
"""
ALLOWED = frozenset(ALLOWED_PACKAGES.split())

# Calls that reach files, the clock, chance or the interpreter.
BANNED_NAMES = {"open", "print", "input", "exec", "eval", "compile", "__import__", "breakpoint"}
BANNED_METHODS = (
    {"open", "read_text", "read_bytes", "write_text", "write_bytes", "iterdir", "glob", "mkdir"}
    | {"unlink", "now", "utcnow", "today", "import_module", "urandom", "getenv"}
    | {"generate", "generate_key", "generate_private_key"}
)


def pure_files() -> list[Path]:
    """The source files of the pure components that exist."""
    files = [path for part in PURE_PARTS.split() for path in sorted((SOURCE / part).rglob("*.py"))]
    return [*files, SOURCE / "ports.py", SOURCE / "records.py"]


def faults(source: str) -> Iterator[str]:
    """What in a pure component's source is not pure."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.split(".")[0] not in ALLOWED:
                    yield f"line {node.lineno}: imports {alias.name}"
        elif isinstance(node, ast.ImportFrom):
            if (node.module or "").split(".")[0] not in ALLOWED:
                yield f"line {node.lineno}: imports from {node.module}"
        elif isinstance(node, ast.Call):
            if isinstance(node.func, ast.Name) and node.func.id in BANNED_NAMES:
                yield f"line {node.lineno}: calls {node.func.id}()"
            if isinstance(node.func, ast.Attribute) and node.func.attr in BANNED_METHODS:
                yield f"line {node.lineno}: calls .{node.func.attr}()"


@pytest.mark.parametrize("path", pure_files(), ids=lambda path: str(path.relative_to(SOURCE)))
def test_a_pure_component_touches_nothing_outside(path: Path) -> None:
    assert list(faults(path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    "source",
    [
        "import os",
        "import os.path",
        "from pathlib import Path",
        "import random",
        "from time import time",
        "from sqlalchemy import select",
        "def f():\n    import socket",
        "open('x')",
        "print('x')",
        "path.read_text()",
        "gzip.open('x')",
        "datetime.now(UTC)",
        "date.today()",
        "ec.generate_private_key(curve)",
    ],
)
def test_the_check_sees_what_is_not_pure(source: str) -> None:
    assert list(faults(source))
