"""Every look at a person's data by anybody but her: one function, and it writes before it shows.

`look` runs inside the act's own transaction, so what was read and that it was read are kept
together or not at all: where the look cannot be recorded, nothing is shown. The record is in the
person's access log in that same second (P9); the leaf over the organ's looks follows with the next
duty (`view_record`). Kept are organ, act, purpose and place; the officer only where the rate is
counted, which the person is never shown (PIPL 44; the other party's name stays with the organ).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from mingma.authority.acts import Act
from mingma.authority.looks import MOST_AN_HOUR, Purpose
from mingma.authority.organs import covers
from mingma.authority.places import PlaceClass, place_class
from mingma.flows.act_case import Attempted, BodyMalformed, Case, text
from mingma.flows.leaf_names import public_name
from mingma.flows.show_code import NoSuchPerson
from mingma.kernel.canonical import b64url, canonical
from mingma.kernel.errors import Place, Refused
from mingma.kernel.times import HOUR, Instant
from mingma.ledger.view_record import Body, look_commitment
from mingma.ports import Unit
from mingma.records import Person, Record

ID_DIGITS: Final = 16  # of the act's digest, in a look's id
LOOK: Final = "look"  # ids are <person>/<instant>/<digits of the act's digest>
ORGAN_LOOK: Final = "organ_look"  # one for each look, numbered by the organ that its leaf shows
OFFICER_LOOK: Final = "officer_look"  # … and by officer and hour, to count the rate


class AnotherPlace(Refused):
    """A gate that asks for a place outside its own region."""

    slug = "look.another_place"
    zh = "场所不在本卡口所辖地区内"
    en = "the place lies outside this gate's own region"
    remedy_zh = "只能在登记的场所查验到场的人"
    remedy_en = "a gate checks who is there, at the place it is registered for"


def place_named(case: Case) -> tuple[PlaceClass, str]:
    """The place and region that a body names, within the organ's own; raises AnotherPlace."""
    place, region = place_class(case.body["place"]), text(case.body, "region", most=6)
    if not covers(case.actor.organ.region, region):
        raise AnotherPlace
    return place, region


@dataclass(frozen=True, slots=True)
class Looked:
    """One look as it is kept. `number` counts the looks of the organ that the leaf shows."""

    id: str  # <instant>/<digits>: unique among the person's looks
    at: Instant
    body: Body
    shown_organ: str
    number: int


def look(
    case: Case,
    person: Person,
    purpose: Purpose,
    *,
    place: str | None = None,
    glass: str | None = None,
) -> Looked:
    """Put on record that the case's officer looks at a person now, before anything is shown."""
    (looked,) = look_at_all(case, [person], purpose, place=place, glass=glass)
    return looked


def look_at_all(
    case: Case,
    people: Iterable[Person],
    purpose: Purpose,
    *,
    place: str | None = None,
    glass: str | None = None,
) -> list[Looked]:
    """The same for everybody whom one act looks at: a look each."""
    unit, now, organ = case.unit, case.now, case.actor.organ
    # (1) The numbers of the organ's looks and of the officer's in this hour. Whoever asks for a
    # last record in a writing unit is alone with it until the end.
    shown = public_name(organ)
    number = next_look(unit, shown)
    count = _next(unit, OFFICER_LOOK, _hour(case))
    # (2) One act looks at a person once, so the act's digest tells her looks of a second apart.
    id = f"{now:019}/{case.signed.digest().hex()[:ID_DIGITS]}"
    body: Body = {
        "act": case.act.value,
        "glass": glass,
        "organ": organ.id,
        "place": place,
        "purpose": purpose.value,
        "receiver_en": organ.en,
        "receiver_zh": organ.zh,
    }
    # (3) Three records each: hers, the organ's with the commitment that hides it, the officer's.
    made = []
    for n, person in enumerate(people):
        made.append(keep_look(unit, person, id, shown, number + n, now, body))
        unit.add_record(Record(OFFICER_LOOK, f"{_hour(case)}{count + n:06}", now, b"{}"))
    return made


def next_look(unit: Unit, shown: str) -> int:
    """The number of the next look in an organ's name: whoever asks is alone until the end."""
    return _next(unit, ORGAN_LOOK, f"{shown}|")


def keep_look(
    unit: Unit, person: Person, id: str, shown: str, number: int, now: Instant, said: Body
) -> Looked:
    """One look: hers as it was, and beside it, in the organ's name, the commitment hiding it."""
    body: Body = {**said, "at": int(now), "id": id}
    hidden = b64url(look_commitment(person.key, id, body))
    kept = {"body": body, "number": number, "organ": shown}
    unit.add_record(Record(LOOK, f"{person.ref}/{id}", now, canonical(kept)))
    unit.add_record(Record(ORGAN_LOOK, f"{shown}|{number:019}", now, canonical({"c": hidden})))
    return Looked(id, now, body, shown, number)


def count_look(case: Case) -> None:
    """Count a look of the officer's towards his hour: one that found nobody counts too."""
    count = _next(case.unit, OFFICER_LOOK, _hour(case))
    case.unit.add_record(Record(OFFICER_LOOK, f"{_hour(case)}{count:06}", case.now, b"{}"))


def looks_before(case: Case) -> list[Instant]:
    """When the officer looked in this hour and the one before, at most as many as are allowed."""
    hour, officer = case.now // HOUR, case.actor.officer.id
    case.unit.last_record(OFFICER_LOOK, f"{officer}|{hour:010}|")  # his next look waits for this
    found = [
        record.at
        for one in (hour - 1, hour)
        for record in case.unit.records_under(OFFICER_LOOK, f"{officer}|{one:010}|")
    ]
    return found[-MOST_AN_HOUR:]


def looks_at(unit: Unit, ref: str) -> list[Looked]:
    """Every look at a person, oldest first."""
    found = [(record.id, _read(record)) for record in unit.records_under(LOOK, f"{ref}/")]
    return [one for id, one in found if id == f"{ref}/{one.id}"]  # not of whose name begins so


def whom(case: Case) -> Person:
    """The enrolled person whose paper or reference the body names.

    Asking for somebody who is not enrolled is an attempt: the answer tells that she is not.
    """
    person = find(case)
    if person is None:
        raise Attempted(NoSuchPerson())
    return person


def find(case: Case) -> Person | None:
    """The person whose paper (`identity`) or reference (`subject`) the body names, if enrolled."""
    body = case.body
    if ("identity" in body) == ("subject" in body):
        raise BodyMalformed(Place(field="body"), why="either `identity` or `subject`")
    ref = case.desk.identify(body["identity"]).ref if "identity" in body else body["subject"]
    if not isinstance(ref, str):
        raise BodyMalformed(Place(field="body.subject"), why="a reference is a text")
    return case.unit.people([ref]).get(ref)


def purpose_of(case: Case, allowed: Sequence[Purpose]) -> Purpose:
    """The purpose the body states; one that is on the list and not this act's is refused later."""
    stated = case.body.get("purpose")
    if not isinstance(stated, str) or stated not in set(Purpose):
        words = ", ".join(allowed)
        raise BodyMalformed(Place(field="body.purpose"), why=f"a look has one purpose: {words}")
    return Purpose(stated)


def act_of(looked: Looked) -> Act:
    """By which act it was done."""
    return Act(str(looked.body["act"]))


def _hour(case: Case) -> str:
    return f"{case.actor.officer.id}|{case.now // HOUR:010}|"


def _next(unit: Unit, kind: str, prefix: str) -> int:
    last = unit.last_record(kind, prefix)
    return int(last.id.removeprefix(prefix)) + 1 if last else 0


def _read(record: Record) -> Looked:
    kept: Mapping[str, Any] = json.loads(record.body)
    body: Body = kept["body"]
    return Looked(str(body["id"]), record.at, body, kept["organ"], kept["number"])
