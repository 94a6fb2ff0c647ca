"""A person's own check-ins, and her word that one was not she: from then on it is no ground.

Staff of a venue can enter somebody as present with a card in hand, or without. The person sees each
record, and says "not me" through her own session; that is a withdrawal of the system source `self`,
beside the record and never in its place. What was decided before stands until she objects to it.
What her own phone read from a code that turns (grade B) rests on nobody else's word: to that she
objects, and others look at it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from mingma.evidence.admit import shown
from mingma.evidence.channels.check_in import CheckIn
from mingma.evidence.channels.withdrawal import Withdrawal
from mingma.evidence.model import Fact
from mingma.evidence.record import digest_of
from mingma.flows.context import Context
from mingma.flows.correct_report import ID_BYTES, SOURCE
from mingma.flows.decide import redecide
from mingma.flows.enrol import Chance
from mingma.flows.log_time import log_time
from mingma.flows.show_code import NoSuchPerson
from mingma.flows.standing_evidence import standing_evidence
from mingma.kernel.errors import Place, Refused
from mingma.kernel.times import Instant
from mingma.ports import Unit
from mingma.records import Received

NOT_ME: Final = "not_me"  # the reason of the withdrawal
OWN_PHONE_S: Final = "B"  # the grade of a code that turns, read by the person's own phone


class NotYourCheckIn(Refused):
    """A dispute of what nobody entered in one's name, or of what is withdrawn already."""

    slug = "check_in.not_yours"
    status = 409
    zh = "`{of}` 不是他人以您名义登记、且仍有效的记录"
    en = "`{of}` is no check-in that somebody else entered for you and that still counts"
    remedy_zh = "本人的登记见 /me/check-ins(程序读 /v1/me/check-ins);其他记录请申诉"
    remedy_en = "/me/check-ins lists yours (programs: /v1/me/check-ins); object to any other record"


@dataclass(frozen=True, slots=True)
class OwnCheckIn:
    """A check-in as the person reads it; `disputed` if it counts for nothing."""

    id: str
    at: Instant
    venue: str
    grade: str
    entered_by: str
    disputed: bool


def own_check_ins(unit: Unit, ref: str, now: Instant) -> Sequence[OwnCheckIn]:
    """Every check-in in the person's name, newest first."""
    facts = standing_evidence(unit, [ref], now)[ref]
    gone = _gone(facts)
    found = [_own(fact, fact.id in gone) for fact in facts if fact.kind == CheckIn.kind]
    return sorted(found, key=lambda one: (one.at, one.id), reverse=True)


def dispute_check_in(
    unit: Unit, context: Context, ref: str, of: str, now: Instant, chance: Chance
) -> OwnCheckIn:
    """Take in that it was not she; raises NotYourCheckIn or NoSuchPerson."""
    if ref not in unit.people([ref]):
        raise NoSuchPerson
    one = next((one for one in own_check_ins(unit, ref, now) if one.id == of), None)
    if one is None or one.disputed or one.grade == OWN_PHONE_S:
        raise NotYourCheckIn(Place(field="of"), of=shown(of))
    fact = Fact(
        id=f"{SOURCE}/{chance(ID_BYTES).hex()}",
        kind=Withdrawal.kind,
        subject=ref,
        at=log_time(unit, now),
        data=Withdrawal(of=of, reason=NOT_ME),
    )
    unit.add_facts([(Received(SOURCE, fact, now, SOURCE), digest_of(fact, context.evidence_key))])
    redecide(unit, context, {ref}, now)
    return replace(one, disputed=True)


def _gone(facts: Sequence[Fact]) -> set[str]:
    ended: list[Any] = [fact.data for fact in facts if fact.kind == "withdrawal"]
    return {data.of for data in ended}


def _own(fact: Fact, disputed: bool) -> OwnCheckIn:
    data: Any = fact.data
    by = fact.organ or fact.id.partition("/")[0]
    return OwnCheckIn(fact.id, fact.at, data.venue, data.grade, by, disputed)
