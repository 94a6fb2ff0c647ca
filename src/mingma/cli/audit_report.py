"""What an audit found, counted and listed, and how it is printed."""

from __future__ import annotations

import json as json_text
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

LISTED: Final = 1000  # findings that are listed; all are counted


@dataclass(slots=True)
class Report:
    """What an audit found: counts of all, and the first to list."""

    said: dict[str, Any] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    listed: list[dict[str, object]] = field(default_factory=list)
    witnesses: list[dict[str, object]] = field(default_factory=list)  # what each showed
    bad: bool = False

    def add(
        self, part: str, word: str, about: Mapping[str, object], *, remark: bool = False
    ) -> None:
        """Take a finding."""
        self.bad = self.bad or not remark
        self.counts[word] += 1
        if len(self.listed) < LISTED:
            self.listed.append({"part": part, "word": word, **about})

    def print(self, *, json: bool) -> None:
        """All of it; the warning of an unchecked signature goes to stderr."""
        if json:
            said = self.said | ({"witnesses": self.witnesses} if self.witnesses else {})
            said |= {"counts": dict(self.counts), "findings": self.listed}
            print(json_text.dumps(said, ensure_ascii=False))
            return
        for line in _lines(self):
            print(line)
        public = self.said.get("public")
        if public and not public["signature_checked"]:
            print(
                "warning: no --policy and no --key: the signature was not checked", file=sys.stderr
            )


def place_of(index: int | None, what: str = "", about: int | None = None) -> dict[str, object]:
    """Where a finding is: its leaf, what it is, the leaf it is about."""
    return {"index": index, "about": about, "what": what}


def _lines(report: Report) -> Iterator[str]:
    for part, said in report.said.items():
        name = f" of {said['origin']}" if "origin" in said else ""
        yield f"{part}{name}: {said['size']} leaves"
    for shown in report.witnesses:
        yield f"witness {shown['url']}: {shown['why'] or str(shown['size']) + ' leaves cosigned'}"
    for one in report.listed:
        words = [str(one["part"]), str(one["word"])]
        words += [f"leaf {one['index']}"] if one["index"] is not None else []
        words += [f"about leaf {one['about']}"] if one["about"] is not None else []
        words += [str(one[name]) for name in ("what", "subject", "number") if one.get(name)]
        yield "  ".join(words)
    total = report.counts.total()
    if total > len(report.listed):
        yield f"… and {total - len(report.listed)} more"
    counts = ", ".join(f"{count} {word}" for word, count in sorted(report.counts.items()))
    yield counts or "nothing found"
