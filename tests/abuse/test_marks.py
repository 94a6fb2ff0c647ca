"""Colouring people: without evidence, without a rule, without a second person.

Z1, Z4, Z5, Z6, Z8, Z12, Z16, Z17, Z20, Z24, Z25, Z28, Z30, Z33, Z34, Z49, Z52, Z88.
"""

from __future__ import annotations

from typing import Any

import pytest

from mingma.authority.acts import Act
from mingma.authority.approval import after
from mingma.authority.hundred import HUNDRED
from mingma.authority.roster import PATIENCE
from mingma.evidence.admit import admit
from mingma.flows import approved_fact
from mingma.flows.grounds import Sufficiency
from mingma.flows.look import looks_at
from mingma.flows.report_observation import OBSERVATION, Observed
from mingma.flows.took_part import TookPart
from mingma.flows.unseal import unsealed
from mingma.kernel.times import DAY, HOUR, Instant, print_instant
from mingma.ledger.leaf import Kind
from mingma.rules.explain import explain
from tests.abuse.case import (
    GRANTED,
    Breaks,
    Cases,
    answers,
    each,
    held_and_broken,
    replaced,
    without_rails,
)
from tests.abuse.scene import MAKER, Office, Scene, leaves, listed, slug
from tests.instances import LAB, NOW, at, contact, sample
from tests.posts import STAFF

CASES = Cases()
STATION = {"place": "railway_station", "region": "410103"}
PACK = "cn-henan-2021-08"
SUFFICES: Breaks = each(
    answers("mingma.flows.draft_rows.ground_sufficient", Sufficiency(sufficient=True)),
    answers("mingma.flows.approve_act.ground_sufficient", Sufficiency(sufficient=True)),
)


def everybody() -> list[str]:
    """Every officer of the instance: each of its posts, and those whose row is empty."""
    staff = [f"{organ}-{post.value}" for organ, some in STAFF.items() for post in some]
    empty = [f"{organ}-liaison" for organ in ("zz-social", "zz-stability", "ha-supplier")]
    empty += [f"{organ}-liaison" for organ in ("zz-police", "zz-court")]
    return [*staff, *empty, "ha-hq-registrar", "ha-hc-registrar", "zz-hq-checker-0"]


def colours(here: Office, refs: list[str]) -> set[str]:
    return {here.stage.colour(ref) for ref in refs}


DEPOSITORS = [f"p-{n:04}" for n in range(1317)]


def depositors(here: Office, many: int = 1317) -> list[str]:
    """People who are enrolled and green, each with a clean test."""
    some = DEPOSITORS[:many]
    here.stage.send(*(sample(f"t{ref}", ref, result="negative") for ref in some))
    return some


# -- Z1: the list of 1,317


@CASES.case("Z1", breaks=SUFFICES)
def a_list_of_1317_names_colours_nobody_whatever_evidence_it_cites(scene: Scene) -> None:
    here = scene.office()
    some = depositors(here)
    here.posts.open_case()
    here.stage.clock.forward(1)
    before = len(leaves(here.stage, Kind.DECISION))
    for evidence in ("", "demo/of-nobody", "demo/tp-0000"):  # none, random, another's
        policies = here.refused(MAKER, Act.PROPOSE_CONTACTS, listed(*some, evidence=evidence))
        assert policies == {"F09-ground"}
    assert {(one["organ"], one["size"]) for one in here.attempts()} == {("zz-cdc", "1000+")}
    assert len(leaves(here.stage, Kind.DECISION)) == before  # nobody was decided on
    assert colours(here, some[:50]) == {"green"}


@CASES.case("Z1", breaks=GRANTED)
def no_post_but_an_investigator_s_can_even_propose(scene: Scene) -> None:
    here = scene.office()
    some = depositors(here, 3)
    body = listed(*some)
    for officer in everybody():
        refusals = here.refused(officer, Act.PROPOSE_CONTACTS, body)
        by = "F09-ground" if officer.endswith("investigator") else "F01-granted"
        assert by in refusals, officer
    assert colours(here, some) == {"green"}


@CASES.case("Z1", "Z6", breaks=GRANTED)
def social_control_court_and_supplier_are_told_that_their_row_is_empty(scene: Scene) -> None:
    here = scene.office()
    body = listed("p-litigant")
    for organ in ("zz-social", "zz-stability", "zz-court", "zz-police", "ha-supplier"):
        for act in (Act.PROPOSE_CONTACTS, Act.PROPOSE_MARK, Act.APPROVE, Act.OPEN_CASE):
            policies = here.refused(f"{organ}-liaison", act, body)
            assert "F05-empty-row" in policies, (organ, act)


# -- Z5: the family too


@CASES.case("Z5", breaks=SUFFICES)
def spouse_and_children_without_evidence_refuse_the_whole_batch(scene: Scene) -> None:
    here = scene.office()
    depositors(here, 4)
    body = here.contacts("p-0000")
    cited = body["rows"][0]["evidence"][0]  # hers, and nobody else's
    body["rows"] += listed("p-0001", "p-0002", "p-0003", evidence=cited)["rows"]
    before = {one["nonce"] for one in here.attempts()}
    response = here.send(MAKER, Act.PROPOSE_CONTACTS, body)
    assert slug(response) == "proposal.without_ground"
    assert "rows 2, 3, 4" in response.json()["title"]
    assert len([one for one in here.attempts() if one["nonce"] not in before]) == 1
    assert colours(here, DEPOSITORS[:4]) == {"green"}


# -- Z8: feeds


@CASES.case("Z8", breaks=answers("mingma.flows.receive_evidence.signed_by", LAB))
def a_feed_of_an_unknown_source_is_refused_whole(scene: Scene) -> None:
    made = scene.specimen()
    client = scene.client(made)
    response = client.http.post(
        "/v1/evidence",
        content=b'{"id": "1", "subject": "p-ann"}\n',
        headers={
            "Content-Type": "application/x-ndjson", "Mingma-Source": "police-110",
            "Mingma-Signature": "AAAA" * 21 + "AA==",
        },
    )  # fmt: skip
    assert (response.status_code, slug(response)) == (401, "source.unknown")


def guessed(record: dict[str, Any], divisions: Any) -> Any:
    """A door that fills in what a record lacks."""
    whole = sample(str(record["id"]), str(record.get("subject")))
    return admit(whole, divisions)


ANY_LIST = each(
    answers("mingma.flows.record_door._names_only", value=False),
    replaced("mingma.flows.record_door.admit", guessed),
)


@CASES.case("Z8", "Z28", breaks=ANY_LIST)
def a_feed_of_bare_identities_is_refused_row_by_row_and_counted_in_public(scene: Scene) -> None:
    made = scene.specimen()
    client = scene.client(made)
    rows = [{"id": str(n), "subject": f"p-{n:04}", "at": at(-1)} for n in range(1317)]
    answer = client.send_records(*rows)
    assert (answer["admitted"], answer["refused"]) == (0, 1317)
    with made.instance.store.read() as unit:
        assert unit.people(["p-0000"]) == {}
    public = client.get("/v1/public/sources/2022-06-14").json()
    assert "1317" in str(public)


NOT_BOUND = replaced("mingma.flows.record_door.Door._may_bring", lambda *_: None)


@CASES.case("Z8", "Z4", breaks=NOT_BOUND)
def a_source_brings_nothing_its_key_is_not_bound_to(scene: Scene) -> None:
    made = scene.specimen()
    client = scene.client(made)
    foreign = {
        "id": "f1", "kind": "foreign_statement", "subject": "p-ann", "at": at(-1),
        "data": {"issuer": "110000", "rule": "BJ-1", "colour": "red"},
    }  # fmt: skip
    marked = {
        "id": "m1", "kind": "mark", "subject": "p-ann", "at": at(-1),
        "data": {"rule": "HA-R3", "approved_by": ["a", "b"], "evidence": ["x"]},
    }  # fmt: skip
    assert client.send_records(foreign, marked, contact())["refused"] == 3
    assert client.send_records(sample(result="negative"), source="clerk")["refused"] == 1


# -- Z16: invented positives and cases


def positive(here: Office, id: str = "t1", subject: str = "p-pat", **more: Any) -> str:
    here.stage.send(sample(id, subject, **more), source="lab-1")
    return f"lab-1/{id}"


def case_body(evidence: str, subject: str = "p-pat", case: str = "case-1") -> dict[str, Any]:
    return {"case": case, "subject": subject, "evidence": evidence, "region": "410100"}


@CASES.case("Z16", breaks=without_rails("F26-laboratory"))
def a_case_needs_the_patient_s_own_positive_bound_to_a_sample(scene: Scene) -> None:
    here = scene.office()
    positive(here)
    other = positive(here, "t2", "p-other")
    clean = positive(here, "t3", result="negative")
    for evidence in (other, clean, "lab-1/none", "nobody/t1"):
        policies = here.refused(MAKER, Act.OPEN_CASE, case_body(evidence))
        assert policies == {"F26-laboratory"}, evidence


@CASES.case("Z16", breaks=answers("mingma.flows.open_case.exact_record", None))
def a_sample_opens_one_case(scene: Scene) -> None:
    here = scene.office()
    evidence = positive(here)
    here.done(MAKER, Act.OPEN_CASE, case_body(evidence))
    for id in ("case-1", "case-2"):
        here.refused(MAKER, Act.OPEN_CASE, case_body(evidence, case=id))


@CASES.case("Z16", breaks=answers("mingma.flows.record_door.check_sample", None))
def a_laboratory_s_positive_without_a_sample_is_not_taken_in(scene: Scene) -> None:
    made = scene.specimen()
    bare = sample("t1", "p-pat")
    bare["data"].pop("sample", None)
    assert made.send(bare, source="lab-1").refused == 1


@CASES.case("Z16", "Z12", breaks=replaced("mingma.authority.hundred.HUNDRED", 10**6))
def from_the_hundredth_contact_of_a_day_on_the_province_approves_too(scene: Scene) -> None:
    here = scene.office()
    refs = [f"p-{n:03}" for n in range(HUNDRED)]
    first = here.propose(*refs[:60])
    assert not first["second"]
    last = here.propose(*refs[60:])  # the limit reads the sum of the day, not the batch
    assert (last["people"], last["second"]) == (HUNDRED, True)
    assert here.drawn(last["proposal"]).startswith("zz-hq")
    said = here.done(here.drawn(last["proposal"]), Act.APPROVE, here.approval(last["proposal"]))
    assert said["status"] == "first"
    assert here.stage.colour(refs[-1]) == "green"
    here.stage.clock.forward(30)
    assert here.drawn(last["proposal"]).startswith("ha-hq")
    assert leaves(here.stage, Kind.BATCH_OPEN)


# -- Z12, Z24: who approves


LOT = each(
    answers("mingma.flows.approve_act.is_drawn", value=True),
    replaced(
        "mingma.flows.approve_act.approve", lambda standing, given, *_: after(standing, given)
    ),
)


@CASES.case("Z12", breaks=LOT)
def an_accomplice_approves_only_if_the_lot_falls_on_her(scene: Scene) -> None:
    here = scene.office()
    proposal = here.propose("p-0001")["proposal"]
    chosen = here.drawn(proposal)
    body = here.approval(proposal)
    others = [one for one in (f"zz-hq-checker-{n}" for n in range(14)) if one != chosen]
    for accomplice in others[:4]:
        assert "F15-lot" in here.refused(accomplice, Act.APPROVE, body)
    assert here.stage.colour("p-0001") == "green"
    here.done(chosen, Act.APPROVE, body)
    assert here.stage.colour("p-0001") == "red"


@CASES.case("Z12", breaks=answers("mingma.flows.propose_act.must_be_new", None))
def nobody_proposes_again_until_the_lot_falls_on_a_friend(scene: Scene) -> None:
    here = scene.office()
    body = here.contacts("p-0001")
    first = here.done(MAKER, Act.PROPOSE_CONTACTS, body)["proposal"]
    for maker in (MAKER, "zz-cdc-investigator-1", "ha-cdc-investigator"):
        here.stage.clock.forward(5)
        assert here.refused(maker, Act.PROPOSE_CONTACTS, body) == {"proposal.tried_before"}
    said = here.done(here.drawn(first), Act.APPROVE, here.approval(first, "p-0001"))
    assert said["status"] == "void"
    here.stage.clock.forward(3 * DAY)  # a row once refused stays refused
    assert here.refused(MAKER, Act.PROPOSE_CONTACTS, body) == {"proposal.tried_before"}
    assert here.stage.colour("p-0001") == "green"


NIGHT = Instant(NOW + 25 * HOUR)  # everybody's shifts are over


def only_a_friend_is_on_duty(here: Office) -> None:
    here.stage.clock.now = NIGHT
    here.posts.put("zz-hq", ["zz-hq-checker-3"], NIGHT + 1, NIGHT + 5 * HOUR)
    here.stage.clock.forward(5)


@CASES.case("Z12", breaks=replaced("mingma.authority.approval.WANTED", 0))
def one_friend_on_an_emptied_roster_decides_nothing_alone(scene: Scene) -> None:
    here = scene.office()
    only_a_friend_is_on_duty(here)
    proposal = here.propose("p-0001")["proposal"]
    said = here.done("zz-hq-checker-3", Act.APPROVE, here.approval(proposal))
    assert (said["status"], here.stage.colour("p-0001")) == ("first", "green")
    here.stage.clock.forward(30)
    waits = here.send("zz-hq-checker-3", Act.APPROVE_SECOND, here.approval(proposal))
    assert slug(waits) == "lot.nobody_eligible"
    now = here.stage.clock()
    here.posts.put("ha-hq", ["ha-hq-checker-1"], now, now + HOUR)
    here.stage.clock.forward(PATIENCE)  # in the next round
    said = here.done("ha-hq-checker-1", Act.APPROVE_SECOND, here.approval(proposal))
    assert (said["status"], here.stage.colour("p-0001")) == ("approved", "red")


@CASES.case("Z12", breaks=answers("mingma.flows.oversee.thin_rosters", ()))
def an_emptied_roster_is_a_public_alarm(scene: Scene) -> None:
    here = scene.office()
    here.stage.instance.keep_duties()
    assert rosters(here) == []
    only_a_friend_is_on_duty(here)
    here.stage.instance.keep_duties()
    assert rosters(here) == [("ha-hq", 0), ("zz-hq", 1)]
    here.stage.clock.forward(5 * HOUR)
    here.stage.instance.keep_duties()
    assert rosters(here) == [("ha-hq", 0), ("ha-hq", 0), ("zz-hq", 0), ("zz-hq", 1)]


def rosters(here: Office) -> list[tuple[str, int]]:
    """The public alarms of rosters: which headquarters', and how many are on duty."""
    found = here.client.get("/v1/public/alarms").json()
    found = [one for one in found["alarms"] if one["detector"] == "roster"]
    return sorted((one["about"], one["figures"]["on_duty"]) for one in found)


@CASES.case("Z12", breaks=answers("mingma.flows.approved_fact.behind", None))
def both_hands_stand_behind_what_they_made(scene: Scene) -> None:
    here = scene.office()
    proposal = here.mark(*(f"p-{n:02}" for n in range(40)))  # false, and accepted technically
    with here.stage.instance.store.read() as unit:
        [fact] = [f for f in unit.facts_of(["p-07"])["p-07"] if f.kind == "contact_finding"]
        behind = approved_fact.behind(unit, fact.id)
    assert behind is not None
    assert behind.officers > {MAKER}
    approved = leaves(here.stage, Kind.MARK_APPROVE)
    assert (len(approved), len({one.organ for one in approved})) == (40, 1)
    assert behind.organs == {"zz-cdc", str(approved[0].organ)}
    assert behind.proposal == proposal
    assert all(one.officer and one.grant is not None for one in approved)


@CASES.case("Z12", "Z24", breaks=without_rails("F12-own-proposal", "F13-own-line", "F15-lot"))
def nobody_approves_his_own_or_his_line_s(scene: Scene) -> None:
    here = scene.office()
    proposal = here.propose("p-0001")["proposal"]
    body = here.approval(proposal)
    with pytest.MonkeyPatch.context() as bribed:
        GRANTED(bribed)
        refusals = here.refused(MAKER, Act.APPROVE, body)
    assert {"F12-own-proposal", "F13-own-line", "F15-lot"} <= refusals


# -- Z24, Z49: swapped, changed, raced


ANY_STATE = each(
    answers("mingma.authority.approval.fits", None), answers("mingma.flows.approve_act.fits", None)
)


@CASES.case("Z24", "Z49", breaks=ANY_STATE)
def an_approval_of_another_digest_or_an_older_state_is_refused(scene: Scene) -> None:
    here = scene.office()
    first = here.propose("p-0001")["proposal"]
    second = here.propose("p-0002")["proposal"]
    body = here.approval(first)
    swapped = {**here.approval(second), "seen": body["seen"]}
    response = here.send(here.drawn(second), Act.APPROVE, swapped)
    assert slug(response) in {"approval.swapped", "approval.raced"}, response.text
    assert here.done(here.drawn(first), Act.APPROVE, body)["status"] == "approved"
    again = here.send("zz-hq-checker-0", Act.APPROVE, body)  # replayed
    assert again.status_code >= 400
    assert here.stage.colour("p-0002") == "green"


UNHASHED = each(
    answers("mingma.flows.proposals.asserted_digest", "same"),
    answers("mingma.flows.propose_act.asserted_digest", "same"),
    answers("mingma.flows.approved_fact.asserted_digest", "same"),
)


@CASES.case("Z24", breaks=UNHASHED)
def a_proposal_whose_record_was_changed_is_run_by_nobody(scene: Scene) -> None:
    here = scene.office(database=scene.database)
    proposal = here.propose("p-0001")["proposal"]
    chosen, body = here.drawn(proposal), here.approval(proposal)
    scene.sql(
        "UPDATE record SET body = CAST(replace(CAST(body AS TEXT), 'close', 'secondary') AS BLOB)"
        " WHERE kind = 'proposal'"
    )
    response = here.send(chosen, Act.APPROVE, body)
    assert slug(response) == "proposal.changed", response.text
    assert here.stage.colour("p-0001") == "green"


# -- Z17: an end far away


@CASES.case("Z17", breaks=answers("mingma.flows.grounds._end", Instant(NOW + 999 * DAY)))
def the_end_is_what_the_rule_computes_to_the_second(scene: Scene) -> None:
    here = scene.office()
    body = here.contacts("p-0001")
    for until in ("2099-12-31T00:00:00+08:00", "1970-01-01T00:00:00Z", None, "2024-02-29", -1):
        rows = [{**body["rows"][0], "until": until}]
        refusals = here.refused(MAKER, Act.PROPOSE_CONTACTS, {**body, "rows": rows})
        assert refusals == {"F10-end-by-rule"}
    proposal = here.done(MAKER, Act.PROPOSE_CONTACTS, body)["proposal"]
    [row] = here.posts.standing(proposal).proposal.rows
    here.done(here.drawn(proposal), Act.APPROVE, here.approval(proposal))
    decision = here.stage.instance.show("p-0001", "en").decision
    assert decision is not None
    assert row.until == max(span.until or 0 for span in decision.spans)


# -- Z20: false reasons


@CASES.case("Z20", breaks=SUFFICES)
def nobody_is_marked_under_a_clause_whose_record_she_does_not_have(scene: Scene) -> None:
    here = scene.office()
    here.posts.open_case()
    here.stage.send(
        {"id": "m1", "kind": "companion_match", "subject": "p-ann", "at": at(-20),
         "region": "410105", "data": {"overlap_minutes": 20, "cell": "x"}}
    )  # fmt: skip
    here.stage.clock.forward(1)
    for rule in ("HA-R5", "HA-R1", "HA-R4"):  # among them: arrived from abroad
        body = listed("p-ann", evidence="demo/m1", rule=rule)
        assert here.refused(MAKER, Act.PROPOSE_CONTACTS, body) == {"F09-ground"}


WITHOUT_REASONS = replaced(
    "mingma.flows.show_code.explain", lambda *of, **how: explain((), *of[1:], **how)
)


@CASES.case("Z20", "Z30", breaks=WITHOUT_REASONS)
def her_own_code_lists_the_very_records_and_who_is_responsible(scene: Scene) -> None:
    here = scene.office(sign_in="development")
    proposal = here.mark("p-0001")
    client = scene.fresh_client(here.stage)
    client.sign_in("p-0001")
    code = client.get("/v1/me/code?lang=en").json()
    assert code["colour"] == "red"
    assert len(code["reasons"]) == 1
    reason = code["reasons"][0]
    for name in ("rule", "law", "authority", "until", "objection", "way_out"):
        assert reason.get(name), name
    assert code["decided_by"]["organ"]
    decisions = client.get("/v1/me/decisions").json()
    assert decisions[0]["evidence"] == [f"zz-cdc/act/{proposal[:16]}/0"]


NOBODY = answers("mingma.flows.unseal.took_part", TookPart(None, frozenset(), frozenset()))


@CASES.case("Z30", breaks=NOBODY)
def two_auditors_learn_whose_act_a_drawn_decision_rests_on_and_one_does_not(scene: Scene) -> None:
    here = scene.office()
    here.mark("p-0001")
    with here.stage.instance.store.read() as unit:
        leaf = unit.index_of("p-0001", unit.decisions_in_force(["p-0001"])["p-0001"].number)
    here.stage.clock.forward(DAY)
    here.stage.instance.keep_duties()
    named = {"leaf": leaf}
    assert here.refused("cn-audit-auditor", Act.UNSEAL, named)
    here.done("ha-audit-auditor", Act.READ_AUDIT, named)
    opened = here.done("cn-audit-auditor", Act.UNSEAL, named)
    assert MAKER in opened["officers"]
    assert len(opened["officers"]) == 2  # who proposed, and who approved
    with here.stage.instance.store.read() as unit:
        assert unsealed(unit) == 1  # in public


# -- Z25: checkpoints


@CASES.case("Z25", breaks=GRANTED)
def gate_staff_turn_nobody_red(scene: Scene) -> None:
    here = scene.office()
    depositors(here, 1)
    for officer in ("zz-gate-gate_guard", "erqi-community-community_worker"):
        for act in (Act.PROPOSE_CONTACTS, Act.PROPOSE_MARK, Act.PROPOSE_NOTICE, Act.OPEN_CASE):
            assert "F01-granted" in here.refused(officer, act, listed("p-0000"))
    assert colours(here, ["p-0000"]) == {"green"}


@CASES.case("Z25", breaks=replaced("mingma.flows.report_observation.LEAD_FOR", 9 * DAY))
def what_gate_staff_observe_is_a_lead_and_she_sees_who_reported_it(scene: Scene) -> None:
    here = scene.office()
    depositors(here, 1)
    report = {"subject": "p-0000", **STATION, "observed": "fever"}
    here.done("zz-gate-gate_guard", Act.REPORT_OBSERVATION, report)
    here.stage.clock.forward(1)
    assert colours(here, ["p-0000"]) == {"green"}
    asked = {"observations": "410100", "purpose": "investigation"}
    (lead,) = here.done(MAKER, Act.SEE_RECORD, asked)["observations"]
    assert (lead["subject"], lead["observed"]) == ("p-0000", "fever")
    with here.stage.instance.store.read() as unit:
        looks = [(one.body["organ"], one.body["act"]) for one in looks_at(unit, "p-0000")]
    assert looks == [("zz-gate", "report_observation"), ("zz-cdc", "see_record")]
    here.stage.clock.forward(2 * DAY)
    assert here.done(MAKER, Act.SEE_RECORD, asked)["observations"] == []


@CASES.case("Z25", breaks=SUFFICES)
def an_observation_is_no_ground_of_anything(scene: Scene) -> None:
    here = scene.office()
    here.posts.open_case()
    here.stage.send(sample("t1", "p-ann", result="negative"), source="lab-1")
    here.stage.clock.forward(1)
    report = {"subject": "p-ann", **STATION, "observed": "says_contact"}
    here.done("zz-gate-gate_guard", Act.REPORT_OBSERVATION, report)
    with here.stage.instance.store.read() as unit:
        (kept,) = unit.records_under(OBSERVATION, "")
    for cited in (kept.id, f"zz-gate/{kept.id}", f"zz-gate/observation/{kept.id}"):
        body = listed("p-ann", evidence=cited)
        assert here.refused(MAKER, Act.PROPOSE_CONTACTS, body) == {"F09-ground"}


WORDS = replaced("mingma.flows.report_observation._word", lambda _: Observed.FEVER)


@CASES.case("Z25", breaks=WORDS)
def a_gate_observes_no_colour_and_no_missing_test(scene: Scene) -> None:
    here = scene.office()
    depositors(here, 1)
    for word in ("red", "no_test", "no_code", "petitioner", ""):
        body = {"subject": "p-0000", **STATION, "observed": word}
        refused = here.send("zz-gate-gate_guard", Act.REPORT_OBSERVATION, body)
        assert refused.status_code == 400, refused.text
    body = {"subject": "p-0000", **STATION, "observed": "fever", "remark": "shouted"}
    assert here.send("zz-gate-gate_guard", Act.REPORT_OBSERVATION, body).status_code == 400


# -- Z34: no nexus


@CASES.case("Z34", breaks=answers("mingma.flows.grounds._nexus", value=True))
def an_organ_marks_nobody_its_region_has_nothing_to_do_with(scene: Scene) -> None:
    here = scene.office()
    there = {"region": "410202"}  # Kaifeng
    patient = {**sample("t1", "p-pat"), **there}
    stays = [
        {"id": ref, "kind": "check_in", "subject": ref, "at": at(-30), **there,
         "data": {"venue": "kf-1", "grade": "A"}}
        for ref in ("p-pat", "p-ann")
    ]  # fmt: skip
    assert here.stage.send(patient, *stays, source="lab-1").refused == 0
    kaifeng = {**case_body("lab-1/t1"), **there}
    here.done("ha-cdc-investigator", Act.OPEN_CASE, kaifeng)
    here.stage.clock.forward(1)
    body = listed("p-ann", evidence="lab-1/p-ann", case="case-1")
    body["rows"][0]["data"]["index"] = "case-1"
    response = here.send(MAKER, Act.PROPOSE_CONTACTS, body)  # of Zhengzhou
    assert slug(response) == "proposal.without_ground", response.text
    assert "nexus" in response.json()["title"]
    here.done("ha-cdc-investigator", Act.PROPOSE_CONTACTS, {**body, **there})


# -- Z52: evidence that comes after


@CASES.case("Z52", breaks=answers("mingma.flows.grounds.known_since", 0))
def evidence_known_at_the_proposal_s_own_second_or_later_is_none(scene: Scene) -> None:
    here = scene.office()
    body = here.contacts("p-0001")
    later = listed("p-0002", evidence="demo/not-yet")
    assert here.refused(MAKER, Act.PROPOSE_CONTACTS, later) == {"F09-ground"}
    record = {
        "id": "now", "kind": "check_in", "subject": "p-0001", "region": "410100",
        "at": print_instant(here.stage.clock()), "data": {"venue": "v1", "grade": "A"},
    }  # fmt: skip
    here.stage.send(record)
    rows = [{**body["rows"][0], "evidence": ["demo/now"]}]
    assert here.refused(MAKER, Act.PROPOSE_CONTACTS, {**body, "rows": rows}) == {"F09-ground"}


# -- Z88: one journalist


@CASES.case("Z88", breaks=answers("mingma.flows.grounds._words_only", value=False))
def one_interview_alone_never_makes_red(scene: Scene) -> None:
    here = scene.office()
    here.posts.open_case()
    words = {
        "id": "i1", "kind": "interview", "subject": "p-journalist", "at": at(-10),
        "region": "410100", "data": {"index": "case-7", "setting": "household", "by": "phone"},
    }  # fmt: skip
    assert here.stage.send(words).refused == 0
    here.stage.clock.forward(1)
    body = listed("p-journalist", evidence="demo/i1")
    assert here.refused(MAKER, Act.PROPOSE_CONTACTS, body) == {"F09-ground"}
    body["rule"], body["rows"][0]["data"]["relation"] = "HA-Y1", "companion"
    proposal = here.done(MAKER, Act.PROPOSE_CONTACTS, body)["proposal"]
    here.done(here.drawn(proposal), Act.APPROVE, here.approval(proposal))
    assert here.stage.colour("p-journalist") == "yellow"


# -- Z33, Z83: advice first


@CASES.case("Z33", breaks=replaced("mingma.flows.own_advice.OPEN", frozenset()))
def she_is_told_at_once_that_something_is_proposed_and_her_code_stays(scene: Scene) -> None:
    here = scene.office(sign_in="development")
    here.propose("p-0001")
    client = scene.fresh_client(here.stage)
    client.sign_in("p-0001")
    advice = client.get("/v1/me/advice?lang=en").json()
    assert "your code has not changed" in str(advice)
    assert client.get("/v1/me/code").json()["colour"] == "green"


test_holds, test_would_fail_without_its_control = held_and_broken(CASES)
