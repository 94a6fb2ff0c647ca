"""The counter names a child's guardian, with both papers, until the fourteenth birthday."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mingma.authority.acts import Act
from mingma.authority.own import Delegate, DelegationMalformed, NotYours
from mingma.authority.refusal import NotAllowed
from mingma.flows.delegate import NotYourNumber, open_for, stand_in
from mingma.flows.show_code import NoSuchPerson
from mingma.kernel.times import Instant, parse_instant
from tests.posts import Posts, posts

CHILD = {"type": "resident_id", "number": "410103201503071233"}
MOTHER = {"type": "resident_id", "number": "410103199003071237"}
STRANGER = {"type": "passport", "number": "E12345678"}
FOURTEEN = parse_instant("2029-03-07T00:00:00+08:00")
COUNTER = "erqi-community-community_worker"


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Posts]:
    with posts(tmp_path) as made:
        for n, one in enumerate((CHILD, MOTHER)):
            test = {
                "id": f"t{n}", "kind": "test", "identity": one, "at": "2022-06-14T02:00:00Z",
                "region": "410100",
                "data": {"assay": "pcr", "result": "negative", "tube": "single",
                         "sample": f"s{n}", "reported_at": "2022-06-14T03:00:00Z"},
            }  # fmt: skip
            assert made.stage.send(test).refused == 0
        yield made


def ref(here: Posts, paper: dict[str, str]) -> str:
    return here.stage.instance.desk.identify(paper).ref


def name(here: Posts, child: Any = CHILD, guardian: Any = MOTHER) -> dict[str, Any]:
    body = {"asked": True, "identity": child, "guardian": guardian}
    return here.act(COUNTER, Act.NAME_GUARDIAN, body).answer


def test_the_receipt_ends_by_itself_on_the_fourteenth_birthday(here: Posts) -> None:
    made = name(here)
    assert parse_instant(made["ends"]) == FOURTEEN
    mother, store = ref(here, MOTHER), here.stage.instance.store
    with store.read() as unit:
        now = here.stage.clock()
        [held] = open_for(unit, mother, now)
        assert (held.as_, held.of, held.id) == (
            Delegate.GUARDIAN,
            ref(here, CHILD),
            made["delegation"],
        )
        last = Instant(FOURTEEN - 1)
        assert stand_in(unit, mother, held.id, Act.SHOW_OWN_CODE, last) == held
        with pytest.raises(NotYours):  # nobody ended it and nothing ran
            stand_in(unit, mother, held.id, Act.SHOW_OWN_CODE, FOURTEEN)
        kept = [one.body for kind in ("delegation", "delegation_to") for one in unit.records(kind)]
    assert len(kept) == 2
    for one in kept:  # no number, and no birthday but the day on which it ends
        assert b"2015" not in one
        assert b"410103" not in one


def test_it_is_a_look_in_the_child_s_log_with_the_organ(here: Posts) -> None:
    name(here)
    with here.stage.instance.store.read() as unit:
        [look] = unit.records_under("look", f"{ref(here, CHILD)}/")
        assert unit.records_under("look", f"{ref(here, MOTHER)}/") == []
    for word in (b"naming_guardian", b"name_guardian", b"erqi-community"):
        assert word in look.body


def test_who_is_fourteen_or_her_own_guardian_or_not_known_is_an_attempt(here: Posts) -> None:
    for papers, refusal in (
        ((MOTHER, CHILD), DelegationMalformed),
        ((CHILD, CHILD), DelegationMalformed),
        ((STRANGER, MOTHER), NoSuchPerson),
    ):
        with pytest.raises(refusal):
            name(here, *papers)
    assert [one.act for one in here.attempts()] == ["name_guardian"] * 3
    here.stage.send({
        "id": "t9", "kind": "check_in", "identity": STRANGER, "at": "2022-06-14T02:00:00Z",
        "region": "410100", "data": {"venue": "v1", "grade": "A"},
    })  # fmt: skip
    with pytest.raises(NotYourNumber):  # a paper that shows no birthday
        name(here, STRANGER)
    assert len(here.attempts()) == 4
    with here.stage.instance.store.read() as unit:
        assert unit.records("delegation") == []


def test_nobody_but_the_counter_names_one_and_not_unasked(here: Posts) -> None:
    body = {"asked": True, "identity": CHILD, "guardian": MOTHER}
    for officer in ("zz-hotline-hotline_agent", "zz-hc-investigator", "zz-data-executor"):
        with pytest.raises(NotAllowed):
            here.act(officer, Act.NAME_GUARDIAN, body)
    with pytest.raises(NotAllowed):
        here.act(COUNTER, Act.NAME_GUARDIAN, body | {"asked": False})
    assert len(here.attempts()) == 4
