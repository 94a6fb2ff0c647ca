"""Hold what waits for the seal against the rows: nothing put there beside the acts gets a leaf."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from mingma.flows.kept_keys import Unopened
from mingma.flows.reconcile_found import AROUND_MIDNIGHT, PAGE, Amiss, Found, decisions_of
from mingma.flows.reconcile_leaves import by_number, check_leaf
from mingma.flows.vouched_rows import opens_keys
from mingma.kernel.times import HOUR, Instant
from mingma.ledger.commitment import ENROLMENT
from mingma.ledger.leaf import Leaf, parse_unsealed
from mingma.ledger.leaf_values import LeafUnreadable
from mingma.ports import Unit
from mingma.records import Outgoing, Person

WAITS: Final = HOUR  # longer no leaf waits for its seal


def check_waiting(unit: Unit, now: Instant) -> Iterator[Found]:
    """What waits for the seal can be sealed, and has not waited long."""
    pool = unit.pool(PAGE)
    yield from check_pool(unit, pool, unit.people({one.subject for one in pool}))
    for one in pool:
        if not now - WAITS <= one.committed_at <= now + AROUND_MIDNIGHT:
            yield Found(Amiss.WAITS_LONG, None, one.subject, one.number)


def check_pool(
    unit: Unit, pool: Sequence[Outgoing], people: Mapping[str, Person]
) -> Iterator[Found]:
    """What waits can be sealed, and is what its person's rows commit to."""
    for one in pool:
        try:
            leaf = parse_unsealed(one.unsealed)
        except LeafUnreadable:
            yield Found(Amiss.OUTBOX_UNREADABLE, None, one.subject, one.number)
            continue
        if leaf.tag is None:
            continue  # of nobody: what it tells of is looked at once it is sealed
        if not _fits_her(unit, leaf, people.get(one.subject), one.number):
            index = unit.index_of(one.subject, ENROLMENT)
            yield Found(Amiss.WAITING_DIFFERS, index, one.subject, one.number, leaf.kind.value)


def _fits_her(unit: Unit, leaf: Leaf, person: Person | None, number: int) -> bool:
    """Whether a waiting leaf is what the rows of its person commit to."""
    if person is None or (isinstance(person, Unopened) and opens_keys(unit)):
        return False
    decided = by_number(decisions_of(unit, person.ref)) or {}
    return not any(check_leaf(leaf, None, person, number, decided))
