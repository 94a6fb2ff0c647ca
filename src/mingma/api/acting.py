"""For whom a request of a session acts: the person herself, or who gave her a receipt.

No handler of /v1/me has a parameter that names a person. Which receipt is open stands in a second
cookie, signed like the first; it is asked anew at each request whether it is in force and covers
the act (`authority.own`). An answer that says no tells nothing about anybody.
"""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Response, delete, get, post
from litestar.datastructures import Cookie, State
from litestar.params import FromPath, JSONBody

from mingma.api.problems import Asked, check_utf8, no
from mingma.api.sign_in import signed_in
from mingma.app import Instance
from mingma.authority.acts import Act
from mingma.authority.own import Delegate, Delegation, NotYours
from mingma.flows import delegate as receipts
from mingma.kernel.errors import Malformed, Place
from mingma.kernel.times import Instant, parse_instant, print_instant
from mingma.ports import Unit
from mingma.session import ACTING, LIFETIME, kept, read_acting, sign_acting


class UnknownDelegate(Malformed):
    """A receipt for something other than guardian, family or helper."""

    slug = "own.unknown_delegate"
    zh = "没有 `{value}` 这种代办身份"
    en = "nobody acts for somebody as `{value}`"
    remedy_zh = "可用:guardian、family、helper"
    remedy_en = "it is one of guardian, family, helper"


class Wanted(msgspec.Struct, forbid_unknown_fields=True):
    """A receipt to give: as what, to whose paper, until when; a child's own paper for a guardian.

    The numbers are compared and not kept.
    """

    as_: str = msgspec.field(name="as")
    to: dict[str, str]
    ends: str
    own: dict[str, str] | None = None
    called: str = ""


class Opened(msgspec.Struct, forbid_unknown_fields=True):
    """Which receipt to act by from now on; null for oneself."""

    delegation: str | None


class Receipt(msgspec.Struct):
    """A receipt: as what, from when until when; `called` is the giver's own word, for her alone.

    Held ones show the giver's masked name.
    """

    id: str
    as_: str = msgspec.field(name="as")
    starts: str
    ends: str
    in_force: bool
    called: str | None = None
    name: str | None = None
    last_four: str | None = None


class Receipts(msgspec.Struct):
    """Those given, and those one can act by now."""

    given: list[Receipt]
    held: list[Receipt]


async def must_be_signed_in(request: Asked) -> None:
    """Refuse whoever has no session before anything of the body is read."""
    signed_in(request)
    await check_utf8(request)


def acting_for(request: Asked, act: Act) -> tuple[str, Delegation | None]:
    """Whose data this act of the request touches, and by which receipt, if by one.

    What a delegate reads is in that person's access log from here on, before anything is shown.
    Raises NotSignedIn or NotYours.
    """
    instance: Instance = request.app.state.instance
    person, now = signed_in(request), instance.clock()
    open_ = read_acting(instance.session_key, request.cookies.get(ACTING), person, now)
    if open_ is None:
        return person, None
    reads = act in receipts.READS
    with instance.acting() if reads else instance.store.read() as unit:
        held = receipts.stand_in(unit, person, open_, act, now)
        if reads:
            receipts.look_as_delegate(unit, held, act, now, instance.desk.chance)
    return held.of, held


def subject_for(request: Asked, act: Act) -> str:
    """Whose data this act of the request touches; raises NotSignedIn or NotYours."""
    return acting_for(request, act)[0]


@get(
    "/v1/me/delegations",
    sync_to_thread=True,
    tags=["me"],
    summary="Who may act for oneself, and for whom one may act",
    responses=no(401),
)
def own_delegations(request: Asked, state: State) -> Receipts:
    """Receipts given, ended ones too, and those to act by now."""
    instance: Instance = state.instance
    person, now = signed_in(request), instance.clock()
    with instance.store.read() as unit:
        return Receipts(
            given=[_given(one, now) for one in receipts.given_by(unit, person)],
            held=[_held(unit, one, now) for one in receipts.open_for(unit, person, now)],
        )


@post(
    "/v1/me/delegations",
    status_code=201,
    sync_to_thread=True,
    before_request=must_be_signed_in,
    tags=["me"],
    summary="Let somebody act for oneself",
    responses=no(400, 401, 404),
)
def give_delegation(request: Asked, state: State, data: JSONBody[Wanted]) -> Receipt:
    """A dated receipt: to the 14th birthday for a guardian, a year for family, a day for a helper.

    Only the person herself gives one, whoever else acts for her.
    """
    instance: Instance = state.instance
    person, now = signed_in(request), instance.clock()
    as_ = delegate_named(data.as_)
    ends = parse_instant(data.ends, "ends")
    with instance.acting() as unit:
        made = receipts.give(
            unit, person, as_, data.to, ends, now,
            identify=instance.holder, chance=instance.desk.chance, own=data.own,
            called=data.called,
        )  # fmt: skip
    return _receipt(made, now)


@delete(
    "/v1/me/delegations/{id:str}",
    status_code=200,
    sync_to_thread=True,
    tags=["me"],
    summary="Take a receipt back",
    responses=no(401, 404),
)
def end_delegation(request: Asked, state: State, id: FromPath[str]) -> Receipt:
    """One's own receipt ends now; another's is not there."""
    instance: Instance = state.instance
    person, now = signed_in(request), instance.clock()
    with instance.acting() as unit:
        receipts.end(unit, person, id, now)
        ended = next(one for one in receipts.given(unit, person) if one.id == id)
    return _receipt(ended, now)


@post(
    "/v1/me/acting",
    status_code=200,
    sync_to_thread=True,
    before_request=must_be_signed_in,
    tags=["me"],
    summary="Act for somebody from now on, or for oneself again",
    responses=no(400, 401, 404),
)
def act_for(request: Asked, data: JSONBody[Opened]) -> Response[dict[str, Any]]:
    """Open a receipt from the list of those one holds; null closes it."""
    held, cookie = opened(request, data.delegation)
    return Response({"acting": held.as_.value if held else None}, cookies=[cookie])


def opened(request: Asked, receipt: str | None) -> tuple[Delegation | None, Cookie]:
    """The receipt to act by from now on, with the cookie that says so; None for oneself again.

    Raises NotSignedIn, or NotYours for a receipt that one cannot act by now.
    """
    instance: Instance = request.app.state.instance
    person, now = signed_in(request), instance.clock()
    held = None
    if receipt is not None:
        with instance.store.read() as unit:
            held = receipts.held_by(unit, person, receipt, now)
        if held is None:
            raise NotYours
    ends = Instant(min(now + LIFETIME, held.ends)) if held else now
    value = sign_acting(instance.session_key, person, held.id, ends) if held else ""
    return held, Cookie(key=ACTING, value=value, **kept(request.url.scheme, ends - now))


def delegate_named(word: str) -> Delegate:
    """As what somebody is to act; raises UnknownDelegate."""
    if word not in set(Delegate):
        raise UnknownDelegate(Place(field="as"), value=word[:64])
    return Delegate(word)


def _receipt(one: Delegation, now: Instant) -> Receipt:
    return Receipt(
        id=one.id,
        as_=one.as_.value,
        starts=print_instant(one.starts),
        ends=print_instant(one.ends),
        in_force=one.in_force(now),
    )


def _held(unit: Unit, one: Delegation, now: Instant) -> Receipt:
    giver = unit.people([one.of]).get(one.of)
    shown = _receipt(one, now)
    if giver is not None:
        shown.name, shown.last_four = giver.name, giver.last_four
    return shown


def _given(one: receipts.Given, now: Instant) -> Receipt:
    shown = _receipt(one.delegation, now)
    shown.called = one.called or None
    return shown
