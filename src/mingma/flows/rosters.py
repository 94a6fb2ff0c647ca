"""Who is on duty: the rosters that commanders put, as records only added.

The shifts of one act that begin on one day are one record under one leaf, so that none of them can
be taken away alone. Who checks a proposal is drawn from them (`lot`).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Final

from mingma.authority.organs import Organ
from mingma.authority.posts import Officer, Post
from mingma.authority.roster import Shift
from mingma.flows.leaf_names import leaf_of_nobody
from mingma.flows.offices import SHIFT, Signed, keep_committed, officer, organ
from mingma.kernel.canonical import canonical
from mingma.kernel.times import DAY, Instant, day_of
from mingma.ledger.leaf import Kind, Leaf
from mingma.ports import Unit
from mingma.records import Record

LONGEST_SHIFT: Final = DAY


def roster(unit: Unit, start: Instant, end: Instant) -> Sequence[tuple[Shift, Instant]]:
    """Shifts that touch [start, end], and when each was put on record."""
    days = range(day_of(start - LONGEST_SHIFT), day_of(end) + 1)
    return [
        (shift, record.at)
        for day in days
        for record in unit.records_under(SHIFT, f"{day:06}/")
        for shift in _shifts(unit, record)
        if shift.starts <= end and start < shift.ends
    ]


def on_duty(unit: Unit, one: Officer, now: Instant) -> bool:
    """Whether an officer is on duty: a checker by the roster, anybody else by the grant alone."""
    if one.post is not Post.CHECKER:
        return True
    return any(
        shift.officer.id == one.id and shift.starts <= now < shift.ends
        for shift, _ in roster(unit, now, now)
    )


def add_shifts(
    unit: Unit, shifts: Sequence[Shift], act: str, now: Instant, *, nonce: bytes, by: Signed
) -> None:
    """Put shifts on record, those that begin on one local day together, with a leaf for each day.

    So none of them can be taken away alone, and a whole day of them not without the log's saying.
    """
    days: dict[int, list[Shift]] = {}
    for shift in shifts:
        days.setdefault(day_of(shift.starts), []).append(shift)
    for day, some in sorted(days.items()):
        id = f"{day:06}/{act}"
        body = {"id": id, "shifts": [[s.officer.id, int(s.starts), int(s.ends)] for s in some]}
        leaf = Leaf(
            kind=Kind.ROSTER_PUT,
            commitment=keep_committed(unit, Record(SHIFT, id, now, canonical(body)), nonce),
            count=len(some),
            organ=by.organ,
            officer=by.mark,
            grant=by.grant,
        )
        unit.add_leaves([leaf_of_nobody(SHIFT, id, leaf, now)])


def _shifts(unit: Unit, record: Record) -> Iterator[Shift]:
    """The shifts of a day's record; without those of an officer or organ that is on none."""
    organs: dict[str, Organ | None] = {}
    for id, starts, ends in json.loads(record.body)["shifts"]:
        who = officer(unit, id)
        if who is None:
            continue
        if who.organ not in organs:
            organs[who.organ] = organ(unit, who.organ)
        if (where := organs[who.organ]) is not None:
            yield Shift(who, where, Instant(starts), Instant(ends))
