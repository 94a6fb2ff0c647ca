"""Reconcile: hold the rows of the database against the leaves of its log, both ways.

Whoever can write to the database can edit, insert, delete or bring back rows; the log shows which.
Read in one snapshot, page by page, so a million people take no more memory than a thousand. What
is found is named by its leaf where it has one. Nothing is mended here, and nothing found makes
anybody's code worse.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Final

from mingma.flows.added_areas import check_areas
from mingma.flows.context import Context
from mingma.flows.log_time import log_time
from mingma.flows.reconcile_areas import check_area_list
from mingma.flows.reconcile_emergencies import check_emergencies
from mingma.flows.reconcile_found import HARMLESS, PAGE, Amiss, Found
from mingma.flows.reconcile_heads import Heads, check_beyond, check_head, not_cosigned
from mingma.flows.reconcile_leaves import LOSS, LOST, Leaves
from mingma.flows.reconcile_offices import check_offices
from mingma.flows.reconcile_people import People
from mingma.flows.reconcile_tables import check_tables
from mingma.flows.reconcile_waiting import check_pool, check_waiting
from mingma.flows.seal import EVERYTHING
from mingma.kernel.errors import Broken
from mingma.kernel.times import Instant
from mingma.ledger.audit_tags import Suspects
from mingma.ports import Unit

__all__ = [
    "LOSS", "LOST", "Amiss", "Found", "RowsDoNotFit", "look_at_the_newest", "look_at_what_waits",
    "must_fit", "reconcile",
]  # fmt: skip

LOOKED_AT: Final = 10_000  # newest leaves that are looked at before a start: some seconds


class RowsDoNotFit(Broken):
    """Rows of the database that are not those of its log. Nothing starts on them."""

    slug = "ledger.rows_do_not_fit"
    zh = "数据库的记录与日志不符({count} 处,第一处:`{word}`,第 {index} 片叶)"
    en = (
        "the database's rows do not fit its log ({count} places; the first: `{word}`, leaf {index})"
    )
    remedy_zh = "请用 mingma audit --database 查明;恢复正确的数据库之后再启动"
    remedy_en = "run mingma audit --database, and start again once the right database is back"


def reconcile(unit: Unit, context: Context, now: Instant) -> Iterator[Found]:
    """Everything that does not fit, in one snapshot: the log, the people, the tables, the pool."""
    return chain.from_iterable(reconcile_by_page(unit, context, now))


def reconcile_by_page(unit: Unit, context: Context, now: Instant) -> Iterator[Sequence[Found]]:
    """The same, what each page has; most have nothing. Whoever looks can stop in between."""
    now = log_time(unit, now)  # what showed was decided and fell by it
    size, head = unit.head()
    nobody_s = Suspects(size)
    yield from _check_log(unit, context, size, head, nobody_s)
    yield [*check_emergencies(unit), *check_areas(unit)]
    yield list(check_offices(unit, context))
    if context.policy is not None:
        yield list(not_cosigned(unit, size, now))
    yield from People(unit, context, now, nobody_s).by_page()
    yield from check_tables(unit)
    yield list(check_waiting(unit, now))


def look_at_the_newest(unit: Unit, leaves: int) -> Iterator[Found]:
    """What does not fit among so many newest leaves: the look before a start."""
    size, head = unit.head()
    yield from check_head(size, head)
    yield from check_beyond(unit, size)
    yield from check_emergencies(unit)
    walk = Leaves(unit, Suspects(0))
    for start in range(max(0, size - leaves), size, PAGE):
        end = min(start + PAGE, size)
        entries = unit.leaves(start, end)
        if len(entries) != end - start:
            yield Found(Amiss.HEAD, start + len(entries), what="leaves")
            return
        yield from walk.page(start, entries)


def look_at_what_waits(unit: Unit, context: Context, now: Instant) -> Iterator[Found]:
    """What does not fit among the leaves that wait: looked at before anything seals them.

    A leaf that somebody put there beside the acts must not become the log's, and no head larger
    than the log may say that whatever comes was cosigned.
    """
    now = log_time(unit, now)
    size, _ = unit.head()
    yield from check_beyond(unit, size)
    pool = unit.pool(EVERYTHING)
    if not pool:
        return
    people = unit.people({one.subject for one in pool})
    yield from check_pool(unit, pool, people)
    yield from People(unit, context, now, Suspects(0)).some(sorted(people))


def must_fit(found: Iterator[Found]) -> None:
    """Raise RowsDoNotFit if anything but the harmless was found."""
    grave = [one for one in found if one.word not in HARMLESS]
    if grave:
        first = grave[0]
        index = "–" if first.index is None else first.index
        raise RowsDoNotFit(count=len(grave), word=first.word, index=index)


def _check_log(
    unit: Unit, context: Context, size: int, head: bytes, nobody_s: Suspects
) -> Iterator[Sequence[Found]]:
    """Every leaf against its row, and every head over them."""
    heads, leaves = Heads(unit, context.policy), Leaves(unit, nobody_s)
    for start in range(0, size, PAGE):
        end = min(start + PAGE, size)
        entries = unit.leaves(start, end)
        if len(entries) != end - start:
            yield [Found(Amiss.HEAD, start + len(entries), what="leaves")]
            return
        yield [*heads.grow(entries), *leaves.page(start, entries)]
    yield [
        *heads.check_stored(size, head),
        *check_beyond(unit, size),
        *heads.check_removed(),
        *heads.check_handed_over(),
        *leaves.check_erased(),
        *check_area_list(unit, context, leaves.area_lists),
    ]
