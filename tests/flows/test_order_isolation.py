"""Isolation orders: they cite a proven decision and are over with it, with no job running."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mingma.appeals.form import Form
from mingma.authority.acts import Act
from mingma.authority.refusal import NotAllowed
from mingma.flows.act_case import BodyMalformed
from mingma.flows.file_appeal import file_appeal
from mingma.flows.order_isolation import (
    NoSuchOrder,
    Standing,
    orders_at,
    own_orders,
)
from mingma.flows.show_code import NoSuchPerson
from mingma.kernel.times import DAY, HOUR
from mingma.ledger.leaf import Kind, parse
from tests.instances import NOW, contact, withdrawal
from tests.posts import Posts, posts

TRACER, HEARER = "zz-cdc-investigator", "zz-hc-appeal_officer"
SITE, COMMUNITY = "lab-1", "clerk"  # any registered source may be told of an order


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Posts]:
    with posts(tmp_path) as made:
        made.stage.send({**contact(), "region": "410103"})
        yield made


def newest(here: Posts) -> int:
    with here.stage.instance.store.read() as unit:
        return unit.decisions_of("p-ann")[-1].number


def body(here: Posts, **other: Any) -> dict[str, Any]:
    cited = {"subject": "p-ann", "decision": newest(here)}
    return {**cited, "site": SITE, "community": COMMUNITY, **other}


def order(here: Posts, **other: Any) -> str:
    id: str = here.act(TRACER, Act.ORDER_ISOLATION, body(here, **other)).answer["order"]
    return id


def standing(here: Posts) -> Standing:
    """Her only order; the site and the community are told exactly the same."""
    instance, now = here.stage.instance, here.stage.clock()
    with instance.store.read() as unit:
        (own,) = own_orders(unit, instance.context, "p-ann", now)
        for place in (SITE, COMMUNITY):
            assert orders_at(unit, instance.context, place, now) == [own]
        assert orders_at(unit, instance.context, "demo", now) == []
    return own


def over(here: Posts) -> tuple[int, str] | None:
    """How many seconds after noon it was over, and why."""
    found = standing(here).over
    return None if found is None else (found.at - NOW, found.why)


def leaves(here: Posts, kind: Kind) -> list[tuple[int, int | None]]:
    with here.stage.instance.store.read() as unit:
        size, _ = unit.head()
        found = [(n, parse(one)[0]) for n, one in enumerate(unit.leaves(0, size))]
    return [(n, leaf.answers) for n, leaf in found if leaf.kind is kind]


# -- making one


def test_an_order_names_its_decision_s_leaf_and_has_one_of_its_own(here: Posts) -> None:
    order(here)
    assert over(here) is None
    made = standing(here).order
    ((_, about),) = leaves(here, Kind.ORDER_MAKE)
    assert about == made.leaf_index
    with here.stage.instance.store.read() as unit:
        assert unit.index_of("p-ann", made.decision) == about
    assert (made.rule.startswith("HA-"), made.trigger) == (True, "demo/c1")
    here.act(HEARER, Act.END_ORDER, {"order": made.id})
    assert here.stage.instance.reconcile() == []


def refused(here: Posts, officer: str = TRACER, **other: Any) -> tuple[str, ...]:
    before = len(here.attempts())
    with pytest.raises(NotAllowed) as refusal:
        here.act(officer, Act.ORDER_ISOLATION, body(here, **other))
    assert len(here.attempts()) == before + 1
    assert leaves(here, Kind.ORDER_MAKE) == []
    return refusal.value.policies


def test_an_order_without_a_decision_is_refused(here: Posts) -> None:
    with pytest.raises(BodyMalformed):
        here.act(TRACER, Act.ORDER_ISOLATION, {"subject": "p-ann", "site": SITE})
    assert refused(here, decision=99) == ("F50-order-cites-a-decision",)


def test_an_order_on_a_decision_that_shows_no_red_is_refused(here: Posts) -> None:
    earlier = newest(here)
    here.stage.send(withdrawal("c1"))
    assert refused(here) == ("F50-order-cites-a-decision",)
    assert refused(here, decision=earlier) == ("F50-order-cites-a-decision",)


def test_an_order_cites_the_decision_that_shows(here: Posts) -> None:
    earlier = newest(here)
    here.stage.clock.forward(HOUR)
    here.stage.send({**contact("c2", hours=-20), "region": "410103"})
    assert newest(here) > earlier
    assert refused(here, decision=earlier) == ("F50-order-cites-a-decision",)
    order(here)


def test_an_order_on_a_decision_whose_row_is_not_its_leaf_s_is_refused(
    here: Posts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "mingma.flows.proven_decision.commitment", lambda *_: b"another body's 32 bytes."
    )
    assert refused(here) == ("F50-order-cites-a-decision",)


def test_police_and_social_control_order_nothing(here: Posts) -> None:
    for organ in ("zz-police", "zz-social", "ha-supplier"):
        assert "F05-empty-row" in refused(here, f"{organ}-liaison")


def test_an_order_tells_registered_places_only(here: Posts) -> None:
    with pytest.raises(BodyMalformed):
        order(here, site="a hotel")


# -- the end of one


def test_it_is_over_at_the_second_its_span_ends(here: Posts) -> None:
    order(here)
    with here.stage.instance.store.read() as unit:
        span = next(s for s in unit.decisions_of("p-ann")[-1].spans if s.colour == "red")
    assert span.until is not None
    here.stage.clock.now = type(NOW)(span.until - 1)
    assert over(here) is None
    here.stage.clock.forward(1)
    assert over(here) == (span.until - NOW, "span")
    here.stage.clock.forward(30 * DAY)
    assert over(here) == (span.until - NOW, "span")


def test_it_is_over_when_its_evidence_is_withdrawn_and_stays_over(here: Posts) -> None:
    order(here)
    here.stage.clock.forward(HOUR)
    here.stage.send(withdrawal("c1"))
    assert over(here) == (HOUR, "decision")
    here.stage.clock.forward(HOUR)
    here.stage.send({**contact("c2"), "region": "410103"})
    assert here.stage.colour("p-ann") == "red"
    assert over(here) == (HOUR, "decision")


def test_another_decision_on_the_same_ground_leaves_it_in_force(here: Posts) -> None:
    order(here)
    here.stage.clock.forward(HOUR)
    before = newest(here)
    here.stage.send({**contact("c2", hours=-20), "region": "410103"})
    assert newest(here) > before
    assert over(here) is None


def test_it_is_over_with_the_emergency_though_another_is_declared_later(here: Posts) -> None:
    order(here)
    here.stage.clock.forward(HOUR)
    with here.stage.instance.store.write() as unit:
        (emergency,) = unit.emergencies()
        unit.end_emergency(emergency.id, here.stage.clock())
    assert over(here) == (HOUR, "emergency")
    here.stage.clock.forward(HOUR)
    here.stage.declare()
    here.stage.instance.renew("p-ann")
    assert here.stage.colour("p-ann") == "red"
    assert over(here) == (HOUR, "emergency")


def test_silence_on_her_appeal_ends_it(here: Posts) -> None:
    order(here)
    instance = here.stage.instance
    with instance.acting() as unit:
        made = file_appeal(unit, instance.context, "p-ann", Form(), here.stage.clock())
    due = made.filed[0].appeal.due
    here.stage.clock.now = type(NOW)(due - 1)
    assert over(here) is None
    here.stage.clock.forward(1)
    assert over(here) == (due - NOW, "appeal")


def test_it_is_over_where_her_appeal_is_gone_from_the_rows(here: Posts) -> None:
    order(here)
    instance = here.stage.instance
    with instance.acting() as unit:
        file_appeal(unit, instance.context, "p-ann", Form(), here.stage.clock())
    assert over(here) is None
    store = instance.store._store  # type: ignore[attr-defined] # as somebody with the database
    left = {key: one for key, one in store._state.records.items() if key[0] != "appeal"}
    store._state = replace(store._state, records=left)
    assert over(here) == (0, "rules")


def test_it_is_over_without_the_rules_it_rests_on(here: Posts) -> None:
    order(here)
    here.stage.clock.forward(60)
    packs = here.stage.instance.context.packs
    object.__setattr__(here.stage.instance.context.book, "refs", frozenset())
    assert packs
    assert over(here) == (60, "rules")


def test_it_is_ended_early_and_never_later_than_it_ended_by_itself(here: Posts) -> None:
    id = order(here)
    here.stage.clock.forward(HOUR)
    assert here.act(HEARER, Act.END_ORDER, {"order": id}).answer == {"order": id, "over": True}
    assert over(here) == (HOUR, "ended")
    assert len(leaves(here, Kind.ORDER_END)) == 1
    here.stage.clock.forward(HOUR)
    here.act(TRACER, Act.END_ORDER, {"order": id})
    assert over(here) == (HOUR, "ended")
    assert len(leaves(here, Kind.ORDER_END)) == 1
    with pytest.raises(NoSuchOrder):
        here.act(HEARER, Act.END_ORDER, {"order": "0" * 32})


def test_nobody_enrolled_has_no_orders(here: Posts) -> None:
    with here.stage.instance.store.read() as unit, pytest.raises(NoSuchPerson):
        own_orders(unit, here.stage.instance.context, "p-zoe", NOW)
