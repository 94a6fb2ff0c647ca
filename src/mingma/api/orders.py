"""Isolation orders: one's own, and the feed by which a site or community learns of a release."""

from __future__ import annotations

import msgspec
from litestar import get
from litestar.datastructures import State
from litestar.di import NamedDependency

from mingma.api.acting import subject_for
from mingma.api.envelope import ASKED
from mingma.api.problems import Asked, no
from mingma.app import Instance
from mingma.authority.acts import Act
from mingma.flows.order_feed import release_feed
from mingma.flows.order_isolation import Standing, own_orders
from mingma.flows.sent_batch import Question
from mingma.kernel.times import print_instant


class OwnOrder(msgspec.Struct):
    """An order about oneself: what it rests on, who was told, whether it stands.

    `why` it is over is one of ended, span, decision, appeal, emergency, rules.
    """

    order: str
    made_at: str
    organ: str
    decision: int
    leaf_index: int
    rule: str
    site: str
    community: str
    in_force: bool
    over_at: str | None
    why: str | None


class FedOrder(msgspec.Struct):
    """An order in a feed: its number, and whether it stands. Nobody's name is here."""

    order: str
    in_force: bool
    over_at: str | None
    why: str | None


class Feed(msgspec.Struct):
    """Every order that the asking site or community was told of, as of `at`."""

    at: str
    orders: list[FedOrder]


@get(
    "/v1/me/orders",
    sync_to_thread=True,
    tags=["me"],
    summary="Isolation orders about oneself",
    responses=no(401, 404),
)
def own_orders_list(request: Asked, state: State) -> list[OwnOrder]:
    """Newest first; one that is over says since when and why."""
    instance: Instance = state.instance
    ref = subject_for(request, Act.READ_OWN_HISTORY)
    with instance.store.read() as unit:
        found = own_orders(unit, instance.context, ref, instance.clock())
    return [_own(one) for one in found]


@get(
    "/v1/orders/feed",
    sync_to_thread=True,
    dependencies=ASKED,
    tags=["orders"],
    summary="Which orders are over",
    responses=no(401),
)
def order_feed(state: State, asked: NamedDependency[Question]) -> Feed:
    """Reckoned now: a release is in it from its own second on. Ask at least once a minute."""
    instance: Instance = state.instance
    now = instance.clock()
    with instance.store.read() as unit:
        found = release_feed(unit, instance.context, asked, now)
    return Feed(print_instant(now), [_fed(one) for one in found])


def _fed(one: Standing) -> FedOrder:
    over = one.over
    return FedOrder(
        order=one.order.id,
        in_force=over is None,
        over_at=print_instant(over.at) if over else None,
        why=over.why if over else None,
    )


def _own(one: Standing) -> OwnOrder:
    order, fed = one.order, _fed(one)
    return OwnOrder(
        order=fed.order,
        made_at=print_instant(order.made_at),
        organ=order.organ,
        decision=order.decision,
        leaf_index=order.leaf_index,
        rule=order.rule,
        site=order.site,
        community=order.community,
        in_force=fed.in_force,
        over_at=fed.over_at,
        why=fed.why,
    )
