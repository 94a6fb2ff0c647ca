"""What a cell was read as, what was assumed in doing so, and what the cell may look like.

Cells come from spreadsheets and chat messages: full-width characters, invisible marks, a leading
apostrophe, `="…"` around a number. All that is undone here, before any column reads its value.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from mingma.evidence.channels.channel import MAX_TEXT
from mingma.evidence.linelist.faults import Formula, TextTooLong


class Note(StrEnum):
    """What was assumed and must be said in the preview."""

    NO_OFFSET = "no_offset"
    NO_TIME = "no_time"
    SERIAL = "serial"
    SHORT_YEAR = "short_year"
    DASH_NEGATIVE = "dash_negative"
    PAPER_BY_FORM = "paper_by_form"
    BY_HEADING = "by_heading"
    FIXED = "fixed"

    def sentence(self, lang: str = "en") -> str:
        """The assumption in `zh` or `en`."""
        return _SENTENCES[self][lang == "en"]


_SENTENCES: Final = {
    Note.NO_OFFSET: (
        "未写时区,按北京时间(Asia/Shanghai,+08:00)读",
        "no offset is written: read as Asia/Shanghai (+08:00)",
    ),
    Note.NO_TIME: ("只写了日期,按当日零时读", "no time of day is written: read as 00:00"),
    Note.SERIAL: (
        "数字按电子表格的日期序号(1900 年起)读",
        "a number is read as a spreadsheet's day number (from 1900)",
    ),
    Note.SHORT_YEAR: (
        "两位年份按 2019 年至今读",
        "a year of two digits is read as one from 2019 to this year",
    ),
    Note.DASH_NEGATIVE: ("“-”按阴性读", "“-” is read as negative"),
    Note.PAPER_BY_FORM: (
        "未写证件类型,按号码形式认定",
        "no type of paper is written: told from the number's form",
    ),
    Note.BY_HEADING: ("由列名得出", "taken from the column's heading"),
    Note.FIXED: ("全表统一给出", "given for the whole list"),
}


@dataclass(frozen=True, slots=True)
class Setting:
    """What readers need to know from outside: the day of the import and the divisions' names."""

    today: int
    regions: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Reading:
    """A value in the form of CONTRACT's JSON, and what was assumed."""

    value: object
    notes: tuple[Note, ...] = ()


Reader = Callable[[str, Setting], Reading]

# Control characters, zero-width and direction marks, soft hyphens, byte order marks: copied along,
# never seen.
_INVISIBLE: Final = re.compile(
    r"[\x00-\x08\x0e-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]"
)
_APOSTROPHES: Final = re.compile("^['’‘＇`\\s]+")
_TEXT_FORMULA: Final = re.compile(r'="([^"]*)"')
_ERRORS: Final = frozenset(
    "#REF! #VALUE! #DIV/0! #NAME? #NUM! #NULL! #N/A #SPILL! #CALC! #GETTING_DATA".split()
)
# Ways to write “nothing”. Columns where one of them means something have shorter lists.
BLANKS: Final = frozenset(
    "- -- --- — —— – / \\ // . ? ？ 无 空 暂无 不详 未知 未填"
    " n/a na null none nil nan nat unknown".split()
) | {""}


def cell(text: str) -> str:
    """The text of a cell without what a spreadsheet has put around it.

    Raises Formula or TextTooLong. No value begins with =, behind an apostrophe or not.
    """
    text = _INVISIBLE.sub("", text).strip()
    text = _APOSTROPHES.sub("", text)
    if wrapped := _TEXT_FORMULA.fullmatch(text):
        text = wrapped[1].strip()
    if text[:1] in ("=", "＝") or text.upper() in _ERRORS:
        raise Formula
    if len(text) > MAX_TEXT:
        raise TextTooLong(limit=MAX_TEXT)
    return text


def plain(text: str) -> str:
    """A word as it is compared: NFKC, no case, no spaces, no punctuation."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(c for c in folded if unicodedata.category(c)[0] in "LNM")


def is_blank(text: str, blanks: frozenset[str] = BLANKS) -> bool:
    """Whether a cell says nothing."""
    return text.casefold() in blanks


def shown(text: str) -> str:
    """A cell as it may stand in a message: short, and no long number, which may be somebody's."""
    safe = re.sub(r"(?:\d ?){9,}", "…", unicodedata.normalize("NFKC", text)).replace("`", "'")
    return safe if len(safe) <= 32 else safe[:31] + "…"
