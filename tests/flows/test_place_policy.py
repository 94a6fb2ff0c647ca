"""Where a code may be asked for: the shipped policy, and changing it by two organs, a day ahead."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mingma.authority.acts import Act
from mingma.authority.places import PROTECTED, PlaceClass, PlacePolicy, read_policy
from mingma.authority.refusal import NotAllowed
from mingma.flows.act_case import BodyMalformed
from mingma.flows.place_policy import NoSuchPolicy, approved_policies, policy_at
from mingma.kernel.times import DAY, Instant, print_instant
from mingma.ledger.leaf import Kind, parse
from mingma.shipped import place_policy
from tests.instances import NOW
from tests.posts import Posts, posts

SHIPPED = read_policy(json.loads(place_policy()))
AUTHOR, APPROVER = "ha-hc-rule_author", "ha-hq-rule_approver"


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Posts]:
    with posts(tmp_path) as made:
        yield made


def document(*may_ask: str) -> dict[str, Any]:
    return {"v": 1, "title": {"zh": "甲", "en": "a"}, "basis": "law", "may_ask": list(may_ask)}


def draft(here: Posts, *may_ask: str, officer: str = AUTHOR) -> str:
    made = here.act(officer, Act.DRAFT_PLACE_POLICY, {"policy": document(*may_ask)})
    digest: str = made.answer["digest"]
    return digest


def approve(here: Posts, digest: str, officer: str = APPROVER) -> dict[str, Any]:
    return here.act(officer, Act.APPROVE_PLACE_POLICY, {"digest": digest}).answer


def in_force(here: Posts, at: int) -> PlacePolicy:
    with here.stage.instance.store.read() as unit:
        return policy_at(unit, here.stage.instance.context, Instant(at))


def test_the_shipped_policy_asks_at_no_protected_place(here: Posts) -> None:
    assert in_force(here, NOW) == SHIPPED
    assert not any(SHIPPED.asks(place) for place in PROTECTED)
    assert SHIPPED.asks(PlaceClass.RAILWAY_STATION)
    assert not SHIPPED.asks(PlaceClass.SHOP)


def test_a_policy_counts_a_day_after_its_approval_with_nothing_running(here: Posts) -> None:
    digest = draft(here, "airport", "shop")
    assert in_force(here, NOW + 10 * DAY) == SHIPPED  # a draft is nothing
    assert approve(here, digest) == {"digest": digest, "effective": print_instant(NOW + DAY)}
    assert in_force(here, NOW + DAY - 1) == SHIPPED
    assert in_force(here, NOW + DAY).may_ask == {PlaceClass.AIRPORT, PlaceClass.SHOP}
    with here.stage.instance.store.read() as unit:
        size, _ = unit.head()
        found = [parse(one)[0] for one in unit.leaves(0, size)]
        (made,) = approved_policies(unit)
    (leaf,) = [one for one in found if one.kind is Kind.RULE_PUBLISH]
    assert (leaf.rule, leaf.digest, leaf.organ) == ("place-policy", made.policy.digest(), "ha-hq")


@pytest.mark.parametrize("place", sorted(PROTECTED))
def test_no_policy_lets_a_protected_place_ask(here: Posts, place: str) -> None:
    with pytest.raises(NotAllowed) as refusal:
        draft(here, "airport", place)
    assert refusal.value.policies == ("F41-protected-places",)
    assert not read_policy(document(place)).asks(PlaceClass(place))


def test_who_drafted_it_does_not_approve_it_and_nothing_is_approved_twice(here: Posts) -> None:
    digest = draft(here, "airport")
    with pytest.raises(NotAllowed):
        approve(here, digest, AUTHOR)
    with pytest.raises(NoSuchPolicy):
        approve(here, "0" * 64)
    with pytest.raises(BodyMalformed):
        approve(here, "0")
    approve(here, digest)
    with pytest.raises(NotAllowed):
        approve(here, digest)
    assert draft(here, "airport") == digest  # drafted again, it is the same draft


@pytest.mark.parametrize("officer", ["zz-hq-commander", "zz-police-liaison", "ha-supplier-liaison"])
def test_nobody_else_drafts_one(here: Posts, officer: str) -> None:
    with pytest.raises(NotAllowed):
        draft(here, "airport", officer=officer)
