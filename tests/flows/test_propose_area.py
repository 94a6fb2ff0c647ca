"""A risk area: of a county's own case, listed by whom the lots fell on and nobody else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from mingma.authority.acts import Act
from mingma.authority.approval import ApprovalRaced
from mingma.authority.matters import Status
from mingma.authority.posts import Post
from mingma.authority.refusal import NotAllowed
from mingma.authority.roster import PATIENCE, WANTED, NobodyEligible
from mingma.flows.act_case import BodyMalformed
from mingma.flows.added_areas import area, areas, standing_of_area
from mingma.flows.oversee import signals
from mingma.flows.propose_area import AreaDone, AreaOfAVenue
from mingma.kernel.times import DAY, HOUR
from tests.instances import sample
from tests.posts import CHECKERS, Posts, checker_ids, posts

INVESTIGATOR = "zz-cdc-investigator"


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Posts]:
    with posts(tmp_path) as made:
        yield made


def propose_area(here: Posts, **other: Any) -> str:
    here.open_case()
    body = {
        "region": "410103", "community": "某小区", "level": "H", "residents": 800,
        "cases": ["case-7"], "days": 7,
    }  # fmt: skip
    return str(here.act(INVESTIGATOR, Act.PROPOSE_AREA, body | other).answer["area"])


def approve_area(here: Posts, digest: str, residents: int = 700) -> int:
    """By whom the lots fell on, the province's first; how many of it were refused before him."""
    here.stage.clock.forward(1)
    before = [
        refused_before(here, on_duty(organ), area_word(here, digest, residents))
        for organ in ("ha-hq", "zz-hq")  # of the province are eight on duty: too few alone
    ]
    return before[0]


def on_duty(organ: str) -> list[str]:
    """The organ's checkers by day."""
    return checker_ids(organ)[: CHECKERS[organ][0]]


def refused_before(here: Posts, checkers: Sequence[str], said: dict[str, Any]) -> int:
    """Each checker tries in turn: the lot falls on one, and those before are refused."""
    refused = []
    for checker in checkers:
        try:
            here.act(checker, Act.APPROVE_AREA, said)
        except NotAllowed as refusal:
            refused.append(refusal.details["policies"])
        else:
            break
    else:
        pytest.fail("the lot fell on nobody")
    assert set(refused) <= {"F15-lot"}, refused
    return len(refused)


def area_word(here: Posts, digest: str, residents: int = 700) -> dict[str, Any]:
    """What an approver signs: the area, the state it is in, and how many live there."""
    with here.stage.instance.store.read() as unit:
        one = area(unit, digest)
        assert one is not None
        state = standing_of_area(unit, one).state
    return {"area": digest, "seen": state.hex(), "residents": residents}


def test_an_area_is_listed_from_its_approval_on_and_ends_by_itself(here: Posts) -> None:
    digest = propose_area(here)
    match = here.stage.instance.context.match
    assert match("410103", "某小区") == ()
    approve_area(here, digest)
    here.stage.instance.keep_duties()
    [listed] = here.stage.instance.context.match("410103", "某小区")
    assert (listed.level, listed.starts, listed.ends) == (
        "high", here.stage.clock(), here.stage.clock() + 7 * DAY,
    )  # fmt: skip
    with pytest.raises(AreaDone):
        here.act("ha-hq-checker-0", Act.APPROVE_AREA, area_word(here, digest))


@pytest.mark.parametrize(
    "wrong",
    [{"residents": 30}, {"residents": 499}, {"cases": []}, {"cases": ["case-9"]}, {"days": 15},
     {"region": "410502"}],
)  # fmt: skip
def test_an_area_that_is_small_without_a_case_or_long_is_refused(
    here: Posts, wrong: dict[str, Any]
) -> None:
    with pytest.raises(NotAllowed) as refusal:
        propose_area(here, **wrong)
    expected = "F04-own-region" if "region" in wrong else "F27-area"
    assert expected in str(refusal.value.details["policies"])


@pytest.mark.parametrize(("tested_in", "region"), [("410105", "410103"), ("410103", "410105")])
def test_an_area_is_of_the_county_that_the_positive_names(
    here: Posts, tested_in: str, region: str
) -> None:
    said = sample("t1", "p-pat") | {"region": tested_in}
    assert here.stage.send(said, source="lab-1").admitted == 1
    body = {"case": "case-1", "subject": "p-pat", "evidence": "lab-1/t1", "region": "410100"}
    here.act(INVESTIGATOR, Act.OPEN_CASE, body)
    with pytest.raises(NotAllowed, match="500 residents"):
        propose_area(here, cases=["case-1"], region=region)
    assert propose_area(here, cases=["case-1"], region=tested_in)


@pytest.mark.parametrize(
    "community", ["某银行网点", "某银行网点周边", "信访局", "郑州市中院", "某路以东区域", "全域"]
)
def test_a_venue_is_no_area_and_its_attempt_is_public(here: Posts, community: str) -> None:
    with pytest.raises(AreaOfAVenue):
        propose_area(here, community=community)
    assert here.attempts()[-1].act == Act.PROPOSE_AREA


def test_the_approver_says_how_many_live_there_and_the_lower_figure_counts(here: Posts) -> None:
    digest = propose_area(here)
    unsaid = area_word(here, digest)
    del unsaid["residents"]
    with pytest.raises(BodyMalformed):
        here.act("ha-hq-checker-0", Act.APPROVE_AREA, unsaid)
    here.stage.clock.forward(1)
    for checker in on_duty("ha-hq"):
        with pytest.raises(NotAllowed, match="500 residents"):
            here.act(checker, Act.APPROVE_AREA, area_word(here, digest, 499))
    refused_before(here, on_duty("ha-hq"), area_word(here, digest, 640))
    refused_before(here, on_duty("zz-hq"), area_word(here, digest, 700))
    with here.stage.instance.store.read() as unit:
        [one] = areas(unit)
    assert (one.residents, one.found_residents, one.approved_by) == (800, 640, "zz-hq")


def test_an_area_has_no_field_for_a_past_beginning(here: Posts) -> None:
    with pytest.raises(BodyMalformed):
        propose_area(here, **{"from": "2022-06-01T00:00:00+08:00"})


def test_the_lot_for_an_area_falls_first_on_the_province_or_the_nation_only(here: Posts) -> None:
    # Fourteen of the city's checkers are on duty too, beside eight.
    before = [approve_area(here, propose_area(here, community=f"第{n}小区")) for n in range(4)]
    assert len(set(before)) > 1  # not always the same one


def test_who_proposed_an_area_does_not_approve_it(here: Posts) -> None:
    digest = propose_area(here)
    with pytest.raises(NotAllowed):
        here.act(INVESTIGATOR, Act.APPROVE_AREA, area_word(here, digest))


def test_what_the_province_approves_of_an_area_on_a_short_roster_waits_for_one_below(
    here: Posts,
) -> None:
    here.stage.clock.forward(30 * HOUR)
    now = here.stage.clock()
    friends = [f"ha-hq-checker-{n}" for n in range(2)]
    here.put("ha-hq", friends, now, now + 5 * HOUR)
    here.stage.clock.forward(1)
    digest, instance = propose_area(here), here.stage.instance
    here.stage.clock.forward(PATIENCE)  # both are asked
    said = area_word(here, digest)
    assert here.act(friends[0], Act.APPROVE_AREA, said).answer["status"] == Status.FIRST
    with pytest.raises(ApprovalRaced):  # no attempt of his: he did not see the first
        here.act(friends[1], Act.APPROVE_AREA, said)
    assert instance.context.match("410103", "某小区") == ()
    with pytest.raises(NobodyEligible):
        here.act(friends[1], Act.APPROVE_AREA, area_word(here, digest))
    assert second_on_duty(here) == [0]
    here.put("zz-hq", ["zz-hq-checker-3"], here.stage.clock(), now + 5 * HOUR)
    assert second_on_duty(here) == []
    with pytest.raises(NotAllowed) as refused:
        here.act(friends[1], Act.APPROVE_AREA, area_word(here, digest))
    assert refused.value.policies == ("F15-lot", "F16-second-is-another")
    done = here.act("zz-hq-checker-3", Act.APPROVE_AREA, area_word(here, digest)).answer
    assert (done["status"], done["listed_at"]) == (Status.APPROVED, here.stage.clock())
    instance.keep_duties()
    assert instance.context.match("410103", "某小区")


def test_one_of_the_province_s_twenty_lists_an_area_alone(here: Posts) -> None:
    day = on_duty("ha-hq")
    more = [f"ha-hq-more-{n}" for n in range(WANTED - len(day))]
    for officer in more:
        here.give(officer, "ha-hq", Post.CHECKER)
    here.stage.clock.forward(30 * HOUR)
    now = here.stage.clock()
    here.put("ha-hq", [*day, *more], now, now + 5 * HOUR)
    here.stage.clock.forward(1)
    digest = propose_area(here)
    here.stage.clock.forward(1)
    refused_before(here, [*day, *more], area_word(here, digest))
    with here.stage.instance.store.read() as unit:
        [one] = areas(unit)
    assert (one.listed_at, one.approved_by) == (here.stage.clock(), "ha-hq")


def test_whoever_was_made_a_checker_today_is_not_drawn_for_an_area(here: Posts) -> None:
    here.stage.clock.forward(2 * DAY)
    now = here.stage.clock()
    here.give("ha-hq-new", "ha-hq", Post.CHECKER)
    here.put("ha-hq", ["ha-hq-new"], now, now + 5 * HOUR)
    here.stage.clock.forward(1)
    digest = propose_area(here)
    with pytest.raises(NobodyEligible):
        here.act("ha-hq-new", Act.APPROVE_AREA, area_word(here, digest))


def second_on_duty(here: Posts) -> list[int]:
    """What the hour's alarms say of rosters where a first approval waits."""
    with here.stage.instance.store.read() as unit:
        found = [one.figures for one in signals(unit, here.stage.clock())]
    return [int(one["second_on_duty"]) for one in found if "second_on_duty" in one]
