"""The words of the glossary are those of the code, or it says that they come later."""

from __future__ import annotations

import ast
import re
from functools import cache

import pytest

from tests.paths import ROOT, SOURCE

GLOSSARY = (ROOT / "GLOSSARY.md").read_text(encoding="utf-8")
WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def rows(heading: str) -> list[list[str]]:
    """The cells of a table below a heading, without its own head."""
    part = GLOSSARY.split(f"## {heading}\n")[1].split("\n## ")[0]
    lines = [line for line in part.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


@cache
def words() -> frozenset[str]:
    """Names and one-word texts of the code, and every word of the packs; no comments."""
    found = {path.stem for path in SOURCE.rglob("*.py")}
    found |= {path.name for path in SOURCE.rglob("*") if path.is_dir()}
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            for field in ("id", "name", "attr", "arg", "value"):
                name = getattr(node, field, None)
                if isinstance(name, str) and WORD.fullmatch(name):
                    found.add(name)
    for path in (ROOT / "packs").rglob("*.yaml"):
        found |= set(WORD.findall(path.read_text(encoding="utf-8")))
    return frozenset(found)


TERMS = [(row[1], WORD.findall(" ".join(re.findall(r"`([^`]+)`", row[2]))), row[3])
         for row in rows("The field's terms")]  # fmt: skip


@pytest.mark.parametrize(("term", "names", "note"), TERMS, ids=[row[0] for row in TERMS])
def test_a_term_is_in_the_code_or_comes_later(term: str, names: list[str], note: str) -> None:
    missing = [name for name in names if name not in words()]
    if re.search(r"\blater\b", note):
        assert missing, f"`{term}` is there now: it no longer comes later"
    else:
        assert missing == []


def test_a_word_that_collides_is_there() -> None:
    names = [WORD.findall(row[0])[0] for row in rows("Words that collide")]
    assert [name for name in names if name not in words() and name != "checkpoint"] == []
