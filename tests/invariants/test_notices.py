"""P15: no notice changes a gate's answer; what changes one is a colour, and owes P1 to P8."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from mingma.authority.acts import Act
from mingma.codes.check import check
from mingma.codes.outcome import Bearer
from mingma.evidence.record import fact_to_record
from mingma.flows.enrol import Holder, enrol
from mingma.kernel.times import Instant
from mingma.kernel.words import Colour
from mingma.rules.verdict import live
from mingma.shelf import pack_ids
from tests.instances import NOW, Stage, at, sample, stage
from tests.packs.random_facts import random_people
from tests.posts import Posts, posts
from tests.under_policy import Watched

SOME = settings(
    max_examples=6, deadline=None, suppress_health_check=list(HealthCheck),
    phases=(Phase.reuse, Phase.generate),
)  # fmt: skip
CARD = {"type": "resident_id", "number": "410103199003071237"}
OTHER_CARD = {"type": "resident_id", "number": "410103198001010014"}
# A telecom match, which is Henan's notice HA-Y1.
MATCH = {"kind": "companion_match", "data": {"overlap_minutes": 25, "cell": "c"}}


def seen_at_the_gate(scene: Stage, ref: str) -> list[object]:
    """All that a gate learns offline, but for when the token was made and its random name."""
    shown = scene.instance.show(ref, "zh")
    assert shown.token is not None
    found = check(shown.token, shown.at, trust=scene.instance.trust, specimen=True)
    assert found.bearer is not None
    unlike = {"issued_at", "expires_at", "credential"}
    bearer = [getattr(found.bearer, name) for name in Bearer.__slots__ if name not in unlike]
    return [found.result, found.reasons, found.colour, *bearer]


@SOME
@given(seed=st.integers(0, 1 << 32), pack=st.sampled_from(pack_ids()))
def test_p15_what_a_gate_sees_is_the_same_with_every_notice_and_with_none(
    tmp_path_factory: pytest.TempPathFactory, seed: int, pack: str
) -> None:
    """Of anybody, under any pack: whoever has no colour is green there, whatever notices stand."""
    facts = [f for f in random_people(seed, NOW, 12, ["HA-R1"]) if f.at <= NOW]
    with stage(tmp_path_factory.mktemp("p15"), packs=pack) as scene:
        scene.send(
            *(fact_to_record(fact) for fact in facts), sample("g", "p-clean", -9, result="negative")
        )
        with scene.instance.store.read() as unit:
            people, decided = unit.refs("", 99), unit.decisions_in_force(unit.refs("", 99))
        for ref in people:
            if ref not in decided:
                continue
            now = live(decided[ref].spans, scene.clock())
            bare = replace(decided[ref], spans=tuple(span for span in now if span.colour))
            shown = scene.instance.show(ref, "zh")
            assert shown.colour is bare.colour_at(scene.clock())
            assert {reason.rule for reason in shown.explanation.notices} == {
                span.rule for span in now if not span.colour
            }
            if shown.token is not None and not bare.spans:
                assert seen_at_the_gate(scene, ref) == seen_at_the_gate(scene, "p-clean")


@pytest.fixture
def gate(tmp_path: Path) -> Iterator[Posts]:
    """Everybody in office, gate guards among them."""
    with posts(tmp_path) as here:
        yield here


def test_p15_a_gate_that_asks_the_server_is_told_of_no_notice(gate: Posts) -> None:
    instance, now = gate.stage.instance, gate.stage.clock()
    noticed, plain = instance.identify(CARD), instance.identify(OTHER_CARD)
    with instance.acting() as unit:
        holders = {ref: Holder(ref, "陈*", "1237") for ref in (noticed, plain)}
        enrol(unit, instance.context, [noticed, plain], now, bytes, holders)
    for ref in (noticed, plain):
        gate.stage.send(sample(f"t-{ref[:6]}", ref, -20, result="negative"))
    before = [gate.stage.instance.show(ref, "zh").decision for ref in (noticed, plain)]
    gate.stage.send({"id": "m1", "subject": noticed, "at": at(-24), "region": "410105",
                     **MATCH})  # fmt: skip
    shown = instance.show(noticed, "zh")
    assert [reason.rule for reason in shown.explanation.notices] == ["HA-Y1"]
    assert shown.notices
    assert shown.decision != before[0]
    assert not instance.show(plain, "zh").explanation.notices
    answers = []
    for card, ref in ((CARD, noticed), (OTHER_CARD, plain)):
        place = {"identity": card, "place": "railway_station", "region": "410103"}
        token = instance.show(ref, "zh").token
        for act, more in (
            (Act.CARD_LOOKUP, {"card_read": True}),
            (Act.CHECK_CODE, {"token": token}),
        ):
            answer = dict(gate.act("zz-gate-gate_guard", act, {**place, **more}).answer)
            answer.pop("issued_at")
            answers.append(answer)
    assert answers == [{"valid": True, "colour": "green"}] * 4
    assert seen_at_the_gate(gate.stage, noticed) == seen_at_the_gate(gate.stage, plain)


def test_p15_what_changes_a_gate_s_answer_has_a_leaf_proof_notice_and_end_of_a_colour(
    watched: Watched,
) -> None:
    """The same match beside a notice: only an infection changes the answer, once cosigned."""
    watched.send(sample("t0", hours=-20, result="negative"), source="lab-1")
    watched.witnesses.sleep()
    infection = {"id": "i1", "kind": "infection", "subject": "p-ann", "at": at(-2),
                 "region": "410100", "data": {"class": "confirmed", "sample": "s"}}  # fmt: skip
    match = {"id": "m1", "subject": "p-bob", "at": at(-24), "region": "410105", **MATCH}
    watched.send(infection, match, source="lab-1")
    shown = {ref: watched.instance.show(ref, "zh") for ref in ("p-ann", "p-bob")}
    assert {one.colour for one in shown.values()} == {Colour.GREEN}  # nobody watches
    assert shown["p-bob"].explanation.notices  # … and a notice, which is none, is there at once
    watched.witnesses.wake()
    watched.instance.ask_witnesses()
    red, noticed = (watched.instance.show(ref, "zh") for ref in ("p-ann", "p-bob"))
    assert (red.colour, noticed.colour) == (Colour.RED, Colour.GREEN)
    assert red.frame is not None
    assert noticed.frame is None
    assert all(one.clause and one.objection and one.until for one in red.explanation.reasons)
    assert [json.loads(one.body)["to"] for one in red.notices][:1] == ["red"]
    assert red.decision is not None
    watched.clock.now = Instant(max(one.until or 0 for one in red.decision.spans if one.colour))
    assert watched.instance.show("p-ann", "zh").colour is not Colour.RED
