"""A benchmark's table: what was measured, beside what, the ratio, its bar, and whether it is met.

Seconds of one machine say little, and of a shared one nothing: ratios within one run are compared.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

COLUMNS: Final = (52, 10, 21, 24, 10, 6, 10, 4)
_TEXTS: Final = frozenset({0, 2, 3})  # the columns that begin at their left edge


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table. Without a figure, `why` says why there is none.

    The bar is a ratio to the peer at least reached; `limit` is one on the figure itself: at least
    so much, or (`at_most`) no more.
    """

    what: str
    unit: str
    figure: float | None = None
    peer: str = ""
    beside: float | None = None
    bar: float | None = None
    limit: float | None = None
    at_most: bool = False
    why: str = ""

    @property
    def ratio(self) -> float | None:
        """The figure by its peer's."""
        return self.figure / self.beside if self.figure is not None and self.beside else None

    @property
    def met(self) -> bool | None:
        """Whether the bar is met; None where there is none, or nothing to hold against it."""
        if self.limit is not None:
            if self.figure is None:
                return None
            return self.figure <= self.limit if self.at_most else self.figure >= self.limit
        if self.bar is None or self.ratio is None:
            return None
        return self.ratio >= self.bar

    def as_object(self) -> dict[str, Any]:
        """As JSON has it."""
        return {
            "what": self.what, "unit": self.unit, "figure": self.figure, "peer": self.peer,
            "peer_figure": self.beside, "ratio": self.ratio, "bar": self._bar(), "met": self.met,
            "why": self.why,
        }  # fmt: skip

    def __str__(self) -> str:
        said = {True: "yes", False: "no", None: "–"}[self.met]
        ratio = "–" if self.ratio is None else f"{self.ratio:.2f}"
        figures = (_number(self.figure), self.unit, self.peer or "–", _number(self.beside), ratio)
        line = _line((self.what, *figures, self._bar() or "–", said))
        return f"{line}\n    {self.why}" if self.why else line

    def _bar(self) -> str:
        if self.limit is not None:
            return f"{'≤' if self.at_most else '≥'} {_number(self.limit)}"
        return "" if self.bar is None else f"≥ {self.bar:.2f}"


def heading() -> str:
    """The line above the rows."""
    return _line(("what", "figure", "", "beside", "its figure", "ratio", "bar", "met"))


def best_rates(runs: int, jobs: Mapping[str, Callable[[], int]]) -> dict[str, float]:
    """How many a CPU second each job does, the best of several runs; the jobs take turns."""
    best = dict.fromkeys(jobs, 0.0)
    for _ in range(runs):
        for name, job in jobs.items():
            begun = time.process_time()
            done = job()
            best[name] = max(best[name], done / (time.process_time() - begun))
    return best


def p99(seconds: Iterable[float]) -> float:
    """The value that 99 of 100 do not exceed, in milliseconds."""
    found = sorted(seconds)
    return found[max(0, -(-len(found) * 99 // 100) - 1)] * 1000


def _number(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:,.0f}" if value >= 100 else f"{value:,.2f}"


def _line(cells: tuple[str, ...]) -> str:
    padded = [
        cell.ljust(width) if at in _TEXTS else cell.rjust(width)
        for at, (cell, width) in enumerate(zip(cells, COLUMNS, strict=True))
    ]
    return " ".join(padded).rstrip()
