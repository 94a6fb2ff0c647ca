"""Beijing: five kinds of pop-up over a green code, and the way out of each.

Controls broken to see these fail: what negative tests end, and what a release does.
"""

from __future__ import annotations

from typing import Any

import pytest

from mingma.authority.acts import Act
from mingma.kernel.times import HOUR, Instant, day_of, midnight
from mingma.rules.verdict import live
from tests.abuse.scene import Office
from tests.instances import NOW, at, sample
from tests.stories.conftest import Offices

PACK = "cn-beijing-popup-2022-02-12"
MATCH = "companion_match"


@pytest.fixture
def here(office: Offices) -> Office:
    return office(packs=PACK)


def given(here: Office, kind: str, data: dict[str, Any], **other: Any) -> None:
    """A record of Bo's."""
    record = {"id": kind, "kind": kind, "subject": "p-bo", "at": at(-48), "data": data, **other}
    assert here.stage.send(record).refused == 0


def popups(here: Office) -> set[str]:
    """The pop-ups of Bo's page now; her code is green all the while, and she is told why."""
    here.client.sign_in("p-bo")
    code = here.client.get("/v1/me/code?lang=en").json()
    assert code["colour"] == "green"
    assert code["token"]
    assert all(one["way_out"] for one in code["reasons"])
    now = here.stage.clock()
    with here.stage.instance.store.read() as unit:
        spans = unit.decisions_in_force(["p-bo"])["p-bo"].spans
    return {one.notice for one in live(spans, now) if one.notice}


def ends_at_midnight(here: Office, popup: str, days: int) -> None:
    """It shows until the last second before that day, and from 00:00 on no more."""
    assert popups(here) == {popup}
    here.stage.clock.now = Instant(midnight(day_of(NOW) + days) - 1)
    assert popups(here) == {popup}
    here.stage.clock.forward(1)
    assert popups(here) == set()


def test_one_ends_fourteen_days_after_leaving_a_county_with_cases(here: Office) -> None:
    given(here, "area_stay", {"zone": "case_county"}, region="460203", until=at(-24))
    ends_at_midnight(here, "popup1", 14)


def test_two_ends_after_twenty_one_full_days_without_asking(here: Office) -> None:
    data = {"from": "TH", "entered_via": "110113", "destination": "110105"}
    given(here, "entry", data, at=at(-24))
    ends_at_midnight(here, "popup2", 21)


def test_three_is_cleared_by_the_community_s_check_and_by_no_test(here: Office) -> None:
    match = {"overlap_minutes": 25, "cell": "cell-1"}
    given(here, MATCH, match, region="410100")
    assert popups(here) == {"popup3"}
    for n in (1, 2):
        here.stage.send(sample(f"t{n}", "p-bo", hours=-n, result="negative"))
    assert popups(here) == {"popup3"}
    here.stage.clock.forward(HOUR)
    body = {
        "kind": "release", "pack": PACK, "rule": "BJ-3", "region": "410103",
        "rows": [{"subject": "p-bo", "evidence": ["demo/t1"], "data": {"of": f"demo/{MATCH}"}}],
    }  # fmt: skip
    worker = "erqi-community-community_worker"
    made = here.done(worker, Act.PROPOSE_RELEASE, body)["proposal"]
    assert popups(here) == {"popup3"}
    here.done("zz-hc-appeal_officer", Act.APPROVE_RELEASE, here.approval(made))
    assert popups(here) == set()


def test_three_ends_by_itself_after_fourteen_days_at_the_latest(here: Office) -> None:
    given(here, "companion_match", {"overlap_minutes": 25, "cell": "cell-1"})
    ends_at_midnight(here, "popup3", 13)


def test_four_ends_when_a_negative_test_arrives(here: Office) -> None:
    given(here, "daily_report", {"symptoms": ["fever"]})
    assert popups(here) == {"popup4"}
    here.stage.send(sample("t1", "p-bo", hours=-1, result="negative"))
    here.stage.clock.forward(HOUR)
    assert popups(here) == set()


def test_five_ends_fourteen_days_after_leaving_a_border_county(here: Office) -> None:
    given(here, "area_stay", {"zone": "border_county"}, region="152501", until=at(-24))
    ends_at_midnight(here, "popup5", 14)
