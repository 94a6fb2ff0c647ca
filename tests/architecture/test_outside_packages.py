"""Each outside package that does something has one home.

Who may import what from outside the product; the direction inside it is import-linter's.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from tests.paths import SOURCE

# The top-level parts that may import the package. `app` chooses the adapters, so it names them.
HOME = {
    "sqlalchemy": {"storage"},
    "alembic": {"storage"},
    "psycopg": {"storage", "bench"},
    "psycopg_pool": {"storage"},
    "sqlite3": {"storage", "bench", "demo"},  # the demo plays a database administrator
    "duckdb": {"engines", "city", "bench"},
    "pyspark": {"engines", "bench"},
    "cedarpy": {"engines"},
    "webauthn": {"engines", "demo"},
    "litestar": {"api", "web", "serving"},
    "uvicorn": {"api", "cli", "demo", "bench"},
    "jinja2": {"web"},
    "cyclopts": {"cli"},
    "rich": {"cli", "demo", "bench", "city"},
    "openpyxl": {"engines"},
    "scipy": {"oversight", "bench"},
    "numpy": {"oversight", "bench", "city", "engines"},
}


def imports() -> Iterator[tuple[str, str, str]]:
    """(part, file, imported package) for every import in the product."""
    for path in sorted(SOURCE.rglob("*.py")):
        inside = path.relative_to(SOURCE)
        part = inside.parts[0].removesuffix(".py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    yield part, str(inside), alias.name.split(".")[0]
            elif isinstance(node, ast.ImportFrom) and node.module:
                yield part, str(inside), node.module.split(".")[0]


@pytest.mark.parametrize("package", sorted(HOME))
def test_an_outside_package_is_imported_only_at_home(package: str) -> None:
    strangers = {file for part, file, name in imports() if name == package} - {
        file for part, file, name in imports() if name == package and part in HOME[package]
    }
    assert strangers == set(), f"{package} is for {sorted(HOME[package])}"


def test_no_relative_import_hides_a_direction() -> None:
    relative = [
        f"{path.relative_to(SOURCE)}:{node.lineno}"
        for path in sorted(SOURCE.rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and node.level
    ]
    assert relative == []
