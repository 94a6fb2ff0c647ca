"""A ticket: why an officer may look at this person's data at all.

There are three. The person opens one herself for her call or her visit to the counter and reads
out its eight digits, which also shows that the caller is she. An open appeal is a ticket for who
answers it. An open case is one for its investigator, about the people who are its contacts. Without
a ticket of this very person nobody sees a reason or a record (Z45).
"""

from __future__ import annotations

import hmac
import json
from dataclasses import dataclass
from typing import Final

from mingma.appeals.appeal import State
from mingma.authority.posts import Post
from mingma.flows.act_case import BodyMalformed, Case
from mingma.flows.enrol import Chance
from mingma.flows.exact_record import exact_record
from mingma.flows.kept_appeals import own_appeals
from mingma.flows.log_time import log_time
from mingma.flows.show_code import NoSuchPerson
from mingma.flows.standing_evidence import standing_evidence
from mingma.kernel.canonical import canonical
from mingma.kernel.errors import Place
from mingma.kernel.times import HOUR, Instant
from mingma.ports import Unit
from mingma.records import Record

TICKET: Final = "ticket"  # ids are <person>/<instant>
WRONG: Final = "ticket_wrong"  # wrong digits said of a ticket; ids are the ticket's and a number
CASE: Final = "case"
MOST_WRONG: Final = 5  # after so many a ticket is closed: eight digits are not guessed in a call
OPEN_FOR: Final = HOUR  # seconds: a call with its waiting
DIGITS: Final = 8
CALLED: Final = frozenset({Post.HOTLINE_AGENT, Post.COMMUNITY_WORKER})


@dataclass(frozen=True, slots=True)
class CallTicket:
    """The digits the person reads out, and until when they count."""

    digits: str
    ends: Instant


@dataclass(frozen=True, slots=True)
class Ticket:
    """What the ticket in an act's body shows: that it is open, that the caller is the person."""

    open: bool
    caller_known: bool = False


def open_call(unit: Unit, ref: str, now: Instant, chance: Chance) -> CallTicket:
    """A ticket the person opens for her own call; raises NoSuchPerson. An older one ends."""
    if ref not in unit.people([ref]):
        raise NoSuchPerson
    made = CallTicket(_digits(chance), Instant(now + OPEN_FOR))
    id = f"{ref}/{now:019}"
    held = unit.last_record(TICKET, f"{ref}/")
    if held is not None and held.id >= id:
        return _read(held)  # asked for twice within a second
    unit.add_record(Record(TICKET, id, now, canonical({"digits": made.digits, "ends": made.ends})))
    return made


def ticket_of(case: Case, ref: str) -> Ticket:
    """What the body's `ticket` shows for this person and the officer's post."""
    named = case.body.get("ticket")
    if not isinstance(named, dict) or len(named) != 1:
        why = "an object with one of `call`, `appeal`, `case`"
        raise BodyMalformed(Place(field="body.ticket"), why=why)
    ((kind, value),) = named.items()
    post = case.actor.post
    if kind == "call" and isinstance(value, str):
        return _call(case, ref, value) if post in CALLED else Ticket(open=False)
    if kind == "appeal" and type(value) is int:
        return Ticket(post is Post.APPEAL_OFFICER and _appeal_open(case, ref, value))
    if kind == "case" and isinstance(value, str):
        return Ticket(post is Post.INVESTIGATOR and _contact_of(case, ref, value))
    raise BodyMalformed(Place(field="body.ticket"), why="digits, an appeal's number or a case's id")


def _call(case: Case, ref: str, digits: str) -> Ticket:
    held = case.unit.last_record(TICKET, f"{ref}/")
    if held is None:
        return Ticket(open=False)
    ticket = _read(held)
    wrong = len(case.unit.records_under(WRONG, f"{held.id}/"))
    if wrong >= MOST_WRONG or not held.at <= case.now < ticket.ends:
        return Ticket(open=False)
    same = hmac.compare_digest(ticket.digits.encode(), digits.encode())
    if not same:  # kept with the attempt that it is
        case.unit.add_record(Record(WRONG, f"{held.id}/{wrong}", case.now, b"{}"))
    return Ticket(open=True, caller_known=same)


def _appeal_open(case: Case, ref: str, number: int) -> bool:
    at = log_time(case.unit, case.now)
    return any(
        filed.appeal.number == number and filed.state_at(at) is State.OPEN
        for filed in own_appeals(case.unit, ref)
    )


def _contact_of(case: Case, ref: str, id: str) -> bool:
    """Whether a case of this id was opened and something standing names the person in it."""
    record = exact_record(case.unit, CASE, id)
    if record is None:
        return False
    facts = standing_evidence(case.unit, [ref], case.now)[ref]
    return any(fact.id == id or getattr(fact.data, "index", None) == id for fact in facts)


def _digits(chance: Chance) -> str:
    return f"{int.from_bytes(chance(8)) % 10**DIGITS:0{DIGITS}}"


def _read(record: Record) -> CallTicket:
    kept = json.loads(record.body)
    return CallTicket(kept["digits"], Instant(kept["ends"]))
