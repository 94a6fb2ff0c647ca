"""A person's own code, and her notices. Reading them writes nothing (P9).

Shown to a delegate it is a look, and to family without her records. A void decision is in her
history with why nothing came of it.
"""

from __future__ import annotations

from typing import Any, Final

from litestar import Response, get

from mingma.api.acting import acting_for
from mingma.authority.acts import Act
from mingma.authority.own import ALLOWED, Delegate
from mingma.engines.pictures import draw_code
from mingma.flows.own_advice import own_advice
from mingma.flows.own_hands import own_hands
from mingma.flows.own_history import own_notices, void_decisions
from mingma.flows.own_looks import recent_glass
from mingma.kernel.times import DAY, Instant
from mingma.web import code_view
from mingma.web.clause_words import Reader
from mingma.web.pages.appeals import objecting
from mingma.web.render import go_to, page
from mingma.web.visitor import Asked, instance_of, visitor_of

LATEST: Final = 3  # notices on the code page; the rest are one link away
EVERY: Final = 60  # seconds between two looks at one's own code
EVERY_OF_DELEGATE: Final = 600  # … of a delegate, each of which the person is told
TOLD_FOR: Final = 14 * DAY  # seconds a look through broken glass stands on the code page


@get("/code", sync_to_thread=True)
def code(request: Asked) -> Response[Any]:
    """The person's own code now."""
    visitor = visitor_of(request)
    if visitor.acting and visitor.acting.as_ is Delegate.HELPER:
        return go_to("/me/appeals")  # all that a helper may do
    instance = instance_of(request)
    reader = Reader(visitor.lang, instance.context.divisions)
    ref, held = acting_for(request, Act.SHOW_OWN_CODE)
    shown = instance.show(ref, visitor.lang, by_delegate=held is not None)
    state = code_view.state_of(shown)
    if state is code_view.State.SEALING:
        return page(request, "sealing.html", visitor=visitor)
    with instance.store.read() as unit:
        emergency = unit.emergency_at(shown.at)
        advice = own_advice(unit, ref, shown.at)
        glass = recent_glass(unit, ref, Instant(shown.at - TOLD_FOR))
        void = void_decisions(unit, instance.context, ref, shown.at)
        hands = own_hands(unit, shown.decision, shown.at)
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
        latest=code_view.notices(shown.notices[:LATEST], reader, void),
        pack=code_view.deciding_pack(shown, instance.context),
        organ=instance.context.organ,
        emergency=emergency,
        advice=advice,
        hands=hands,
        glass=len(glass),
        records=held is None or Act.READ_OWN_HISTORY in ALLOWED[held.as_],
        every=EVERY if held is None else EVERY_OF_DELEGATE,
        objecting=objecting(instance, ref, visitor.lang, held),
        may_file=shown.decision is not None,
        may_withdraw=True,
        typed={},
        complaint=None,
    )


@get("/code/paper", sync_to_thread=True)
def on_paper(request: Asked) -> Response[Any]:
    """The person's own code to be printed: both frames drawn, its end, its reasons, whom to ask."""
    visitor, instance = visitor_of(request), instance_of(request)
    reader = Reader(visitor.lang, instance.context.divisions)
    ref, held = acting_for(request, Act.SHOW_OWN_CODE)
    shown = instance.show(ref, visitor.lang, by_delegate=held is not None, paper=True)
    state = code_view.state_of(shown)
    if state is code_view.State.SEALING:
        return page(request, "sealing.html", visitor=visitor)
    return page(
        request,
        "paper.html",
        visitor=visitor,
        shown=shown,
        issued=state is code_view.State.ISSUED,
        frames=[draw_code(one) for one in (shown.token, shown.frame) if one is not None],
        reasons=code_view.reasons(shown, instance.context, reader),
        pack=code_view.deciding_pack(shown, instance.context),
    )


@get("/me/notices", sync_to_thread=True)
def notices(request: Asked) -> Response[Any]:
    """Every notice the person ever got, newest first."""
    visitor, instance = visitor_of(request), instance_of(request)
    reader = Reader(visitor.lang, instance.context.divisions)
    ref, _ = acting_for(request, Act.READ_OWN_HISTORY)
    with instance.store.read() as unit:
        stored = own_notices(unit, ref)
        void = void_decisions(unit, instance.context, ref, instance.clock())
    return page(
        request,
        "notices.html",
        visitor=visitor,
        notices=code_view.notices(stored, reader, void),
        unannounced=code_view.unannounced(stored, reader, void),
    )
