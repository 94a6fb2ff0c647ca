"""Declare an emergency, or end it early: without one in force no colour is issued (P14)."""

from __future__ import annotations

import hashlib
from typing import Final

from mingma.kernel.canonical import canonical
from mingma.kernel.errors import Place, Refused
from mingma.kernel.times import DAY, Instant, day_of
from mingma.ledger.leaf import Kind, Leaf
from mingma.ports import Unit
from mingma.records import Emergency, Outgoing

LONGEST: Final = 90 * DAY  # seconds one declaration may last (P14)
INSTANCE: Final = "instance"  # whose act a leaf is that is about nobody


class EmergencyTooLong(Refused):
    """A declaration without an end within ninety days, or that ends before it starts."""

    slug = "emergency.term"
    zh = "应急状态须有起止时间,且不超过 90 天"
    en = "an emergency has a start and an end at most 90 days later"
    remedy_zh = "缩短期限;到期由另一机关附成效报告延长"
    remedy_en = "shorten it; another organ may renew it with a published report"


class NoLegalBasis(Refused):
    """A declaration that names no legal basis."""

    slug = "emergency.no_basis"
    zh = "应急状态须写明法律依据"
    en = "an emergency names its legal basis"
    remedy_zh = "写明法律条款"
    remedy_en = "name the statute and article"


def declare_emergency(
    unit: Unit,
    emergency: Emergency,
    now: Instant,
    *,
    grant: int | None = None,
    officer: bytes | None = None,
) -> None:
    """Put a declaration on record, with a leaf; raises EmergencyTooLong or NoLegalBasis.

    `grant` and `officer` say under which power and by whom, where it came through the door.
    """
    if not 0 < emergency.ends - emergency.starts <= LONGEST:
        raise EmergencyTooLong(Place(field="ends"))
    if not emergency.basis.strip():
        raise NoLegalBasis(Place(field="basis"))
    unit.add_emergency(emergency)
    leaf = Leaf(
        kind=Kind.EMERGENCY_DECLARE,
        digest=declaration(emergency),
        organ=emergency.organ,
        until=day_of(emergency.ends),
        grant=grant,
        officer=officer,
    )
    unit.add_leaves([Outgoing(f"{INSTANCE}:{emergency.id}", 0, leaf.unsealed(), now)])


def end_emergency(
    unit: Unit, id: str, organ: str, now: Instant, *, answers: int, grant: int, officer: bytes
) -> None:
    """End a declared emergency this instant, with a leaf that answers its declaration's."""
    unit.end_emergency(id, now)
    leaf = Leaf(kind=Kind.EMERGENCY_END, answers=answers, organ=organ, grant=grant, officer=officer)
    unit.add_leaves([Outgoing(f"{INSTANCE}:{id}", 1, leaf.unsealed(), now)])


def declaration(emergency: Emergency) -> bytes:
    """The digest of a declaration in its leaf: what it is called, rests on, and who made it."""
    body = canonical({"basis": emergency.basis, "id": emergency.id, "organ": emergency.organ})
    return hashlib.sha256(body).digest()
