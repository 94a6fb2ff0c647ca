"""The code page's part for objecting: the form, how one's appeals stand, pass notes, the terms.

The form takes evidence and nothing else; a field that is not its own is refused. Showing it writes
nothing (P9).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from litestar import Response, post
from litestar.concurrency import sync_to_thread

from mingma.app import Instance
from mingma.appeals.appeal import State
from mingma.appeals.form import AsksTooMuch, FormWrong, Offered, read_form
from mingma.appeals.terms import Asked as Wanted
from mingma.appeals.terms import Ground
from mingma.appeals.views import OwnView, own_view, terms_view
from mingma.flows.file_appeal import file_appeal
from mingma.flows.kept_appeals import own_appeals
from mingma.flows.log_time import log_time
from mingma.flows.own_passes import own_passes
from mingma.flows.withdraw_appeal import withdraw_appeal
from mingma.kernel.errors import Place
from mingma.kernel.times import Instant, parse_instant
from mingma.web.forms import Form
from mingma.web.forms import read_form as read_web_form
from mingma.web.pages.start import sign_in_first
from mingma.web.render import go_to
from mingma.web.visitor import FORM_FIELD, Asked, instance_of, visitor_of

ROWS: Final = 3  # pieces of evidence that the page's form has room for
FIELDS: Final = frozenset(
    {
        "asked",
        "ground",
        FORM_FIELD,
        *(f"{name}_{n}" for name in ("kind", "says") for n in range(ROWS)),
    }
)


@dataclass(frozen=True, slots=True)
class AppealView:
    """One appeal, its instants as instants."""

    said: OwnView
    opened_at: Instant
    due: Instant
    ended_at: Instant | None
    entry_until: Instant | None
    open: bool


@dataclass(frozen=True, slots=True)
class Objecting:
    """Everything the part shows: appeals newest first, pass notes, terms, the form's words."""

    appeals: list[AppealView]
    passes: list[str]
    terms: list[dict[str, str]]
    kinds: list[str]
    grounds: list[str]
    rows: int


def objecting(instance: Instance, ref: str, lang: str) -> Objecting:
    """What the code page shows of appeals at this instant."""
    now = instance.clock()
    with instance.store.read() as unit:
        filed = own_appeals(unit, ref)
        at = log_time(unit, now) if filed else now
        notes = own_passes(unit, instance.context, ref, now)
    return Objecting(
        appeals=[_view(own_view(one, at, lang)) for one in reversed(filed)],
        passes=[instance.log.vouch(note.text()).decode() for note in notes],
        terms=terms_view(lang),
        kinds=[one.value for one in Offered],
        grounds=[one.value for one in Ground],
        rows=ROWS,
    )


@post("/me/appeals")
async def file_own(request: Asked) -> Response[Any]:
    """File, and go back to the code page."""
    if visitor_of(request).person is None:
        return sign_in_first(request)
    form = await read_web_form(request)
    return await sync_to_thread(_file, request, form)


@post("/me/appeals/withdraw")
async def withdraw_own(request: Asked) -> Response[Any]:
    """Take an appeal back, and go back to the code page."""
    if visitor_of(request).person is None:
        return sign_in_first(request)
    form = await read_web_form(request)
    return await sync_to_thread(_withdraw, request, form)


def _file(request: Asked, form: Form) -> Response[Any]:
    person, instance = visitor_of(request).person, instance_of(request)
    assert person is not None  # asked before the form was read, and it is the visit's own
    for name in (*form.texts, *form.files):
        if name not in FIELDS:
            known = ", ".join(sorted(FIELDS - {FORM_FIELD}))
            raise AsksTooMuch(Place(field=name[:40]), name=name[:40], known=known)
    filing = read_form(_said(form))
    with instance.acting() as unit:
        file_appeal(unit, instance.context, person, filing, instance.clock())
    return go_to("/code#object")


def _withdraw(request: Asked, form: Form) -> Response[Any]:
    person, instance = visitor_of(request).person, instance_of(request)
    assert person is not None  # asked before the form was read, and it is the visit's own
    number = form.text("number")
    if not (number.isascii() and number.isdecimal() and len(number) < 16):
        raise FormWrong(Place(field="number"), name="number", wanted="the number of an appeal")
    with instance.acting() as unit:
        withdraw_appeal(unit, instance.context, person, int(number), instance.clock())
    return go_to("/code#object")


def _said(form: Form) -> dict[str, Any]:
    """The filing as programs send it: rows left empty are none."""
    said: dict[str, Any] = {"asked": form.text("asked") or Wanted.OBJECT.value}
    if said["asked"] == Wanted.URGENT:
        said["ground"] = form.text("ground")
    said["evidence"] = [
        {"kind": form.text(f"kind_{n}"), "says": form.text(f"says_{n}")}
        for n in range(ROWS)
        if form.text(f"says_{n}").strip()
    ]
    return said


def _view(said: OwnView) -> AppealView:
    return AppealView(
        said=said,
        opened_at=parse_instant(said.opened_at),
        due=parse_instant(said.due),
        ended_at=parse_instant(said.ended_at) if said.ended_at else None,
        entry_until=parse_instant(said.entry_until) if said.entry_until else None,
        open=said.state == State.OPEN,
    )
