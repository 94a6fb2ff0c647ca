"""Looks at a person's data: purpose, ticket, rate, record, leaf and proof; breaking the glass."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mingma.appeals.form import Form
from mingma.authority.acts import Act
from mingma.authority.looks import MOST_AN_HOUR, GlassClosed, ReviewRefused
from mingma.authority.refusal import NotAllowed
from mingma.flows import look as look_flow
from mingma.flows.act_case import BodyMalformed
from mingma.flows.break_glass import NoSuchGlass, broken_by
from mingma.flows.file_appeal import file_appeal
from mingma.flows.look import OFFICER_LOOK, AnotherPlace, looks_at
from mingma.flows.own_looks import look_pseudonym, recent_glass
from mingma.flows.place_policy import NO_CHECK
from mingma.flows.public_statistics import public_statistics
from mingma.flows.show_code import NoSuchPerson
from mingma.flows.tickets import CASE, OPEN_FOR
from mingma.flows.view_record import BLOCK
from mingma.kernel.times import DAY, HOUR, Instant, print_instant
from mingma.ledger.leaf import Kind, Leaf, parse
from mingma.ledger.tree import ProofDoesNotHold
from mingma.ledger.view_record import LookProof, NotThatLeaf, verify_look
from mingma.records import Record
from tests.instances import NOW, contact, sample
from tests.looking import CARD, ann_red_and_a_card, digits, log_of
from tests.posts import Posts, posts

NOBODYS = {"type": "resident_id", "number": "410103198001010014"}
AGENT, WORKER, GUARD = (
    "zz-hotline-hotline_agent",
    "erqi-community-community_worker",
    "zz-gate-gate_guard",
)
TRACER, HEARER, AUDITOR = (
    "zz-cdc-investigator",
    "zz-hc-appeal_officer",
    "ha-audit-auditor",
)
STATION = {"place": "railway_station", "region": "410103"}


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Posts]:
    """Everybody in office; Ann a close contact, red; the card's holder green."""
    with posts(tmp_path) as made:
        ann_red_and_a_card(made.stage, {**sample("s1", "p-ben"), "id": "s1"})
        yield made


def reason(here: Posts, call: str, officer: str = AGENT, **other: Any) -> dict[str, Any]:
    body = {"subject": "p-ann", "purpose": "answering_caller", "ticket": {"call": call}, **other}
    return here.act(officer, Act.SEE_REASON, body).answer


def card(here: Posts, officer: str = GUARD, **other: Any) -> dict[str, Any]:
    body = {"identity": CARD, "card_read": True, **STATION, **other}
    return here.act(officer, Act.CARD_LOOKUP, body).answer


def refused_by(here: Posts, officer: str, act: Act, body: dict[str, Any]) -> tuple[str, ...]:
    """The policies that refuse an act; it is then a public attempt, and no look of anybody."""
    before = len(here.attempts())
    with pytest.raises(NotAllowed) as refusal:
        here.act(officer, act, body)
    assert len(here.attempts()) == before + 1
    return refusal.value.policies


# -- who sees what


def test_the_caller_s_digits_open_the_reason_and_the_look_is_hers_in_the_same_second(
    here: Posts,
) -> None:
    answer = reason(here, digits(here))
    assert answer["colour"] == "red"
    assert answer["reasons"][0]["rule"].startswith("HA-R")
    assert "evidence" not in answer
    assert "decisions" not in answer
    (used,) = log_of(here).used
    assert used.looked.at == here.stage.clock()
    assert used.looked.body == {
        "act": "see_reason", "at": int(NOW), "glass": None, "id": used.looked.id,
        "organ": "zz-hotline", "place": None, "purpose": "answering_caller",
        "receiver_en": "hotline 12345", "receiver_zh": "12345 热线",
    }  # fmt: skip
    assert AGENT not in str(used)


@pytest.mark.parametrize(
    ("ticket", "policy"),
    [("00000000", "caller"), ("", "ticket"), ("late", "ticket"), ("other", "ticket")],
)
def test_without_her_own_open_ticket_nobody_sees_the_reason(
    here: Posts, ticket: str, policy: str
) -> None:
    if ticket == "00000000":
        held = digits(here)
        ticket = f"{(int(held) + 1) % 10**8:08}"
    elif ticket == "late":
        ticket = digits(here)
        here.stage.clock.forward(OPEN_FOR)
    elif ticket == "other":
        ticket = digits(here, "p-ben")
    body = {"subject": "p-ann", "purpose": "answering_caller", "ticket": {"call": ticket}}
    policies = refused_by(here, AGENT, Act.SEE_REASON, body)
    # A wrong caller has no permit at all; without a ticket the rail says so.
    assert policies == (() if policy == "caller" else ("F33-ticket",))
    assert log_of(here).total == 0


def test_a_community_worker_needs_a_ticket_of_the_very_neighbour(here: Posts) -> None:
    with pytest.raises(NotAllowed):
        reason(here, digits(here, "p-ben"), WORKER)
    assert reason(here, digits(here), WORKER)["colour"] == "red"


def test_an_appeal_officer_sees_the_record_while_the_appeal_is_open(here: Posts) -> None:
    body = {"subject": "p-ann", "purpose": "answering_appeal", "ticket": {"appeal": 2}}
    assert refused_by(here, HEARER, Act.SEE_RECORD, body) == ("F33-ticket",)
    with here.stage.instance.acting() as unit:
        made = file_appeal(unit, here.stage.instance.context, "p-ann", Form(), here.stage.clock())
    body["ticket"] = {"appeal": made.filed[0].appeal.number}
    answer = here.act(HEARER, Act.SEE_RECORD, body).answer
    assert [one["id"] for one in answer["evidence"]] == ["demo/c1"]
    assert answer["decisions"][-1]["colour"] == "red"
    assert refused_by(here, TRACER, Act.SEE_RECORD, body)  # an appeal is no ticket for an inquiry
    here.stage.clock.forward(3 * DAY)
    assert "F33-ticket" in refused_by(here, HEARER, Act.SEE_RECORD, body)


def test_an_investigator_sees_the_record_of_a_contact_of_an_open_case(here: Posts) -> None:
    body = {"subject": "p-ann", "purpose": "investigation", "ticket": {"case": "case-7"}}
    assert refused_by(here, TRACER, Act.SEE_RECORD, body) == ("F33-ticket",)
    with here.stage.instance.acting() as unit:
        unit.add_record(Record(CASE, "case-7", here.stage.clock(), b"{}"))
    assert here.act(TRACER, Act.SEE_RECORD, body).answer["colour"] == "red"
    assert refused_by(here, TRACER, Act.SEE_RECORD, {**body, "subject": "p-ben"}) == ("F33-ticket",)


def test_a_record_is_seen_in_its_own_region_only(here: Posts) -> None:
    here.stage.send({**contact("c3", "p-far", index="case-7"), "region": "410300"})
    with here.stage.instance.acting() as unit:
        unit.add_record(Record(CASE, "case-7", here.stage.clock(), b"{}"))
    body = {"subject": "p-far", "purpose": "investigation", "ticket": {"case": "case-7"}}
    assert "F04-own-region" in refused_by(here, TRACER, Act.SEE_RECORD, body)
    assert here.act("ha-cdc-investigator", Act.SEE_RECORD, body).answer["colour"] == "red"


def test_where_she_has_been_is_in_no_record(here: Posts) -> None:
    visit = {
        "id": "v1", "kind": "check_in", "subject": "p-ann", "at": print_instant(NOW - HOUR),
        "data": {"venue": "v-9", "grade": "A"},
    }  # fmt: skip
    here.stage.send(visit)
    with here.stage.instance.acting() as unit:
        unit.add_record(Record(CASE, "case-7", here.stage.clock(), b"{}"))
    body = {"subject": "p-ann", "purpose": "investigation", "ticket": {"case": "case-7"}}
    answer = here.act(TRACER, Act.SEE_RECORD, body).answer
    assert {one["kind"] for one in answer["evidence"]} == {"contact_finding"}


def test_visits_are_seen_by_nobody(here: Posts) -> None:
    body = {"case": "case-7", "purpose": "case_visits"}
    assert "F26-laboratory" in refused_by(here, TRACER, Act.SEE_VISITS, body)
    with here.stage.instance.acting() as unit:
        unit.add_record(Record(CASE, "case-7", here.stage.clock(), b"{}"))
    assert refused_by(here, TRACER, Act.SEE_VISITS, body) == ()


@pytest.mark.parametrize("purpose", ["entry", "investigation", "urgent_care"])
def test_a_purpose_of_another_post_is_refused(here: Posts, purpose: str) -> None:
    body = {"subject": "p-ann", "purpose": purpose, "ticket": {"call": digits(here)}}
    assert refused_by(here, AGENT, Act.SEE_REASON, body) == ("F31-purpose",)


@pytest.mark.parametrize("purpose", ["", "curiosity", None, ["entry"]])
def test_a_purpose_that_is_not_on_the_list_is_no_purpose(here: Posts, purpose: Any) -> None:
    body = {"subject": "p-ann", "purpose": purpose, "ticket": {"call": digits(here)}}
    with pytest.raises(BodyMalformed):
        here.act(AGENT, Act.SEE_REASON, body)


@pytest.mark.parametrize("organ", ["zz-police", "zz-social", "zz-stability", "ha-supplier"])
@pytest.mark.parametrize(
    "act", [Act.SEE_REASON, Act.SEE_RECORD, Act.SEE_VISITS, Act.CARD_LOOKUP, Act.BREAK_GLASS]
)
def test_who_has_an_empty_row_sees_nothing(here: Posts, organ: str, act: Act) -> None:
    policies = refused_by(here, f"{organ}-liaison", act, {"subject": "p-ann"})
    assert "F05-empty-row" in policies
    assert log_of(here).total == 0


def test_asking_for_somebody_who_is_not_enrolled_is_a_public_attempt(here: Posts) -> None:
    body = {"subject": "p-zoe", "purpose": "answering_caller", "ticket": {"call": "1"}}
    with pytest.raises(NoSuchPerson):
        here.act(AGENT, Act.SEE_REASON, body)
    assert here.attempts()[-1].act == "see_reason"


def test_where_the_look_cannot_be_recorded_nothing_is_shown(
    here: Posts, monkeypatch: pytest.MonkeyPatch
) -> None:
    call, shown = digits(here), []

    def broken(*_: Any) -> bytes:
        raise OSError("the disk is full")

    monkeypatch.setattr(look_flow, "look_commitment", broken)
    with pytest.raises(OSError, match="disk"):
        shown.append(reason(here, call))
    assert shown == []
    assert log_of(here).total == 0


def test_one_act_that_looks_at_many_is_a_look_at_each(
    here: Posts, monkeypatch: pytest.MonkeyPatch
) -> None:
    def both(case: Any, person: Any, purpose: Any) -> Any:
        people = case.unit.people(["p-ann", "p-ben"]).values()
        return look_flow.look_at_all(case, people, purpose)[0]

    monkeypatch.setattr("mingma.flows.see_record.look", both)
    reason(here, digits(here))
    here.stage.instance.keep_duties()
    ann, ben = (log_of(here, ref).used[0] for ref in ("p-ann", "p-ben"))
    assert ann.looked.body == ben.looked.body
    assert ann.proof is not None
    assert ben.proof is not None
    assert {ann.proof.place, ben.proof.place} == {0, 1}
    assert len(view_leaves(here)) == 1


# -- the gate


def test_a_card_gives_three_fields_and_a_look(here: Posts) -> None:
    answer = card(here)
    assert answer == {"valid": True, "colour": "green", "issued_at": print_instant(NOW)}
    (used,) = log_of(here, here.stage.instance.identify(CARD)).used
    said = used.looked.body
    assert (said["place"], said["act"]) == ("railway_station", "card_lookup")


def test_a_card_that_was_not_read_gives_nothing(here: Posts) -> None:
    body = {"identity": CARD, "card_read": False, **STATION}
    assert refused_by(here, GUARD, Act.CARD_LOOKUP, body) == ()


@pytest.mark.parametrize("region", ["410300", "410000", "110000"])
def test_a_gate_asks_in_its_own_city_only(here: Posts, region: str) -> None:
    before = len(here.attempts())
    with pytest.raises(AnotherPlace):
        card(here, region=region)
    assert len(here.attempts()) == before + 1


def test_more_than_six_hundred_looks_in_an_hour_are_refused(here: Posts) -> None:
    hour = here.stage.clock() // HOUR
    with here.stage.instance.acting() as unit:
        for n in range(MOST_AN_HOUR - 1):
            id = f"{GUARD}|{hour:010}|{n:06}"
            unit.add_record(Record(OFFICER_LOOK, id, Instant(NOW - 600 + n), b"{}"))
    assert card(here)["valid"]
    body = {"identity": CARD, "card_read": True, **STATION}
    assert refused_by(here, GUARD, Act.CARD_LOOKUP, body) == ("F32-looks-an-hour",)
    assert card(here, f"{GUARD}-1")["valid"]  # another guard goes on
    here.stage.clock.forward(2 * HOUR)
    assert card(here)["valid"]


def test_a_card_nobody_is_enrolled_with_counts_and_tells_no_more(here: Posts) -> None:
    assert card(here, identity=NOBODYS) == {"valid": False, "colour": "unknown", "issued_at": None}
    hour = here.stage.clock() // HOUR
    with here.stage.instance.store.read() as unit:
        assert len(unit.records_under(OFFICER_LOOK, f"{GUARD}|{hour:010}|")) == 1


def test_no_record_keeps_the_number_of_a_card(here: Posts) -> None:
    card(here)
    card(here, identity=NOBODYS)
    glass(here)
    here.stage.instance.keep_duties()
    kinds = ("act", "look", "organ_look", "officer_look", "glass", "view_record", "attempt")
    with here.stage.instance.store.read() as unit:
        kept = [(one.id, one.body) for kind in kinds for one in unit.records(kind)]
    assert len(kept) > 8
    for paper in (CARD, NOBODYS):
        assert not any(paper["number"] in f"{id} {body!r}" for id, body in kept)


def test_looks_and_their_leaves_fit_together_for_the_audit(here: Posts) -> None:
    reason(here, digits(here))
    glass(here)
    here.stage.instance.keep_duties()
    assert here.stage.instance.reconcile() == []


@pytest.mark.parametrize("place", ["court", "hospital", "petition", "police", "shop", "outdoors"])
def test_where_no_check_is_due_nobody_is_looked_up(here: Posts, place: str) -> None:
    assert card(here, place=place) == NO_CHECK == card(here, place=place, identity=NOBODYS)
    assert log_of(here, here.stage.instance.identify(CARD)).total == 0


def test_a_code_checked_by_the_server_must_be_the_card_s(here: Posts) -> None:
    instance = here.stage.instance
    own = instance.show(instance.identify(CARD), "zh").token
    ben = instance.show("p-ben", "zh").token
    body = {"identity": CARD, **STATION}
    answer = here.act(GUARD, Act.CHECK_CODE, {**body, "token": own}).answer
    assert answer == {"valid": True, "colour": "green", "issued_at": print_instant(NOW)}
    for other in (ben, "HC1:NONSENSE"):
        assert refused_by(here, GUARD, Act.CHECK_CODE, {**body, "token": other}) == ()
    assert log_of(here, instance.identify(CARD)).total == 1


# -- the leaf and the proof


def view_leaves(here: Posts) -> dict[int, Leaf]:
    with here.stage.instance.store.read() as unit:
        size, _ = unit.head()
        leaves = [parse(one)[0] for one in unit.leaves(0, size)]
    return {n: one for n, one in enumerate(leaves) if one.kind is Kind.VIEW_RECORD}


def test_one_leaf_counts_an_organ_s_looks_and_each_is_provable(here: Posts) -> None:
    for _ in range(3):
        reason(here, digits(here))
        here.stage.clock.forward(1)
    reason(here, digits(here), WORKER)
    assert [one.proof for one in log_of(here).used] == [None] * 4
    here.stage.instance.keep_duties()
    leaves = view_leaves(here)
    assert sorted((one.organ, one.count) for one in leaves.values()) == [
        ("410100-community", 1), ("zz-hotline", 3),
    ]  # fmt: skip
    with here.stage.instance.store.read() as unit:
        key = unit.people(["p-ann"])["p-ann"].key
    for used in log_of(here).used:
        assert used.proof is not None
        leaf = leaves[used.proof.leaf_index]
        shown = LookProof(
            used.looked.id, used.looked.body, used.proof.place, used.proof.count, used.proof.hashes
        )
        verify_look(key, shown, leaf)
        with pytest.raises(ProofDoesNotHold):
            verify_look(key, replace(shown, body={**shown.body, "purpose": "entry"}), leaf)
        with pytest.raises(ProofDoesNotHold):
            verify_look(b"x" * 32, shown, leaf)
        with pytest.raises(NotThatLeaf):
            verify_look(key, replace(shown, count=shown.count + 1), leaf)
    here.stage.instance.keep_duties()
    assert view_leaves(here).keys() == leaves.keys()


def test_a_second_leaf_goes_on_where_the_first_ended(here: Posts) -> None:
    for _ in range(2):
        reason(here, digits(here))
        here.stage.clock.forward(1)
        here.stage.instance.keep_duties()
    assert [one.count for one in view_leaves(here).values()] == [1, 1]
    assert len({one.proof.leaf_index for one in log_of(here).used if one.proof}) == 2


def test_a_leaf_ends_with_a_full_block(here: Posts, monkeypatch: pytest.MonkeyPatch) -> None:
    with here.stage.instance.acting() as unit:
        body = b'{"c":"' + b"A" * 43 + b'"}'
        for n in range(BLOCK - 1):
            unit.add_record(Record("organ_look", f"zz-hotline|{n:019}", NOW, body))
    for _ in range(2):
        reason(here, digits(here))
        here.stage.clock.forward(1)
    here.stage.instance.keep_duties()
    assert [one.count for one in view_leaves(here).values()] == [BLOCK, 1]
    assert [one.proof and one.proof.place for one in log_of(here).used] == [0, BLOCK - 1]


def test_each_day_has_a_signed_count(here: Posts) -> None:
    reason(here, digits(here))
    here.stage.clock.forward(DAY)
    found = log_of(here)
    assert [(one.day, one.count) for one in found.days] == [("2022-06-15", 0), ("2022-06-14", 1)]
    with here.stage.instance.store.read() as unit:
        who = look_pseudonym(unit.people(["p-ann"])["p-ann"].key)
    (signer,) = here.stage.instance.trust.under(here.stage.instance.signer.kid)
    for one in found.days:
        assert who.encode() in one.said
        assert signer.verifies(one.signature, b"mingma/looks-of-day/1\0" + one.said)
        assert not signer.verifies(one.signature, one.said)


def test_looks_at_one_are_not_those_at_whose_name_begins_so(here: Posts) -> None:
    here.stage.send({**contact("c9", "p-ann/x"), "region": "410103"})
    body = {"subject": "p-ann/x", "purpose": "answering_caller"}
    call = {"call": digits(here, "p-ann/x")}
    here.act(AGENT, Act.SEE_REASON, {**body, "ticket": call})
    with here.stage.instance.store.read() as unit:
        assert looks_at(unit, "p-ann") == []
        assert len(looks_at(unit, "p-ann/x")) == 1


def test_nobody_enrolled_has_no_log(here: Posts) -> None:
    with pytest.raises(NoSuchPerson):
        log_of(here, "p-zoe")
    with pytest.raises(NoSuchPerson):
        digits(here, "p-zoe")


def test_digits_asked_for_twice_in_a_second_are_the_same_and_newer_ones_replace_them(
    here: Posts,
) -> None:
    first = digits(here)
    assert digits(here) == first
    here.stage.clock.forward(1)
    assert reason(here, digits(here))["colour"] == "red"
    with pytest.raises(NotAllowed):
        reason(here, first)


# -- breaking the glass


def glass(here: Posts, officer: str = TRACER, **other: Any) -> dict[str, Any]:
    body = {"subject": "p-ann", **other}
    if "glass" not in body:
        body.setdefault("reason", "unconscious at the door")
    return here.act(officer, Act.BREAK_GLASS, body).answer


def review(here: Posts, id: str, officer: str = AUDITOR, *, upheld: bool = True) -> dict[str, Any]:
    return here.act(officer, Act.REVIEW_LOOK, {"glass": id, "upheld": upheld}).answer


def test_broken_glass_opens_for_three_hours_and_the_person_is_told_at_once(here: Posts) -> None:
    first = glass(here)
    assert first["colour"] == "red"
    with here.stage.instance.store.read() as unit:
        (told,) = recent_glass(unit, "p-ann", here.stage.clock())
    assert told.body["purpose"] == "urgent_care"
    here.stage.clock.forward(3 * HOUR - 1)
    again = glass(here, glass=first["glass"])
    assert again["closes"] == first["closes"]
    assert log_of(here).total == 2
    here.stage.clock.forward(1)
    with pytest.raises(GlassClosed):
        glass(here, glass=first["glass"])


def test_an_open_glass_is_one_officer_s_and_one_person_s(here: Posts) -> None:
    id = glass(here)["glass"]
    with pytest.raises(GlassClosed):
        glass(here, f"{TRACER}-1", glass=id)
    with pytest.raises(GlassClosed):
        glass(here, glass=id, subject="p-ben")
    with pytest.raises(NoSuchGlass):
        glass(here, glass=f"{TRACER}|{'0' * 32}")
    with pytest.raises(BodyMalformed):
        glass(here, glass="there is none")


@pytest.mark.parametrize("body", [{"reason": ""}, {"reason": 1}, {"reason": "x", "glass": "y"}])
def test_glass_breaks_with_a_reason_only(here: Posts, body: dict[str, Any]) -> None:
    with pytest.raises(BodyMalformed):
        here.act(TRACER, Act.BREAK_GLASS, {"subject": "p-ann", **body})


def test_spaces_are_no_reason(here: Posts) -> None:
    assert refused_by(here, TRACER, Act.BREAK_GLASS, {"subject": "p-ann", "reason": " "}) == ()


def reviewed(here: Posts, officer: str) -> list[bool]:
    """Of each breaking of an officer, in order of time, whether it was reviewed."""
    with here.stage.instance.store.read() as unit:
        broken = sorted(broken_by(unit, officer), key=lambda one: one.at)
    return [one.reviewed_at is not None for one in broken]


def test_an_officer_with_an_unreviewed_glass_breaks_none_again(here: Posts) -> None:
    id = glass(here)["glass"]
    assert reviewed(here, TRACER) == [False]
    here.stage.clock.forward(DAY - 1)
    glass(here)
    here.stage.clock.forward(1)
    body = {"subject": "p-ann", "reason": "once more"}
    assert refused_by(here, TRACER, Act.BREAK_GLASS, body) == ("F34-glass-reviewed",)
    assert glass(here, f"{TRACER}-1")["colour"] == "red"  # another officer can
    review(here, id, upheld=False)
    assert glass(here)["colour"] == "red"
    assert reviewed(here, TRACER) == [True, False, False]


def test_an_auditor_finds_what_waits_for_review_and_everybody_how_much(here: Posts) -> None:
    id = glass(here)["glass"]
    here.stage.clock.forward(DAY)
    [waits] = here.act(AUDITOR, Act.READ_AUDIT, {"glasses": True}).answer["glasses"]
    assert waits == {
        "glass": id, "organ": "zz-cdc", "at": print_instant(NOW),
        "reason": "unconscious at the door", "overdue": True,
    }  # fmt: skip
    assert public_glass(here) == {"waiting": 1, "overdue": 1}
    review(here, waits["glass"])
    assert here.act(AUDITOR, Act.READ_AUDIT, {"glasses": True}).answer == {"glasses": []}
    assert public_glass(here) == {"waiting": 0, "overdue": 0}
    refused_by(here, TRACER, Act.READ_AUDIT, {"glasses": True})
    with pytest.raises(BodyMalformed):
        here.act(AUDITOR, Act.READ_AUDIT, {"glasses": 1})


def public_glass(here: Posts) -> dict[str, int]:
    with here.stage.instance.store.read() as unit:
        return dict(public_statistics(unit, here.stage.clock())["glass"])


def test_a_review_is_another_organ_s_auditor_s_and_done_once(here: Posts) -> None:
    id = glass(here)["glass"]
    refused_by(here, TRACER, Act.REVIEW_LOOK, {"glass": id, "upheld": True})
    assert review(here, id) == {"glass": id, "upheld": True}
    with pytest.raises(ReviewRefused):
        review(here, id, "cn-audit-auditor")
