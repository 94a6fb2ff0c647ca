"""An observation at a gate: what staff saw of a person, for the investigators, and no colour.

A closed word, a place and an instant, with no picture and no remark. It is no evidence: no rule
reads it, no proposal can cite it, and a test that was not shown is none. Investigators read it as a
lead for two days. The person sees who reported it, and who read it, in her access log.
Catalogue Z25; ACCOUNTABILITY section 4.
"""

from __future__ import annotations

import json
from enum import StrEnum
from typing import Any, Final

from mingma.authority.looks import MOST_AN_HOUR, Purpose, circumstances, looks_last_hour
from mingma.authority.matters import PersonMatter, Plain
from mingma.authority.organs import covers
from mingma.authority.posts import Post
from mingma.authority.refusal import refusal
from mingma.authority.request import Answer as Refusal
from mingma.flows.act_case import (
    Answer,
    Attempted,
    BodyMalformed,
    Case,
    Held,
    Prepared,
    fields,
    text,
)
from mingma.flows.look import (
    count_look,
    find,
    look,
    look_at_all,
    looks_before,
    place_named,
)
from mingma.flows.place_policy import NO_CHECK, policy_at
from mingma.kernel.canonical import canonical
from mingma.kernel.errors import Place
from mingma.kernel.times import DAY, day_of, print_instant
from mingma.records import Record

OBSERVATION: Final = "observation"  # the kind of records; ids are <day>/<instant>/<act's digits>
LEAD_FOR: Final = 2 * DAY  # seconds: what nobody followed by then is over
NOBODY: Final = "nobody"
RATE: Final = ("F32-looks-an-hour",)


class Observed(StrEnum):
    """What can be observed. Closed; nothing here is a paper, a test or a code."""

    FEVER = "fever"
    COUGH = "cough"
    FEELS_UNWELL = "feels_unwell"
    SAYS_CONTACT = "says_contact"  # the person says herself that she was with a case


def prepare(case: Case) -> Prepared:
    """REPORT_OBSERVATION: `observed`, `place`, `region` and the person's paper."""
    body = fields(case.body, "observed place region", "identity subject")
    # (1) What, and where: a place of the organ's own region; a gate only where it may ask.
    observed = _word(body["observed"])
    place, region = place_named(case)
    at_a_gate = case.actor.post is Post.GATE_GUARD
    asks = not at_a_gate or policy_at(case.unit, case.context, case.now).asks(place)
    # (2) Whom: the answer is the same for who is not enrolled, and counts as often.
    if looks_last_hour(looks_before(case), case.now) >= MOST_AN_HOUR:
        raise Attempted(refusal(case.act, Refusal(allowed=False, policies=RATE)), RATE)
    person = find(case) if asks else None

    def do(_: Held) -> Answer:
        if not asks:
            return dict(NO_CHECK)
        if person is None:
            count_look(case)
        else:
            seen = look(case, person, Purpose.OBSERVING, place=place.value)
            said = {"observed": observed.value, "organ": case.actor.organ.id,
                    "place": place.value, "region": region, "subject": person.ref}  # fmt: skip
            id = f"{day_of(case.now):06}/{seen.id}"
            case.unit.add_record(Record(OBSERVATION, id, case.now, canonical(said)))
        return {"observed": observed.value, "lead_until": print_instant(case.now + LEAD_FOR)}

    about = person.ref if person else NOBODY
    return Prepared(PersonMatter(region, about), about, Plain(), do)


def prepare_leads(case: Case) -> Prepared:
    """SEE_RECORD with `observations`, a region: what was reported there, and nothing else of whom.

    An observation is the ticket to itself only; each one shown is a look at the person.
    """
    body = fields(case.body, "observations purpose")
    region = text(body, "observations", most=6)
    standing = [_read(record) for record in _standing(case)]
    found = [said for said in standing if covers(region, said["region"])]
    people = case.unit.people({said["subject"] for said in found})
    around = circumstances(
        Purpose.INVESTIGATION, case.act, case.actor.post,
        granted=False, looks=looks_before(case), at=case.now, ticket=True,
    )  # fmt: skip

    def do(_: Held) -> Answer:
        look_at_all(case, [people[ref] for ref in sorted(people)], Purpose.INVESTIGATION)
        return {"observations": [said for said in found if said["subject"] in people]}

    if body["purpose"] != Purpose.INVESTIGATION:
        raise BodyMalformed(Place(field="body.purpose"), why=Purpose.INVESTIGATION.value)
    return Prepared(PersonMatter(region, NOBODY), f"observations/{region}", around, do)


def _standing(case: Case) -> list[Record]:
    """The observations that are leads now, oldest first."""
    first = day_of(case.now - LEAD_FOR)
    return [
        record
        for day in range(first, day_of(case.now) + 1)
        for record in case.unit.records_under(OBSERVATION, f"{day:06}/")
        if case.now < record.at + LEAD_FOR
    ]


def _read(record: Record) -> dict[str, Any]:
    said: dict[str, Any] = json.loads(record.body)
    return {"at": print_instant(record.at), **said}


def _word(value: object) -> Observed:
    try:
        return Observed(str(value))
    except ValueError:
        words = ", ".join(Observed)
        raise BodyMalformed(Place(field="body.observed"), why=f"one of {words}") from None
