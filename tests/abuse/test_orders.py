"""Orders from above by word of mouth: who was told to do it, and who says no.

Z89.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any, Final

import pytest

from mingma.authority.acts import Act
from mingma.authority.posts import Grant, Post
from mingma.flows.objection import LEFT, OBJECTION, PAUSE, ProposalPaused, must_not_rest
from mingma.flows.proposals import Kept, kept
from mingma.kernel.times import DAY, HOUR, Instant, print_instant
from mingma.ledger.leaf import Kind, Leaf
from mingma.ports import Unit
from tests.abuse.case import (
    GRANTED,
    Cases,
    answers,
    each,
    held_and_broken,
    hostile_permit,
    replaced,
    without_rails,
)
from tests.abuse.scene import MAKER, Office, Scene, leaves, slug
from tests.instances import sample

CASES = Cases()
MINUTE: Final = 60
AUDITOR = "ha-audit-auditor"
COLLEAGUE = "zz-cdc-investigator-1"


def pressed(here: Office, officer: str, proposal: str) -> dict[str, Any]:
    """The objection as the officer is told that it was taken."""
    return here.done(officer, Act.OBJECT, {"proposal": proposal})


def read_by(here: Office, auditor: str) -> list[dict[str, Any]]:
    """What an auditor reads of all objections."""
    since = print_instant(Instant(here.stage.clock.now - DAY))
    found: list[dict[str, Any]] = here.done(auditor, Act.READ_AUDIT, {"objections": since})[
        "objections"
    ]
    return found


@CASES.case("Z89", breaks=answers("mingma.flows.approve_act.must_not_rest", None))
def an_objection_pauses_the_proposal_for_two_hours_and_nothing_else(scene: Scene) -> None:
    here = scene.office()
    proposal = here.propose("p-0001")["proposal"]
    pressed(here, MAKER, proposal)  # the very clerk who was told to propose it
    refused = here.send(here.drawn(proposal), Act.APPROVE, here.approval(proposal))
    assert (refused.status_code, slug(refused)) == (409, "proposal.paused")
    assert here.attempts() == []
    # A laboratory's result and other proposals go on.
    here.mark("p-0002")
    here.stage.send(sample("t1", "p-0003"), source="lab-1")
    assert here.stage.colour("p-0003") == "red"
    here.stage.clock.forward(PAUSE - 2 * MINUTE)
    late = here.send(here.drawn(proposal), Act.APPROVE, here.approval(proposal))
    assert slug(late) == "proposal.paused"
    here.stage.clock.forward(2 * MINUTE)
    here.done(here.drawn(proposal), Act.APPROVE, here.approval(proposal))
    assert here.stage.colour("p-0001") == "red"


@CASES.case("Z89", breaks=without_rails("F58-objection"))
def no_objection_pauses_a_release(scene: Scene) -> None:
    here = scene.office()
    marked = here.mark("p-0001")
    [other] = here.posts.visits("p-0001", hours=-1)
    here.stage.clock.forward(1)
    row = {"subject": "p-0001", "evidence": [other], "data": {"of": f"zz-cdc/act/{marked[:16]}/0"}}
    body = {"kind": "release", "pack": "cn-henan-2021-08", "rule": "HA-R3", "region": "410100"}
    release = here.done(MAKER, Act.PROPOSE_RELEASE, body | {"rows": [row]})["proposal"]
    assert here.send(COLLEAGUE, Act.OBJECT, {"proposal": release}).status_code == 403
    here.done("zz-hc-appeal_officer", Act.APPROVE_RELEASE, here.approval(release))
    assert here.stage.colour("p-0001") == "green"


def telling(**said: Any) -> Leaf:
    """A leaf that bears the officer's mark as those of other acts do."""
    return Leaf(**(said | {"kind": Kind.ATTEMPT, "officer": b"123456"}))


@CASES.case("Z89", breaks=replaced("mingma.flows.objection.Leaf", telling))
def an_objection_s_leaf_has_the_proposer_s_organ_and_nobody_s_mark(scene: Scene) -> None:
    here = scene.office()
    proposal = here.propose("p-0001")["proposal"]
    before = len(leaves(here.stage))
    pressed(here, here.drawn(proposal), proposal)
    [leaf] = leaves(here.stage)[before:]  # in the log with the act itself
    assert (leaf.kind, leaf.organ, leaf.officer, leaf.grant) == (
        Kind.ACT_OBJECT, "zz-cdc", None, None,
    )  # fmt: skip


@CASES.case("Z89", breaks=replaced("mingma.flows.perform_act.UNNAMED", frozenset()))
def a_refused_objection_is_no_public_attempt_that_says_who_meant_to(scene: Scene) -> None:
    here = scene.office()
    proposal = here.propose("p-0001")["proposal"]
    before = len(leaves(here.stage))
    for officer in ("zz-hq-checker-20", "zz-hq-commander"):  # one off duty, one without the power
        assert here.send(officer, Act.OBJECT, {"proposal": proposal}).status_code == 403
    assert here.attempts() == []
    assert len(leaves(here.stage)) == before


def shown_by_name(unit: Unit, one: Kept) -> dict[str, Any]:
    return {"objections": [json.loads(each.body) for each in unit.records_under(OBJECTION, one.id)]}


@CASES.case("Z89", breaks=replaced("mingma.flows.see_proposal.shown", shown_by_name))
def the_checker_sees_that_there_was_an_objection_and_on_whose_order_it_is(scene: Scene) -> None:
    here = scene.office()
    told = here.propose("p-0001", instructed_by="zz-hq-commander")
    assert "art. 60" in told["liability"]["en"]
    pressed(here, COLLEAGUE, told["proposal"])
    checker = here.drawn(told["proposal"])
    said = here.done(checker, Act.SEE_PROPOSAL, {"proposal": told["proposal"]})
    assert COLLEAGUE not in json.dumps(said)
    assert (said["instructed_by"], said["objections"]) == ("zz-hq-commander", 1)
    assert said["liability"] == told["liability"]


@CASES.case("Z89", breaks=replaced("mingma.flows.propose_act._instructor", lambda *_: None))
def whose_order_it_is_is_of_record_signed_and_in_the_digest(scene: Scene) -> None:
    here = scene.office()
    body = here.contacts("p-0001", instructed_by="the mayor's cousin")
    assert slug(here.send(MAKER, Act.PROPOSE_CONTACTS, body)) == "office.none_such"
    proposal = here.propose("p-0001", instructed_by="zz-hq")["proposal"]
    with here.stage.instance.store.read() as unit:
        one = kept(unit, proposal).proposal
    assert one.instructed_by == "zz-hq"
    assert replace(one, instructed_by=None).digest != one.digest


def as_written(grant: Grant, act: Act) -> bool:
    return act in grant.acts


@CASES.case("Z89", breaks=replaced("mingma.authority.posts.Grant.gives", as_written))
def no_registrar_withholds_the_objection(scene: Scene) -> None:
    here = scene.office()
    here.posts.give("zz-cdc-new", "zz-cdc", Post.INVESTIGATOR, acts=["propose_contacts"])
    here.stage.clock.forward(30)
    proposal = here.propose("p-0001")["proposal"]
    assert pressed(here, "zz-cdc-new", proposal)["paused_until"]


@CASES.case("Z89", breaks=replaced("mingma.flows.objection.LEFT", -DAY))
def the_last_hour_of_a_proposal_is_not_taken_by_an_objection(scene: Scene) -> None:
    here = scene.office()
    proposal = here.propose("p-0001")["proposal"]
    here.stage.clock.forward(DAY - LEFT - MINUTE)
    pressed(here, MAKER, proposal)
    here.stage.clock.forward(MINUTE)
    with here.stage.instance.store.read() as unit:
        try:
            must_not_rest(unit, kept(unit, proposal), here.stage.clock())
        except ProposalPaused:
            pytest.fail("it rests until it lapses")


@CASES.case("Z89", breaks=each(GRANTED, hostile_permit("F52-audit-is-the-auditors")))
def an_auditor_reads_who_objected_and_nobody_else_does(scene: Scene) -> None:
    here = scene.office()
    proposal = here.propose("p-0001", instructed_by="zz-hq")["proposal"]
    pressed(here, COLLEAGUE, proposal)
    [one] = read_by(here, AUDITOR)
    assert (one["officer"], one["maker"], one["instructed_by"]) == (COLLEAGUE, "zz-cdc", "zz-hq")
    since = {"objections": print_instant(Instant(here.stage.clock.now - DAY))}
    for officer in ("zz-hq-commander", MAKER, "zz-data-executor", "zz-social-liaison"):
        here.refused(officer, Act.READ_AUDIT, since)


@CASES.case("Z89", breaks=answers("mingma.flows.objection.is_paused", value=True))
def a_flood_of_objections_holds_a_lawful_proposal_no_longer_than_one(scene: Scene) -> None:
    here = scene.office()
    proposal = here.propose("p-0001")["proposal"]
    first = pressed(here, MAKER, proposal)
    here.stage.clock.forward(PAUSE - HOUR)
    again = here.send(MAKER, Act.OBJECT, {"proposal": proposal})
    assert slug(again) == "proposal.nothing_to_pause"
    for officer in (COLLEAGUE, "ha-cdc-investigator", "zz-hq-checker-3", "ha-hq-checker-1"):
        assert pressed(here, officer, proposal) == first
    here.stage.clock.forward(HOUR)
    here.done(here.drawn(proposal), Act.APPROVE, here.approval(proposal))
    assert here.stage.colour("p-0001") == "red"
    assert len(leaves(here.stage, Kind.ACT_OBJECT)) == 5  # each counts, one pauses


test_holds, test_would_fail_without_its_control = held_and_broken(CASES)
