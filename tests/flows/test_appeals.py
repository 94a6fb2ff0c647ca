"""An appeal is acknowledged at once, and silence is decided for the person."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace as replace_state
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from mingma.appeals.appeal import AppealOver, Event, State
from mingma.appeals.pass_note import COPY_LASTS, read_pass_note
from mingma.appeals.terms import ANSWER, HUMAN, OTHER_PROVINCE, REVIEW, URGENT, Ground
from mingma.flows.appeal_statistics import appeal_statistics
from mingma.flows.erase import due
from mingma.flows.file_appeal import NothingToObject
from mingma.flows.keep_appeals import keep_appeals
from mingma.flows.kept_appeals import NoSuchAppeal, keep_appeal, keep_event, own_appeals
from mingma.flows.own_passes import own_passes
from mingma.flows.reconcile import reconcile
from mingma.flows.shield import appellant, shielded
from mingma.flows.show_code import NoSuchPerson
from mingma.flows.standing_evidence import standing_evidence
from mingma.flows.withdraw_appeal import withdraw_appeal
from mingma.kernel.times import DAY, HOUR, Instant
from mingma.kernel.words import Colour
from mingma.ledger.commitment import commitment, nonce
from mingma.ledger.note import parse_note, verify
from tests.appealing import appeals, leaves_of, object_to, shield_of
from tests.instances import NOW, Stage, at, contact, sample, stage
from tests.under_policy import infected, under_policy


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Stage]:
    with stage(tmp_path) as made:
        yield made


@pytest.fixture(
    params=["memory", "sqlite", pytest.param("postgres", marks=pytest.mark.postgres)],
)
def anywhere(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Stage]:
    """Ann is red, on every store."""
    database = {"memory": "memory:", "sqlite": f"sqlite:///{tmp_path}/mingma.db"}.get(request.param)
    with stage(tmp_path, database or request.getfixturevalue("empty_postgres")) as made:
        made.send(sample("t0", result="negative"), contact())
        yield made


@pytest.fixture
def red(scene: Stage) -> Stage:
    """Ann is red for a finding of an investigator's."""
    scene.send(sample("t0", result="negative"), contact())
    assert scene.colour("p-ann") == "red"
    return scene


def settle(scene: Stage) -> int:
    """Run the duty, as a thread does every minute."""
    instance = scene.instance
    return keep_appeals(instance.store, instance.acting, instance.context, scene.clock())


def found(scene: Stage) -> list[str]:
    """What the nightly look finds amiss."""
    instance = scene.instance
    with instance.store.read() as unit:
        return [str(one) for one in reconcile(unit, instance.context, scene.clock())]


def test_it_is_acknowledged_at_once_with_a_leaf_that_answers_the_decision_s(red: Stage) -> None:
    made = object_to(red, evidence=[{"kind": "travel_record", "says": "ticket 7"}])
    [filed] = made.filed
    assert made.fresh
    assert filed.appeal.due == NOW + ANSWER.seconds
    assert filed.appeal.contested == ("demo/c1",)
    [leaf] = leaves_of(red, "appeal.open")
    with red.instance.store.read() as unit:
        person = unit.people(["p-ann"])["p-ann"]
        index = unit.index_of("p-ann", filed.appeal.decision)
    assert leaf.answers == index == filed.appeal.leaf
    assert person.events == filed.appeal.number
    assert leaf.commitment == commitment(
        nonce(person.key, filed.appeal.number), filed.appeal.body()
    )
    assert found(red) == []


def test_the_same_again_is_answered_with_the_appeal_there_is(red: Stage) -> None:
    first = object_to(red)
    second = object_to(red, evidence=[{"kind": "own_account", "says": "I was at home"}])
    assert not second.fresh
    assert second.filed == first.filed
    assert len(appeals(red)) == 1


def test_an_unanswered_appeal_ends_in_green_at_the_second_with_every_job_dead(red: Stage) -> None:
    object_to(red)
    due = red.instance.clock() + ANSWER.seconds
    red.clock.now = Instant(due - 1)
    shown = red.instance.show("p-ann", "en")
    assert shown.colour is Colour.RED
    assert shown.token_ends == due
    red.clock.now = Instant(due)
    shown = red.instance.show("p-ann", "en")
    assert (shown.colour, shown.explanation.reasons) == (Colour.GREEN, ())
    assert shown.token is not None
    assert [one.state_at(due) for one in appeals(red)] == [State.LAPSED]
    assert leaves_of(red, "appeal.lapse") == []  # nothing ran
    assert found(red) == []


def test_what_next_touches_it_puts_the_lapse_on_record(red: Stage) -> None:
    object_to(red)
    red.clock.forward(ANSWER.seconds + HOUR)
    red.instance.renew("p-ann")
    [opened], [lapsed] = leaves_of(red, "appeal.open"), leaves_of(red, "appeal.lapse")
    with red.instance.store.read() as unit:
        assert lapsed.answers == unit.index_of("p-ann", appeals(red)[0].appeal.number)
        decision = unit.decisions_in_force(["p-ann"])["p-ann"]
        notice = unit.notices_of("p-ann")[0]
    assert opened.tag != lapsed.tag
    assert decision.spans == ()
    assert b'"from":"red"' in notice.body
    assert b'"to":"green"' in notice.body
    assert red.colour("p-ann") == "green"
    assert found(red) == []
    red.instance.renew("p-ann")
    assert len(leaves_of(red, "appeal.lapse")) == 1


def test_a_duty_puts_lapses_on_record_for_everybody(anywhere: Stage) -> None:
    red = anywhere
    red.send(contact("c2", "p-bob"))
    object_to(red)
    object_to(red, "p-bob")
    red.clock.forward(ANSWER.seconds - 1)
    assert settle(red) == 0
    red.clock.forward(1)
    assert settle(red) == 2
    assert settle(red) == 0
    assert len(leaves_of(red, "appeal.lapse")) == 2
    assert red.instance.keep_duties() >= 0
    assert "appeals" not in red.instance.undone


def test_the_clock_moved_back_changes_nothing(red: Stage) -> None:
    object_to(red)
    red.clock.forward(ANSWER.seconds)
    red.instance.keep_duties()
    red.clock.now = Instant(NOW - DAY)
    assert red.colour("p-ann") == "green"
    assert [one.state_at(red.clock()) for one in appeals(red)] == [State.LAPSED]
    red.send(contact("c9", hours=-48))
    assert shield_of(red) is not None


def test_the_witnesses_clocks_go_on_where_the_server_s_was_set_back(tmp_path: Path) -> None:
    with under_policy(tmp_path) as watched:
        watched.approve(sample("t0", result="negative"), contact())
        watched.instance.ask_witnesses()
        assert watched.colour("p-ann") == "red"
        object_to(watched)
        server = watched.clock()
        watched.clock.forward(ANSWER.seconds)  # the witnesses' clock, too
        watched.approve(sample("t1", "p-bob", result="negative"))
        watched.instance.ask_witnesses()
        watched.clock.now = Instant(server - HOUR)
        assert watched.colour("p-ann") == "green"


def test_a_laboratory_s_finding_is_reviewed_and_keeps_its_own_end(tmp_path: Path) -> None:
    with under_policy(tmp_path) as watched:
        watched.send(infected("i1"), source="lab-1")
        before = watched.instance.show("p-ann", "en").decision
        [filed] = object_to(watched).filed
        assert filed.appeal.laboratory
        assert filed.appeal.due == NOW + REVIEW.seconds
        watched.clock.forward(3 * REVIEW.seconds + 1)
        now = watched.clock()
        assert filed.state_at(now) is State.OPEN
        assert filed.passes_at(now) == 3
        assert filed.due_at(now) == NOW + 4 * REVIEW.seconds
        shown = watched.instance.show("p-ann", "en")
        assert (shown.colour, shown.decision) == (Colour.RED, before)
        [stored] = appeals(watched)
        assert (stored.appeal, stored.state_at(now)) == (filed.appeal, State.OPEN)


def test_what_a_laboratory_found_and_what_it_did_not_are_two_appeals(scene: Stage) -> None:
    scene.send(sample("t1", hours=-3), contact())
    first, second = object_to(scene).filed
    assert (first.appeal.laboratory, second.appeal.laboratory) == (True, False)
    assert first.appeal.contested == ("demo/t1",)
    assert second.appeal.contested == ("demo/c1",)
    scene.clock.forward(ANSWER.seconds)
    shown = scene.instance.show("p-ann", "en")
    assert shown.colour is Colour.RED
    assert {span.evidence[0] for span in shown.decision.spans} == {"demo/t1"}  # type: ignore[union-attr]


def test_another_province_has_a_day_and_so_has_a_human_who_is_asked(scene: Stage) -> None:
    scene.send({**contact(), "region": "110105"})
    assert object_to(scene).filed[0].appeal.due == NOW + OTHER_PROVINCE.seconds
    scene.send(sample("t5", "p-cat", result="negative"))
    [asked] = object_to(scene, "p-cat", asked="ask_human").filed
    assert asked.appeal.due == NOW + HUMAN.seconds


def test_a_green_code_leaves_nothing_to_object_to(scene: Stage) -> None:
    scene.send(sample("t1", result="negative"))
    with pytest.raises(NothingToObject):
        object_to(scene)
    with pytest.raises(NoSuchPerson):
        object_to(scene, "p-nobody")


def test_a_code_that_was_not_issued_can_be_objected_to(tmp_path: Path) -> None:
    with stage(tmp_path, emergency=False) as scene:
        scene.send(sample("t1", result="negative"))
        [filed] = object_to(scene).filed
        assert filed.appeal.contested == ()


def test_a_notice_can_be_objected_to_and_falls(scene: Stage) -> None:
    match = {
        "id": "m1", "kind": "companion_match", "subject": "p-ann", "at": at(-20),
        "region": "410105", "data": {"overlap_minutes": 20, "cell": "x"},
    }  # fmt: skip
    scene.send(match)
    assert scene.instance.show("p-ann", "en").explanation.notices
    object_to(scene)
    scene.clock.forward(OTHER_PROVINCE.seconds)
    assert scene.instance.show("p-ann", "en").explanation.notices == ()


def test_a_copy_of_rejected_evidence_is_dead_under_any_id_and_source(red: Stage) -> None:
    object_to(red)
    red.clock.forward(ANSWER.seconds + HOUR)
    red.send(contact("c1-again"))
    assert red.colour("p-ann") == "green"
    red.instance.context = red.instance.context
    red.send({**contact("other"), "recorded_at": at(9), "organ": "another"})
    assert red.colour("p-ann") == "green"
    red.send(contact("c-new", hours=9))
    assert red.colour("p-ann") == "red"


def test_the_shield_asks_for_newer_evidence_for_fourteen_days(red: Stage) -> None:
    object_to(red)
    assert shield_of(red) is None
    with red.instance.store.read() as unit:
        filed = own_appeals(unit, "p-ann")
        assert appellant(unit, filed, red.clock())
        assert not appellant(unit, (), red.clock())
    red.clock.forward(ANSWER.seconds + HOUR)
    red.send(contact("older", hours=-48), contact("same"), contact("new", hours=8.5))
    with red.instance.store.read() as unit:
        now, filed = red.clock(), own_appeals(unit, "p-ann")
        facts = {f.id: f for f in standing_evidence(unit, ["p-ann"], now)["p-ann"]}
        say = {
            name: shielded(unit, filed, facts.values(), [facts[f"demo/{name}"]], now)
            for name in ("c1", "same", "older", "new")
        }
        assert say == {"c1": True, "same": True, "older": True, "new": False}
        assert shielded(unit, filed, facts.values(), [facts["demo/new"], facts["demo/same"]], now)
        assert shielded(unit, filed, facts.values(), [], now)
        assert not shielded(unit, (), facts.values(), [facts["demo/older"]], now)
        later = Instant(now + 15 * DAY)
        assert not shielded(unit, filed, facts.values(), [facts["demo/older"]], later)
        assert shielded(unit, filed, facts.values(), [facts["demo/same"]], later)
        assert not appellant(unit, filed, Instant(now + 31 * DAY))


def test_a_person_takes_her_appeal_back(anywhere: Stage) -> None:
    red = anywhere
    [filed] = object_to(red).filed
    instance = red.instance
    with instance.acting() as unit:
        withdraw_appeal(unit, instance.context, "p-ann", filed.appeal.number, red.clock())
    [leaf] = leaves_of(red, "appeal.lapse")
    assert leaf.what == "withdrawn"
    red.clock.forward(ANSWER.seconds)
    assert red.colour("p-ann") == "red"
    with pytest.raises(AppealOver), instance.acting() as unit:
        withdraw_appeal(unit, instance.context, "p-ann", filed.appeal.number, red.clock())
    with pytest.raises(NoSuchAppeal), instance.acting() as unit:
        withdraw_appeal(unit, instance.context, "p-ann", 999, red.clock())
    assert object_to(red).fresh
    assert found(red) == []


def test_the_same_content_marked_again_within_the_shield_is_noted(red: Stage) -> None:
    object_to(red)
    red.clock.forward(ANSWER.seconds + HOUR)
    red.send(contact("c1-again"))
    with red.instance.store.read() as unit:
        assert appeal_statistics(unit, red.clock()).re_marks == 0
    red.send(contact("c-new", hours=8.5))
    assert red.colour("p-ann") == "red"
    with red.instance.store.read() as unit:
        assert appeal_statistics(unit, red.clock()).re_marks == 1
    assert found(red) == []


def test_an_urgent_matter_guarantees_entry_meanwhile_and_is_no_colour(red: Stage) -> None:
    made = object_to(red, asked="urgent", ground="court_hearing")
    [filed] = made.filed
    term = URGENT[Ground.COURT_HEARING].seconds
    assert filed.appeal.due == NOW + term
    assert filed.appeal.contested == ()
    assert not object_to(red, asked="urgent", ground="court_hearing").fresh
    red.clock.forward(term)
    assert red.colour("p-ann") == "red"  # entry is granted, the colour is another matter
    assert not object_to(red, asked="urgent", ground="court_hearing").fresh
    instance = red.instance
    with instance.store.read() as unit:
        [note] = own_passes(unit, instance.context, "p-ann", red.clock())
    assert shield_of(red) is None
    signed = instance.log.vouch(note.text())
    assert verify(parse_note(signed), list(instance.log.keys[:1]))
    assert read_pass_note(note.text()) == note
    assert note.until == red.clock() + COPY_LASTS
    assert (note.place, note.separate) == ("court", False)
    red.clock.forward(DAY)
    with instance.store.read() as unit:
        assert own_passes(unit, instance.context, "p-ann", red.clock()) == []
        assert own_passes(unit, instance.context, "p-nobody", red.clock()) == []


def test_who_has_an_open_appeal_or_a_shield_is_not_erased(red: Stage) -> None:
    red.send(contact("c2", "p-bob"))
    object_to(red)
    with red.instance.store.write() as unit:
        for one in unit.emergencies():
            unit.end_emergency(one.id, Instant(red.clock() + DAY))
    red.clock.forward(1)
    red.declare()  # another one, for everybody else
    red.clock.forward(20 * DAY)
    with red.instance.store.read() as unit:
        assert due(unit, ["p-ann", "p-bob"], red.clock()) == {"p-bob"}
        assert due(unit, ["p-ann"], Instant(red.clock() + 9 * DAY)) == {"p-ann"}


@pytest.mark.parametrize("kind", ["appeal", "appeal_event"])
def test_an_appeal_that_is_in_the_database_only_is_found(red: Stage, kind: str) -> None:
    [filed] = object_to(red).filed
    made_up = replace(filed.appeal, number=filed.appeal.number + 7)
    event = Event(
        happened="answered", at=red.clock(), outcome="upheld", reason="hardship", text="…",
        rejected=filed.appeal.contested,
    )  # fmt: skip
    with red.instance.store.write() as unit:
        if kind == "appeal":
            keep_appeal(unit, made_up)
        else:
            keep_event(unit, filed, event)
    assert any("appeal_without_leaf" in one for one in found(red))


def test_an_appeal_taken_out_of_the_database_is_found(red: Stage) -> None:
    object_to(red)
    vouched: Any = red.instance.store
    store = vouched._store
    kept = {key: one for key, one in store._state.records.items() if key[0] != "appeal"}
    store._state = replace_state(store._state, records=kept)
    assert any("appeal_differs" in one for one in found(red))
