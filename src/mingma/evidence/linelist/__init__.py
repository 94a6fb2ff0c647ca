"""Line lists as people keep them: rows of text in, records and refusals out, each row once.

`read_linelist` reads, `preview` shows the first rows masked, `bad_rows_csv` gives back the others.
The tables of columns are in tables.py, the words in words.py; a new kind is a new table.
"""

from __future__ import annotations

from mingma.evidence.linelist.columns import Column, Table
from mingma.evidence.linelist.headings import (
    Headings,
    Ignored,
    Recognised,
    Why,
    find_headings,
)
from mingma.evidence.linelist.read import (
    Assumption,
    BadRow,
    GoodRow,
    LineList,
    read_linelist,
)
from mingma.evidence.linelist.reading import Note
from mingma.evidence.linelist.sheet_out import bad_rows_csv, preview
from mingma.evidence.linelist.tables import TABLES

__all__ = [
    "TABLES",
    "Assumption",
    "BadRow",
    "Column",
    "GoodRow",
    "Headings",
    "Ignored",
    "LineList",
    "Note",
    "Recognised",
    "Table",
    "Why",
    "bad_rows_csv",
    "find_headings",
    "preview",
    "read_linelist",
]
