"""Maker, checker, colour: the path of everything a person of an organ asserts about another.

Controls broken to see these fail: the person's own ground, the end by rule, the emergency, the lot,
the maker's organ and line, the state seen, the 24-hour sum, the second approval, the row refused,
the shield, and the look before a proposal is shown.
"""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import pytest

from mingma.authority.acts import Act
from mingma.authority.approval import ApprovalRaced, ApprovalStale, ApprovalSwapped
from mingma.authority.matters import Status
from mingma.authority.refusal import NotAllowed
from mingma.authority.roster import PATIENCE, NobodyEligible
from mingma.flows import approved_fact, lot, proposals
from mingma.flows.act_case import BodyMalformed
from mingma.flows.draft_rows import EndTyped, WithoutGround
from mingma.flows.leaf_posts import LEAF_POSTS
from mingma.flows.oversee import signals
from mingma.flows.own_advice import own_advice
from mingma.flows.reconcile import reconcile
from mingma.flows.signed_act import ActReplayed
from mingma.kernel.times import DAY, HOUR, Instant
from mingma.kernel.words import SEVERITY
from mingma.ledger.audit import audit
from mingma.ledger.leaf import Kind, Leaf, parse
from tests.instances import NOW, at, sample
from tests.posts import Posts, posts

WORSE = {colour.value: rank for colour, rank in SEVERITY.items()}


def leaves(here: Posts, *kinds: Kind) -> list[tuple[int, Leaf]]:
    with here.stage.instance.store.read() as unit:
        size, _ = unit.head()
        every = [parse(entry)[0] for entry in unit.leaves(0, size)]
    return [(index, leaf) for index, leaf in enumerate(every) if leaf.kind in kinds]


def all_fits(here: Posts) -> bool:
    """The log has no finding, and the rows are those of the log."""
    i = here.stage.instance
    with i.store.read() as unit:
        size, _ = unit.head()
        entries = unit.leaves(0, size)
        found = list(audit(lambda: iter(entries), size, WORSE, LEAF_POSTS))
        amiss = list(reconcile(unit, i.context, here.stage.clock()))
    return (found, amiss) == ([], [])


def rows_of(here: Posts, *refs: str, **changed: Any) -> dict[str, Any]:
    body = here.contacts(refs, here.visits(*refs))
    body["rows"][0] |= changed
    here.stage.clock.forward(1)
    return body


# -- the whole path


def test_a_contact_proposed_by_one_organ_and_approved_by_another_turns_red(here: Posts) -> None:
    proposal = here.propose("p-ann", "p-bob")
    here.stage.clock.forward(30)
    assert here.stage.colour("p-ann") == "green"
    done = here.approve(proposal)
    assert done.answer["approved"] == 2
    assert here.stage.colour("p-ann") == "red"
    assert all_fits(here)


def test_its_leaves_name_power_rule_and_proposal_and_nobody_else(here: Posts) -> None:
    here.mark_contacts("p-ann")
    [(first, proposed)] = leaves(here, Kind.MARK_PROPOSE)
    [(second, approved)] = leaves(here, Kind.MARK_APPROVE)
    assert (proposed.organ, proposed.rule) == ("zz-cdc", "cn-henan-2021-08/HA-R3")
    assert approved.organ in {"zz-hq", "ha-hq"}
    assert (approved.answers, approved.rule) == (first, proposed.rule)
    given = {index for index, _ in leaves(here, Kind.GRANT_GIVE)}
    assert {proposed.grant, approved.grant} <= given
    assert proposed.tag != approved.tag
    assert second > first


def test_the_fact_names_who_stands_behind_it(here: Posts) -> None:
    proposal = here.mark_contacts("p-ann")
    with here.stage.instance.store.read() as unit:
        [fact] = [f for f in unit.facts_of(["p-ann"])["p-ann"] if f.kind == "contact_finding"]
        assert fact.id == f"zz-cdc/act/{proposal[:16]}/0"
        found = approved_fact.behind(unit, fact.id)
        assert found is not None
        assert "zz-cdc" in found.organs
        assert found.organs & {"zz-hq", "ha-hq"}
        assert len(found.officers) == 2
        assert approved_fact.behind(unit, f"zz-hc/act/{proposal[:16]}/0") is None
        assert approved_fact.behind(unit, "demo/visit-1") is None


def test_the_person_is_told_at_once_and_only_while_it_is_open(here: Posts) -> None:
    proposal = here.propose("p-ann")

    def told() -> list[str]:
        with here.stage.instance.store.read() as unit:
            found = own_advice(unit, "p-ann", here.stage.clock())
        return [one.organ_en for one in found]

    assert told() == ["city's CDC"]
    assert here.stage.colour("p-ann") == "green"  # and no gate sees anything
    here.approve(proposal)
    assert told() == []
    here.propose("p-bob")
    here.stage.clock.forward(DAY)
    with here.stage.instance.store.read() as unit:
        assert own_advice(unit, "p-bob", here.stage.clock()) == []


def test_a_batch_cannot_bring_such_a_fact_in_beside_the_path(here: Posts) -> None:
    with here.stage.instance.store.read() as unit:
        lab = unit.sources()["lab-1"]
    record = {
        "id": "c1", "kind": "contact_finding", "subject": "p-ann", "at": at(-24),
        "data": {"relation": "close", "index": "case-7"},
    }  # fmt: skip
    assert "contact_finding" in lab.kinds
    assert here.stage.send(record, source="lab-1").refused == 1


# -- grounds


def test_one_person_without_a_ground_refuses_all_and_names_the_rows_only(here: Posts) -> None:
    refs = [f"p-{n}" for n in range(5)]
    body = here.contacts(refs, here.visits(*refs))
    body["rows"][1]["evidence"] = []
    body["rows"][3]["evidence"] = body["rows"][2]["evidence"]  # somebody else's
    here.stage.clock.forward(1)
    with pytest.raises(WithoutGround) as refused:
        here.act("zz-cdc-investigator", Act.PROPOSE_CONTACTS, body)
    assert refused.value.details["rows"] == "2, 4"
    [attempt] = here.attempts()
    assert (attempt.policies, attempt.size) == (("F09-ground",), "2-9")
    assert not leaves(here, Kind.MARK_PROPOSE)
    with here.stage.instance.store.read() as unit:
        assert not unit.records(proposals.ADVICE)
        assert not unit.records(proposals.PROPOSAL)


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"evidence": ["demo/no-such"]}, "not_hers"),
        ({"data": {"relation": "secondary", "index": "case-7"}}, "clause"),
        ({"at": "2022-05-01T10:00:00+08:00"}, "gives_nothing"),
    ],
)
def test_a_ground_that_does_not_reach_is_refused(
    here: Posts, changed: dict[str, Any], why: str
) -> None:
    with pytest.raises(WithoutGround) as refused:
        here.act("zz-cdc-investigator", Act.PROPOSE_CONTACTS, rows_of(here, "p-ann", **changed))
    assert refused.value.details["why"] == why


@pytest.mark.parametrize(("name", "value"), [("rule", "HA-R9"), ("pack", "cn-hainan")])
def test_a_clause_that_is_not_in_force_is_no_ground(here: Posts, name: str, value: str) -> None:
    with pytest.raises(WithoutGround):
        here.act(
            "zz-cdc-investigator", Act.PROPOSE_CONTACTS, rows_of(here, "p-ann") | {name: value}
        )


def test_withdrawn_evidence_is_no_ground(here: Posts) -> None:
    [visit] = here.visits("p-ann")
    here.stage.send(
        {"id": "w", "kind": "withdrawal", "subject": "p-ann", "at": at(),
         "data": {"of": visit, "reason": "wrong person"}}
    )  # fmt: skip
    here.stage.clock.forward(1)
    with pytest.raises(WithoutGround) as refused:
        here.act("zz-cdc-investigator", Act.PROPOSE_CONTACTS, here.contacts(["p-ann"], [visit]))
    assert refused.value.details["why"] == "dead"


def test_evidence_of_this_second_is_not_older_than_the_proposal(here: Posts) -> None:
    [visit] = here.visits("p-ann", hours=0)
    with pytest.raises(WithoutGround) as refused:
        here.act("zz-cdc-investigator", Act.PROPOSE_CONTACTS, here.contacts(["p-ann"], [visit]))
    assert refused.value.details["why"] == "later"


def test_an_end_is_never_typed(here: Posts) -> None:
    with pytest.raises(EndTyped):
        here.act("zz-cdc-investigator", Act.PROPOSE_CONTACTS, rows_of(here, "p-ann", until=at(240)))
    assert here.attempts()[0].policies == ("F10-end-by-rule",)


def test_the_rule_s_own_end_is_in_the_digest(here: Posts) -> None:
    proposal = here.propose("p-ann")
    [row] = here.standing(proposal).proposal.rows
    here.approve(proposal)
    with here.stage.instance.store.read() as unit:
        spans = unit.decisions_in_force(["p-ann"])["p-ann"].spans
    assert row.until == max(span.until or 0 for span in spans) > NOW + 14 * DAY


def test_without_an_emergency_nobody_is_proposed(tmp_path: Path) -> None:
    with posts(tmp_path, emergency=False) as here:
        with pytest.raises(NotAllowed) as refused:
            here.propose("p-ann")
        assert refused.value.policies == ("F08-emergency",)


def test_an_organ_outside_its_region_proposes_nothing(here: Posts) -> None:
    there = {"id": "v", "kind": "check_in", "subject": "p-ann", "at": at(-30),
             "region": "410300", "data": {"venue": "v1", "grade": "A"}}  # fmt: skip
    here.stage.send(there)
    here.stage.clock.forward(1)
    body = here.contacts(["p-ann"], ["demo/v"]) | {"region": "410300"}
    with pytest.raises(NotAllowed) as refused:
        here.act("zz-cdc-investigator", Act.PROPOSE_CONTACTS, body)
    assert refused.value.policies == ("F01-granted", "F04-own-region")


def test_an_act_proposes_only_its_own_kinds(here: Posts) -> None:
    with pytest.raises(BodyMalformed):
        here.act("zz-cdc-investigator", Act.PROPOSE_NOTICE, rows_of(here, "p-ann"))
    assert not here.attempts()


# -- who approves


def test_only_on_whom_the_lot_fell_approves(here: Posts) -> None:
    proposal = here.propose("p-ann")
    drawn = here.drawn(proposal)
    other = next(
        f"zz-hq-checker-{n}" for n in range(14) if f"zz-hq-checker-{n}" != drawn.officer.id
    )
    with pytest.raises(NotAllowed) as refused:
        here.approve(proposal, other)
    assert refused.value.policies == ("F15-lot",)
    assert drawn.eligible == 22
    assert not drawn.short
    here.approve(proposal)
    assert here.stage.colour("p-ann") == "red"


@pytest.mark.parametrize(
    ("officer", "rails"),
    [
        ("zz-cdc-investigator", {"F01-granted"}),  # the maker
        ("zz-hc-appeal_officer", {"F01-granted"}),  # the maker's line
        ("zz-data-executor", {"F01-granted"}),
    ],
)
def test_the_maker_his_line_and_the_machines_approve_nothing(
    here: Posts, officer: str, rails: set[str]
) -> None:
    proposal = here.propose("p-ann")
    with pytest.raises(NotAllowed) as refused:
        here.approve(proposal, officer)
    assert set(refused.value.policies) == rails
    assert here.stage.colour("p-ann") == "green"


def test_a_silent_checker_is_passed_over_after_ten_minutes(here: Posts) -> None:
    proposal = here.propose("p-ann")
    first = here.drawn(proposal)
    here.stage.clock.forward(PATIENCE - 1)
    assert here.drawn(proposal).officer == first.officer
    here.stage.clock.forward(1)
    second = here.drawn(proposal)
    assert second.officer != first.officer
    assert second.round == 1
    with pytest.raises(NotAllowed) as refused:
        here.approve(proposal, first.officer.id)
    assert refused.value.policies == ("F15-lot",)
    here.approve(proposal)


def test_the_night_shift_is_drawn_at_night(here: Posts) -> None:
    here.stage.clock.forward(14 * HOUR)  # two in the morning
    proposal = here.propose("p-ann")
    night = {f"zz-hq-checker-{n}" for n in range(14, 23)}
    night |= {f"ha-hq-checker-{n}" for n in range(8, 11)}
    drawn = here.drawn(proposal)
    assert drawn.officer.id in night
    assert drawn.short
    other = {"zz-hq": "ha-hq", "ha-hq": "zz-hq"}[drawn.organ.id]
    assert here.approve(proposal).answer["status"] == Status.FIRST
    assert here.drawn(proposal).organ.id == other  # a city's, and the province's
    assert here.approve(proposal).answer["status"] == Status.APPROVED
    assert here.stage.colour("p-ann") == "red"


def test_the_province_s_friend_on_a_roster_that_was_emptied_decides_nothing(here: Posts) -> None:
    here.stage.clock.forward(30 * HOUR)
    now = here.stage.clock()
    friends = [f"ha-hq-checker-{n}" for n in range(2)]
    here.put("ha-hq", friends, now, now + 5 * HOUR)
    here.stage.clock.forward(1)
    proposal = here.propose("p-ann")
    assert here.approve(proposal).answer["status"] == Status.FIRST
    for officer in friends:
        with pytest.raises(NobodyEligible):
            here.approve(proposal, officer)
    assert here.stage.colour("p-ann") == "green"
    with here.stage.instance.store.read() as unit:
        found = signals(unit, here.stage.clock())
        assert {"second_on_duty": 0, "wanted": 1} in [one.figures for one in found]
    here.put("zz-hq", ["zz-hq-checker-3"], here.stage.clock(), now + 5 * HOUR)
    with here.stage.instance.store.read() as unit:
        found = signals(unit, here.stage.clock())
        assert all("second_on_duty" not in one.figures for one in found)
    here.approve(proposal)
    assert here.stage.colour("p-ann") == "red"


def test_with_nobody_on_the_roster_it_waits_and_nothing_gets_worse(here: Posts) -> None:
    here.stage.clock.forward(30 * HOUR)
    proposal = here.propose("p-ann")
    with pytest.raises(NobodyEligible):
        here.approve(proposal, "zz-hq-checker-0")
    assert here.stage.colour("p-ann") == "green"
    assert not here.attempts()
    now = here.stage.clock()
    here.put("zz-hq", ["zz-hq-checker-3"], now, now + HOUR)  # … until somebody is put there
    assert here.drawn(proposal).officer.id == "zz-hq-checker-3"
    here.approve(proposal)
    with pytest.raises(NobodyEligible):  # … and of the province, since one alone is no lot
        here.approve(proposal, "zz-hq-checker-3")
    assert here.stage.colour("p-ann") == "green"
    here.put("ha-hq", ["ha-hq-checker-3"], here.stage.clock(), now + HOUR)
    here.approve(proposal)
    assert here.stage.colour("p-ann") == "red"


def test_who_is_put_on_the_roster_after_a_proposal_was_made_is_not_drawn_for_it(
    here: Posts,
) -> None:
    here.stage.clock.forward(30 * HOUR)
    now = here.stage.clock()
    here.put("zz-hq", ["zz-hq-checker-0"], now, now + 5 * HOUR)
    proposal = here.propose("p-ann")
    friends = [f"zz-hq-checker-{n}" for n in range(1, 14)]
    here.stage.clock.forward(1)
    here.put("zz-hq", friends, here.stage.clock(), now + 5 * HOUR)
    for _ in range(4):
        assert here.drawn(proposal).officer.id == "zz-hq-checker-0"
        here.stage.clock.forward(PATIENCE)


def test_a_checker_finds_the_proposals_that_wait_for_him(here: Posts) -> None:
    proposal = here.propose("p-ann")
    drawn, i = here.drawn(proposal), here.stage.instance
    mine = i.turns(here.sign(drawn.officer.id, Act.SEE_PROPOSAL, {}))
    assert list(mine) == [(proposal, drawn.until)]
    assert not i.turns(here.sign("zz-hq-checker-20", Act.SEE_PROPOSAL, {}))
    here.approve(proposal)
    assert not i.turns(here.sign(drawn.officer.id, Act.SEE_PROPOSAL, {}))


def test_a_proposal_is_shown_to_whose_turn_it_is_and_each_look_is_on_record(here: Posts) -> None:
    proposal = here.propose("p-ann", "p-bob")
    drawn = here.drawn(proposal).officer.id
    seen = here.act(drawn, Act.SEE_PROPOSAL, {"proposal": proposal}).answer
    assert seen["state"] == here.standing(proposal).state.hex()
    assert [row["ground"] for row in seen["rows"]] == [True, True]
    assert [fact["kind"] for row in seen["rows"] for fact in row["evidence"]] == ["check_in"] * 2
    assert "p-ann" not in json.dumps([row["asserted"] for row in seen["rows"]])
    with here.stage.instance.store.read() as unit:
        [look] = unit.records_under("look", "p-ann/")
    assert json.loads(look.body)["body"]["purpose"] == "checking"
    with pytest.raises(NotAllowed) as refused:
        here.act("zz-hq-checker-20", Act.SEE_PROPOSAL, {"proposal": proposal})
    assert "F57-whose-turn" in refused.value.policies
    with here.stage.instance.store.read() as unit:
        assert len(unit.records_under("look", "p-ann/")) == 1


# -- what is signed


def test_an_approval_sent_again_swapped_or_too_late_is_refused(here: Posts) -> None:
    proposal, other = here.propose("p-ann"), here.propose("p-bob")
    standing = here.standing(proposal)
    drawn = here.drawn(proposal).officer.id
    body = {"proposal": proposal, "seen": standing.state.hex()}
    with pytest.raises(ApprovalRaced):  # what was seen is another proposal's
        here.act(drawn, Act.APPROVE, body | {"seen": here.standing(other).state.hex()})
    [row] = here.standing(other).proposal.rows
    with pytest.raises(ApprovalSwapped):
        here.act(drawn, Act.APPROVE, body | {"refused": [row.digest().hex()]})
    signed = here.sign(drawn, Act.APPROVE, body)
    here.stage.instance.perform(signed)
    with pytest.raises(ActReplayed):
        here.stage.instance.perform(signed)
    with pytest.raises(ApprovalRaced):  # signed anew, on the old state
        here.act(drawn, Act.APPROVE, body)
    here.stage.clock.forward(DAY)
    with pytest.raises(ApprovalStale):
        here.approve(other, drawn)
    assert here.stage.colour("p-bob") == "green"


def test_a_proposal_nobody_decided_within_a_day_is_stale(here: Posts) -> None:
    proposal = here.propose("p-ann")
    here.stage.clock.forward(DAY)
    now = here.stage.clock()
    here.put("zz-hq", ["zz-hq-checker-3"], now, now + HOUR)
    with pytest.raises(ApprovalStale):
        here.approve(proposal)


def test_of_two_approvals_at_once_one_counts(here: Posts) -> None:
    proposal = here.propose("p-ann")
    drawn = here.drawn(proposal).officer.id
    body = {"proposal": proposal, "seen": here.standing(proposal).state.hex()}
    signed = [here.sign(drawn, Act.APPROVE, body) for _ in range(2)]
    ends: list[str] = []

    def send(one: Any) -> None:
        try:
            here.stage.instance.perform(one)
            ends.append("done")
        except Exception as error:  # noqa: BLE001 - any refusal is one
            ends.append(type(error).__name__)

    threads = [threading.Thread(target=send, args=(one,)) for one in signed]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ends.count("done") == 1
    assert len(leaves(here, Kind.MARK_APPROVE)) == 1


def test_an_edited_proposal_is_no_proposal_any_more(here: Posts) -> None:
    proposal = here.propose("p-ann")
    i = here.stage.instance
    with i.store.read() as unit:
        record = unit.first_record(proposals.PROPOSAL, proposal)
    assert record is not None
    for old, new in ((b'"relation":"close"', b'"relation":"secondary"'), (b"p-ann", b"p-eve")):
        assert old in record.body
        edited = type(record)(record.kind, record.id, record.at, record.body.replace(old, new))
        with pytest.raises(proposals.ProposalChanged):
            proposals._read(edited)


# -- rows


def test_one_bad_row_of_three_hundred_does_not_hold_the_others(here: Posts) -> None:
    refs = [f"p-{n:03}" for n in range(300)]
    proposal = here.propose(*refs)
    assert here.approve(proposal, refused=["p-007"]).answer["status"] == Status.FIRST
    done = here.approve(proposal).answer
    assert (done["approved"], done["refused"], done["status"]) == (299, 1, "approved")
    assert (here.stage.colour("p-007"), here.stage.colour("p-008")) == ("green", "red")
    assert len(leaves(here, Kind.MARK_APPROVE)) == 299
    assert all_fits(here)


def test_a_row_whose_ground_fell_meanwhile_is_left_out(here: Posts) -> None:
    proposal = here.propose("p-ann", "p-bob")
    [row, _] = here.standing(proposal).proposal.rows
    here.stage.send(
        {"id": "w", "kind": "withdrawal", "subject": "p-ann", "at": at(),
         "data": {"of": row.evidence[0], "reason": "wrong person"}}
    )  # fmt: skip
    done = here.approve(proposal).answer
    assert (done["approved"], done["fallen"]) == (1, 1)
    assert (here.stage.colour("p-ann"), here.stage.colour("p-bob")) == ("green", "red")


def test_a_proposal_of_which_every_row_is_refused_is_void(here: Posts) -> None:
    proposal = here.propose("p-ann")
    assert here.approve(proposal, refused=["p-ann"]).answer["status"] == Status.VOID
    with pytest.raises(ApprovalRaced):
        here.approve(proposal, "zz-hq-checker-0")
    assert here.stage.colour("p-ann") == "green"


# -- the hundred


def many(count: int, start: int = 0) -> list[str]:
    return [f"q-{n:04}" for n in range(start, start + count)]


def test_ninety_nine_need_one_approval_and_a_hundred_need_two(here: Posts) -> None:
    below = here.propose(*many(99), case="case-a")
    assert here.approve(below).answer["status"] == Status.APPROVED
    assert here.stage.colour("q-0000") == "red"
    assert not leaves(here, Kind.BATCH_OPEN)


def test_a_hundred_are_green_until_the_province_approves_too(here: Posts) -> None:
    proposal = here.propose(*many(100))
    first = here.drawn(proposal)
    assert first.organ.id == "zz-hq"  # the first is kept for the city
    assert here.approve(proposal).answer["status"] == Status.FIRST
    assert here.stage.colour("q-0000") == "green"
    second = here.drawn(proposal)
    assert second.organ.id == "ha-hq"
    other = next(n for n in range(14) if f"zz-hq-checker-{n}" != first.officer.id)
    with pytest.raises(NotAllowed) as refused:
        here.approve(proposal, f"zz-hq-checker-{other}")
    assert {"F15-lot", "F16-second-is-another"} <= set(refused.value.policies)
    assert here.approve(proposal).answer["status"] == Status.APPROVED
    assert here.stage.colour("q-0000") == "red"
    [(index, opened)] = leaves(here, Kind.BATCH_OPEN)
    assert opened.count == 100
    assert {leaf.batch for _, leaf in leaves(here, Kind.MARK_APPROVE)} == {index}
    assert all_fits(here)


def test_of_two_asked_at_once_the_province_may_sign_first_and_the_city_completes_it(
    here: Posts,
) -> None:
    proposal = here.propose(*many(100))
    city, province = here.asked(proposal)
    assert (city.organ.id, province.organ.id) == ("zz-hq", "ha-hq")
    for one in (city, province):
        seen = here.act(one.officer.id, Act.SEE_PROPOSAL, {"proposal": proposal}).answer
        assert seen["status"] == Status.DRAFT
    here.stage.clock.forward(60)
    late = {"proposal": proposal, "seen": seen["state"], "refused": []}
    assert here.approve(proposal, province.officer.id).answer["status"] == Status.FIRST
    assert here.stage.colour("q-0000") == "green"
    assert here.asked(proposal) == [city]  # his ten minutes go on as they were
    with pytest.raises(ApprovalRaced):  # … but he has to have seen the first
        here.act(city.officer.id, Act.APPROVE_SECOND, late)
    with pytest.raises(NotAllowed):
        here.approve(proposal, province.officer.id)
    assert here.approve(proposal, city.officer.id).answer["status"] == Status.APPROVED
    assert here.stage.colour("q-0000") == "red"


def test_from_the_second_round_on_any_one_of_three_decides(here: Posts) -> None:
    proposal = here.propose("p-ann")
    [silent] = here.asked(proposal)
    here.stage.clock.forward(PATIENCE)
    three = here.asked(proposal)
    assert len({one.officer.id for one in (silent, *three)}) == 4
    i = here.stage.instance
    for one in three:
        mine = i.turns(here.sign(one.officer.id, Act.SEE_PROPOSAL, {}))
        assert list(mine) == [(proposal, one.until)]
        here.act(one.officer.id, Act.SEE_PROPOSAL, {"proposal": proposal})
    body = {"proposal": proposal, "seen": here.standing(proposal).state.hex(), "refused": []}
    here.approve(proposal, three[2].officer.id)
    assert here.stage.colour("p-ann") == "red"
    with pytest.raises(ApprovalRaced):
        here.act(three[0].officer.id, Act.APPROVE, body)


def test_what_a_checker_is_first_in_comes_first_on_the_list(here: Posts) -> None:
    places: dict[str, dict[str, int]] = {}
    for n in range(12):
        proposal = here.propose(f"p-{n}", case=f"case-{n % 3}")
        places[proposal] = {}
    here.stage.clock.forward(PATIENCE)
    for proposal, asked in places.items():
        asked.update({one.officer.id: one.place for one in here.asked(proposal)})
    found = 0
    for officer in {officer for asked in places.values() for officer in asked}:
        mine = here.stage.instance.turns(here.sign(officer, Act.SEE_PROPOSAL, {}))
        order = [places[proposal][officer] for proposal, _ in mine]
        assert order == sorted(order)
        found += len(set(order)) > 1
    assert found


def test_what_another_has_before_him_comes_last_on_the_list(here: Posts) -> None:
    proposals = [here.propose(f"p-{n}", case=f"case-{n % 3}") for n in range(12)]
    here.stage.clock.forward(PATIENCE)
    asked = {one: [each.officer.id for each in here.asked(one)] for one in proposals}

    def listed(officer: str) -> list[str]:
        return [
            one for one, _ in here.stage.instance.turns(here.sign(officer, Act.SEE_PROPOSAL, {}))
        ]

    officer = next(one for each in asked.values() for one in each if len(listed(one)) > 1)
    first, second = listed(officer)[:2]
    other = next(one for one in asked[first] if one != officer)
    here.act(other, Act.SEE_PROPOSAL, {"proposal": first})
    assert listed(officer)[0] == second
    assert listed(officer)[-1] == first
    here.act(officer, Act.SEE_PROPOSAL, {"proposal": second})
    assert listed(officer)[0] == second  # his own opening does not move it


def test_the_day_s_sum_finds_split_batches(here: Posts) -> None:
    here.approve(here.propose(*many(60), case="case-a"))
    split = here.propose(*many(40, 60), maker="zz-cdc-investigator-1", case="case-b")
    assert here.standing(split).second_needed  # the organ's sum is a hundred
    here.stage.clock.forward(DAY)
    later = here.propose(*many(40, 100), case="case-c")
    assert not here.standing(later).second_needed


def test_the_same_case_and_clause_are_summed_over_organs(here: Posts) -> None:
    here.propose(*many(60))
    other = here.propose(*many(40, 60), maker="zz-hc-investigator")
    assert here.standing(other).second_needed


# -- who appealed


def test_who_appealed_lately_needs_the_province_s_word_too(
    here: Posts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mingma.flows.propose_act.appellant", lambda *_: True)
    proposal = here.propose("p-ann")
    assert here.approve(proposal).answer["status"] == Status.FIRST
    assert here.stage.colour("p-ann") == "green"


def test_who_is_shielded_is_not_proposed_again_on_old_evidence(
    here: Posts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mingma.flows.propose_act.shielded", lambda *_: True)
    with pytest.raises(NotAllowed) as refused:
        here.propose("p-ann")
    assert refused.value.policies == ("F11-shield",)


# -- marks and releases


def test_a_mark_counts_with_the_evidence_its_clause_admits(tmp_path: Path) -> None:
    with posts(tmp_path, packs="cn-heilongjiang") as here:
        stay = {"id": "s1", "kind": "area_stay", "subject": "p-ann", "at": at(-30),
                "region": "410100", "data": {"level": "high"}}  # fmt: skip
        assert here.stage.send(stay).admitted == 1
        here.stage.clock.forward(1)
        body = {
            "kind": "mark", "pack": "cn-heilongjiang", "rule": "HLJ-BD", "region": "410100",
            "rows": [{"subject": "p-ann", "evidence": ["demo/s1"], "data": {}}],
        }  # fmt: skip
        proposal = here.act("zz-cdc-investigator", Act.PROPOSE_MARK, body).answer["proposal"]
        before = here.stage.colour("p-ann")
        assert here.approve(proposal).answer["approved"] == 1
        with here.stage.instance.store.read() as unit:
            [mark] = [f for f in unit.facts_of(["p-ann"])["p-ann"] if f.kind == "mark"]
            decision = unit.decisions_in_force(["p-ann"])["p-ann"]
        assert len(set(mark.data.approved_by)) == 2  # type: ignore[union-attr]
        assert mark.id in {id for span in decision.spans for id in span.evidence}
        assert before == "green"


def release(here: Posts, of: str, evidence: str, kind: str = "release") -> dict[str, Any]:
    data = {"of": of} | ({"reason": "wrong person"} if kind == "withdrawal" else {})
    return {
        "kind": kind, "pack": "cn-henan-2021-08", "rule": "HA-R3", "region": "410100",
        "rows": [{"subject": "p-ann", "evidence": [evidence], "data": data}],
    }  # fmt: skip


@pytest.mark.parametrize("kind", ["release", "withdrawal"])
@pytest.mark.parametrize(
    "maker", ["erqi-community-community_worker", "zz-hotline-hotline_agent", "zz-cdc-investigator"]
)
def test_a_release_by_hand_frees_at_once_without_a_lot(here: Posts, kind: str, maker: str) -> None:
    marked = here.mark_contacts("p-ann")
    [other] = here.visits("p-ann", hours=-1)
    here.stage.clock.forward(1)
    body = release(here, f"zz-cdc/act/{marked[:16]}/0", other, kind)
    if maker.startswith("erqi"):
        body["region"] = "410103"
    proposal = str(here.act(maker, Act.PROPOSE_RELEASE, body).answer["proposal"])
    assert here.stage.colour("p-ann") == "red"
    approval = {"proposal": proposal, "seen": here.standing(proposal).state.hex()}
    with pytest.raises(NotAllowed):
        here.act("zz-hq-checker-0", Act.APPROVE_RELEASE, approval)
    here.act("zz-hc-appeal_officer", Act.APPROVE_RELEASE, approval)
    assert here.stage.colour("p-ann") == "green"
    [(_, ended)] = leaves(here, Kind.MARK_REVOKE)
    [(marked_at, _)] = leaves(here, Kind.MARK_APPROVE)
    assert ended.answers == marked_at
    assert all_fits(here)


def test_a_release_rests_on_something_besides_what_it_ends(here: Posts) -> None:
    marked = here.mark_contacts("p-ann")
    of = f"zz-cdc/act/{marked[:16]}/0"
    here.stage.clock.forward(1)
    with pytest.raises(WithoutGround) as refused:
        here.act("zz-cdc-investigator", Act.PROPOSE_RELEASE, release(here, of, of))
    assert refused.value.details["why"] == "alone"


def test_what_is_called_a_withdrawal_makes_nobody_worse(here: Posts) -> None:
    """A negative test ended the red of a positive one: without it the red would be back."""
    here.stage.send(sample("t1", hours=-40), source="lab-1")
    here.stage.send(sample("t2", hours=-10, result="negative"), source="lab-1")
    colour = here.stage.colour("p-ann")
    assert colour != "red"
    here.stage.clock.forward(60)
    body = {**release(here, "lab-1/t2", "lab-1/t1", "withdrawal"), "rule": "HA-POS"}
    with pytest.raises(WithoutGround) as refused:
        here.act("zz-cdc-investigator", Act.PROPOSE_RELEASE, body)
    assert refused.value.details["why"] == "worsens"
    assert here.stage.colour("p-ann") == colour


def test_nobody_approves_his_own_organ_s_release(here: Posts) -> None:
    marked = here.mark_contacts("p-ann")
    [other] = here.visits("p-ann", hours=-1)
    here.stage.clock.forward(1)
    body = release(here, f"zz-cdc/act/{marked[:16]}/0", other)
    proposal = here.act("zz-hc-investigator", Act.PROPOSE_RELEASE, body).answer["proposal"]
    approval = {"proposal": proposal, "seen": here.standing(proposal).state.hex()}
    with pytest.raises(NotAllowed) as refused:
        here.act("zz-hc-appeal_officer", Act.APPROVE_RELEASE, approval)
    assert refused.value.policies == ("F12-own-proposal",)
    here.act("ha-hc-appeal_officer", Act.APPROVE_RELEASE, approval)
    assert here.stage.colour("p-ann") == "green"


def test_a_release_does_not_go_the_way_of_a_mark_nor_the_other_way(here: Posts) -> None:
    proposal = here.propose("p-ann")
    body = {"proposal": proposal, "seen": here.standing(proposal).state.hex()}
    with pytest.raises(BodyMalformed):
        here.act("zz-hc-appeal_officer", Act.APPROVE_RELEASE, body)


# -- the lot can be drawn again by anybody


def test_the_lot_falls_on_everybody_eligible_about_equally_often(here: Posts) -> None:
    drawn = set()
    for n in range(60):
        drawn.add(here.drawn(here.propose(f"p-{n}", case=f"case-{n}")).officer.id)
    assert len(drawn) > 15  # of 22


def test_no_lot_is_drawn_before_the_proposal_is_in_the_log(here: Posts) -> None:
    i, now = here.stage.instance, here.stage.clock()
    proposal = here.propose("p-ann")
    with i.store.read() as unit:
        one = proposals.kept(unit, proposal)
        unsealed = type(one)(
            one.proposal, one.pack, one.drafts, (99,), one.people, one.appellant, one.batch
        )
        standing = proposals.standing_of(unit, one)
        with pytest.raises(lot.LotNotYet):
            lot.turns(unit, i.context, i.desk.roots, unsealed, standing, Instant(now + 9))
