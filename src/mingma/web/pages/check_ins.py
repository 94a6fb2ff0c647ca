"""A person's own check-ins, whoever entered them; and her word that one was not she.

Reading it writes nothing (P9); what a child's guardian reads is in the child's access log. To what
her own phone read she objects instead.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from litestar import Response, get, post
from litestar.concurrency import sync_to_thread

from mingma.api.acting import acting_for
from mingma.authority.acts import Act
from mingma.flows.dispute_check_in import (
    OWN_PHONE_S,
    OwnCheckIn,
    dispute_check_in,
    own_check_ins,
)
from mingma.records import Source
from mingma.web.forms import Form, read_form_in_session
from mingma.web.render import go_to, page
from mingma.web.visitor import Asked, instance_of

HERE: Final = "/me/check-ins"
SAID: Final = "said"  # asked for after one was disowned


@dataclass(frozen=True, slots=True)
class CheckInView:
    """One check-in: who entered it in words, and whether she may say that it was not she."""

    one: OwnCheckIn
    by: str
    source: Source | None
    own_phone_s: bool


@get(HERE, sync_to_thread=True)
def check_ins(request: Asked) -> Response[Any]:
    """Every check-in in her name, newest first."""
    instance = instance_of(request)
    ref, _ = acting_for(request, Act.READ_OWN_CHECK_INS)
    with instance.store.read() as unit:
        found = own_check_ins(unit, ref, instance.clock())
        sources = unit.sources()
    return page(
        request,
        "check_ins.html",
        check_ins=[_view(one, sources) for one in found],
        said=SAID in request.query_params,
    )


@post(HERE)
async def not_me(request: Asked) -> Response[Any]:
    """Take in that one was not she, and go back to the list."""
    form = await read_form_in_session(request)
    return await sync_to_thread(_disown, request, form)


def _disown(request: Asked, form: Form) -> Response[Any]:
    instance, of = instance_of(request), form.text("of")
    ref, _ = acting_for(request, Act.DISOWN_CHECK_IN)
    now = instance.clock()
    with instance.acting() as unit:
        counts = {one.id: not one.disputed for one in own_check_ins(unit, ref, now)}
        if counts.get(of, True):  # else it was pressed twice
            dispute_check_in(unit, instance.context, ref, of, now, instance.desk.chance)
    return go_to(f"{HERE}?{SAID}=1")


def _view(one: OwnCheckIn, sources: Mapping[str, Source]) -> CheckInView:
    sender = one.id.partition("/")[0]
    by = "" if one.entered_by == sender else one.entered_by
    return CheckInView(one, by, sources.get(sender), one.grade == OWN_PHONE_S)
