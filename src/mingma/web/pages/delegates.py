"""Who may act for a person, and for whom she may: naming, ending, acting, and back to herself.

The page is always about whoever is signed in, also while she acts for somebody else. Numbers of
papers are compared and not kept; on an error the form comes back as it was typed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from litestar import Response, get, post
from litestar.concurrency import sync_to_thread

from mingma.api.acting import delegate_named, opened
from mingma.api.sign_in import signed_in
from mingma.authority.acts import Act
from mingma.authority.own import ALLOWED, LONGEST, Delegate, Delegation
from mingma.flows import delegate as receipts
from mingma.kernel.errors import Malformed, Place, Problem
from mingma.kernel.times import DAY, Instant
from mingma.people.identity import IdentityType
from mingma.web.complaints import Complaint, complaint_of
from mingma.web.forms import Form, read_form_in_session
from mingma.web.render import go_to, page
from mingma.web.visitor import Asked, instance_of, visitor_of

HERE: Final = "/me/delegates"
MOST_DAYS: Final = LONGEST[Delegate.FAMILY] // DAY


class DaysUnclear(Malformed):
    """A number of days that is none, or out of range."""

    slug = "own.days_unclear"
    zh = "亲友代办的天数应为 1 到 {most} 的整数"
    en = "the days for family are a whole number from 1 to {most}"
    remedy_zh = "只写数字,例如 30"
    remedy_en = "write digits only, 30 for example"


@dataclass(frozen=True, slots=True)
class GivenView:
    """A receipt one gave."""

    one: Delegation
    short: str
    called: str
    over: bool


@dataclass(frozen=True, slots=True)
class HeldView:
    """A receipt one may act by: for whom, by her masked name, and where that leads."""

    one: Delegation
    short: str
    name: str
    last_four: str


@get(HERE, sync_to_thread=True)
def delegates(request: Asked) -> Response[Any]:
    """Receipts given, receipts held, and the form for a new one."""
    return _page(request, signed_in(request), {}, None)


@post(HERE)
async def name_delegate(request: Asked) -> Response[Any]:
    """Give a receipt, and go back to the list."""
    form = await read_form_in_session(request)
    return await sync_to_thread(_give, request, form)


@post(f"{HERE}/end")
async def end_delegate(request: Asked) -> Response[Any]:
    """End a receipt one gave, and go back to the list."""
    form = await read_form_in_session(request)
    return await sync_to_thread(_end, request, form)


@post("/me/acting")
async def act_for(request: Asked) -> Response[Any]:
    """Act by a receipt of the list from now on; without one, for oneself again."""
    form = await read_form_in_session(request)
    return await sync_to_thread(_act, request, form)


def _give(request: Asked, form: Form) -> Response[Any]:
    person, instance = signed_in(request), instance_of(request)
    now = instance.clock()
    try:
        as_ = delegate_named(form.text("as"))
        own = _paper(form, "own_") if as_ is Delegate.GUARDIAN else None
        ends = _ends(request, person, as_, own, form.text("days"))
        with instance.acting() as unit:
            receipts.give(
                unit, person, as_, _paper(form, "to_"), ends, now,
                identify=instance.holder, chance=instance.desk.chance,
                own=own, called=form.text("called"),
            )  # fmt: skip
    except Problem as problem:
        complaint = complaint_of(problem, visitor_of(request).lang)
        return _page(request, person, form.texts, complaint)
    return go_to(f"{HERE}#given")


def _end(request: Asked, form: Form) -> Response[Any]:
    person, instance = signed_in(request), instance_of(request)
    with instance.acting() as unit:
        receipts.end(unit, person, form.text("receipt"), instance.clock())
    return go_to(f"{HERE}#given")


def _act(request: Asked, form: Form) -> Response[Any]:
    held, cookie = opened(request, form.text("receipt") or None)
    shows = held is None or Act.SHOW_OWN_CODE in ALLOWED[held.as_]
    return go_to("/code" if shows else "/me/appeals", cookies=[cookie])


def _page(
    request: Asked, person: str, typed: Mapping[str, str], complaint: Complaint | None
) -> Response[Any]:
    visitor, instance = visitor_of(request), instance_of(request)
    now = instance.clock()
    with instance.store.read() as unit:
        given = receipts.given_by(unit, person)
        held = receipts.open_for(unit, person, now)
        people = unit.people([one.of for one in held])
    return page(
        request,
        "delegates.html",
        visitor=visitor,
        status=complaint.status if complaint else 200,
        given=sorted(
            (_given(one, now) for one in given), key=lambda row: (row.over, -row.one.starts)
        ),
        held=[
            HeldView(one, _short(one), people[one.of].name, people[one.of].last_four)
            for one in held
            if one.of in people
        ],
        kinds=[one.value for one in (Delegate.FAMILY, Delegate.HELPER, Delegate.GUARDIAN)],
        papers=[one.value for one in IdentityType],
        most_days=MOST_DAYS,
        longest_called=receipts.LONGEST_CALLED,
        typed=typed,
        complaint=complaint,
    )


def _given(one: receipts.Given, now: Instant) -> GivenView:
    made = one.delegation
    return GivenView(made, _short(made), one.called, over=now >= made.ends)


def _short(one: Delegation) -> str:
    return one.id[: receipts.SHOWN_OF_ID]


def _paper(form: Form, which: str) -> dict[str, str]:
    kind = form.text(f"{which}type") or IdentityType.RESIDENT_ID.value
    return {"type": kind, "number": form.text(f"{which}number")}


def _ends(request: Asked, person: str, as_: Delegate, own: object, days: str) -> Instant:
    """A helper's day, a family member's days, or a guardian's to the fourteenth birthday."""
    instance = instance_of(request)
    now = instance.clock()
    if as_ is Delegate.GUARDIAN:
        try:
            return receipts.fourteen_at(own, person, instance.holder)
        except Malformed as wrong:  # the child's number, not the delegate's
            raise receipts.NotYourNumber(Place(field="own")) from wrong
    if as_ is Delegate.HELPER:
        return Instant(now + LONGEST[as_])
    text = days.strip()
    fits = text.isascii() and text.isdecimal() and len(text) < 5
    if not fits or not 1 <= int(text) <= MOST_DAYS:
        raise DaysUnclear(Place(field="days"), most=MOST_DAYS)
    return Instant(now + int(text) * DAY)
