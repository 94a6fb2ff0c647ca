"""A person's own code, and her notices. Reading them writes nothing (P9)."""

from __future__ import annotations

from typing import Any, Final

from litestar import Response, get

from mingma.flows.own_advice import own_advice
from mingma.flows.own_history import own_notices
from mingma.flows.own_looks import recent_glass
from mingma.kernel.times import DAY, Instant
from mingma.web import code_view
from mingma.web.clause_words import Reader
from mingma.web.pages.appeals import objecting
from mingma.web.pages.start import sign_in_first
from mingma.web.render import page
from mingma.web.visitor import Asked, instance_of, visitor_of

LATEST: Final = 3  # notices on the code page; the rest are one link away
TOLD_FOR: Final = 14 * DAY  # seconds a look through broken glass stands on the code page


@get("/code", sync_to_thread=True)
def code(request: Asked) -> Response[Any]:
    """The person's own code now."""
    visitor = visitor_of(request)
    if visitor.person is None:
        return sign_in_first(request)
    instance = instance_of(request)
    reader = Reader(visitor.lang, instance.context.divisions)
    shown = instance.show(visitor.person, visitor.lang)
    state = code_view.state_of(shown)
    if state is code_view.State.SEALING:
        return page(request, "sealing.html", visitor=visitor)
    with instance.store.read() as unit:
        emergency = unit.emergency_at(shown.at)
        advice = own_advice(unit, visitor.person, shown.at)
        glass = recent_glass(unit, visitor.person, Instant(shown.at - TOLD_FOR))
    return page(
        request,
        "code.html",
        visitor=visitor,
        shown=shown,
        state=state,
        fingerprint=code_view.fingerprint(shown),
        reasons=code_view.reasons(shown, instance.context, reader),
        pop_ups=code_view.pop_ups(shown, instance.context, reader),
        next=code_view.next_of(shown, reader),
        ages=code_view.ages(shown, instance.context, reader),
        latest=code_view.notices(shown.notices[:LATEST], reader),
        pack=code_view.deciding_pack(shown, instance.context),
        organ=instance.context.organ,
        emergency=emergency,
        advice=advice,
        glass=len(glass),
        objecting=objecting(instance, visitor.person, visitor.lang),
    )


@get("/me/notices", sync_to_thread=True)
def notices(request: Asked) -> Response[Any]:
    """Every notice the person ever got, newest first."""
    visitor = visitor_of(request)
    if visitor.person is None:
        return sign_in_first(request)
    instance = instance_of(request)
    reader = Reader(visitor.lang, instance.context.divisions)
    with instance.store.read() as unit:
        stored = own_notices(unit, visitor.person)
    return page(request, "notices.html", visitor=visitor, notices=code_view.notices(stored, reader))
