"""Decide anew for everybody: new editions of packs, a new area list, a new emergency.

Done in pages, each in a transaction of its own, so that a broken run goes on where it stopped: who
was decided already is not decided again. What the instance last decided on is on record.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Final

from mingma.flows.context import Context
from mingma.flows.decide import redecide
from mingma.kernel.canonical import canonical
from mingma.kernel.times import Instant
from mingma.ports import Store, Unit
from mingma.records import Record

BASIS: Final = "basis"  # the kind of stored records that say what everybody was decided on
PAGE: Final = 1000  # people of one transaction; others write between the pages


def basis_of(unit: Unit, context: Context, now: Instant) -> bytes:
    """What decisions rest on now besides evidence: packs, area list, emergency."""
    emergency = unit.emergency_at(now)
    return canonical(
        {
            "areas": context.areas.digest if context.areas else None,
            "emergency": emergency.id if emergency else None,
            "packs": [[ref.id, ref.edition, ref.digest] for ref in context.book.refs],
        }
    )


def renew_everyone(
    store: Store,
    acting: Callable[[], AbstractContextManager[Unit]],
    context: Context,
    now: Instant,
) -> int:
    """Decide anew for everybody if the basis changed; returns how many decisions were made.

    `acting` gives the unit of work of each page.
    """
    with store.read() as unit:
        before = unit.records(BASIS)
        basis = Record(BASIS, f"{len(before):08}", now, basis_of(unit, context, now))
    if before and before[-1].body == basis.body:
        return 0
    made, after = 0, ""
    while True:
        with acting() as unit:
            page = unit.refs(after, PAGE)
            if not page:
                unit.add_record(basis)
                return made
            made += redecide(unit, context, page, now)
        after = page[-1]
