"""Who looked at one's data, in the form of Estonia's tracker; and the digits for a call.

The person is the session's. The receiver is an organ; no officer's name or pseudonym is here.
"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from litestar import get, post
from litestar.datastructures import State
from litestar.params import QueryParameter

from mingma.api.acting import subject_for
from mingma.api.problems import Asked, language, no
from mingma.app import Instance
from mingma.authority.acts import Act
from mingma.flows.own_looks import PAGE, OwnLooks, Proof, Used, own_looks
from mingma.flows.tickets import open_call
from mingma.kernel.canonical import b64url
from mingma.kernel.times import print_instant

Skip = Annotated[int, QueryParameter(ge=0, le=1 << 31, description="How many to pass over.")]


class UsagePeriod(msgspec.Struct):
    """From the first look on record to now."""

    start: str | None
    end: str


class LookProven(msgspec.Struct):
    """Where the look is provable (docs/formats/looks.md); hashes in base64url."""

    leaf_index: int
    place: int
    count: int
    hashes: list[str]


class Usage(msgspec.Struct):
    """One look. `body` is what the proof opens; it says the same."""

    logtime: str
    action: str
    receiver: str
    purpose: str
    place: str | None
    broke_glass: bool
    body: dict[str, Any]
    proof: LookProven | None


class SignedCount(msgspec.Struct):
    """How many looks a day had. `said` is what is signed, ES256 by the issuer's key `key`."""

    day: str
    count: int
    said: str
    signature: str
    key: str


class Tracker(msgspec.Struct):
    """One's own access log; nothing is ever left out of it."""

    heartbeat: str
    usage_period: UsagePeriod
    total: int
    find_usage: list[Usage]
    next: str | None
    days: list[SignedCount]


class Call(msgspec.Struct):
    """What to read out to the hotline or at the counter, and until when."""

    digits: str
    ends: str


@get(
    "/v1/me/looks",
    sync_to_thread=True,
    tags=["me"],
    summary="Who looked at one's data",
    responses=no(401, 404),
)
def own_looks_list(request: Asked, state: State, skip: Skip = 0) -> Tracker:
    """Newest first, a thousand at a time; nothing is written."""
    instance: Instance = state.instance
    lang, ref = language(request), subject_for(request, Act.READ_OWN_LOOKS)
    with instance.store.read() as unit:
        found = own_looks(unit, ref, instance.clock(), instance.signer.sign, skip=skip)
    return _tracker(found, skip, instance.signer.kid, lang)


@post(
    "/v1/me/call",
    status_code=201,
    sync_to_thread=True,
    tags=["me"],
    summary="Open a ticket for a call",
    responses=no(401, 404),
)
def open_own_call(request: Asked, state: State) -> Call:
    """Eight digits for an hour: with them an agent may see why one's code is what it is."""
    instance: Instance = state.instance
    ref = subject_for(request, Act.READ_OWN_HISTORY)
    with instance.acting() as unit:
        made = open_call(unit, ref, instance.clock(), instance.desk.chance)
    return Call(made.digits, print_instant(made.ends))


def _tracker(found: OwnLooks, skip: int, kid: bytes, lang: str) -> Tracker:
    ahead = skip + PAGE
    return Tracker(
        heartbeat=print_instant(found.at),
        usage_period=UsagePeriod(
            None if found.first is None else print_instant(found.first), print_instant(found.at)
        ),
        total=found.total,
        find_usage=[_usage(one, lang) for one in found.used],
        next=f"/v1/me/looks?skip={ahead}" if ahead < found.total else None,
        days=[
            SignedCount(one.day, one.count, one.said.decode(), b64url(one.signature), b64url(kid))
            for one in found.days
        ],
    )


def _usage(one: Used, lang: str) -> Usage:
    body, proof = one.looked.body, one.proof
    place = body["place"]
    return Usage(
        logtime=print_instant(one.looked.at),
        action=str(body["act"]),
        receiver=str(body[f"receiver_{lang}"]),
        purpose=str(body["purpose"]),
        place=None if place is None else str(place),
        broke_glass=body["glass"] is not None,
        body=dict(body),
        proof=_proven(proof) if proof else None,
    )


def _proven(proof: Proof) -> LookProven:
    hashes = [b64url(one) for one in proof.hashes]
    return LookProven(proof.leaf_index, proof.place, proof.count, hashes)
