"""The code page's part for objecting: the form, how one's appeals stand, pass notes, the terms.

The form takes evidence and nothing else; a field that is not its own is refused, and on an error
it comes back as it was typed. A delegate files for the person as help, and sees what she filed
under her receipt, nothing else. Showing it writes nothing (P9).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from litestar import Response, get, post
from litestar.concurrency import sync_to_thread

from mingma.api.acting import acting_for
from mingma.app import Instance
from mingma.appeals.appeal import Filed, State
from mingma.appeals.form import AsksTooMuch, FormWrong, Offered, read_form
from mingma.appeals.terms import Asked as Wanted
from mingma.appeals.terms import Ground
from mingma.appeals.views import OwnView, own_view, terms_view
from mingma.authority.acts import Act
from mingma.authority.own import ALLOWED, Delegation
from mingma.flows.delegate import helper_of
from mingma.flows.file_appeal import file_appeal
from mingma.flows.kept_appeals import own_appeals
from mingma.flows.log_time import log_time
from mingma.flows.own_passes import own_passes
from mingma.flows.withdraw_appeal import withdraw_appeal
from mingma.kernel.errors import Place, Problem
from mingma.kernel.times import Instant, parse_instant
from mingma.web.complaints import Complaint, complaint_of
from mingma.web.forms import Form, read_form_in_session
from mingma.web.render import go_to, page
from mingma.web.visitor import FORM_FIELD, Asked, instance_of, visitor_of

HERE: Final = "/me/appeals"
THERE: Final = "there"  # asked for after a delegate filed what was filed already
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


def objecting(instance: Instance, ref: str, lang: str, held: Delegation | None = None) -> Objecting:
    """What stands about appeals at this instant; to a delegate, only what she filed herself."""
    now = instance.clock()
    with instance.store.read() as unit:
        filed = [one for one in own_appeals(unit, ref) if _is_shown(one, held)]
        at = log_time(unit, now) if filed else now
        notes = own_passes(unit, instance.context, ref, now) if held is None else []
    return Objecting(
        appeals=[_view(own_view(one, at, lang)) for one in reversed(filed)],
        passes=[instance.vouch(note.text()).decode() for note in notes],
        terms=terms_view(lang),
        kinds=[one.value for one in Offered],
        grounds=[one.value for one in Ground],
        rows=ROWS,
    )


@get(HERE, sync_to_thread=True)
def appeals(request: Asked) -> Response[Any]:
    """Object: the form, and how what was filed stands."""
    return _page(request, acting_for(request, Act.FILE_APPEAL), {}, None)


@post(HERE)
async def file_own(request: Asked) -> Response[Any]:
    """File, and go back to where it is shown."""
    form = await read_form_in_session(request)
    return await sync_to_thread(_file, request, form)


@post(f"{HERE}/withdraw")
async def withdraw_own(request: Asked) -> Response[Any]:
    """Take an appeal back, and go back to where it is shown."""
    form = await read_form_in_session(request)
    return await sync_to_thread(_withdraw, request, form)


def _file(request: Asked, form: Form) -> Response[Any]:
    ref, held = acting_for(request, Act.FILE_APPEAL)
    instance, helper = instance_of(request), helper_of(held)
    try:
        for name in (*form.texts, *form.files):
            if name not in FIELDS:
                known = ", ".join(sorted(FIELDS - {FORM_FIELD}))
                raise AsksTooMuch(Place(field=name[:40]), name=name[:40], known=known)
        filing = read_form(_said(form))
        with instance.acting() as unit:
            made = file_appeal(unit, instance.context, ref, filing, instance.clock(), helper=helper)
    except Problem as problem:
        complaint = complaint_of(problem, visitor_of(request).lang)
        return _page(request, (ref, held), form.texts, complaint)
    if held is not None and not made.fresh:  # whoever else filed it, its list is not hers
        return go_to(f"{HERE}?{THERE}=1")
    return go_to(_after(held))


def _withdraw(request: Asked, form: Form) -> Response[Any]:
    ref, held = acting_for(request, Act.WITHDRAW_APPEAL)
    instance, number = instance_of(request), form.text("number")
    if not (number.isascii() and number.isdecimal() and len(number) < 16):
        raise FormWrong(Place(field="number"), name="number", wanted="the number of an appeal")
    with instance.acting() as unit:
        withdraw_appeal(unit, instance.context, ref, int(number), instance.clock())
    return go_to(_after(held))


def _page(
    request: Asked,
    whose: tuple[str, Delegation | None],
    typed: Mapping[str, str],
    complaint: Complaint | None,
) -> Response[Any]:
    visitor, (ref, held) = visitor_of(request), whose
    return page(
        request,
        "appeals.html",
        visitor=visitor,
        status=complaint.status if complaint else 200,
        objecting=objecting(instance_of(request), ref, visitor.lang, held),
        may_file=True,
        may_withdraw=held is None or Act.WITHDRAW_APPEAL in ALLOWED[held.as_],
        typed=typed,
        complaint=complaint,
        there=THERE in request.query_params,
    )


def _after(held: Delegation | None) -> str:
    return "/code#object" if held is None else HERE


def _is_shown(one: Filed, held: Delegation | None) -> bool:
    helper = one.appeal.helper
    return held is None or (helper is not None and helper.id == held.id)


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
