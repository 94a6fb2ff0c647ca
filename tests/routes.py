"""The addresses of docs/routes.md; a test holds them and what is served equal."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tests.paths import ROOT

LINE = re.compile(r"^\| ([A-Z]+) \| `([^`]+)` \| (\w+) \| (.+) \| (.+) \|$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Line:
    method: str
    path: str
    who: str
    writes: str

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


LINES = [
    Line(method, path, who, writes)
    for method, path, who, _, writes in LINE.findall((ROOT / "docs" / "routes.md").read_text())
]
