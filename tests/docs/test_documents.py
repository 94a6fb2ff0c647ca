"""The documents say what is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.paths import ROOT, SOURCE

DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
LINK = re.compile(r"\]\((?!https?:|#|mailto:)([^)#\s]+)")
TARGET = re.compile(r"^([a-z]+):.*## ", re.MULTILINE)
MAKE = re.compile(r"`?make ([a-z]+)\b(?=`|     #|,| and `)")


def name(path: Path) -> str:
    """A document's place in the repository."""
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("document", DOCUMENTS, ids=name)
def test_every_link_leads_somewhere(document: Path) -> None:
    links = LINK.findall(document.read_text(encoding="utf-8"))
    assert [link for link in links if not (document.parent / link).exists()] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=name)
def test_every_make_target_that_is_named_exists(document: Path) -> None:
    targets = set(TARGET.findall((ROOT / "Makefile").read_text(encoding="utf-8")))
    named = set(MAKE.findall(document.read_text(encoding="utf-8")))
    assert named - targets == set()


def test_the_readme_names_the_two_commands() -> None:
    named = set(MAKE.findall((ROOT / "README.md").read_text(encoding="utf-8")))
    assert {"run", "test"} <= named


def test_every_part_of_the_product_is_in_the_architecture() -> None:
    written = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    parts = {
        path.stem
        for path in SOURCE.iterdir()
        if not path.name.startswith("_") and (path.is_dir() or path.suffix == ".py")
    }
    assert {part for part in parts if not re.search(rf"\b{part}\b", written)} == set()


def test_the_promises_are_all_listed_with_a_status() -> None:
    rows = re.findall(
        r"^\| P(\d+) \| .+ \| (holds|being built|later)\b",
        (ROOT / "docs" / "promises.md").read_text(encoding="utf-8"),
        re.MULTILINE,
    )
    assert [int(number) for number, _ in rows] == list(range(1, 18))


def test_the_decisions_are_numbered_and_listed() -> None:
    folder = ROOT / "docs" / "decisions"
    pages = sorted(path.name for path in folder.glob("[0-9]*.md"))
    assert [int(page[:4]) for page in pages] == list(range(1, len(pages) + 1))
    listed = re.findall(r"\((\d{4}-[^)]+)\)", (folder / "README.md").read_text(encoding="utf-8"))
    assert listed == pages
