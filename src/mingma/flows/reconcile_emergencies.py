"""Hold the declared emergencies against their leaves: without one no code gets worse (P14)."""

from __future__ import annotations

from collections.abc import Iterator

from mingma.flows.emergency import INSTANCE, declaration
from mingma.flows.reconcile_found import AROUND_MIDNIGHT, Amiss, Found, sealed_leaf
from mingma.flows.seal import EVERYTHING
from mingma.kernel.times import day_of
from mingma.ledger.leaf import Kind, Leaf
from mingma.ports import Unit
from mingma.records import Emergency


def check_emergencies(unit: Unit) -> Iterator[Found]:
    """Each declaration on record is the one its leaf tells of, and ends no later than it says."""
    for emergency in unit.emergencies():
        subject = f"{INSTANCE}:{emergency.id}"
        index = unit.index_of(subject, 0)
        if index is None:
            if not any(one.subject == subject for one in unit.pool(EVERYTHING)):
                yield Found(Amiss.EMERGENCY, what="leaf")
            continue
        why = _differs(emergency, sealed_leaf(unit, index))
        ended = unit.index_of(subject, 1)
        if not why and ended is not None:
            index, why = ended, _end_taken_back(emergency, sealed_leaf(unit, ended))
        if why:
            yield Found(Amiss.EMERGENCY, index, what=why)


def _differs(emergency: Emergency, sealed: tuple[Leaf, int] | None) -> str:
    """In what a declaration is another than its leaf's; nothing if it is not."""
    if sealed is None:
        return "leaf"
    leaf, _ = sealed
    if leaf.kind is not Kind.EMERGENCY_DECLARE or leaf.digest != declaration(emergency):
        return "declaration"
    return "until" if day_of(emergency.ends) > (leaf.until or 0) else ""


def _end_taken_back(emergency: Emergency, sealed: tuple[Leaf, int] | None) -> str:
    """Whether an emergency goes on after the day on which a leaf ended it."""
    if sealed is None:
        return "leaf"
    leaf, sealed_on = sealed
    goes_on = day_of(emergency.ends - AROUND_MIDNIGHT) > sealed_on
    return "ended" if leaf.kind is Kind.EMERGENCY_END and goes_on else ""
