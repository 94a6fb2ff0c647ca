"""The receipts a person gives: who may act for her, as what, until when; and using one.

She gives and ends them herself, in her own session; the other side only chooses from the list of
those given to it. A guardian's ends with the fourteenth birthday, which the child's own citizen's
number shows: the number is compared with whose session it is and not kept (PIPL 31).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any, Final

from mingma.authority.own import Delegate, Delegation, NotYours, delegate, open_to
from mingma.flows.enrol import Chance, Holder
from mingma.flows.show_code import NoSuchPerson
from mingma.kernel.canonical import canonical
from mingma.kernel.errors import Malformed, Place
from mingma.kernel.times import Instant, midnight
from mingma.people.identity import IdentityType
from mingma.ports import Record, Unit

DELEGATION: Final = "delegation"  # ids are <giver>/<32 hexadecimal digits>
DELEGATED: Final = "delegation_to"  # … and by who acts: <actor>/<same digits>
DELEGATION_END: Final = "delegation_end"  # <same digits>
COMES_OF_AGE: Final = 14  # years, PIPL 31
_EPOCH: Final = date(1970, 1, 1).toordinal()

Identify = Callable[[object], Holder]


class NotYourNumber(Malformed):
    """A guardian's receipt with a number that is not the child's own, or shows no birthday."""

    slug = "own.not_your_number"
    zh = "须填写被监护人本人的公民身份号码,以确定十四周岁之日"
    en = "the child's own citizen's number is needed: it shows the fourteenth birthday"
    remedy_zh = "在被监护人本人的登录下填写其号码"
    remedy_en = "write it in the child's own session"


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
) -> Delegation:
    """A receipt from the person of a session; raises DelegationMalformed or NotYourNumber."""
    if of not in unit.people([of]):
        raise NoSuchPerson
    fourteen = _fourteen_at(own, of, identify) if as_ is Delegate.GUARDIAN else None
    made = delegate(
        id=chance(16).hex(), as_=as_, of=of, by=identify(to).ref,
        starts=now, ends=ends, fourteen_at=fourteen,
    )  # fmt: skip
    unit.add_record(Record(DELEGATION, f"{of}/{made.id}", now, _body(made)))
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
    found = [_read(unit, one) for one in unit.records_under(DELEGATION, f"{of}/")]
    return [one for one in found if one.of == of]


def open_for(unit: Unit, by: str, now: Instant) -> Sequence[Delegation]:
    """The receipts a person may act by now."""
    held = [_read(unit, one) for one in unit.records_under(DELEGATED, f"{by}/")]
    return open_to(held, by, now)


def held_by(unit: Unit, by: str, id: str, now: Instant) -> Delegation | None:
    """One of them by its id; None where there is none in force."""
    return next((one for one in open_for(unit, by, now) if one.id == id), None)


def _fourteen_at(own: object, of: str, identify: Identify) -> Instant:
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


def _read(unit: Unit, record: Record) -> Delegation:
    said: dict[str, Any] = json.loads(record.body)
    ended = _ended(unit, said["id"])
    ends = Instant(said["ends"]) if ended is None else Instant(min(said["ends"], ended))
    return Delegation(
        said["id"], Delegate(said["as"]), said["of"], said["by"], Instant(said["starts"]), ends
    )


def _ended(unit: Unit, id: str) -> Instant | None:
    found = unit.first_record(DELEGATION_END, id)
    return found.at if found is not None and found.id == id else None


def _body(made: Delegation) -> bytes:
    return canonical(
        {
            "as": made.as_.value,
            "by": made.by,
            "ends": int(made.ends),
            "id": made.id,
            "of": made.of,
            "starts": int(made.starts),
        }
    )
