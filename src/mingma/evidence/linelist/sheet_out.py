"""What goes back to whoever imports: the first rows with people masked, and the bad rows as CSV.

A cell that a spreadsheet could run as a formula gets an apostrophe in front, which the import takes
off again: bad rows can be put right and sent again as they came back.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Any, Final

from mingma.evidence.linelist.headings import REASONS, is_reasons
from mingma.evidence.linelist.read import BadRow, LineList
from mingma.kernel.errors import Malformed
from mingma.people.mask import mask_name

BOM: Final = "\ufeff"  # without it, spreadsheets read UTF-8 as something else
_RUNS: Final = frozenset("=+-@\t\r\n|%")
_CONTROLS: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_NEEDS_QUOTES: Final = frozenset(',"\r\n\t;')


def preview(linelist: LineList, limit: int = 10) -> tuple[dict[str, Any], ...]:
    """The first records as they would be admitted, with name, number and telephone masked."""
    return tuple(_masked(good.record) for good in linelist.good[:limit])


def bad_rows_csv(linelist: LineList, lang: str = "zh") -> bytes:
    """The header and the bad rows as they came, with a last column of reasons."""
    keep = [i for i, name in enumerate(linelist.headings) if not is_reasons(name)]
    lines = [[*(linelist.headings[i] for i in keep), REASONS]]
    width = len(linelist.headings)
    lines += [[*_cells(bad, keep, width), _reasons(bad, lang)] for bad in linelist.bad]
    text = "".join(",".join(map(_quoted, line)) + "\r\n" for line in lines)
    return (BOM + text).encode("utf-8", "replace")


def harmless(text: str) -> str:
    """A cell that no spreadsheet runs."""
    first = unicodedata.normalize("NFKC", text.lstrip(" \u3000\ufeff"))[:1]
    return f"'{text}" if first in _RUNS else text


def _cells(bad: BadRow, keep: list[int], width: int) -> list[str]:
    """The row's cells under their headings; what stood beyond them goes into the last one."""
    cells = [*bad.cells, *[""] * (width - len(bad.cells))]
    row = [cells[i] for i in keep]
    extra = [text for text in cells[width:] if text.strip()]
    if extra and row:
        row[-1] = " | ".join([row[-1], *extra])
    return row


def _reasons(bad: BadRow, lang: str) -> str:
    return "; ".join(_reason(problem, lang) for problem in bad.problems)


def _reason(problem: Malformed, lang: str) -> str:
    where = f"“{problem.place.field}”: " if problem.place.field else ""
    return f"{where}{problem.sentence(lang)} — {problem.remedy(lang)} [{problem.slug}]"


def _quoted(text: str) -> str:
    safe = harmless(_CONTROLS.sub("", text))
    if _NEEDS_QUOTES.isdisjoint(safe):
        return safe
    return '"' + safe.replace('"', '""') + '"'


def _masked(record: dict[str, Any]) -> dict[str, Any]:
    """A copy in which nobody can be read."""
    shown = dict(record)
    if identity := record.get("identity"):
        number = identity["number"]
        shown["identity"] = identity | {"number": "*" * (len(number) - 4) + number[-4:]}
    if known := record.get("provisional"):
        phone = known["phone"]
        shown["provisional"] = {
            "name": mask_name(known["name"]),
            "phone": phone[:-8] + "****" + phone[-4:],
        }
    return shown
