"""The table of a day: how many leaves of which kind, organ, rule and change, and in which counties.

What the leaves say in the clear is counted exactly, and anyone counts it again. The county is not
in the leaves; of each of these counts a finer cut is published, and in it no cell is below FLOOR:
one small county hides its whole prefecture, a small prefecture goes into `other`, and where that is
still small the smallest published cell goes with it, so that no difference of published numbers
gives a small cell away. Follows docs/formats/tally.md; knows bytes and words, no colours.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Final, TypeAlias

from mingma.kernel.canonical import canonical
from mingma.kernel.errors import Malformed, Refused
from mingma.kernel.times import midnight, print_instant
from mingma.ledger.leaf import Kind, Leaf, parse

VERSION: Final = 1
FLOOR: Final = 10  # the smallest count of a county that is published
OTHER: Final = "other"  # the regions that are not told apart
PREFECTURE: Final = 4  # digits of a division's code that name its prefecture
COUNTY: Final = 6

Cells: TypeAlias = dict[str, int]


class TableUnreadable(Malformed):
    """Bytes that are no table of a day in the one form it has."""

    slug = "ledger.table_unreadable"
    zh = "不是合格的日表"
    en = "not a table of a day"
    remedy_zh = "请原样传送;写法见 docs/formats/tally.md"
    remedy_en = "pass it on unchanged; docs/formats/tally.md says how it is written"


class TableDoesNotHold(Refused):
    """A table that is not the one a `tally.day` leaf names, or does not count its leaves.

    `why` is one of kind, digest, range, acts, regions.
    """

    slug = "ledger.table_does_not_hold"
    zh = "日表不成立(`{why}`):与日志的叶不符"
    en = "the table does not hold (`{why}`): it is not what the leaves say"
    remedy_zh = "请勿采信;保留该表、检查点与叶并公布"
    remedy_en = "do not rely on it; keep table, checkpoint and leaves, and publish them"


@dataclass(frozen=True, slots=True, order=True)
class Act:
    """What a leaf says in the clear: the line of the table in which it counts. "" for absent."""

    organ: str
    kind: str
    rule: str
    before: str
    after: str


def act_of(leaf: Leaf) -> Act:
    """The line in which a leaf counts."""
    rule = "" if leaf.rule is None else str(leaf.rule)
    return Act(leaf.organ or "", leaf.kind.value, rule, leaf.before or "", leaf.after or "")


def cut(counties: Mapping[str, int], unknown: int = 0, floor: int = FLOOR) -> Cells:
    """Cells to publish for counts by county: counties, whole prefectures (four digits), `other`.

    INVARIANT: the cells add up to everything given, and none is below the floor unless it is all
    there is.
    """
    prefectures: dict[str, Cells] = {}
    for code, count in counties.items():
        if count:
            prefectures.setdefault(code[:PREFECTURE], {})[code] = count
    # (1) One small county hides its whole prefecture: beside the others' counts, the prefecture's
    # rest would give it away to whoever knows how the table is made.
    cells: Cells = {}
    other = unknown
    for code, own in prefectures.items():
        whole = sum(own.values())
        if min(own.values()) >= floor:
            cells |= own
        elif whole >= floor:
            cells[code] = whole
        else:
            other += whole  # (2) A small prefecture goes where the unknown are.
    # (3) A small `other` takes the smallest cells with it: its line's sum is public.
    while 0 < other < floor and cells:
        other += cells.pop(min(cells, key=lambda code: (cells[code], code)))
    return cells | ({OTHER: other} if other else {})


@dataclass(slots=True)
class Counted:
    """What a table counts, as it is counted: leaves by line, and where some of them happened."""

    acts: Counter[Act] = field(default_factory=Counter)
    counties: dict[Act, Counter[str]] = field(default_factory=dict)

    def take(self, start: int, entries: Iterable[bytes], county_of: Mapping[int, str]) -> None:
        """The entries from `start` on; `county_of` some of their indices is known."""
        for index, entry in enumerate(entries, start):
            act = act_of(parse(entry)[0])
            self.acts[act] += 1
            if index in county_of:
                self.counties.setdefault(act, Counter())[county_of[index]] += 1

    def lines(self) -> list[dict[str, Any]]:
        """The lines to publish, in order."""
        return [_row(one, self.acts[one], self.counties.get(one, {})) for one in sorted(self.acts)]


def make_table(
    day: int, start: int, entries: Iterable[bytes], county_of: Mapping[int, str]
) -> bytes:
    """The table of the entries from `start` on; `county_of` some of their indices is known."""
    counted = Counted()
    counted.take(start, entries, county_of)
    total = counted.acts.total()
    return canonical(
        {
            "v": VERSION, "day": print_day(day), "start": start, "end": start + total,
            "total": total, "floor": FLOOR, "acts": counted.lines(),
        }
    )  # fmt: skip


def verify_table(table: bytes, leaf: Leaf, entries: Iterable[bytes]) -> None:
    """The table is the one that a proven `tally.day` leaf names, and counts the entries right."""
    if leaf.kind is not Kind.TALLY_DAY or leaf.day is None:
        raise TableDoesNotHold(why="kind")
    if sha256(table).digest() != leaf.digest:
        raise TableDoesNotHold(why="digest")
    said = read_table(table)
    if [said["day"], said["start"], said["end"], said["total"]] != [
        print_day(leaf.day), leaf.index, leaf.end, leaf.count,
    ]:  # fmt: skip
        raise TableDoesNotHold(why="range")
    leaves = [parse(entry) for entry in entries]
    if len(leaves) != leaf.count or any(day > leaf.day for _, day in leaves):
        raise TableDoesNotHold(why="range")
    acts = Counter(act_of(one) for one, _ in leaves)
    if {line_of(row): row["count"] for row in said["acts"]} != acts:
        raise TableDoesNotHold(why="acts")
    for row in said["acts"]:
        _must_be_coarse(row)


def read_table(table: bytes) -> dict[str, Any]:
    """The table's object, if its form is right; what it counts is not looked at."""
    said: dict[str, Any] = {}
    try:
        said = json.loads(table.decode("ascii"))
        fine = canonical(said) == table and said["v"] == VERSION and said["floor"] == FLOOR
        fine = fine and all(type(said[key]) is int for key in ("start", "end", "total"))
        fine = fine and type(said["day"]) is str and type(said["acts"]) is list
        lines = [line_of(row) for row in said["acts"]]
        fine = fine and lines == sorted(set(lines)) and all(map(_is_row, said["acts"]))
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError):
        fine = False
    if not fine:
        raise TableUnreadable
    return said


def print_day(day: int) -> str:
    """A day as it is written: 2022-06-14."""
    return print_instant(midnight(day))[:10]


def _row(act: Act, count: int, counties: Mapping[str, int]) -> dict[str, Any]:
    row: dict[str, Any] = {
        "organ": act.organ, "kind": act.kind, "rule": act.rule,
        "from": act.before, "to": act.after, "count": count,
    }  # fmt: skip
    known = {code: n for code, n in counties.items() if len(code) == COUNTY}
    row["regions"] = cut(known, count - sum(known.values()))
    return row


def line_of(row: Mapping[str, Any]) -> Act:
    """What a line of a table counts."""
    return Act(row["organ"], row["kind"], row["rule"], row["from"], row["to"])


def _is_row(row: Mapping[str, Any]) -> bool:
    texts = (row["organ"], row["kind"], row["rule"], row["from"], row["to"])
    counts = (row["count"], *row["regions"].values())
    return (
        len(row) == len(texts) + 2
        and all(type(text) is str for text in texts)
        and all(type(count) is int and count > 0 for count in counts)
    )


def _must_be_coarse(row: Mapping[str, Any]) -> None:
    """The cut adds up to its line, and no cell is small unless it is the whole."""
    cells: Cells = row["regions"]
    if sum(cells.values()) != row["count"]:
        raise TableDoesNotHold(why="regions")
    if len(cells) > 1 and min(cells.values()) < FLOOR:
        raise TableDoesNotHold(why="regions")
