"""P9 and P17 over every act that looks, and every class of places."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mingma.authority.acts import Act
from mingma.authority.looks import FITS
from mingma.authority.places import PROTECTED, PlaceClass
from mingma.flows.enrol import Holder, enrol
from mingma.flows.own_looks import OwnLooks, own_looks
from mingma.flows.place_policy import NO_CHECK
from mingma.flows.tickets import CASE, open_call
from mingma.kernel.errors import Problem
from mingma.records import Record
from tests.instances import contact
from tests.posts import Posts, posts

CARD = {"type": "resident_id", "number": "410103199003071237"}
STATION = {"place": "railway_station", "region": "410103"}


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Posts]:
    """The card's holder, red, with an open case and a call."""
    with posts(tmp_path) as made:
        instance = made.stage.instance
        ref = instance.identify(CARD)
        with instance.acting() as unit:
            holder = Holder(ref, "陈*", "1237")
            enrol(unit, instance.context, [ref], made.stage.clock(), bytes, {ref: holder})
            unit.add_record(Record(CASE, "case-7", made.stage.clock(), b"{}"))
        finding = {key: value for key, value in contact().items() if key != "subject"}
        made.stage.send({**finding, "identity": CARD, "region": "410103"})
        yield made


def log(here: Posts) -> OwnLooks:
    instance = here.stage.instance
    with instance.store.read() as unit:
        ref, now = instance.identify(CARD), here.stage.clock()
        return own_looks(unit, ref, now, instance.signer.sign)


def ways(here: Posts) -> dict[str, tuple[str, Act, dict[str, Any]]]:
    """Each way in which somebody else gets to see something of her."""
    instance = here.stage.instance
    with instance.acting() as unit:
        ref, chance = instance.identify(CARD), instance.desk.chance
        digits = open_call(unit, ref, here.stage.clock(), chance).digits
    token = instance.show(ref, "zh").token
    call = {"identity": CARD, "purpose": "answering_caller", "ticket": {"call": digits}}
    case = {"identity": CARD, "purpose": "investigation", "ticket": {"case": "case-7"}}
    card = {"identity": CARD, **STATION}
    return {
        "zz-hotline": ("zz-hotline-hotline_agent", Act.SEE_REASON, call),
        "erqi-community": ("erqi-community-community_worker", Act.SEE_REASON, call),
        "zz-cdc": ("zz-cdc-investigator", Act.SEE_RECORD, case),
        "zz-gate": ("zz-gate-gate_guard", Act.CARD_LOOKUP, {**card, "card_read": True}),
        "zz-gate too": ("zz-gate-gate_guard", Act.CHECK_CODE, {**card, "token": token}),
        "ha-cdc": ("ha-cdc-investigator", Act.BREAK_GLASS, {"identity": CARD, "reason": "faint"}),
    }


def test_p9_every_look_by_anybody_else_is_in_her_access_log_in_the_same_second(
    here: Posts,
) -> None:
    for told, (organ, (officer, act, body)) in enumerate(ways(here).items(), start=1):
        here.stage.clock.forward(1)
        assert "red" in str(here.act(officer, act, body).answer), act
        found = log(here)
        assert found.total == found.days[0].count == told
        newest = found.used[0].looked
        assert newest.at == here.stage.clock()
        assert (newest.body["organ"], newest.body["act"]) == (organ.split()[0], act.value)
    here.stage.instance.keep_duties()
    assert all(one.proof is not None for one in log(here).used)


def test_p9_whoever_may_not_look_sees_nothing_and_leaves_a_public_attempt(here: Posts) -> None:
    tried = 0
    for _, act, body in ways(here).values():
        posts_that_may = {post for acts, posts in FITS.values() if act in acts for post in posts}
        for officer in list(here.keys)[::5]:
            if any(post.value in officer for post in posts_that_may):
                continue
            before = len(here.attempts())
            with pytest.raises(Problem) as refusal:
                here.act(officer, act, body)
            assert "red" not in str(refusal.value).split()
            assert len(here.attempts()) == before + 1, (officer, act)
            tried += 1
    assert tried > 50
    assert log(here).total == 0


def test_p17_a_protected_place_refuses_nobody_and_an_unnamed_one_asks_nobody(here: Posts) -> None:
    asking = {"railway_station", "coach_station", "airport", "care_home", "school",
              "crowded_indoors", "risk_area"}  # fmt: skip
    nobody = {"type": "resident_id", "number": "410103198001010014"}
    for place in PlaceClass:
        answers = [
            here.act(
                "zz-gate-gate_guard", Act.CARD_LOOKUP,
                {"identity": paper, "card_read": True, "place": place.value, "region": "410103"},
            ).answer
            for paper in (CARD, nobody)
        ]  # fmt: skip
        if place.value in asking:
            assert answers[0]["colour"] == "red"
        else:
            assert answers == [NO_CHECK, NO_CHECK]
    assert asking.isdisjoint(PROTECTED)
    assert log(here).total == len(asking)
