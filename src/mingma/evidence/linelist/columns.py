"""What a column of a line list is, and the columns that lists of every kind may have.

A field is a path into CONTRACT's record (`at`, `data.result`) or one of the four that say who:
`name`, `phone`, `id_type`, `id_number`. `subject` comes only by an explicit mapping.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from mingma.evidence.linelist import words
from mingma.evidence.linelist.moments import read_moment
from mingma.evidence.linelist.reading import BLANKS, Reader, plain
from mingma.evidence.linelist.regions import read_region
from mingma.evidence.linelist.words import one_of, read_text


@dataclass(frozen=True, slots=True)
class Column:
    """A field, its headings, and how its cells are read."""

    field: str
    headings: tuple[str, ...]  # the first Chinese and the first English one are shown
    read: Reader
    needed: bool = False
    blanks: frozenset[str] = BLANKS
    implies: tuple[str, str] | None = None  # a field the heading itself answers, and its value

    @property
    def label(self) -> str:
        """How the column is asked for: in Chinese and English."""
        english = next((h for h in self.headings if h.isascii()), self.field)
        return f"{self.headings[0]} / {english}" if self.headings else self.field


@dataclass(frozen=True, slots=True)
class Table:
    """A kind and its columns; `orders` are pairs of instants of which the first is not later."""

    kind: str
    zh: str
    columns: tuple[Column, ...]
    orders: tuple[tuple[str, str], ...] = ()

    def column(self, field: str) -> Column | None:
        """The first column of a field."""
        return next((column for column in self.columns if column.field == field), None)

    @property
    def fields(self) -> tuple[str, ...]:
        """Every field, once."""
        return tuple(dict.fromkeys(column.field for column in self.columns))


def headings(listed: str) -> tuple[str, ...]:
    """The headings of a text that separates them by |."""
    return tuple(listed.split("|"))


def moment_column(field: str, listed: str, needed: bool = False) -> Column:
    """A column of instants."""
    return Column(field, headings(listed), read_moment, needed)


def word_column(field: str, table: words.Words, listed: str, needed: bool = False) -> Column:
    """A column of words from a closed list."""
    # 无 and - say nothing only where the field has no word of that look.
    blanks = frozenset(blank for blank in BLANKS if plain(blank) not in table)
    return Column(field, headings(listed), one_of(table), needed, blanks)


def boolean_column(field: str, listed: str) -> Column:
    """A column of yes and no."""
    return Column(field, headings(listed), words.read_boolean, blanks=BLANKS - {"无", "none"})


def text_column(field: str, listed: str) -> Column:
    """A column of text."""
    return Column(field, headings(listed), read_text)


def result_column(listed: str, implies: tuple[str, str] | None = None) -> Column:
    """A column of results; its heading may say by which assay."""
    # A lone - is a result here.
    blanks = BLANKS - {"-"}
    read = words.read_result
    return Column("data.result", headings(listed), read, True, blanks, implies)


# Who the row is about. The names of papers and telephones are read by persons.py.
WHO: Final = (
    text_column(
        "name",
        "姓名|Name|名字|人员姓名|患者姓名|密接姓名|被检人姓名|受检者|受检人|full name"
        "|patient name|contact name",
    ),
    text_column(
        "id_number",
        "证件号码|ID number|身份证号|身份证号码|身份证|证件号|公民身份号码|有效证件号码"
        "|id no|identity number|document number|national id",
    ),
    Column(
        "id_number",
        headings("护照号码|Passport number|护照号|护照|passport no|passport"),
        read_text,
        implies=("id_type", "passport"),
    ),
    text_column(
        "id_type",
        "证件类型|ID type|证件种类|有效证件类型|document type|paper",
    ),
    text_column(
        "phone",
        "联系电话|Phone|电话|手机|手机号|手机号码|电话号码|联系方式|本人电话|联系手机"
        "|telephone|mobile|tel|phone number|mobile number",
    ),
    text_column("subject", "人员假名|Person reference"),
)

ENVELOPE: Final = (
    text_column(
        "id",
        "记录编号|Record ID|记录号|流水号",
    ),
    moment_column(
        "recorded_at",
        "填报时间|Recorded at|登记时间|录入时间|填表时间|录入日期",
    ),
    Column(
        "region",
        headings("地区|Region|行政区划|行政区划代码|区划代码|县区|区县|division|region code"),
        read_region,
    ),
    # A home address is no evidence: only a stay's own place is asked for, in its table.
    text_column("place", "地点|Place"),
    text_column(
        "organ",
        "填报单位|Organ|报告单位|采样机构|检测机构|检测单位|上报单位|organisation"
        "|organization|laboratory|lab",
    ),
)

ISOLATION: Final = (
    moment_column(
        "data.isolation_started_at",
        "隔离开始时间|Isolation started at|开始隔离时间|隔离时间|隔离日期|隔离起始日期"
        "|集中隔离开始时间|quarantined|quarantine start|isolation start",
    ),
    moment_column(
        "data.isolation_ended_at",
        "解除隔离时间|Isolation ended at|隔离结束时间|解除隔离日期|解隔时间|解除时间"
        "|quarantine end|isolation end",
    ),
)
ISOLATION_ORDER: Final = ("data.isolation_started_at", "data.isolation_ended_at")
