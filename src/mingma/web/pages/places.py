"""Where a code may be asked for, as a citizen reads it: the place policy in force, class by class.

Whoever was turned away can show this page, and complain on it once she is signed in; what others
complained of stands there too, without anybody in it. What comes next stands here 24 hours before
it counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from litestar import Response, get, post
from litestar.concurrency import sync_to_thread

from mingma.api.sign_in import signed_in
from mingma.authority.organs import covers
from mingma.authority.places import PROTECTED, TITLES, PlaceClass
from mingma.evidence.areas.divisions import Divisions
from mingma.flows.context import Context
from mingma.flows.place_complaint import DAYS, Demanded, complain, complaints
from mingma.flows.place_policy import approved_policies, policy_at
from mingma.kernel.errors import Problem
from mingma.ledger.tally import FLOOR
from mingma.web.complaints import Complaint, complaint_of
from mingma.web.forms import Form, read_form_in_session
from mingma.web.render import go_to, page
from mingma.web.visitor import Asked, instance_of, visitor_of

HERE: Final = "/places"
SAID: Final = "said"  # asked for after a complaint
MOST_ROWS: Final = 50  # of complaints, the most first; the rest are at /v1/public/place-complaints


@get(HERE, sync_to_thread=True)
def places(request: Asked) -> Response[Any]:
    """The classes that nobody is refused at, those that may ask, and all the others."""
    return _page(request, {}, None)


@post(HERE)
async def complain_of_place(request: Asked) -> Response[Any]:
    """Count a complaint, and go back to where it is said."""
    form = await read_form_in_session(request)
    return await sync_to_thread(_complain, request, form)


def _complain(request: Asked, form: Form) -> Response[Any]:
    ref, instance = signed_in(request), instance_of(request)
    said = [form.text(name) for name in ("place", "region", "demanded")]
    try:
        with instance.acting() as unit:
            complain(unit, instance.context, ref, said, instance.clock(), instance.desk.chance)
    except Problem as problem:
        return _page(request, form.texts, complaint_of(problem, visitor_of(request).lang))
    return go_to(f"{HERE}?{SAID}=1#complain")


def _page(request: Asked, typed: Mapping[str, str], complaint: Complaint | None) -> Response[Any]:
    instance, visitor = instance_of(request), visitor_of(request)
    side, now = (0 if visitor.lang == "zh" else 1), instance.clock()
    with instance.store.read() as unit:
        policy = policy_at(unit, instance.context, now)
        coming = [one for one in approved_policies(unit) if one.effective > now]
        counted = complaints(unit, now)

    def titles(which: list[PlaceClass]) -> list[str]:
        return [TITLES[one][side] for one in which]

    return page(
        request,
        "places.html",
        visitor=visitor,
        status=complaint.status if complaint else 200,
        policy=policy,
        title=policy.title_zh if visitor.lang == "zh" else policy.title_en,
        digest=policy.digest().hex(),
        protected=titles([one for one in PlaceClass if one in PROTECTED]),
        asking=titles([one for one in PlaceClass if policy.asks(one)]),
        others=titles([o for o in PlaceClass if o not in PROTECTED and not policy.asks(o)]),
        coming=[
            (one.effective, one.policy.digest().hex(),
             titles([o for o in PlaceClass if one.policy.asks(o)]))
            for one in coming
        ],
        classes=[(one.value, TITLES[one][side]) for one in PlaceClass],
        counties=_counties(instance.context),
        demands=[one.value for one in Demanded],
        said=SAID in request.query_params,
        typed=typed,
        complaint=complaint,
        days=DAYS,
        floor=FLOOR,
        counted=[
            (TITLES[PlaceClass(one.place)][side], _county(instance.context.divisions, one.region),
             one.demanded, one.count)
            for one in counted[:MOST_ROWS]
        ],
    )  # fmt: skip


def _counties(context: Context) -> dict[str, list[tuple[str, str]]]:
    """The counties of the issuing region to choose from, under their cities."""
    found: dict[str, list[tuple[str, str]]] = {}
    for code in context.divisions:
        names = context.divisions.names(code)
        if names and context.divisions.is_lowest(code) and covers(context.region, code):
            city = found.setdefault(names.city or names.province, [])
            city.append((code, names.county or names.city))
    return found


def _county(divisions: Divisions, code: str) -> str:
    """A county's name; empty for all the small ones together."""
    names = divisions.names(code)
    return " ".join(filter(None, (names.city, names.county))) if names else ""
