"""The catalogue, the cases of it that are tests, and what the guide says of both."""

from __future__ import annotations

import importlib
import json
import re
from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.abuse.case import Case, Cases
from tests.paths import ROOT

HERE = Path(__file__).parent
GUIDE = ROOT / "docs" / "guides" / "abuse.md"
WORST = 5
ROW = re.compile(r"^\| (Z\d+) \| (.*?) \| (\d) \| (.*?) \| (.*?) \| (.*?) \|$", re.MULTILINE)
NAME = re.compile(r"`([a-z_0-9]+)`")


@dataclass(frozen=True, slots=True)
class Listed:
    """One abuse of the catalogue."""

    id: str
    title: str
    severity: int


@dataclass(frozen=True, slots=True)
class Told:
    """A row of the guide: what it rests on, its tests, and what is not tested and why."""

    title: str
    severity: int
    control: str
    tests: frozenset[str]
    left: str


@cache
def catalogue() -> dict[str, Listed]:
    """Every abuse by its id."""
    said = json.loads((HERE / "catalogue.json").read_text("utf-8"))
    return {one["id"]: Listed(**one) for one in said["cases"]}


@cache
def families() -> dict[str, Cases]:
    """The cases of each test file."""
    names = [path.stem for path in sorted(HERE.glob("test_*.py"))]
    found = {name: importlib.import_module(f"tests.abuse.{name}") for name in names}
    return {name: one.CASES for name, one in found.items() if hasattr(one, "CASES")}


def by_abuse() -> dict[str, list[Case]]:
    """The cases of each abuse."""
    found: dict[str, list[Case]] = defaultdict(list)
    for cases in families().values():
        for case in cases:
            for id in case.ids:
                found[id].append(case)
    return found


def guide() -> dict[str, Told]:
    """The rows of the guide."""
    rows = ROW.findall(GUIDE.read_text("utf-8"))
    return {
        id: Told(title, int(severity), control, frozenset(NAME.findall(tests)), left)
        for id, title, severity, control, tests, left in rows
    }
