"""A person's own decisions, notices and receipts. Reading them writes nothing (P9)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from mingma.codes.decision import Decision
from mingma.codes.effect import Made, in_effect
from mingma.flows.context import Context
from mingma.flows.cosigned import GRACE, cosigned_at, is_full
from mingma.flows.log_time import log_time
from mingma.flows.receipts import NotCosignedYet, Receipts, opening
from mingma.flows.show_code import NoSuchPerson
from mingma.kernel.errors import Refused
from mingma.kernel.times import Instant
from mingma.ledger.proof import Receipt
from mingma.ports import Unit
from mingma.records import Notice


class NoSuchDecision(Refused):
    """No decision about the person has this number."""

    slug = "decision.unknown"
    status = 404
    zh = "没有关于您的第 {number} 号判定"
    en = "there is no decision of number {number} about you"
    remedy_zh = "判定的清单见 /v1/me/decisions"
    remedy_en = "your decisions are listed at /v1/me/decisions"


class Effect(StrEnum):
    """Whether witnesses saw a decision in time: only then can it make anything worse."""

    FULL = "full"
    WAITING = "waiting"  # not seen yet, and in time still
    VOID = "void"  # not seen in time: nothing gets worse by it, whoever sees it later


@dataclass(frozen=True, slots=True)
class Sealed:
    """A decision, its leaf's index in the log (None while it waits for the seal), its effect."""

    decision: Decision
    leaf_index: int | None
    effect: Effect = Effect.FULL


def own_decisions(unit: Unit, context: Context, ref: str, now: Instant) -> list[Sealed]:
    """Every decision about the person, newest first; raises NoSuchPerson."""
    _check_enrolled(unit, ref)
    return [
        Sealed(
            decision, unit.index_of(ref, decision.number), effect_of(unit, context, decision, now)
        )
        for decision in reversed(unit.decisions_of(ref))
    ]


def effect_of(unit: Unit, context: Context, decision: Decision, now: Instant) -> Effect:
    """Whether a decision is full, waits for its witnesses, or is void; in a specimen all are full.

    That its time is over is taken from the log's own time, which nobody sets back.
    """
    if context.specimen or is_full(unit, decision):
        return Effect.FULL
    index = unit.index_of(decision.subject, decision.number)
    seen = None if index is None else cosigned_at(unit, index)
    late = seen is not None or log_time(unit, now) > decision.decided_at + GRACE
    return Effect.VOID if late else Effect.WAITING


def void_decisions(
    unit: Unit, context: Context, ref: str, now: Instant
) -> dict[int, tuple[Decision, int | None]]:
    """The decisions that never took effect, and where the log has them, by number.

    A void one that made things better did show at once, and is none of these.
    """
    made: list[Made] = []
    found: dict[int, tuple[Decision, int | None]] = {}
    for decision in unit.decisions_of(ref):
        effect = effect_of(unit, context, decision, now)
        made.append(Made(decision, full=effect is Effect.FULL))
        shows = in_effect(made, decision.decided_at)
        if effect is Effect.VOID and (shows is None or shows.decision != decision):
            found[decision.number] = decision, unit.index_of(ref, decision.number)
    return found


def own_notices(unit: Unit, ref: str) -> Sequence[Notice]:
    """Every notice to the person, newest first; raises NoSuchPerson."""
    _check_enrolled(unit, ref)
    return unit.notices_of(ref)


def own_receipt(unit: Unit, receipts: Receipts, ref: str, number: int) -> Receipt:
    """The receipt of one decision about the person, with what opens its commitment.

    Raises NoSuchPerson, NoSuchDecision or NotCosignedYet.
    """
    person = unit.people([ref]).get(ref)
    if person is None:
        raise NoSuchPerson
    decision = next((one for one in unit.decisions_of(ref) if one.number == number), None)
    if decision is None:
        raise NoSuchDecision(number=number)
    index = unit.index_of(ref, number)
    if index is None:
        raise NotCosignedYet
    (entry,) = unit.leaves(index, index + 1)
    return receipts.receipt(unit, index, opening(entry, person, decision))


def _check_enrolled(unit: Unit, ref: str) -> None:
    if ref not in unit.people([ref]):
        raise NoSuchPerson
