"""A person's own page of who looked at her data, and of the orders about her.

Reading it writes nothing (P9); a delegate's reading stands in it too. Broken glass stands at the
top. An officer is never named.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from litestar import Response, get

from mingma.api.acting import acting_for
from mingma.authority.acts import Act
from mingma.authority.places import TITLES, PlaceClass
from mingma.flows.order_isolation import own_orders
from mingma.flows.own_looks import Used, own_looks
from mingma.kernel.times import Instant
from mingma.web.render import page
from mingma.web.texts import known
from mingma.web.visitor import Asked, instance_of, visitor_of

SHOWN: Final = 200  # looks on the page; all of them are at /v1/me/looks


@dataclass(frozen=True, slots=True)
class LookView:
    """One look in words; `leaf` is where it is proven."""

    at: Instant
    organ: str
    act: str  # the key of its words
    purpose: str  # the key of its words
    place: str
    glass: bool
    leaf: int | None


@get("/me/looks", sync_to_thread=True)
def who_looked(request: Asked) -> Response[Any]:
    """Who looked, newest first, then the person's isolation orders."""
    visitor, instance = visitor_of(request), instance_of(request)
    now = instance.clock()
    ref, _ = acting_for(request, Act.READ_OWN_LOOKS)
    with instance.store.read() as unit:
        found = own_looks(unit, ref, now, instance.signer.sign)
        orders = own_orders(unit, instance.context, ref, now)
    views = [_view(one, visitor.lang) for one in found.used[:SHOWN]]
    return page(
        request,
        "who_looked.html",
        visitor=visitor,
        looks=views,
        broken=[one for one in views if one.glass],
        total=found.total,
        today=found.days[0].count,
        orders=orders,
    )


def _view(used: Used, lang: str) -> LookView:
    body = used.looked.body
    place = body["place"]
    titles = TITLES[PlaceClass(str(place))] if place else ("", "")
    return LookView(
        at=used.looked.at,
        organ=str(body[f"receiver_{lang}"]),
        act=_words("act", body["act"]),
        purpose=_words("purpose", body["purpose"]),
        place=titles[0 if lang == "zh" else 1],
        glass=body["glass"] is not None,
        leaf=used.proof.leaf_index if used.proof else None,
    )


def _words(what: str, word: object) -> str:
    """The key of a look's words; a look is shown even if nobody wrote words for it."""
    key = f"who_looked.{what}.{word}"
    return key if known(key) else f"who_looked.{what}.other"
