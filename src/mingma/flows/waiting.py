"""What waits for an officer: proposals for a checker's eyes, appeals for her organ's answer.

Asked with the very act that would do it, signed and with an empty body. Writes nothing and shows
nothing of anybody: what a proposal or an appeal says is read by an act, which is a look.
"""

from __future__ import annotations

from typing import Final

from mingma.appeals.appeal import Filed, State
from mingma.authority.acts import Act
from mingma.authority.posts import grants_in_force
from mingma.flows import offices
from mingma.flows.act_case import Desk
from mingma.flows.context import Context
from mingma.flows.kept_appeals import due_between
from mingma.flows.log_time import log_time
from mingma.flows.lot import waiting_for
from mingma.flows.signed_act import FRESH, ActStale, SignedAct
from mingma.kernel.errors import Place
from mingma.kernel.times import DAY, Instant
from mingma.ports import Unit
from mingma.records import PasskeyRefused

ANSWERS: Final = (Act.ANSWER_APPEAL, Act.REVIEW_INFECTION)
LONGEST: Final = DAY  # seconds: no term is longer
LOOKED_BACK: Final = 30 * DAY  # seconds a review that passes from organ to organ is listed


def waiting_turns(
    unit: Unit, context: Context, desk: Desk, signed: SignedAct, now: Instant
) -> list[tuple[str, Instant]]:
    """The proposals that wait for the checker who signed this; raises PasskeyRefused, ActStale."""
    _must_have_asked(unit, desk, signed, now, Act.SEE_PROPOSAL)
    return waiting_for(unit, context, desk.roots, signed.officer, now)


def waiting_appeals(unit: Unit, desk: Desk, signed: SignedAct, now: Instant) -> list[Filed]:
    """The open appeals that ask the organ of the officer who signed this, the most pressing first.

    Those of her act only, and none in whose matter she took part. Raises as `waiting_turns` does.
    """
    _must_have_asked(unit, desk, signed, now, *ANSWERS)
    at = log_time(unit, now)
    officer = offices.officer(unit, signed.officer)
    grants = grants_in_force(offices.grants_of(unit, signed.officer), at)
    if officer is None or not any(one.gives(signed.act) for one in grants):
        raise PasskeyRefused
    review = signed.act is Act.REVIEW_INFECTION
    found = [
        one
        for _, one in due_between(unit, f"{at - LOOKED_BACK:019}", Instant(at + LONGEST))
        if one.state_at(at) is State.OPEN
        and one.appeal.laboratory is review
        and one.asked_of_at(at) == officer.organ
        and officer.id not in one.appeal.officers
    ]
    return sorted(found, key=lambda one: (one.due_at(at), one.appeal.id))


def _must_have_asked(unit: Unit, desk: Desk, signed: SignedAct, now: Instant, *acts: Act) -> None:
    if abs(now - signed.at) > FRESH:
        raise ActStale(Place(field="at"))
    key = offices.passkey(unit, signed.officer)
    if key is None or signed.act not in acts or signed.body:
        raise PasskeyRefused
    desk.passkeys.verify(signed.assertion, key, signed.challenge())
