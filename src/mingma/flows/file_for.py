"""File an appeal for somebody who asked for it: hotline, community counter, or on paper.

The person asked, and shows a paper or says her reference; the officer types what she offers and
nothing more. It is logged as help, and the helper is protected: no organ that took part in the
decision reads who helped (SYSTEMS A24). Terms are those of every appeal.
"""

from __future__ import annotations

from typing import Final

from mingma.appeals.appeal import Helper
from mingma.appeals.form import read_form
from mingma.appeals.terms import Channel
from mingma.appeals.views import acknowledgement
from mingma.authority.matters import Answering, PersonMatter
from mingma.flows.act_case import Answer, BodyMalformed, Case, Held, Prepared, fields, text
from mingma.flows.file_appeal import file_appeal
from mingma.flows.show_code import NoSuchPerson
from mingma.kernel.errors import Place

IN_PERSON: Final = (Channel.HOTLINE, Channel.COUNTER, Channel.PAPER)


def prepare(case: Case) -> Prepared:
    """An appeal filed for the person who asked for it."""
    body = fields(case.body, "channel asked form", "subject identity")
    if ("subject" in body) is ("identity" in body):
        raise BodyMalformed(Place(field="body.subject"), why="one of `subject` and `identity`")
    ref = text(body, "subject", most=128) if "subject" in body else _shown(case, body["identity"])
    if body["channel"] not in set(IN_PERSON):
        wanted = ", ".join(IN_PERSON)
        raise BodyMalformed(Place(field="body.channel"), why=f"`channel` is one of {wanted}")
    channel, form = Channel(body["channel"]), read_form(body["form"])
    if ref not in case.unit.people([ref]):
        raise NoSuchPerson
    organ, officer = case.actor.organ, case.actor.officer
    helper = Helper(as_=officer.post.value, id=officer.id, organ=organ.id)

    def do(held: Held) -> Answer:
        del held
        filed = file_appeal(
            case.unit, case.context, ref, form, case.now, channel=channel, helper=helper
        )
        return acknowledgement(filed.filed)

    asked = body["asked"] is True
    # Whoever is asked has to act: the matter is where the call or the visit came in.
    return Prepared(PersonMatter(organ.region, ref), ref, Answering(asked=asked), do)


def _shown(case: Case, paper: object) -> str:
    return case.desk.identify(paper).ref
