"""Appeals, releases and orders: delay, revenge, favours, and marks that come back.

Z3, Z18, Z21, Z22, Z23, Z29, Z37, Z49, Z87, Z91.
"""

from __future__ import annotations

from typing import Any

from mingma.appeals.reasons import Reason
from mingma.appeals.terms import ANSWER, SHIELD
from mingma.authority.acts import Act
from mingma.flows.appeal_statistics import appeal_statistics
from mingma.flows.grounds import Sufficiency
from mingma.flows.log_time import keep_ticking
from mingma.kernel.times import DAY, HOUR, Instant
from mingma.ledger.leaf import Kind
from mingma.rules.assess import assess
from tests.abuse.case import GRANTED, Cases, answers, each, held_and_broken, replaced, without_rails
from tests.abuse.scene import MAKER, Office, Scene, leaves, slug
from tests.api.asking import Client
from tests.appealing import object_to
from tests.instances import at, contact, sample
from tests.posts import checker_ids

CASES = Cases()
WHY = "核对了轨迹与购票记录,当日并不在场,依据不成立"
HEARER = "ha-hc-appeal_officer"


def marked(scene: Scene, ref: str = "p-ann") -> tuple[Office, Client]:
    """Ann is red by the whole act path, and signed in."""
    here = scene.office(sign_in="development")
    here.mark(ref)
    assert here.stage.colour(ref) == "red"
    client = scene.fresh_client(here.stage)
    client.sign_in(ref)
    return here, client


def objected(scene: Scene) -> tuple[Office, Client, int]:
    """… and has objected on her own page."""
    here, client = marked(scene)
    response = client.http.post("/v1/me/appeals", json={"asked": "object"})
    assert response.status_code == 201, response.text
    return here, client, int(response.json()["appeals"][0]["number"])


def answer(number: int, outcome: str = "upheld", **other: Any) -> dict[str, Any]:
    reason = {"upheld": "not_this_person", "rejected": "evidence_stands"}[outcome]
    said = {"subject": "p-ann", "appeal": number, "outcome": outcome, "reason": reason, "text": WHY}
    return said | other


# -- Z3, Z91: marked again


UNSHIELDED = each(
    answers("mingma.flows.propose_act.shielded", value=False),
    answers("mingma.flows.lapse.copies", {}),
)


@CASES.case("Z3", breaks=UNSHIELDED)
def an_hour_after_a_won_appeal_only_newer_evidence_counts(scene: Scene) -> None:
    here, _, number = objected(scene)
    here.done(HEARER, Act.ANSWER_APPEAL, answer(number))
    assert here.stage.colour("p-ann") == "green"
    here.stage.clock.forward(HOUR)
    (old,) = here.posts.visits("p-ann", hours=-32)  # a new record of something older
    with here.stage.instance.store.read() as unit:
        kept = [fact.id for fact in unit.facts_of(["p-ann"])["p-ann"] if fact.kind == "check_in"]
    here.stage.clock.forward(1)
    for cited in {old, *kept}:
        body = here.posts.contacts(["p-ann"], [cited])
        assert here.refused(MAKER, Act.PROPOSE_CONTACTS, body) & {"F11-shield", "F09-ground"}
    assert here.stage.colour("p-ann") == "green"
    here.stage.send(sample("new", "p-ann", hours=1, reported_at=at(1)), source="lab-1")
    assert here.stage.colour("p-ann") == "red"  # a positive of her own, sampled since


@CASES.case("Z3", breaks=answers("mingma.flows.lapse.copies", {}))
def rejected_evidence_under_a_new_id_is_as_dead(scene: Scene) -> None:
    made = scene.specimen()
    made.send(contact("c1"))
    object_to(made)
    made.clock.forward(ANSWER.seconds)
    assert made.colour("p-ann") == "green"
    made.send(contact("c1-again"))
    assert made.colour("p-ann") == "green"


@CASES.case("Z91", breaks=answers("mingma.flows.propose_act.appellant", value=False))
def a_finding_about_whoever_appealed_lately_needs_the_province(scene: Scene) -> None:
    here, _, number = objected(scene)
    here.done(HEARER, Act.ANSWER_APPEAL, answer(number))
    here.stage.clock.forward(SHIELD.seconds + DAY)
    body = here.posts.contacts(["p-ann"], here.posts.visits("p-ann", hours=-60))
    here.stage.clock.forward(1)
    for organ in ("zz-hq", "ha-hq"):
        here.posts.put(organ, checker_ids(organ), here.stage.clock(), here.stage.clock() + DAY)
    said = here.done(MAKER, Act.PROPOSE_CONTACTS, body)
    assert said["second"] is True
    first = here.done(here.drawn(said["proposal"]), Act.APPROVE, here.approval(said["proposal"]))
    assert first["status"] == "first"
    assert here.stage.colour("p-ann") == "green"


# -- Z18: delay


@CASES.case("Z18", breaks=replaced("mingma.appeals.appeal.Appeal.lapses", False))
def silence_decides_for_the_person_at_the_second_with_every_job_dead(scene: Scene) -> None:
    here, client, _ = objected(scene)
    due = Instant(here.stage.clock() + ANSWER.seconds)
    here.stage.clock.now = Instant(due - 1)
    client.sign_in("p-ann")
    assert client.get("/v1/me/code").json()["colour"] == "red"
    here.stage.clock.now = due
    client.sign_in("p-ann")
    assert client.get("/v1/me/code").json()["colour"] == "green"
    assert client.get("/v1/me/appeals").json()["appeals"][0]["state"] == "lapsed"
    assert leaves(here.stage, Kind.APPEAL_LAPSE) == []  # nothing ran for it


BY_ITS_OWN_CLOCK = each(
    *(answers(f"mingma.flows.log_time.{name}", ()) for name in ("_ticked", "_sealed", "_witnessed"))
)


@CASES.case("Z18", "Z49", breaks=BY_ITS_OWN_CLOCK)
def a_server_s_clock_set_back_brings_nothing_back(scene: Scene) -> None:
    here, client, _ = objected(scene)
    here.stage.clock.forward(ANSWER.seconds)
    keep_ticking(here.stage.instance.acting, here.stage.clock())
    here.stage.clock.now = Instant(here.stage.clock() - ANSWER.seconds)
    client.sign_in("p-ann")
    assert client.get("/v1/me/appeals").json()["appeals"][0]["state"] == "lapsed"


@CASES.case("Z18", breaks=replaced("mingma.appeals.reasons.SHORTEST", 0))
def an_answer_without_reasons_is_a_public_attempt_and_stops_no_clock(scene: Scene) -> None:
    here, client, number = objected(scene)
    for text in ("", "不同意", "…………………………", "不属我单位"):
        policies = here.refused(HEARER, Act.ANSWER_APPEAL, answer(number, "rejected", text=text))
        assert policies == {"F30-reasons"}, text
    assert client.get("/v1/me/appeals").json()["appeals"][0]["state"] == "open"


@CASES.case("Z18", breaks=answers("mingma.appeals.appeal.Filed.hand_overs", 0))
def handing_on_moves_no_due_time_and_is_counted(scene: Scene) -> None:
    here, client, number = objected(scene)
    before = client.get("/v1/me/appeals").json()["appeals"][0]
    to = {"subject": "p-ann", "appeal": number, "outcome": "handed_on", "to": "zz-hc"}
    here.done(HEARER, Act.ANSWER_APPEAL, to)
    after = client.get("/v1/me/appeals").json()["appeals"][0]
    assert (after["due"], after["asked_of"]) == (before["due"], "zz-hc")
    with here.stage.instance.store.read() as unit:
        counted = appeal_statistics(unit, here.stage.clock())
    assert counted.by_asked["zz-hc"].handed_on == 1


@CASES.case("Z18", "Z91", breaks=without_rails("F29-no-judge-of-own"))
def whose_organ_took_part_does_not_answer(scene: Scene) -> None:
    here, _, number = objected(scene)
    approver = leaves(here.stage, Kind.MARK_APPROVE)[0].organ
    own = f"{approver}-appeal_officer"
    assert "F29-no-judge-of-own" in here.refused(own, Act.ANSWER_APPEAL, answer(number))


# -- Z21, Z22: releases


SUFFICES = answers("mingma.flows.draft_rows.ground_sufficient", Sufficiency(sufficient=True))


@CASES.case("Z21", breaks=SUFFICES)
def nobody_is_released_for_a_ticket_home_or_a_promise(scene: Scene) -> None:
    here, _ = marked(scene)
    with here.stage.instance.store.read() as unit:
        [of] = [f.id for f in unit.facts_of(["p-ann"])["p-ann"] if f.kind == "contact_finding"]
    here.stage.clock.forward(1)
    for officer in (MAKER, "erqi-community-community_worker", "zz-hotline-hotline_agent"):
        for evidence in ([], [of], ["demo/ticket-home"]):
            policies = here.refused(officer, Act.PROPOSE_RELEASE, release(of, *evidence))
            assert policies == {"F09-ground"}, (officer, evidence)
    for officer in ("zz-social-liaison", "zz-stability-liaison", "zz-data-executor"):
        assert "F01-granted" in here.refused(officer, Act.PROPOSE_RELEASE, release(of, of))
    noted = {**release(of, of), "note": "she signed a promise"}
    assert here.send(MAKER, Act.PROPOSE_RELEASE, noted).status_code == 400  # no free text
    assert here.stage.colour("p-ann") == "red"


def release(of: str, *evidence: str, kind: str = "release") -> dict[str, Any]:
    data = {"of": of} if kind == "release" else {"of": of, "reason": "wrong person"}
    rows = [{"subject": "p-ann", "evidence": list(evidence), "data": data}]
    return {
        "kind": kind, "pack": "cn-henan-2021-08", "rule": "HA-R3", "region": "410100", "rows": rows,
    }  # fmt: skip


@CASES.case("Z21", "Z22", breaks=without_rails("F12-own-proposal"))
def a_release_by_hand_is_another_organ_s_to_approve(scene: Scene) -> None:
    here, _ = marked(scene)
    with here.stage.instance.store.read() as unit:
        [of] = [f.id for f in unit.facts_of(["p-ann"])["p-ann"] if f.kind == "contact_finding"]
    here.stage.send(sample("t9", "p-ann", result="negative"))
    here.stage.clock.forward(1)
    proposer = "zz-hc-investigator"
    proposal = here.done(proposer, Act.PROPOSE_RELEASE, release(of, "demo/t9"))["proposal"]
    body = here.approval(proposal)
    refused = here.refused("zz-hc-appeal_officer", Act.APPROVE_RELEASE, body)
    assert "F12-own-proposal" in refused
    here.done(HEARER, Act.APPROVE_RELEASE, body)
    assert here.stage.colour("p-ann") == "green"


NO_ERRORS = each(
    answers("mingma.flows.approve_act.find_errors", None),
    answers("mingma.flows.answer_appeal.find_errors", None),
)


def errors(here: Office) -> list[tuple[str | None, str | None]]:
    """Whose errors are on public record, and whose proposal made the mark that each names."""
    every = leaves(here.stage)
    found = []
    for one in leaves(here.stage, Kind.ERROR_FIND):
        mark = None if one.answers is None else every[one.answers]
        proposal = None if mark is None or mark.answers is None else every[mark.answers]
        found.append((one.organ, proposal and proposal.organ))
        assert (one.tag, one.officer, one.commitment) == (None, None, None)  # it names nobody
    return found


@CASES.case("Z21", breaks=NO_ERRORS)
def a_mark_is_withdrawn_as_wrong_only_with_its_maker_s_error_in_public(scene: Scene) -> None:
    here, _ = marked(scene)
    with here.stage.instance.store.read() as unit:
        [of] = [f.id for f in unit.facts_of(["p-ann"])["p-ann"] if f.kind == "contact_finding"]
    here.stage.send(sample("t9", "p-ann", result="negative"))
    here.stage.clock.forward(1)
    without = release(of, "demo/t9", kind="withdrawal")
    del without["rows"][0]["data"]["reason"]
    assert here.send(MAKER, Act.PROPOSE_RELEASE, without).status_code == 400
    body = release(of, "demo/t9", kind="withdrawal")
    proposal = here.done("zz-hc-investigator", Act.PROPOSE_RELEASE, body)["proposal"]
    assert errors(here) == []
    here.done(HEARER, Act.APPROVE_RELEASE, here.approval(proposal))
    assert here.stage.colour("p-ann") == "green"
    assert errors(here) == [("zz-cdc", "zz-cdc")]
    here.stage.clock.forward(DAY)
    here.stage.instance.keep_duties()
    assert here.client.get("/v1/public/statistics").json()["errors"] == {"zz-cdc": 1}
    assert here.stage.instance.reconcile() == []


@CASES.case("Z21", breaks=NO_ERRORS)
def an_appeal_upheld_because_it_was_wrong_is_its_maker_s_error(scene: Scene) -> None:
    here, _, number = objected(scene)
    here.done(HEARER, Act.ANSWER_APPEAL, answer(number))
    assert here.stage.colour("p-ann") == "green"
    assert errors(here) == [("zz-cdc", "zz-cdc")]


@CASES.case("Z21", breaks=replaced("mingma.flows.answer_appeal.ERRORS", frozenset(Reason)))
def who_is_let_go_out_of_need_proves_no_error(scene: Scene) -> None:
    here, _, number = objected(scene)
    here.done(HEARER, Act.ANSWER_APPEAL, answer(number, reason="hardship"))
    assert here.stage.colour("p-ann") == "green"
    assert errors(here) == []


def by_name(book: Any, ref: str, facts: Any, at: int, match: Any) -> Any:
    """A friend is let go."""
    return assess(book, ref, [] if ref.endswith("friend") else facts, at, match)


@CASES.case("Z22", "Z29", breaks=replaced("mingma.flows.decide.assess", by_name))
def equal_evidence_has_equal_colours_conditions_and_ends(scene: Scene) -> None:
    made = scene.specimen()
    people = ("p-in-community-a", "p-in-community-b", "p-friend")
    made.send(*({**contact(f"c{n}", ref)} for n, ref in enumerate(people)))
    shown = [made.instance.show(ref, "en") for ref in people]
    assert len({one.colour for one in shown}) == 1
    said = {(r.rule, r.until, r.way_out) for one in shown for r in one.explanation.reasons}
    assert len(said) == 1
    made.clock.forward(20 * DAY)
    assert len({made.colour(ref) for ref in people}) == 1


# -- Z23: orders


@CASES.case("Z23", breaks=without_rails("F50-order-cites-a-decision"))
def nobody_is_isolated_without_a_proven_decision(scene: Scene) -> None:
    here = scene.office(sign_in="development")
    here.stage.send(sample("t1", "p-ann", result="negative"))
    body = {"subject": "p-ann", "decision": 1, "site": "lab-1", "community": "clerk"}
    refusals = here.refused(MAKER, Act.ORDER_ISOLATION, body)
    assert "F50-order-cites-a-decision" in refusals


@CASES.case("Z23", breaks=answers("mingma.flows.order_isolation.fallen_for", {}))
def an_order_falls_with_its_decision_and_everybody_is_told_the_same(scene: Scene) -> None:
    here, client = marked(scene)
    with here.stage.instance.store.read() as unit:
        number = unit.decisions_of("p-ann")[-1].number
    body = {"subject": "p-ann", "decision": number, "site": "lab-1", "community": "clerk"}
    here.done(MAKER, Act.ORDER_ISOLATION, body)
    assert client.get("/v1/me/orders").json()[0]["in_force"]
    client.http.post("/v1/me/appeals", json={"asked": "object"})
    here.stage.clock.forward(ANSWER.seconds)
    client.sign_in("p-ann")
    [order] = client.get("/v1/me/orders").json()
    assert (order["in_force"], order["why"]) == (False, "appeal")


# -- Z37: reports in her name


@CASES.case("Z37", breaks=answers("mingma.flows.correct_report._check_correction", None))
def she_corrects_what_was_reported_in_her_name_and_nobody_else_does(scene: Scene) -> None:
    made = scene.specimen(sign_in="development")
    made.send(sample("t1", "p-ann", result="negative"), sample("t2", "p-bob", result="negative"))
    client = scene.fresh_client(made)
    client.sign_in("p-ann")
    ill = client.http.post("/v1/me/reports", json={"symptoms": ["fever"]})
    assert ill.status_code == 201, ill.text
    id = ill.json()["id"]
    client.sign_in("p-bob")
    stolen = client.http.post("/v1/me/reports", json={"symptoms": [], "corrects": id})
    assert slug(stolen) == "report.not_yours"
    client.sign_in("p-ann")
    well = client.http.post("/v1/me/reports", json={"symptoms": [], "corrects": id})
    assert well.status_code == 201
    assert made.colour("p-ann") == "green"


@CASES.case("Z37", breaks=GRANTED)
def a_worker_has_no_act_that_reports_for_a_citizen(scene: Scene) -> None:
    here = scene.office()
    worker = "erqi-community-community_worker"
    body = {"subject": "p-ann", "symptoms": ["fever"]}
    assert "F01-granted" in here.refused(worker, Act.OPEN_CASE, body)
    filed = {
        "subject": "p-ann", "channel": "counter", "asked": False, "form": {"asked": "object"},
    }  # fmt: skip
    here.stage.send(contact())
    response = here.send(worker, Act.FILE_FOR, filed)  # not even an appeal she did not ask for
    assert response.status_code == 403


# -- Z87: interrogation


@CASES.case("Z87", breaks=replaced("mingma.appeals.form._only", lambda *_: None))
def an_appeal_asks_for_evidence_and_nothing_else(scene: Scene) -> None:
    here, client = marked(scene)
    for more in ({"are_you_a_depositor": True}, {"bank": "x"}, {"questions": ["why did you come"]}):
        response = client.http.post("/v1/me/appeals", json={"asked": "object", **more})
        assert (response.status_code, slug(response)) == (422, "appeal.asks_too_much")
    filed = {
        "subject": "p-ann", "channel": "counter", "asked": True,
        "form": {"asked": "object", "are_you_a_depositor": True},
    }  # fmt: skip
    response = here.send("erqi-community-community_worker", Act.FILE_FOR, filed)
    assert (response.status_code, slug(response)) == (422, "appeal.asks_too_much")


test_holds, test_would_fail_without_its_control = held_and_broken(CASES)
