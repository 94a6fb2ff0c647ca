"""The receipts a person gives: who may act for her, as what, until when; and using one.

She gives and ends them herself, in her own session; the other side only chooses from the list of
those given to it. A guardian's ends with the fourteenth birthday, which the child's own citizen's
number shows: the number is compared with whose session it is and not kept (PIPL 31). What a
delegate reads is a look like any other: in her access log before it is shown.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from mingma.appeals.appeal import Helper
from mingma.authority.acts import Act
from mingma.authority.own import (
    Delegate,
    Delegation,
    NotYours,
    Session,
    delegate,
    open_to,
    subject_of,
)
from mingma.flows.enrol import Chance, Holder
from mingma.flows.exact_record import exact_record
from mingma.flows.look import keep_look, next_look
from mingma.flows.show_code import NoSuchPerson
from mingma.kernel.canonical import canonical
from mingma.kernel.errors import Malformed, Place
from mingma.kernel.times import Instant, midnight
from mingma.people.identity import IdentityType
from mingma.ports import Unit
from mingma.records import Record

DELEGATION: Final = "delegation"  # ids are <giver>/<32 hexadecimal digits>
DELEGATED: Final = "delegation_to"  # … and by who acts: <actor>/<same digits>
DELEGATION_END: Final = "delegation_end"  # <same digits>
COMES_OF_AGE: Final = 14  # years, PIPL 31
READS: Final = frozenset({
    Act.SHOW_OWN_CODE, Act.READ_OWN_HISTORY, Act.READ_OWN_LOOKS, Act.READ_OWN_CHECK_INS,
})  # fmt: skip
DELEGATES: Final = "delegates"  # under which name leaves show their looks, all together
PURPOSE: Final = "acting_for_you"
LONGEST_CALLED: Final = 20  # characters that a person may call a delegate by
TWICE: Final = 60  # seconds within which the same receipt again is one button pressed twice
SHOWN_OF_ID: Final = 8  # digits of a receipt by which its giver knows it again
CALLED: Final = {
    Delegate.GUARDIAN: ("您的监护人", "your guardian"),
    Delegate.FAMILY: ("您的亲友", "your family"),
    Delegate.HELPER: ("您的协助者", "your helper"),
}
_EPOCH: Final = date(1970, 1, 1).toordinal()

Identify = Callable[[object], Holder]


class NotYourNumber(Malformed):
    """A guardian's receipt with a number that is not the child's own, or shows no birthday."""

    slug = "own.not_your_number"
    zh = "须填写被监护人本人的公民身份号码,以确定十四周岁之日"
    en = "the child's own citizen's number is needed: it shows the fourteenth birthday"
    remedy_zh = "在被监护人本人的登录下填写其号码"
    remedy_en = "write it in the child's own session"


class CalledTooMuch(Malformed):
    """A name for a delegate that is too long, or no single line of text."""

    slug = "own.called_too_much"
    zh = "称呼最多 {most} 个字,写在一行里"
    en = "a delegate is called by at most {most} characters on one line"
    remedy_zh = "写短一些,例如:女儿"
    remedy_en = "make it shorter: daughter"


@dataclass(frozen=True, slots=True)
class Given:
    """A receipt as who gave it sees it; `called` is her own word for the delegate."""

    delegation: Delegation
    called: str


def give(
    unit: Unit,
    of: str,
    as_: Delegate,
    to: object,
    ends: Instant,
    now: Instant,
    *,
    identify: Identify,
    chance: Chance,
    own: object = None,
    called: str = "",
) -> Delegation:
    """A receipt from the person of a session; the same again within a minute is the one there is.

    Raises DelegationMalformed, NotYourNumber or CalledTooMuch.
    """
    called = called.strip()
    if len(called) > LONGEST_CALLED or not called.isprintable():
        raise CalledTooMuch(Place(field="called"), most=LONGEST_CALLED)
    if of not in unit.people([of]):
        raise NoSuchPerson
    fourteen = fourteen_at(own, of, identify) if as_ is Delegate.GUARDIAN else None
    made = delegate(
        id=chance(16).hex(), as_=as_, of=of, by=identify(to).ref,
        starts=now, ends=ends, fourteen_at=fourteen,
    )  # fmt: skip
    for there in given_by(unit, of):
        if _same(there.delegation, made) and there.called == called:
            return there.delegation
    unit.add_record(Record(DELEGATION, f"{of}/{made.id}", now, _body(made, called)))
    unit.add_record(Record(DELEGATED, f"{made.by}/{made.id}", now, _body(made)))
    return made


def end(unit: Unit, of: str, id: str, now: Instant) -> Delegation:
    """End a receipt one gave; raises NotYours. Ending it again changes nothing."""
    found = next((one for one in given(unit, of) if one.id == id), None)
    if found is None:
        raise NotYours
    if _ended(unit, id) is None:
        unit.add_record(Record(DELEGATION_END, id, now, b"{}"))
    return found


def given(unit: Unit, of: str) -> Sequence[Delegation]:
    """Every receipt a person gave, with its end as ended."""
    return [one.delegation for one in given_by(unit, of)]


def given_by(unit: Unit, of: str) -> Sequence[Given]:
    """The same with what she calls each delegate, which the delegate is never shown."""
    found = [
        Given(_read(unit, one), json.loads(one.body).get("called", ""))
        for one in unit.records_under(DELEGATION, f"{of}/")
    ]
    return [one for one in found if one.delegation.of == of]


def open_for(unit: Unit, by: str, now: Instant) -> Sequence[Delegation]:
    """The receipts a person may act by now."""
    held = [_read(unit, one) for one in unit.records_under(DELEGATED, f"{by}/")]
    return open_to(held, by, now)


def held_by(unit: Unit, by: str, id: str, now: Instant) -> Delegation | None:
    """One of them by its id; None where there is none in force."""
    return next((one for one in open_for(unit, by, now) if one.id == id), None)


def stand_in(unit: Unit, by: str, id: str, act: Act, now: Instant) -> Delegation:
    """The receipt that somebody acts by, if it is in force and covers the act; raises NotYours."""
    held = held_by(unit, by, id, now)
    if held is None:
        raise NotYours
    subject_of(Session(by, held), act, now)
    return held


def look_as_delegate(unit: Unit, held: Delegation, act: Act, now: Instant, chance: Chance) -> None:
    """Put on record that a delegate reads, before anything is shown; raises NoSuchPerson."""
    person = unit.people([held.of]).get(held.of)
    if person is None:
        raise NoSuchPerson
    zh, en = CALLED[held.as_]
    short = held.id[:SHOWN_OF_ID]
    keep_look(
        unit, person, f"{now:019}/{chance(8).hex()}", DELEGATES, next_look(unit, DELEGATES), now,
        {
            "act": act.value, "glass": None, "organ": DELEGATES, "place": None,
            "purpose": PURPOSE,
            "receiver_en": f"{en} (receipt {short})",
            "receiver_zh": f"{zh}(凭据 {short})",
        },
    )  # fmt: skip


def helper_of(held: Delegation | None) -> Helper | None:
    """As what a delegate's filing is logged: as help, by the receipt it was done under."""
    return None if held is None else Helper(as_=held.as_.value, id=held.id)


def fourteen_at(own: object, of: str, identify: Identify) -> Instant:
    """00:00 of the fourteenth birthday that the person's own number shows."""
    fits = isinstance(own, dict) and own.get("type") == IdentityType.RESIDENT_ID.value
    if not fits or identify(own).ref != of:
        raise NotYourNumber(Place(field="own"))
    assert isinstance(own, dict)
    digits = str(own["number"]).strip()
    year, month, day = int(digits[6:10]), int(digits[10:12]), int(digits[12:14])
    try:
        born = date(year + COMES_OF_AGE, month, day)
    except ValueError:  # born on 29 February: of age on the day after the 28th
        born = date(year + COMES_OF_AGE, 3, 1)
    return Instant(midnight(born.toordinal() - _EPOCH))


def _same(there: Delegation, made: Delegation) -> bool:
    """Whether somebody pressed the button twice."""
    begun, ends = made.starts - there.starts, made.ends - there.ends
    alike = (there.as_, there.by) == (made.as_, made.by) and there.in_force(made.starts)
    return alike and begun < TWICE and abs(ends) < TWICE


def _read(unit: Unit, record: Record) -> Delegation:
    said: dict[str, Any] = json.loads(record.body)
    ended = _ended(unit, said["id"])
    ends = Instant(said["ends"]) if ended is None else Instant(min(said["ends"], ended))
    return Delegation(
        said["id"], Delegate(said["as"]), said["of"], said["by"], Instant(said["starts"]), ends
    )


def _ended(unit: Unit, id: str) -> Instant | None:
    found = exact_record(unit, DELEGATION_END, id)
    return found.at if found is not None else None


def _body(made: Delegation, called: str = "") -> bytes:
    said = {
        "as": made.as_.value,
        "by": made.by,
        "ends": int(made.ends),
        "id": made.id,
        "of": made.of,
        "starts": int(made.starts),
    }
    return canonical({**said, "called": called} if called else said)
