"""The documents say what is there."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from tests.paths import ROOT, SOURCE

ARCHITECTURE = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
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
    parts = {
        path.stem
        for path in SOURCE.iterdir()
        if not path.name.startswith("_") and (path.is_dir() or path.suffix == ".py")
    }
    assert {part for part in parts if not re.search(rf"\b{part}\b", ARCHITECTURE)} == set()


def folders(parent: Path) -> set[str]:
    """The folders right below a folder, but for those that are left out of the repository."""
    left_out = set((ROOT / ".gitignore").read_text(encoding="utf-8").split())
    found = {path.name for path in parent.iterdir() if path.is_dir() and path.name[0] not in "._"}
    return {name for name in found if f"{name}/" not in left_out and f"/{name}/" not in left_out}


def test_the_layout_in_the_architecture_is_the_one_of_the_folders() -> None:
    part = ARCHITECTURE.split("## 2. Layout")[1].split("\n## ")[0]
    cells = re.findall(r"^\| (`.+`) \| ", part, re.MULTILINE)
    named = [name for cell in cells for name in re.findall(r"`([^`]+)`", cell)]
    homes = (ROOT, SOURCE, ROOT / "src", ROOT / "packs")
    gone = [n for n in named if not any((h / n.partition("<")[0]).exists()
            or (h / f"{n}.py").exists() for h in homes)]  # fmt: skip
    assert gone == []
    words = set(re.findall(r"[\w.]+", " ".join(named)))
    assert folders(ROOT) - words == set()
    assert {f"tests/{name}" for name in folders(ROOT / "tests")} - set(named) == set()


def test_the_direction_in_the_architecture_is_the_one_that_is_checked() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    layers = settings["tool"]["importlinter"]["contracts"][0]["layers"]
    drawn = ARCHITECTURE.split("## 1. Direction")[1].split("```")[1].splitlines()
    lines = [
        min(n for n, line in enumerate(drawn) if re.search(rf"^ .*\b{name}\b", line[:48]))
        for layer in layers
        for name in re.findall(r"\w+", layer)[:1]
        if name != "__main__"
    ]
    assert lines == sorted(lines)
    every = {name for layer in layers for name in re.findall(r"\w+", layer)} - {"__main__"}
    assert {name for name in every if not re.search(rf"\b{name}\b", "\n".join(drawn))} == set()


ROWS = re.findall(
    r"^\| P(\d+) \| .+ \| (holds|being built|later)\b(.*) \|$",
    (ROOT / "docs" / "promises.md").read_text(encoding="utf-8"),
    re.MULTILINE,
)


def named_tests(folder: Path) -> set[str]:
    """The names of the tests in a folder."""
    texts = (path.read_text(encoding="utf-8") for path in folder.rglob("test_*.py"))
    return {name for text in texts for name in re.findall(r"^def (test_\w+)", text, re.MULTILINE)}


def test_the_promises_are_all_listed_with_a_status() -> None:
    assert [int(number) for number, _, _ in ROWS] == list(range(1, 18))


@pytest.mark.parametrize(("number", "status", "says"), ROWS, ids=[f"P{row[0]}" for row in ROWS])
def test_a_promise_names_its_tests_and_they_are_there(number: str, status: str, says: str) -> None:
    named = set(re.findall(r"`(test_\w+)`", says))
    assert named - named_tests(ROOT / "tests") == set()
    own = {t for t in named_tests(ROOT / "tests" / "invariants") if f"_p{number}_" in t}
    assert own - named == set()
    if status == "holds":
        assert own


def test_the_decisions_are_numbered_and_listed() -> None:
    folder = ROOT / "docs" / "decisions"
    pages = sorted(path.name for path in folder.glob("[0-9]*.md"))
    assert [int(page[:4]) for page in pages] == list(range(1, len(pages) + 1))
    listed = re.findall(r"\((\d{4}-[^)]+)\)", (folder / "README.md").read_text(encoding="utf-8"))
    assert listed == pages
