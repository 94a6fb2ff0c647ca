"""Officers' signed acts, and what of refused ones is public.

The one door: a body is the act as its passkey signed it (docs/formats/act.md), in a session that
the passkey began and that gives no power by itself. There is no other way to act. What comes back
of a refusal is a problem whose attempt is in the public log already.
"""

from __future__ import annotations

from typing import Annotated, Any, Final

import msgspec
from litestar import get, post
from litestar.concurrency import sync_to_thread
from litestar.datastructures import State
from litestar.params import FromPath, QueryParameter

from mingma.api.acting import subject_for
from mingma.api.problems import Asked, check_utf8, language, no
from mingma.app import Instance
from mingma.authority.acts import Act
from mingma.evidence.lines import read_line
from mingma.flows.attempts import PAGE, attempts_since, counted
from mingma.flows.officer_session import read_beginning
from mingma.flows.own_advice import own_advice
from mingma.flows.proposals import kept, standing_of
from mingma.flows.signed_act import SignedAct, read_signed_act
from mingma.flows.yield_report import reports
from mingma.kernel.times import DAY, Instant, print_instant

LONGEST_LOOK: Final = 90  # days back that attempts are listed


class ActDone(msgspec.Struct):
    """An act that was done: its digest, and what the act itself answers."""

    act: str
    id: str
    done: dict[str, Any]


class AttemptListed(msgspec.Struct):
    """A refused attempt: `nonce` and the other fields open the commitment of its leaf."""

    act: str
    organ: str
    size: str
    policies: list[str]
    bin: str
    nonce: str
    leaf_index: int | None
    count: int = 1  # more than one where an hour's rest is counted together


class AttemptCount(msgspec.Struct):
    """How many attempts of an organ at an act, by size class."""

    organ: str
    act: str
    size: str
    count: int


class Attempts(msgspec.Struct):
    """Refused attempts since an instant, counted and listed; `more`: there are later ones."""

    since: str
    counts: list[AttemptCount]
    attempts: list[AttemptListed]
    more: bool


class ProposalStanding(msgspec.Struct):
    """How far a proposal is; nobody it is about. `state` is what the next approval has to name."""

    proposal: str
    kind: str
    organ: str
    rule: str
    made_at: str
    lapses: str
    status: str
    state: str
    second_needed: bool
    approvals: int
    rows: int
    refused: int


class KeyUse(msgspec.Struct):
    """What the officer's key signed: which act, when, in which session; its digest."""

    act: str
    at: str
    id: str
    session: str
    refused: str


class SessionBegun(msgspec.Struct):
    """The word that acts of this session name, until when, and what the key signed before."""

    session: str
    ends: str
    uses: list[KeyUse]


class Turns(msgspec.Struct):
    """The proposals that wait for this checker now, and until when."""

    proposals: list[str]
    until: list[str]


class AppealAsked(msgspec.Struct):
    """An open appeal that asks the officer's organ: whose, which, until when."""

    subject: str
    number: int
    due: str


class AdviceTold(msgspec.Struct):
    """Advice that stands: something about oneself is proposed, and nothing is decided."""

    number: int
    at: str
    kind: str
    organ: str
    lapses: str
    words: str


class Yield(msgspec.Struct):
    """What an emergency brought: person-days restricted for each infection found."""

    emergency: str
    at: str
    people: int
    person_days: int
    infections: int
    person_days_each: int | None


@post(
    "/v1/acts",
    status_code=201,
    before_request=check_utf8,
    tags=["acts"],
    responses=no(400, 401, 403, 404, 413),
    summary="Do an officer's act, as the passkey signed it.",
)
async def do_act(request: Asked, state: State) -> ActDone:
    """Parse, ask the door, answer; a refused act is in the public log."""
    signed = await _signed(request)
    instance: Instance = state.instance
    done = await sync_to_thread(instance.perform, signed)
    return ActDone(done.act.value, done.id, done.answer)


@post(
    "/v1/acts/session",
    status_code=201,
    before_request=check_utf8,
    tags=["acts"],
    responses=no(400, 401, 403),
    summary="Begin an officer's session, and read what the passkey signed before.",
)
async def begin_session(request: Asked, state: State) -> SessionBegun:
    """Signed by the officer's passkey; the session before it is over."""
    asked = read_beginning(read_line(await request.body()))
    instance: Instance = state.instance
    begun = await sync_to_thread(instance.begin_session, asked)
    uses = [
        KeyUse(one.act, print_instant(one.at), one.id, one.session, one.refused)
        for one in begun.uses
    ]
    return SessionBegun(begun.session, print_instant(begun.ends), uses)


@post(
    "/v1/acts/turns",
    status_code=200,
    before_request=check_utf8,
    tags=["acts"],
    responses=no(400, 401),
    summary="Which proposals wait for this checker.",
)
async def my_turns(request: Asked, state: State) -> Turns:
    """For a checker's signed `see_proposal` with an empty body; digests only, nobody's data."""
    signed = await _signed(request)
    instance: Instance = state.instance
    found = await sync_to_thread(instance.turns, signed)
    return Turns([id for id, _ in found], [print_instant(until) for _, until in found])


@post(
    "/v1/acts/appeals",
    status_code=200,
    before_request=check_utf8,
    tags=["acts"],
    responses=no(400, 401),
    summary="Which open appeals ask this officer's organ.",
)
async def my_appeals(request: Asked, state: State) -> list[AppealAsked]:
    """For a signed `answer_appeal` or `review_infection` with an empty body; soonest due first."""
    signed = await _signed(request)
    instance: Instance = state.instance
    found = await sync_to_thread(instance.appeals_asked, signed)
    return [
        AppealAsked(
            one.appeal.subject, one.appeal.number, print_instant(one.due_at(instance.clock()))
        )
        for one in found
    ]


@get(
    "/v1/acts/proposals/{digest:str}",
    sync_to_thread=True,
    tags=["acts"],
    responses=no(404),
    summary="How far a proposal is.",
)
def proposal_standing(state: State, digest: FromPath[str]) -> ProposalStanding:
    """Its standing and the state to sign; its rows are shown to whose turn it is, by an act."""
    instance: Instance = state.instance
    with instance.store.read() as unit:
        one = kept(unit, digest)
        standing = standing_of(unit, one)
    return ProposalStanding(
        one.id,
        one.proposal.kind.value,
        one.proposal.maker.organ,
        one.rule,
        print_instant(one.proposal.made_at),
        print_instant(one.proposal.lapses),
        standing.status.value,
        standing.state.hex(),
        standing.second_needed,
        len(standing.approvals),
        len(one.proposal.rows),
        len(standing.refused),
    )


@get(
    "/v1/me/advice",
    sync_to_thread=True,
    tags=["me"],
    responses=no(401, 404),
    summary="Advice that stands while something about oneself is checked.",
)
def own_advice_list(request: Asked, state: State) -> list[AdviceTold]:
    """Newest first; no gate sees it."""
    instance: Instance = state.instance
    lang = language(request)
    ref = subject_for(request, Act.READ_OWN_HISTORY)
    with instance.store.read() as unit:
        found = own_advice(unit, ref, instance.clock())
    return [
        AdviceTold(
            one.number,
            print_instant(one.at),
            one.kind,
            one.organ_zh if lang == "zh" else one.organ_en,
            print_instant(one.lapses),
            one.words(lang, print_instant(one.lapses)),
        )
        for one in found
    ]


@get(
    "/v1/public/attempts",
    sync_to_thread=True,
    tags=["public"],
    responses=no(400),
    summary="Refused attempts, by organ and act; nobody they were about.",
)
def public_attempts(
    state: State,
    days: Annotated[int, QueryParameter(ge=1, le=LONGEST_LOOK, description="Days back.")] = 7,
) -> Attempts:
    """The attempts of the last days, oldest first, at most one page."""
    instance: Instance = state.instance
    since = Instant(instance.clock() - days * DAY)
    with instance.store.read() as unit:
        found = attempts_since(unit, since)
    listed = [
        AttemptListed(
            one.act,
            one.organ,
            one.size,
            list(one.policies),
            print_instant(one.bin),
            one.nonce,
            one.leaf_index,
            one.count,
        )
        for one in found
    ]
    counts = [AttemptCount(*one) for one in counted(found)]
    return Attempts(print_instant(since), counts, listed, more=len(found) == PAGE)


@get(
    "/v1/public/yields",
    sync_to_thread=True,
    tags=["public"],
    summary="What each emergency brought, as reckoned so far.",
)
def public_yields(state: State) -> list[Yield]:
    """Every yield report, oldest first."""
    instance: Instance = state.instance
    with instance.store.read() as unit:
        found = reports(unit)
    return [
        Yield(
            one.emergency,
            print_instant(one.at),
            one.people,
            one.person_days,
            one.infections,
            one.days_each,
        )
        for one in found
    ]


async def _signed(request: Asked) -> SignedAct:
    return read_signed_act(read_line(await request.body()))
