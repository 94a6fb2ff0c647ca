"""Hainan: a batch of ninety-nine is the local command's, one of a hundred the province's too.

The rule counts people and not batches: fifty and fifty within a day are a hundred. Control broken
to see these fail: the hundred.
"""

from __future__ import annotations

from typing import Any

import pytest

from mingma.authority.acts import Act
from mingma.kernel.times import DAY, HOUR
from mingma.ledger.leaf import Kind
from tests.abuse.scene import MAKER, Office, leaves
from tests.stories.conftest import Offices

PACK, CLAUSE = "cn-hainan-2021-08-17", "HI1-R2"


@pytest.fixture
def here(office: Offices) -> Office:
    return office(packs=PACK)


def batch(here: Office, start: int, many: int, case: str = "case-7") -> dict[str, Any]:
    """Contacts of a true case, each with evidence of her own: what the maker is told."""
    refs = [f"p-{n:03}" for n in range(start, start + many)]
    body = here.contacts(*refs, pack=PACK, rule=CLAUSE, case=case)
    for row in body["rows"]:
        row["data"]["index"] = case
    return here.done(MAKER, Act.PROPOSE_CONTACTS, body)


def approved(here: Office, proposal: str) -> tuple[str, str]:
    """The next approval: by an officer of which organ, and where the proposal stands then."""
    second = here.posts.standing(proposal).approvals
    here.stage.clock.forward(30)
    officer = here.drawn(proposal)
    act = Act.APPROVE_SECOND if second else Act.APPROVE
    said = here.done(officer, act, here.approval(proposal))
    return officer.partition("-checker")[0], said["status"]


def test_ninety_nine_need_one_approval(here: Office) -> None:
    made = batch(here, 0, 99)
    assert not made["second"]
    assert approved(here, made["proposal"])[1] == "approved"
    assert here.stage.colour("p-098") == "red"
    assert leaves(here.stage, Kind.BATCH_OPEN) == []


def test_a_hundred_need_the_province_too_and_are_opened_in_the_log(here: Office) -> None:
    made = batch(here, 0, 100)
    assert made["second"]
    [opened] = leaves(here.stage, Kind.BATCH_OPEN)
    assert (opened.count, opened.organ) == (100, "zz-cdc")
    assert approved(here, made["proposal"]) == ("zz-hq", "first")
    assert here.stage.colour("p-099") == "green"  # the city's word is not enough
    assert approved(here, made["proposal"]) == ("ha-hq", "approved")
    assert here.stage.colour("p-099") == "red"


@pytest.mark.parametrize("case", ["case-7", "case-8"])
def test_fifty_and_fifty_within_a_day_are_a_hundred(here: Office, case: str) -> None:
    first = batch(here, 0, 50)
    assert approved(here, first["proposal"])[1] == "approved"
    here.stage.clock.forward(10 * HOUR)
    here.posts.open_case(case)
    split = batch(here, 50, 50, case=case)
    assert (split["people"], split["second"]) == (100, True)
    assert approved(here, split["proposal"]) == ("zz-hq", "first")
    assert here.stage.colour("p-099") == "green"
    assert approved(here, split["proposal"]) == ("ha-hq", "approved")


def test_the_next_day_fifty_are_fifty_again(here: Office) -> None:
    batch(here, 0, 50)
    here.stage.clock.forward(DAY)
    later = batch(here, 50, 50)
    assert (later["people"], later["second"]) == (50, False)
