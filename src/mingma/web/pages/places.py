"""Where a code may be asked for, as a citizen reads it: the place policy in force, class by class.

Whoever was turned away can show this page; what comes next stands here 24 hours before it counts.
"""

from __future__ import annotations

from typing import Any

from litestar import Response, get

from mingma.authority.places import PROTECTED, TITLES, PlaceClass
from mingma.flows.place_policy import approved_policies, policy_at
from mingma.web.render import page
from mingma.web.visitor import Asked, instance_of, visitor_of


@get("/places", sync_to_thread=True)
def places(request: Asked) -> Response[Any]:
    """The classes that nobody is refused at, those that may ask, and all the others."""
    instance, visitor = instance_of(request), visitor_of(request)
    side, now = (0 if visitor.lang == "zh" else 1), instance.clock()
    with instance.store.read() as unit:
        policy = policy_at(unit, instance.context, now)
        coming = [one for one in approved_policies(unit) if one.effective > now]

    def titles(which: list[PlaceClass]) -> list[str]:
        return [TITLES[one][side] for one in which]

    return page(
        request,
        "places.html",
        visitor=visitor,
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
    )  # fmt: skip
