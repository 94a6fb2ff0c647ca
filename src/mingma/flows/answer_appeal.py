"""An appeal is answered, handed on, or an infection reviewed: through the one door for staff.

An answer has a reason of the closed list and words that say something. Upheld, the evidence that
was contested is withdrawn for good and the person is decided anew in the same transaction. Handing
on is an event that moves no clock. Who took part in what is objected to is refused by the policies,
and an answer without reasons is a refused attempt that everybody can count.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from mingma.appeals.appeal import Event, Filed, Happened, must_be_open
from mingma.appeals.reasons import Outcome, ReasonTooShort, check_reason
from mingma.authority.matters import Answering, AppealMatter
from mingma.flows.act_case import (
    Answer,
    Attempted,
    BodyMalformed,
    Case,
    Held,
    Prepared,
    fields,
    rows,
    text,
    whole,
)
from mingma.flows.decide import redecide
from mingma.flows.file_appeal import NotSealedYet, may_answer
from mingma.flows.found_error import ERRORS, find_errors
from mingma.flows.kept_appeals import keep_event, own_appeal
from mingma.flows.lapse import withdraw
from mingma.flows.log_time import log_time
from mingma.flows.personal_leaf import Events
from mingma.kernel.errors import Place, Refused
from mingma.kernel.times import Instant
from mingma.ledger.leaf import Kind
from mingma.ledger.leaf_values import MAX_INDEX

HAND_ON: Final = "handed_on"
LONGEST: Final = 4096  # characters of a text, before its reason is looked at
MOST: Final = 1000  # facts that one answer rejects


class CannotHandOn(Refused):
    """Handing an appeal to an organ that took part, that answers none, or to oneself."""

    slug = "appeal.cannot_hand_on"
    status = 409
    zh = "不能转给 `{organ}`:它参与过该决定、无权答复,或就是本机关"
    en = "it cannot be handed to `{organ}`: it took part, answers no appeals, or has it already"
    remedy_zh = "可转:{fitting};转办不延长期限"
    remedy_en = "it may go to: {fitting}; handing on moves no due time"


class NotContested(Refused):
    """An answer that rejects evidence which is not under this appeal."""

    slug = "appeal.not_contested"
    status = 409
    zh = "`{id}` 不是本申诉所涉的证据"
    en = "`{id}` is no evidence under this appeal"
    remedy_zh = "只能否定被申诉的证据;不写即全部否定"
    remedy_en = "reject contested evidence only; leave the list out to reject all of it"


def prepare(case: Case) -> Prepared:
    """An answer, a review, or a hand-over of one appeal."""
    # (1) What is said, of which appeal; one that is over is left as it is.
    body = fields(case.body, "subject appeal outcome", "reason text rejected to")
    subject = text(body, "subject", most=128)
    case.unit.people([subject])  # of two answers at once the second reads what the first wrote
    filed = own_appeal(case.unit, subject, whole(body, "appeal", 1, MAX_INDEX))
    now = log_time(case.unit, case.now)
    must_be_open(filed, now)
    index = case.unit.index_of(subject, filed.appeal.number)
    if index is None:
        raise NotSealedYet
    # (2) What is to be on record.
    happened = _handed_on(case, body, filed, now) if body["outcome"] == HAND_ON else None
    happened = happened or _answered(case, body, filed, now)
    # (3) What the policies are asked.
    appeal = filed.appeal
    matter = AppealMatter(
        appeal.region, frozenset(appeal.organs), frozenset(appeal.officers), appeal.laboratory
    )

    def do(held: Held) -> Answer:
        return _write(case, filed, happened, index, held)

    return Prepared(matter, appeal.id, Answering(reasons=True), do)


def _answered(case: Case, body: Mapping[str, Any], filed: Filed, now: Instant) -> Event:
    fields(body, "subject appeal outcome reason text", "rejected")
    if body["outcome"] not in set(Outcome):
        wanted = ", ".join([*Outcome, HAND_ON])
        raise BodyMalformed(Place(field="body.outcome"), why=f"`outcome` is one of {wanted}")
    outcome, said = Outcome(body["outcome"]), body["text"]
    if not isinstance(said, str) or len(said) > LONGEST:
        raise BodyMalformed(Place(field="body.text"), why=f"a text of at most {LONGEST} characters")
    try:
        reason = check_reason(outcome, str(body["reason"]), said)
    except ReasonTooShort as short:
        raise Attempted(short, ("F30-reasons",)) from None
    return Event(
        happened=Happened.ANSWERED,
        at=now,
        organ=case.actor.organ.id,
        officer=case.actor.officer.id,
        outcome=outcome.value,
        reason=reason.value,
        text=said,
        rejected=_rejected(body, filed) if outcome is Outcome.UPHELD else (),
    )


def _rejected(body: Mapping[str, Any], filed: Filed) -> tuple[str, ...]:
    """The evidence that an upheld appeal rejects: all of it, unless the answer says which."""
    if "rejected" not in body:
        return filed.appeal.contested
    named = [str(id) for id in rows(body, "rejected", MOST)]
    for id in named:
        if id not in filed.appeal.contested:
            raise NotContested(id=id[:80])
    return tuple(sorted(set(named)))


def _handed_on(case: Case, body: Mapping[str, Any], filed: Filed, now: Instant) -> Event:
    fields(body, "subject appeal outcome to")
    own, to = case.actor.organ.id, text(body, "to", most=128)
    appeal = filed.appeal
    fitting = may_answer(case.unit, appeal.region, appeal.organs, laboratory=appeal.laboratory)
    if to not in fitting or to == own:
        others = ", ".join(one for one in fitting if one != own) or "–"
        raise CannotHandOn(organ=to, fitting=others)
    return Event(
        happened=Happened.HANDED_ON, at=now, organ=own, officer=case.actor.officer.id, to=to
    )


def _write(case: Case, filed: Filed, happened: Event, index: int, held: Held) -> Answer:
    """The event, its leaf, and what follows from it."""
    unit, appeal = case.unit, filed.appeal
    people = unit.people([appeal.subject])
    settled = keep_event(unit, filed, happened)
    if happened.happened == Happened.ANSWERED:
        events = Events(unit, people)
        events.leaf(
            appeal.subject, Kind.APPEAL_DECIDE, happened.body(), answers=index, **case.by(held)
        )
        events.write(case.now)
        if happened.reason in ERRORS:
            find_errors(unit, appeal.subject, happened.rejected, case.now, case.desk.chance)
        withdraw(unit, case.context, settled, case.now)
        redecide(unit, case.context, {appeal.subject}, case.now)
    now = log_time(unit, case.now)
    return {
        "appeal": appeal.number,
        "state": settled.state_at(now).value,
        "due": int(settled.due_at(now)),
        "asked_of": settled.asked_of_at(now),
    }
