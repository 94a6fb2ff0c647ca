"""P2 and P5: who made and who approved is named to the person, and nobody is both."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from litestar.testing import TestClient

from mingma.authority.acts import Act
from mingma.authority.matters import Status
from mingma.authority.organs import Line, OrganKind
from mingma.authority.posts import Post
from mingma.codes.bundle import check_bundle, decisions_in, parse_bundle
from mingma.flows import offices
from mingma.flows.act_case import Done
from mingma.flows.approved_fact import behind
from mingma.flows.own_hands import own_hands
from mingma.kernel.errors import Problem
from mingma.kernel.words import Colour
from mingma.ledger.commitment import commitment, nonce
from mingma.ledger.leaf import Kind, parse
from mingma.records import Record
from mingma.serving import create_app
from tests.cosigned import Proving, proving
from tests.posts import BY_ID, ORGANS, STAFF, Posts, posts
from tests.under_policy import infected
from tests.web.site import Site

CROWD = [f"p-crowd-{n:03}" for n in range(100)]
MAKERS = [f"{organ}-investigator" for organ, staff in STAFF.items() if Post.INVESTIGATOR in staff]


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Posts]:
    """Everybody in office."""
    with posts(tmp_path) as made:
        yield made


# -- P2


@pytest.fixture
def red(here: Posts) -> tuple[Posts, Proving]:
    """Ann and ninety-nine more are close contacts by two approvals; Bob is infected."""
    here.stage.send(infected(subject="p-bob"), source="lab-1")
    here.mark_contacts("p-ann", *CROWD[:99])
    proof = proving(here.stage)
    proof.cosign()
    assert [here.stage.colour(ref) for ref in ("p-ann", "p-bob")] == ["red", "red"]
    return here, proof


@pytest.mark.parametrize("ref", ["p-ann", "p-bob"])
def test_p2_a_worse_colour_names_its_ground_who_made_and_approved_it_its_end_and_where_to_object(
    red: tuple[Posts, Proving], ref: str
) -> None:
    here, proof = red
    instance, now = here.stage.instance, here.stage.clock()
    shown = instance.show(ref, "zh")
    assert shown.colour is Colour.RED
    assert shown.decision is not None
    bundle, seal = parse_bundle(instance.own_bundle(ref))
    # What she has in her hands is proven: the decision, its evidence, and what its leaves open to.
    assert not [one for one in check_bundle(bundle, seal, proof.policy) if one.word != "number"]
    decision = decisions_in(bundle)[-1]
    assert decision == shown.decision
    [span] = [one for one in decision.spans if one.colour is Colour.RED and one.covers(now)]
    assert {(one.id, one.digest) for one in decision.packs} == {
        (pack.id, pack.digest) for pack in instance.context.packs
    }
    assert span.until is not None
    evidence = {fact.id: fact for fact in bundle.evidence}
    for id in span.evidence:
        assert evidence[id].subject == ref
        assert evidence[id].at < decision.decided_at
    [reason] = [one for one in shown.explanation.reasons if one.rule == span.rule]
    assert all((reason.clause, reason.law, reason.until, reason.objection, reason.authority))
    with instance.store.read() as unit:
        [hand] = own_hands(unit, decision, now)
        assert (unit.sources().get(hand.fact.partition("/")[0]) is None) == (ref == "p-ann")
    assert hand.fact in span.evidence
    opened = [
        json.loads(one.body)
        for one in bundle.events
        if one.body is not None
        and (leaf := parse(one.entry)[0]).kind is Kind.MARK_APPROVE
        and leaf.commitment == commitment(nonce(bundle.key, one.number), one.body)
    ]
    if ref == "p-bob":
        assert (hand.maker[1], hand.title) == ("Henan CDC laboratory", "Laboratory one")
        assert (hand.approvers, opened) == ((), [])
        return
    [said] = opened
    assert said["maker"] == "zz-cdc"
    assert sorted(said["approved_by"]) == ["ha-hq", "zz-hq"]  # the leaf itself names the last only
    assert hand.maker == (BY_ID["zz-cdc"].zh, BY_ID["zz-cdc"].en)
    assert set(hand.approvers) == {(BY_ID[id].zh, BY_ID[id].en) for id in ("zz-hq", "ha-hq")}


def test_p2_her_own_page_says_who_made_and_who_approved_it(here: Posts) -> None:
    demo_person(here)
    here.mark_contacts("p-ann", *CROWD[:99])
    app = create_app(here.stage.instance)
    with TestClient(app) as client:
        visit = Site(here.stage, app, client)
        visit.sign_in("p-ann")
        zh, en = visit.text("/code?lang=zh"), visit.text("/code?lang=en")
    names = [BY_ID[id].zh for id in ("zz-cdc", "zz-hq", "ha-hq")]
    assert all(name in zh for name in names)
    assert "proposed by city&#39;s CDC, approved by " in en
    assert not any(officer in zh + en for officer in here.keys)


def demo_person(here: Posts) -> None:
    """Let Ann sign in on a specimen."""
    with here.stage.instance.acting() as unit:
        body = json.dumps({"ref": "p-ann", "name": "A*", "note": "red"}).encode()
        unit.add_record(Record("demo_person", "p-ann", here.stage.clock(), body))


# -- P5


def tried(here: Posts, proposal: str, officer: str) -> None:
    """The approval is refused, in public, and nobody is worse for it."""
    before = len(here.attempts())
    with pytest.raises(Problem):
        here.approve(proposal, officer)
    assert len(here.attempts()) == before + 1, officer


def all_but_asked(here: Posts, proposal: str) -> list[str]:
    asked = {one.officer.id for one in here.asked(proposal)}
    assert asked
    return sorted(here.keys.keys() - asked)


@pytest.mark.parametrize("maker", MAKERS)
def test_p5_nobody_approves_his_own_his_organ_s_or_his_kind_s_proposal_and_each_try_is_public(
    here: Posts, maker: str
) -> None:
    proposal = here.propose("p-ann", maker=maker)
    here.stage.clock.forward(1)
    others = all_but_asked(here, proposal)
    assert maker in others
    lines = {BY_ID[one.rpartition("-")[0]].line for one in others if one.endswith("-liaison")}
    assert lines >= {Line.PUBLIC_ORDER, Line.SUPPLIER, Line.COURT}
    for officer in others:
        tried(here, proposal, officer)
    assert here.stage.colour("p-ann") == "green"
    here.approve(proposal)
    assert here.stage.colour("p-ann") == "red"
    with here.stage.instance.store.read() as unit:
        [fact] = [f for f in unit.facts_of(["p-ann"])["p-ann"] if f.kind == "contact_finding"]
        found = behind(unit, fact.id)
        known = offices.organs(unit)
    assert found is not None
    assert len(found.officers) == len(found.organs) == 2
    assert len({known[id].line for id in found.organs}) == 2


def test_p5_of_two_approvals_the_second_is_another_s_of_another_organ_and_level(
    here: Posts,
) -> None:
    proposal = here.propose(*CROWD)
    here.stage.clock.forward(1)
    first = here.drawn(proposal)
    assert here.approve(proposal).answer["status"] == Status.FIRST
    others = all_but_asked(here, proposal)
    assert first.officer.id in others
    for officer in others:
        tried(here, proposal, officer)
    assert here.stage.colour(CROWD[0]) == "green"
    second = here.drawn(proposal)
    assert second.organ.level is not first.organ.level
    assert here.approve(proposal).answer["status"] == Status.APPROVED
    assert here.stage.colour(CROWD[0]) == "red"


@pytest.mark.parametrize("organ", [one.id for one in ORGANS])
def test_p5_no_organ_of_a_maker_s_kind_can_be_given_a_checker(here: Posts, organ: str) -> None:
    assert (BY_ID[organ].kind is OrganKind.HEADQUARTERS) == _given(here, organ, Post.CHECKER)
    if BY_ID[organ].kind is OrganKind.HEADQUARTERS:  # and whoever checks proposes nothing
        assert not _given(here, organ, Post.INVESTIGATOR)


def _given(here: Posts, organ: str, post: Post) -> bool:
    try:
        done: Done = here.give(f"{organ}-new-{post.value}", organ, post)
    except Problem:
        return False
    return bool(done.answer)


@pytest.mark.parametrize("maker", ["zz-hc-investigator", "zz-cdc-investigator"])
def test_p5_a_release_too_is_another_organ_s_to_approve(here: Posts, maker: str) -> None:
    mark = here.mark_contacts("p-ann")
    here.stage.clock.forward(1)
    [test] = here.visits("p-ann", hours=-1)
    here.stage.clock.forward(1)
    done = here.act(maker, Act.PROPOSE_RELEASE, {
        "kind": "release", "pack": "cn-henan-2021-08", "rule": "HA-R3", "region": "410100",
        "rows": [{"subject": "p-ann", "evidence": [test],
                  "data": {"of": f"zz-cdc/act/{mark[:16]}/0"}}],
    })  # fmt: skip
    proposal = str(done.answer["proposal"])
    body = {"proposal": proposal, "seen": here.standing(proposal).state.hex()}
    own = [one for one in here.keys if one.startswith(f"{BY_ID[maker.rpartition('-')[0]].id}-")]
    strangers = [one for one in here.keys if "appeal_officer" not in one]
    for officer in sorted({*own, *strangers}):
        before = len(here.attempts())
        with pytest.raises(Problem):
            here.act(officer, Act.APPROVE_RELEASE, body)
        assert len(here.attempts()) == before + 1, officer
    assert here.stage.colour("p-ann") == "red"
    here.act("zz-hq-appeal_officer", Act.APPROVE_RELEASE, body)
    assert here.stage.colour("p-ann") != "red"
