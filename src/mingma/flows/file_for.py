"""File an appeal for somebody who asked for it: hotline, community counter, or on paper.

The person asked: she shows a paper, or reads out the digits of her call. The officer types what she
offers and nothing more. It is logged as help, and the helper is protected: no organ that took part
in the decision reads who helped (SYSTEMS A24). Terms are those of every appeal. Whether there is
anything to object to tells her colour, so each filing is a look, in her log and in the officer's
hour, whatever comes of it.
"""

from __future__ import annotations

from typing import Final

from mingma.appeals.appeal import Helper
from mingma.appeals.form import read_form
from mingma.appeals.terms import Channel
from mingma.appeals.views import acknowledgement
from mingma.authority.looks import MOST_AN_HOUR, Purpose, looks_last_hour
from mingma.authority.matters import Answering, PersonMatter
from mingma.authority.refusal import refusal
from mingma.authority.request import Answer as Answered
from mingma.flows.act_case import (
    Answer,
    Attempted,
    BodyMalformed,
    Case,
    Held,
    Prepared,
    fields,
)
from mingma.flows.file_appeal import NothingToObject, file_appeal
from mingma.flows.look import look, looks_before, whom
from mingma.flows.tickets import ticket_of
from mingma.kernel.errors import Place

IN_PERSON: Final = (Channel.HOTLINE, Channel.COUNTER, Channel.PAPER)
TOO_MANY: Final = Answered(allowed=False, policies=("F32-looks-an-hour",))


def prepare(case: Case) -> Prepared:
    """An appeal filed for the person who asked for it."""
    body = fields(case.body, "channel asked form", "subject identity ticket")
    if body["channel"] not in set(IN_PERSON):
        wanted = ", ".join(IN_PERSON)
        raise BodyMalformed(Place(field="body.channel"), why=f"`channel` is one of {wanted}")
    channel, form = Channel(body["channel"]), read_form(body["form"])
    person = whom(case)
    if looks_last_hour(looks_before(case), case.now) >= MOST_AN_HOUR:
        raise Attempted(refusal(case.act, TOO_MANY), TOO_MANY.policies)
    there = "identity" in body or ("ticket" in body and ticket_of(case, person.ref).caller_known)
    organ, officer = case.actor.organ, case.actor.officer
    helper = Helper(as_=officer.post.value, id=officer.id, organ=organ.id)

    def do(held: Held) -> Answer:
        del held
        look(case, person, Purpose.ANSWERING_CALLER)
        try:
            filed = file_appeal(
                case.unit, case.context, person.ref, form, case.now, channel=channel, helper=helper
            )
        except NothingToObject:
            return acknowledgement(())  # an answer and no error: the look stays on record
        return acknowledgement(filed.filed)

    asked = body["asked"] is True and there
    # Whoever is asked has to act: the matter is where the call or the visit came in.
    return Prepared(PersonMatter(organ.region, person.ref), person.ref, Answering(asked=asked), do)
