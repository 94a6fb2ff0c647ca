"""Publish the table of a day that is over, and a `tally.day` leaf with its digest.

The table counts the leaves sealed on that day by what they say, and by county where the finding
that gave the colour names one (`ledger/tally.py` keeps small numbers out). The tables' ranges
adjoin, so that no leaf is in none.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from hashlib import sha256
from typing import Final

from mingma.codes.decision import Decision
from mingma.flows.emergency import INSTANCE
from mingma.flows.exact_record import exact_record
from mingma.flows.index_hour import Acting
from mingma.flows.standing_evidence import standing_evidence
from mingma.kernel.times import Instant, midnight
from mingma.ledger.leaf import Kind, Leaf, parse, sealed_on
from mingma.ledger.tally import make_table, print_day, read_table
from mingma.ports import Unit
from mingma.records import Outgoing, Record

TALLY: Final = "tally"  # the kind of records that are tables; ids are days, as written
ACT: Final = f"{INSTANCE}:{TALLY}"  # whose act a table's leaf is; its number is the day
READ: Final = 4096  # leaves read at a time
# A leaf may be sealed this long after midnight with the day before on it.
TOLERANCE: Final = 60  # seconds
DECIDED: Final = frozenset({Kind.DECISION, Kind.FALL})


def tally_day(unit: Unit, organ: str, now: Instant) -> bytes | None:
    """The table of the oldest day that is over and has none, with its leaf; None if there is none.

    A day on which nothing was sealed has no table.
    """
    # (1) Where the last table ended; whoever asks in a writing unit is alone until its end.
    last = unit.last_record(TALLY, "")
    start = _end_of(last) if last else 0
    size, _ = unit.head()
    if start == size:
        return None
    day = sealed_on(unit.leaves(start, start + 1)[0])
    if now < midnight(day + 1) + TOLERANCE:
        return None  # before anything of a day that goes on is read: this is asked every minute
    found = _of_day(unit, start, size, day)
    end = start + len(found)
    # (2) Count.
    table = make_table(day, start, found, counties(unit, start, found, now)[0])
    # (3) The table and its leaf.
    leaf = Leaf(
        kind=Kind.TALLY_DAY, organ=organ, day=day,
        index=start, end=end, count=end - start, digest=sha256(table).digest(),
    )  # fmt: skip
    unit.add_record(Record(TALLY, print_day(day), now, table))
    unit.add_leaves([Outgoing(ACT, day, leaf.unsealed(), now)])
    return table


def keep_days(acting: Acting, organ: str, now: Instant) -> int:
    """Publish every table that is due; returns how many. `acting` opens a unit that is sealed."""
    made = 0
    while True:
        with acting() as unit:
            if tally_day(unit, organ, now) is None:
                return made
        made += 1


def table_of(unit: Unit, day: str) -> bytes | None:
    """The table of a day written 2022-06-14; None if there is none."""
    found = exact_record(unit, TALLY, day)
    return found.body if found else None


def _end_of(last: Record) -> int:
    end: int = read_table(last.body)["end"]
    return end


def _of_day(unit: Unit, start: int, size: int, day: int) -> list[bytes]:
    """The leaves from an index on, up to the first with a later day on it."""
    found: list[bytes] = []
    for at in range(start, size, READ):
        for entry in unit.leaves(at, min(at + READ, size)):
            if sealed_on(entry) > day:
                return found
            found.append(entry)
    return found


def counties(
    unit: Unit, start: int, entries: Sequence[bytes], now: Instant
) -> tuple[Mapping[int, str], Collection[int]]:
    """Where the finding that gave the colour happened, for the decisions among the leaves.

    And of which of them that cannot be told any more, or not yet: their evidence is not here.
    """
    untold = {n for n, one in enumerate(entries, start) if parse(one)[0].kind in DECIDED}
    acts = enumerate(unit.acts(start, start + len(entries)), start)
    index_of = {act: index for index, act in acts if index in untold}
    regions: dict[int, str] = {}
    subjects = sorted({subject for subject, _ in index_of})
    for at in range(0, len(subjects), READ):
        page = subjects[at : at + READ]
        facts = standing_evidence(unit, page, now)
        for subject in page:
            region_of = {fact.id: fact.region for fact in facts[subject]}
            for decision in unit.decisions_of(subject):
                index = index_of.get((subject, decision.number))
                if index is None or (trigger := _trigger(decision)) not in {None, *region_of}:
                    continue
                untold.discard(index)
                if region := region_of.get(trigger or ""):
                    regions[index] = region
    return regions, untold


def _trigger(decision: Decision) -> str | None:
    """The fact that triggered the finding which shows, if one shows."""
    finding = decision.finding_at(decision.decided_at)
    return finding.evidence[0] if finding and finding.evidence else None
