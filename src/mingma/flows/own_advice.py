"""Friendly advice: what a person is told while something is proposed about her and not approved.

No gate sees it and no colour comes of it. It goes when the proposal is decided or lapses, so that
what it said is over even if nobody does anything.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from mingma.authority.approval import lapsed
from mingma.authority.matters import Status
from mingma.flows.proposals import ADVICE, kept_proposal, standing_of
from mingma.kernel.times import Instant
from mingma.ports import Unit

ZH: Final = (
    "{organ}正在核实您可能与一例病例有关,尚未作出任何决定,您的码没有变化。"
    "建议您暂时留在家中,并致电社区或 12345 说明情况;{lapses} 前未获批准即作废。"
)
EN: Final = (
    "{organ} is checking whether you may be linked to a case. Nothing is decided and your code has"
    " not changed. Please stay at home for now and call your community or 12345; unless another"
    " organ approves it by {lapses} it is void."
)
OPEN: Final = frozenset({Status.DRAFT, Status.FIRST})


@dataclass(frozen=True, slots=True)
class Advice:
    """One piece of advice that stands: from which organ, since when, and until when at most."""

    number: int
    at: Instant
    kind: str
    organ_zh: str
    organ_en: str
    lapses: Instant

    def words(self, lang: str, lapses: str) -> str:
        """What the person reads."""
        if lang == "zh":
            return ZH.format(organ=self.organ_zh, lapses=lapses)
        return EN.format(organ=self.organ_en, lapses=lapses)


def own_advice(unit: Unit, ref: str, now: Instant) -> Sequence[Advice]:
    """The advice that stands now, newest first."""
    found = []
    for record in unit.records_under(ADVICE, f"{ref}/"):
        number = record.id.removeprefix(f"{ref}/")
        if not number.isdecimal():
            continue  # of somebody whose reference begins so
        said: dict[str, Any] = json.loads(record.body)
        proposal = kept_proposal(unit, said["proposal"])
        standing = standing_of(unit, proposal) if proposal else None
        if standing is None or standing.status not in OPEN or lapsed(standing, now):
            continue
        found.append(
            Advice(
                int(number),
                record.at,
                said["kind"],
                said["organ_zh"],
                said["organ_en"],
                Instant(said["lapses"]),
            )
        )
    return found[::-1]
