"""A person's own decisions and notices. Reading them writes nothing (P9)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mingma.codes.decision import Decision
from mingma.flows.show_code import NoSuchPerson
from mingma.ports import Notice, Unit


@dataclass(frozen=True, slots=True)
class Sealed:
    """A decision and its leaf's index in the log; None while it waits for the seal."""

    decision: Decision
    leaf_index: int | None


def own_decisions(unit: Unit, ref: str) -> list[Sealed]:
    """Every decision about the person, newest first; raises NoSuchPerson."""
    _check_enrolled(unit, ref)
    return [
        Sealed(decision, unit.index_of(ref, decision.number))
        for decision in reversed(unit.decisions_of(ref))
    ]


def own_notices(unit: Unit, ref: str) -> Sequence[Notice]:
    """Every notice to the person, newest first; raises NoSuchPerson."""
    _check_enrolled(unit, ref)
    return unit.notices_of(ref)


def _check_enrolled(unit: Unit, ref: str) -> None:
    if ref not in unit.people([ref]):
        raise NoSuchPerson
