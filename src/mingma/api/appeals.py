"""A person's own appeals and daily reports, and the table of terms that everybody reads.

Whose they are is taken from the session only (`acting.subject_for`): who holds her receipt files
and withdraws for her, as far as the receipt goes. An appeal asks for evidence and for nothing else:
a field that is not its own is refused with 422, whoever adds it. Staff answer through `/v1/acts`.
"""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.datastructures import State
from litestar.params import FromPath, JSONBody

from mingma.api.acting import acting_for, subject_for
from mingma.api.problems import Asked, check_utf8, language, no
from mingma.api.sign_in import signed_in
from mingma.app import Instance
from mingma.appeals.appeal import Filed
from mingma.appeals.form import read_form
from mingma.appeals.views import OwnView, own_view, terms_view
from mingma.authority.acts import Act
from mingma.flows.correct_report import report_self
from mingma.flows.delegate import helper_of
from mingma.flows.file_appeal import file_appeal
from mingma.flows.kept_appeals import own_appeals
from mingma.flows.log_time import log_time
from mingma.flows.own_passes import own_passes
from mingma.flows.show_code import NoSuchPerson
from mingma.flows.withdraw_appeal import withdraw_appeal
from mingma.kernel.times import Instant, print_instant


class Appeals(msgspec.Struct):
    """One's own appeals, newest first, and the signed pass notes of urgent ones."""

    appeals: list[OwnView]
    pass_notes: list[str]
    terms: list[dict[str, str]]


class Acknowledgement(msgspec.Struct):
    """The appeals that a filing made, or that were there already."""

    appeals: list[OwnView]
    fresh: bool


class Report(msgspec.Struct):
    """A daily report of one's own, as it was taken in."""

    id: str
    at: str


async def check_session(request: Asked) -> None:
    """Nobody's body is read who is not signed in."""
    signed_in(request)
    await check_utf8(request)


@get(
    "/v1/appeals/terms",
    sync_to_thread=False,
    tags=["appeals"],
    summary="How long who has for what",
)
def appeal_terms(request: Asked) -> list[dict[str, str]]:
    """The table of terms, as on the code page."""
    return terms_view(language(request))


@get(
    "/v1/me/appeals",
    sync_to_thread=True,
    tags=["me"],
    summary="One's own appeals",
    responses=no(401, 404),
)
def own_appeals_list(request: Asked, state: State) -> Appeals:
    """How each stands now; nothing is written."""
    instance: Instance = state.instance
    ref, lang, now = (
        subject_for(request, Act.READ_OWN_HISTORY), language(request), instance.clock(),
    )  # fmt: skip
    with instance.store.read() as unit:
        if ref not in unit.people([ref]):
            raise NoSuchPerson
        filed, at = own_appeals(unit, ref), log_time(unit, now)
        notes = own_passes(unit, instance.context, ref, now)
    return Appeals(
        appeals=[own_view(one, at, lang) for one in reversed(filed)],
        pass_notes=[instance.vouch(note.text()).decode() for note in notes],
        terms=terms_view(lang),
    )


@post(
    "/v1/me/appeals",
    status_code=201,
    sync_to_thread=True,
    before_request=check_session,
    tags=["me"],
    summary="Object to one's code, ask for a human, or for entry in an urgent matter",
    responses=no(400, 401, 404, 422, 503),
)
def file_own_appeal(
    request: Asked, state: State, data: JSONBody[dict[str, Any]]
) -> Response[Acknowledgement]:
    """Acknowledged at once, with the due instant; the same again answers with the one there is."""
    instance: Instance = state.instance
    (ref, held), now = acting_for(request, Act.FILE_APPEAL), instance.clock()
    form = read_form(data)
    with instance.acting() as unit:
        made = file_appeal(unit, instance.context, ref, form, now, helper=helper_of(held))
        at = log_time(unit, now)
    views = _views(made.filed, at, language(request))
    return Response(Acknowledgement(views, made.fresh), status_code=201 if made.fresh else 200)


@post(
    "/v1/me/appeals/{number:int}/withdraw",
    status_code=200,
    sync_to_thread=True,
    tags=["me"],
    summary="Take one's own appeal back",
    responses=no(401, 404, 503),
)
def withdraw_own_appeal(request: Asked, state: State, number: FromPath[int]) -> OwnView:
    """What was objected to stands again; one may file anew."""
    instance: Instance = state.instance
    ref, now = subject_for(request, Act.WITHDRAW_APPEAL), instance.clock()
    with instance.acting() as unit:
        settled = withdraw_appeal(unit, instance.context, ref, number, now)
        at = log_time(unit, now)
    return own_view(settled, at, language(request))


@post(
    "/v1/me/reports",
    status_code=201,
    sync_to_thread=True,
    before_request=check_session,
    tags=["me"],
    summary="Report one's own health, or correct a report of the last 24 hours",
    responses=no(400, 401, 404, 503),
)
def report_oneself(request: Asked, state: State, data: JSONBody[dict[str, Any]]) -> Report:
    """The fields of a `daily_report`; `corrects` names the report it stands in for."""
    instance: Instance = state.instance
    ref, now = signed_in(request), instance.clock()
    with instance.acting() as unit:
        fact = report_self(unit, instance.context, ref, data, now, instance.desk.chance)
    return Report(id=fact.id, at=print_instant(fact.at))


def _views(filed: tuple[Filed, ...], at: Instant, lang: str) -> list[OwnView]:
    return [own_view(one, at, lang) for one in filed]
