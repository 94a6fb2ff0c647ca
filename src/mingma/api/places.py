"""Where a code may be asked for, and what a gate at such a place is told (P17).

At a protected place, and at one the policy does not name, the answer is the same for every code
and for none: no check is required, and nobody is refused. Elsewhere a gate gets three fields.
"""

from __future__ import annotations

import msgspec
from litestar import get, post
from litestar.datastructures import State
from litestar.params import JSONBody

from mingma.api.acting import must_be_signed_in
from mingma.api.problems import Asked, check_utf8, no
from mingma.api.sign_in import signed_in
from mingma.app import Instance
from mingma.authority.places import PROTECTED, TITLES, PlaceClass, PlacePolicy, place_class
from mingma.codes.check import check
from mingma.codes.results import Result
from mingma.flows.place_complaint import complain, complaints
from mingma.flows.place_policy import NO_CHECK_EN, NO_CHECK_ZH, approved_policies, policy_at
from mingma.kernel.times import print_instant


class Class(msgspec.Struct):
    """A class of places: its words, whether it is protected, whether a code may be asked for."""

    place: str
    zh: str
    en: str
    protected: bool
    may_ask: bool


class Coming(msgspec.Struct):
    """A policy that was approved and does not count yet."""

    digest: str
    effective: str


class Places(msgspec.Struct):
    """The place policy in force, and what follows it."""

    digest: str
    title: dict[str, str]
    basis: str
    classes: list[Class]
    coming: list[Coming]


class AtGate(msgspec.Struct, forbid_unknown_fields=True):
    """What a gate asks: what kind of place it is, and what was shown."""

    place: str
    text: str
    receipt: str | None = None
    specimen: bool = False


class Gate(msgspec.Struct):
    """What a gate is told, and no more: three fields, and what to do."""

    check_required: bool
    valid: bool | None
    colour: str | None
    issued_at: str | None
    words: dict[str, str]
    next: dict[str, str]


class Complaint(msgspec.Struct, forbid_unknown_fields=True):
    """What kind of place, in which county, demanded what: code or screenshot."""

    place: str
    region: str
    demanded: str


class Counted(msgspec.Struct):
    """How many complaints there were within thirty days; nobody and no address.

    `region` is a county, or `other`: all those of too few to be told apart.
    """

    place: str
    region: str
    demanded: str
    count: int


@post(
    "/v1/me/place-complaints",
    status_code=201,
    sync_to_thread=True,
    before_request=must_be_signed_in,
    tags=["me", "places"],
    summary="Complain of a place that demanded a code where it may not, or a picture of one",
    responses=no(400, 401, 404, 503),
)
def complain_of_place(request: Asked, state: State, data: JSONBody[Complaint]) -> Complaint:
    """Once a day for the same; counted in public without the person."""
    instance: Instance = state.instance
    ref, now = signed_in(request), instance.clock()
    said = (data.place, data.region, data.demanded)
    with instance.acting() as unit:
        complain(unit, instance.context, ref, said, now, instance.desk.chance)
    return data


@get(
    "/v1/public/place-complaints",
    sync_to_thread=True,
    tags=["public"],
    summary="Complaints about places of thirty days, by kind and county",
)
def place_complaints(state: State) -> list[Counted]:
    """The most first."""
    instance: Instance = state.instance
    with instance.store.read() as unit:
        found = complaints(unit, instance.clock())
    return [Counted(one.place, one.region, one.demanded, one.count) for one in found]


@get("/v1/places", sync_to_thread=True, tags=["places"], summary="Where a code may be asked for")
def places(state: State) -> Places:
    """The published place policy."""
    instance: Instance = state.instance
    now = instance.clock()
    with instance.store.read() as unit:
        policy = policy_at(unit, instance.context, now)
        coming = [one for one in approved_policies(unit) if one.effective > now]
    return Places(
        digest=policy.digest().hex(),
        title={"zh": policy.title_zh, "en": policy.title_en},
        basis=policy.basis,
        classes=[_class(policy, one) for one in PlaceClass],
        coming=[Coming(one.policy.digest().hex(), print_instant(one.effective)) for one in coming],
    )


@post(
    "/v1/gate/check",
    status_code=200,
    sync_to_thread=True,
    before_request=check_utf8,
    tags=["places"],
    summary="What a gate at a kind of place makes of a token",
    responses=no(400),
)
def check_at_gate(state: State, data: JSONBody[AtGate]) -> Gate:
    """The same check as offline; nothing is looked up and nothing is kept."""
    instance: Instance = state.instance
    now, place = instance.clock(), place_class(data.place)
    with instance.store.read() as unit:
        asks = policy_at(unit, instance.context, now).asks(place)
    if not asks:
        said = {"zh": NO_CHECK_ZH, "en": NO_CHECK_EN}
        return Gate(False, None, None, None, said, said)
    checked = check(
        data.text, now,
        trust=instance.trust, specimen=data.specimen,
        receipt=data.receipt, landmarks=instance.landmarks(),
    )  # fmt: skip
    words, bearer = checked.words, checked.bearer
    return Gate(
        check_required=True,
        valid=checked.result in (Result.OK, Result.STALE_LISTS),
        colour=checked.colour and checked.colour.value,
        issued_at=print_instant(bearer.issued_at) if bearer else None,
        words={"zh": words.zh, "en": words.en},
        next={"zh": words.next_zh, "en": words.next_en},
    )


def _class(policy: PlacePolicy, place: PlaceClass) -> Class:
    zh, en = TITLES[place]
    return Class(place.value, zh, en, place in PROTECTED, policy.asks(place))
