"""Hold the tables of days against the log, and make them again from the evidence there still is.

Where a decision's finding happened is in no leaf: whoever made a table could have written another
county, and nobody outside would see it. Here every cell is counted again. A line of which somebody
was erased, or lost, can only be held to its sum.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from hashlib import sha256

from mingma.flows.exact_record import exact_record
from mingma.flows.reconcile_found import Amiss, Found, sealed_leaf
from mingma.flows.tally_day import ACT, READ, TALLY, counties
from mingma.kernel.errors import Problem
from mingma.kernel.times import Instant
from mingma.ledger.leaf import Kind, Leaf, parse, sealed_on
from mingma.ledger.tally import (
    Act,
    Counted,
    TableUnreadable,
    act_of,
    line_of,
    print_day,
    read_table,
)
from mingma.ports import Unit


def check_tables(unit: Unit) -> Iterator[Sequence[Found]]:
    """Each day that has a leaf has its table, which counts what the rows say; what each has."""
    start, (size, _) = 0, unit.head()
    while start < size:
        try:
            day = sealed_on(unit.leaves(start, start + 1)[0])
        except (Problem, IndexError):
            return  # which the walk over the leaves says
        index = unit.index_of(ACT, day)
        sealed = None if index is None else sealed_leaf(unit, index)
        if sealed is None:
            return  # the table of this day is not due, or its leaf not sealed
        leaf, _ = sealed
        why = _objection(unit, leaf, start, day)
        yield [Found(Amiss.TABLE, index, what=f"{print_day(day)} {why}")] if why else []
        if leaf.end is None or leaf.end <= start:
            return
        start = leaf.end


def _objection(unit: Unit, leaf: Leaf, start: int, day: int) -> str:
    """Why the table of a day is not the one that its leaf and the rows make; nothing if it is."""
    if (leaf.kind, leaf.index, leaf.day) != (Kind.TALLY_DAY, start, day):
        return "leaf"
    record = exact_record(unit, TALLY, print_day(day))
    if record is None:
        return "missing"
    if sha256(record.body).digest() != leaf.digest:
        return "digest"
    try:
        lines = {line_of(row): row for row in read_table(record.body)["acts"]}
    except TableUnreadable:
        return "form"
    try:
        counted, untold = _counted(unit, leaf, record.at)
    except Problem:
        return ""  # a leaf, decision or fact that cannot be read is said by its own word
    if {line: row["count"] for line, row in lines.items()} != counted.acts:
        return "acts"
    made = {line_of(row): row for row in counted.lines()}
    differ = [line for line in lines if line not in untold and lines[line] != made[line]]
    return "regions" if differ else ""


def _counted(unit: Unit, leaf: Leaf, at: Instant) -> tuple[Counted, set[Act]]:
    """The leaves of a table counted again, and the lines whose counties cannot all be told."""
    counted, untold = Counted(), set()
    end = leaf.end or 0
    for start in range(leaf.index or 0, end, READ):
        entries = unit.leaves(start, min(start + READ, end))
        regions, gone = counties(unit, start, entries, at)
        counted.take(start, entries, regions)
        untold |= {act_of(parse(entries[index - start])[0]) for index in gone}
    return counted, untold
