"""Rules, areas and emergencies: changing what colours people instead of colouring them.

Z7, Z9, Z11, Z12, Z16, Z55, Z56, Z58.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from unittest.mock import patch

import pytest

from mingma.authority.acts import Act
from mingma.authority.organs import Level, OrganKind
from mingma.authority.posts import Post
from mingma.authority.roster import PATIENCE
from mingma.engines.cedar import CedarEngine
from mingma.evidence.areas.matching import AreaHistory
from mingma.flows.added_areas import AREA, AREA_APPROVED, area_digest
from mingma.flows.area_list import AreasNeverPublished
from mingma.flows.editions import impact_of, in_force, packs_in_force
from mingma.flows.reconcile_found import Amiss
from mingma.kernel.canonical import canonical
from mingma.kernel.times import DAY, HOUR, Instant, print_instant
from mingma.records import Record
from mingma.rules.conditions import field_type
from mingma.rules.impact import impact
from mingma.shipped import read_area_list
from tests import posts as everybody
from tests.abuse.case import Cases, answers, each, held_and_broken, replaced, without_rails
from tests.abuse.scene import MAKER, Office, Scene, slug
from tests.instances import NOW, at, sample
from tests.posts import CHECKERS, checker_ids
from tests.rule_changes import APPROVER, AUTHOR, EXECUTOR, NATIONAL, appoint, changed
from tests.under_policy import under_policy
from tests.unit.authority import grid

CASES = Cases()
CLAUSE = "kind: contact_finding, relation: close"


def ministry(scene: Scene) -> Office:
    """Everybody in office, the nation's headquarters and a bureau that puts rules in force."""
    here = scene.office()
    scene.open(patch.dict(everybody.BY_ID, {NATIONAL.id: NATIONAL}))
    appoint(here.posts)
    return here


def drafted(here: Office, old: str, new: str) -> dict[str, Any]:
    return here.done(AUTHOR, Act.DRAFT_RULE, {"files": changed(old, new)})


def editions(here: Office) -> set[int]:
    """Which edition of the pack counts now."""
    instance = here.stage.instance
    with instance.store.read() as unit:
        return {one.edition for one in in_force(unit, instance.context, instance.clock()).packs}


# -- Z7: not having been tested


@CASES.case("Z7", breaks=answers("mingma.rules.guard._refusals", ()))
def no_rule_colours_for_a_test_that_was_not_taken(scene: Scene) -> None:
    here = ministry(scene)
    absent = f"when: {{{CLAUSE}}}", "absence: {kind: test, days: 3}"
    untested = CLAUSE, "kind: test"
    scanned = CLAUSE, "kind: check_in"
    for old, new in (absent, untested, scanned):
        policies = here.refused(AUTHOR, Act.DRAFT_RULE, {"files": changed(old, new)})
        assert policies == {"pack.rule_refused"}, new
    assert editions(here) == {1}


# -- Z11: a group


IDENTITY = (
    "index: case-1", 'subject: {within: "41"}', "id_number: x", "household: x", "hukou: x",
    "name: x", "phone: x", "bank: x", "employer: x", "organ: x", "place: 某银行",
)  # fmt: skip


def any_field(kind: str, field: str) -> tuple[str, tuple[str, ...], str]:
    """A rule may read whatever there is."""
    try:
        return field_type(kind, field)
    except ValueError:
        return "word", (), field


@CASES.case("Z11", breaks=replaced("mingma.rules.conditions.field_type", any_field))
def a_clause_has_no_words_for_who_somebody_is(scene: Scene) -> None:
    here = ministry(scene)
    for condition in IDENTITY:
        files = changed(CLAUSE, f"{CLAUSE}, {condition}")
        response = here.send(AUTHOR, Act.DRAFT_RULE, {"files": files})
        assert slug(response) == "pack.bad", condition
    assert editions(here) == {1}


@CASES.case("Z11", "Z56", breaks=without_rails("F37-five-hundred"))
def a_clause_names_no_area_below_a_county(scene: Scene) -> None:
    here = ministry(scene)
    files = changed(CLAUSE, f'{CLAUSE}, region: {{within: "419999"}}')
    assert here.refused(AUTHOR, Act.DRAFT_RULE, {"files": files}) == {"F37-five-hundred"}


@CASES.case("Z11", breaks=without_rails("F39-published-first", "F40-activate-approved"))
def a_change_is_approved_and_public_for_a_day_before_it_counts(scene: Scene) -> None:
    here = ministry(scene)
    digest = drafted(here, "days: [0, 14]", "days: [0, 3]")["edition"]
    body = {"edition": digest}
    assert "F40-activate-approved" in here.refused(EXECUTOR, Act.ACTIVATE_RULE, body)
    assert here.refused(AUTHOR, Act.APPROVE_RULE, body) == {"F01-granted"}  # who drafts
    here.done(APPROVER, Act.APPROVE_RULE, body)
    here.stage.clock.forward(24 * HOUR - 1)
    assert here.refused(EXECUTOR, Act.ACTIVATE_RULE, body) == {"F39-published-first"}
    assert editions(here) == {1}
    here.stage.clock.forward(1)
    here.done(EXECUTOR, Act.ACTIVATE_RULE, body)
    assert editions(here) == {2}


# -- Z55: a wider radius


@CASES.case("Z55", breaks=answers("mingma.rules.lint._faults", ()))
def a_number_beyond_the_nation_s_bounds_is_refused_in_public(scene: Scene) -> None:
    here = ministry(scene)
    for old, new in (("days: [0, 14]", "days: [0, 140]"), ("days: [0, 14]", "hours: 2000")):
        policies = here.refused(AUTHOR, Act.DRAFT_RULE, {"files": changed(old, new)})
        assert policies == {"pack.out_of_bounds"}


UNTOUCHED = replaced(
    "mingma.flows.draft_rule.impact", lambda town, before, _: impact(town, before, before)
)


@CASES.case("Z55", "Z11", breaks=UNTOUCHED)
def the_draft_is_published_with_how_many_it_would_touch(scene: Scene) -> None:
    here = ministry(scene)
    said = drafted(here, "days: [0, 14]", "days: [0, 3]")
    with here.stage.instance.store.read() as unit:
        counts = impact_of(unit, said["edition"])
    assert counts is not None
    assert (counts["people"], counts["better"]) == (13, 12)
    public = here.client.get(f"/v1/public/editions/{said['edition']}").json()
    assert public["impact"]["cells"][0]["count"] == 12


# -- Z56: an area around a bank


def area(**other: Any) -> dict[str, Any]:
    said = {
        "region": "410103", "community": "某小区", "level": "H", "residents": 800,
        "cases": ["case-7"], "days": 14,
    }  # fmt: skip
    return {**said, **other}


@CASES.case("Z56", breaks=without_rails("F27-area"))
def an_area_needs_a_case_of_its_county_and_five_hundred_residents(scene: Scene) -> None:
    here = scene.office()
    here.posts.open_case()
    wrongs: tuple[dict[str, Any], ...] = (
        {"residents": 30}, {"cases": []}, {"cases": ["case-of-nobody"]}, {"days": 15},
    )  # fmt: skip
    for wrong in wrongs:
        policies = here.refused(MAKER, Act.PROPOSE_AREA, area(**wrong))
        assert "F27-area" in policies, wrong


@CASES.case("Z56", breaks=replaced("mingma.flows.propose_area.fields", lambda body, *_, **__: body))
def an_area_has_no_past_beginning(scene: Scene) -> None:
    here = scene.office()
    here.posts.open_case()
    for past in ({"first_seen": "2022-06-01"}, {"from": "2022-06-01"}, {"since": "2022-06-01"}):
        assert here.send(MAKER, Act.PROPOSE_AREA, area(**past)).status_code == 400


@CASES.case("Z56", breaks=without_rails("F12-own-proposal", "F13-own-line"))
def social_control_draws_no_area_and_who_proposes_does_not_approve(scene: Scene) -> None:
    here = scene.office()
    here.posts.open_case()
    for organ in ("zz-social", "zz-stability", "zz-police"):
        policies = here.refused(f"{organ}-liaison", Act.PROPOSE_AREA, area())
        assert {"F01-granted", "F05-empty-row"} <= policies
    here.refused("zz-hq-commander", Act.PROPOSE_AREA, area())
    cell = grid.officer_cell(Act.APPROVE_AREA, Post.CHECKER, OrganKind.HEADQUARTERS, Level.PROVINCE)
    assert CedarEngine().decide(grid.request(cell)).allowed
    for made_by in ("me", "my_organ", "my_line"):
        assert not CedarEngine().decide(grid.request(cell | {"made_by": made_by})).allowed


@CASES.case("Z56", breaks=replaced("mingma.flows.propose_area._community", str))
def no_area_is_drawn_around_a_venue(scene: Scene) -> None:
    here = scene.office()
    here.posts.open_case()
    for venue in (
        "某银行网点",
        "某银行网点周边",
        "省信访局",
        "某·法·院",
        "郑州市政府",
        "某酒店",
        "ATM",
    ):
        policies = here.refused(MAKER, Act.PROPOSE_AREA, area(community=venue))
        assert policies == {"area.of_a_venue"}, venue


@CASES.case("Z56", "Z16", breaks=answers("mingma.flows.open_case.covers", value=True))
def a_patient_of_kaifeng_is_no_case_of_zhengzhou(scene: Scene) -> None:
    here = scene.office()
    assert (
        here.stage.send({**sample("t1", "p-pat"), "region": "410202"}, source="lab-1").refused == 0
    )
    body = {"case": "case-1", "subject": "p-pat", "evidence": "lab-1/t1", "region": "410103"}
    assert here.refused(MAKER, Act.OPEN_CASE, body) == {"F26-laboratory"}


@CASES.case("Z56", breaks=without_rails("F27-area"))
def who_approves_an_area_counts_its_residents_too(scene: Scene) -> None:
    here = scene.office()
    here.posts.open_case()
    digest = here.done(MAKER, Act.PROPOSE_AREA, area())["area"]
    here.stage.clock.forward(1)
    for checker in checker_ids("ha-hq")[: CHECKERS["ha-hq"][0]]:
        found = {"area": digest, "seen": area_state(here), "residents": 40}
        assert "F27-area" in here.refused(checker, Act.APPROVE_AREA, found)
    [public] = here.client.get("/v1/public/areas").json()
    assert (public["residents"], public["residents_found"], public["listed_at"]) == (
        800,
        None,
        None,
    )
    assert public["leaf"] is not None


def area_state(here: Office) -> str:
    """The state of the one area that was proposed, as anybody reads it."""
    [public] = here.client.get("/v1/public/areas").json()
    return str(public["state"])


@CASES.case("Z56", "Z12", breaks=replaced("mingma.authority.approval.WANTED", 0))
def one_friend_on_an_emptied_roster_lists_no_area_alone(scene: Scene) -> None:
    here = scene.office()
    here.posts.open_case()
    here.stage.clock.forward(30 * HOUR)
    now = here.stage.clock()
    here.posts.put("ha-hq", ["ha-hq-checker-0"], now, now + 5 * HOUR)
    here.stage.clock.forward(1)
    digest = here.done(MAKER, Act.PROPOSE_AREA, area())["area"]
    here.stage.clock.forward(1)
    listed = []
    for officer in ("ha-hq-checker-0", "zz-hq-checker-3"):
        found = {"area": digest, "seen": area_state(here), "residents": 800}
        listed.append(here.done(officer, Act.APPROVE_AREA, found)["listed_at"])
        here.posts.put("zz-hq", ["zz-hq-checker-3"], here.stage.clock(), now + 5 * HOUR)
        here.stage.clock.forward(PATIENCE)  # in the next round
    assert listed == [None, here.stage.clock() - PATIENCE]
    [public] = here.client.get("/v1/public/areas").json()
    assert (public["approved_first_by"], public["approved_by"]) == ("ha-hq", "zz-hq")


@CASES.case("Z56", "Z9", breaks=answers("mingma.flows.added_areas._is_told", value=True))
def an_area_put_into_the_database_lists_nothing_and_is_named(scene: Scene) -> None:
    made = scene.specimen()
    instance, now = made.instance, made.clock()
    said = area(community="某银行网点") | {
        "line": "health", "made_at": now, "maker": "x", "organ": "zz-cdc",
    }  # fmt: skip
    digest = area_digest(said)
    with instance.store.write() as unit:
        unit.add_record(Record(AREA, digest, now, canonical(said)))
        approval = canonical({"officer": "y", "organ": "ha-hq", "residents": 800})
        unit.add_record(Record(AREA_APPROVED, digest, now, approval))
    with instance.store.read() as unit:
        known = in_force(unit, instance.context, now)
    assert known.match("410103", "某银行网点") == ()
    assert Amiss.AREA in {one.word for one in instance.reconcile()}


# -- Z56, Z11: an area by editing the list that the instance starts with

HEADER = "level,province,city,county,community,first_seen,gone_by\n"
ROW = "H,河南省,郑州市,中原区,某银行网点,2022-06-01,\n"


@CASES.case("Z56", "Z11", breaks=answers("mingma.opening._hold_area_list", None))
def a_list_that_was_edited_between_two_starts_is_refused_and_named(scene: Scene) -> None:
    file = scene.folder / "areas.csv"
    file.write_text(HEADER, "utf-8")
    here = scene.open(under_policy(scene.folder, scene.database, areas=str(file)))
    instance = here.instance
    stay = {
        "id": "s", "kind": "area_stay", "subject": "p-ann", "at": at(-72), "region": "410102",
        "place": "某银行网点", "data": {},
    }  # fmt: skip
    assert here.send(stay, source="lab-1").refused == 0
    instance.keep_duties()
    file.write_text(HEADER + ROW, "utf-8")
    here.clock.forward(60)
    with pytest.raises(AreasNeverPublished) as refused:
        scene.start(instance.settings, here.witnesses)
    assert str(file) in str(refused.value)
    edited = AreaHistory.of(read_area_list(file), instance.context.divisions)
    instance.context = replace(instance.context, areas=edited)
    assert Amiss.AREA_LIST in {one.word for one in instance.reconcile()}


# -- Z58: haste


def hastened(here: Office, hours: int = 48) -> dict[str, Any]:
    until = print_instant(Instant(here.stage.clock() + hours * HOUR))
    return {"files": changed("days: [0, 14]", "days: [0, 3]"), "until": until}


@CASES.case(
    "Z58",
    breaks=each(
        answers("mingma.flows.draft_rule.must_have_haste", None),
        answers("mingma.flows.publish_rule.must_have_haste", None),
    ),
)
def a_fourth_hasty_change_in_thirty_days_or_one_over_72_hours_is_refused(scene: Scene) -> None:
    here = ministry(scene)
    here.refused(AUTHOR, Act.DRAFT_RULE, hastened(here, 73))
    for _ in range(3):
        here.done(AUTHOR, Act.DRAFT_RULE, hastened(here))
        here.stage.clock.forward(HOUR)
    here.refused(AUTHOR, Act.DRAFT_RULE, hastened(here))


STILL = replaced(
    "mingma.flows.editions.packs_in_force",
    lambda unit, base, now: packs_in_force(unit, base, Instant(min(now, NOW + 2 * HOUR))),
)


@CASES.case("Z58", breaks=STILL)
def an_unratified_haste_is_over_by_itself(scene: Scene) -> None:
    here = ministry(scene)
    digest = here.done(AUTHOR, Act.DRAFT_RULE, hastened(here))["edition"]
    assert here.send(APPROVER, Act.APPROVE_RULE, {"edition": digest}).status_code >= 400
    here.done("cn-hq-rule_approver", Act.APPROVE_RULE, {"edition": digest})  # another level's
    here.stage.clock.forward(HOUR)
    here.done(EXECUTOR, Act.ACTIVATE_RULE, {"edition": digest})
    assert editions(here) == {2}
    here.stage.clock.forward(47 * HOUR)
    assert editions(here) == {1}


@CASES.case("Z58", breaks=without_rails("F49-renewed-by-another"))
def an_emergency_is_not_renewed_by_who_declared_it_nor_without_its_yield(scene: Scene) -> None:
    here = scene.office(emergency=False)
    said = {
        "basis": "传染病防治法第四十三条", "starts": print_instant(here.stage.clock()),
        "ends": print_instant(Instant(here.stage.clock() + 60 * DAY)),
    }  # fmt: skip
    declared = here.done("ha-hq-commander", Act.DECLARE_EMERGENCY, said)
    body = {
        "emergency": declared["emergency"], "basis": "同上",
        "ends": print_instant(Instant(here.stage.clock() + 120 * DAY)),
    }  # fmt: skip
    assert here.refused("ha-hq-commander", Act.RENEW_EMERGENCY, body) == {"F49-renewed-by-another"}
    here.stage.send(sample("t", result="negative"))
    assert here.stage.colour("p-ann") == "green"
    here.stage.clock.forward(60 * DAY)
    assert here.stage.colour("p-ann") == "unknown"


test_holds, test_would_fail_without_its_control = held_and_broken(CASES)
