"""P1, P2, P6, P7, P11, P14: the server's clock is put back, and nobody is worse for it.

The log goes on from the latest instant that it has seen: its witnesses' word, the newest evidence,
its own ticks. Before anything was seen again a clock put back cannot be told from a right one.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from mingma.authority.acts import Act
from mingma.codes.decision import Decision
from mingma.flows.cosigned import COSIGNED, GRACE
from mingma.flows.enrol import Holder, enrol
from mingma.flows.log_time import log_time
from mingma.kernel.times import DAY, HOUR, Instant
from mingma.kernel.words import Colour
from mingma.rules.assess import known_since
from tests.instances import NOW, Hands, Stage, at, contact, sample
from tests.posts import posts
from tests.under_policy import Watched, infected

BACK = 20 * HOUR
CARD = {"type": "resident_id", "number": "410103199003071237"}


@pytest.fixture
def apart(watched: Watched) -> Watched:
    """Witnesses whose clock is their own: the server's can be put back without theirs."""
    right = Hands(watched.clock.now)
    for one in watched.witnesses.witnesses:
        one.clock = right
    watched.send(sample("t0", hours=-20, result="negative"), source="lab-1")
    return watched


def both_forward(apart: Watched, seconds: int) -> None:
    right = apart.witnesses[0].clock
    assert isinstance(right, Hands)
    right.forward(seconds)
    apart.clock.forward(seconds)


def test_p11_a_head_that_came_late_is_late_by_the_witnesses_own_clock(apart: Watched) -> None:
    apart.witnesses.sleep()
    apart.send(infected(), source="lab-1")
    [_, decision] = decisions(apart)
    both_forward(apart, GRACE + 1)
    apart.clock.now = Instant(decision.decided_at + 1)  # “it is not late at all”
    apart.witnesses.wake()
    apart.instance.cosigning.witnesses.ask(apart.clock())  # type: ignore[union-attr]
    with apart.instance.store.read() as unit:
        assert unit.records(COSIGNED)[-1].at > decision.decided_at + GRACE
    assert apart.colour("p-ann") == "green"
    # Decided anew, by the time that the witnesses told, it shows.
    apart.instance.ask_witnesses()
    assert apart.colour("p-ann") == "red"
    assert decisions(apart)[-1].decided_at > decision.decided_at + GRACE
    assert apart.instance.reconcile() == []


def decisions(stage: Stage, ref: str = "p-ann") -> list[Decision]:
    with stage.instance.store.read() as unit:
        return list(unit.decisions_of(ref))


def test_p2_and_p6_no_decision_is_older_than_what_it_rests_on_nor_than_the_one_before(
    apart: Watched,
) -> None:
    apart.witnesses.sleep()
    both_forward(apart, HOUR)
    apart.send(infected(hours=0.5), source="lab-1")
    for seconds in (BACK, DAY, 30 * DAY):
        apart.clock.now = Instant(NOW + HOUR - seconds)
        apart.instance.renew("p-ann")
        apart.send(sample(f"t{seconds}", hours=-25, result="negative"), source="lab-1")
    apart.send(infected("i2", hours=-30), source="lab-1")
    made = decisions(apart)
    with apart.instance.store.read() as unit:
        facts = {fact.id: fact for fact in unit.facts_of(["p-ann"])["p-ann"]}
        told = {one.number: one.at for one in unit.notices_of("p-ann")}
    times = [one.decided_at for one in made]
    assert times == sorted(times)
    for one in made:
        for span in one.spans:
            assert all(known_since(facts[id]) <= one.decided_at for id in span.evidence)
        assert told.get(one.number, one.decided_at) == one.decided_at


def test_p7_and_p14_no_colour_comes_back_and_no_code_after_the_end(scene: Stage) -> None:
    scene.send(contact())
    decision = scene.instance.show("p-ann", "zh").decision
    assert decision is not None
    end = max(span.until or 0 for span in decision.spans if span.colour is Colour.RED)
    scene.clock.now = Instant(end)
    assert scene.colour("p-ann") == "yellow"
    scene.instance.keep_duties()
    for back in (1, BACK, 10 * DAY):
        scene.clock.now = Instant(end - back)
        shown = scene.instance.show("p-ann", "zh")
        assert (shown.colour, shown.at) == (Colour.YELLOW, end)
        assert shown.token is not None
        assert shown.token_ends is not None
        # The token has the server's own time: by it a gate finds out that the clock is wrong.
        assert shown.token_ends <= scene.clock.now + 12 * HOUR
    scene.clock.now = Instant(NOW + 59 * DAY)
    scene.instance.keep_duties()
    assert scene.instance.show("p-ann", "zh").lapsed
    scene.clock.now = Instant(NOW + 40 * DAY)
    assert scene.instance.show("p-ann", "zh").token is None


def test_p7_a_gate_and_an_isolation_site_are_told_no_colour_of_yesterday(tmp_path: Path) -> None:
    with posts(tmp_path) as here:
        instance = here.stage.instance
        ref = instance.identify(CARD)
        with instance.acting() as unit:
            enrol(unit, instance.context, [ref], here.stage.clock(), bytes,
                  {ref: Holder(ref, "陈*", "1237")})  # fmt: skip
        here.stage.send(contact("c1", ref), sample("t1", ref, result="negative"))
        ask = {"identity": CARD, "card_read": True, "place": "railway_station", "region": "410103"}

        def told() -> object:
            return here.act("zz-gate-gate_guard", Act.CARD_LOOKUP, ask).answer["colour"]

        assert told() == "red"
        decision = instance.show(ref, "zh").decision
        assert decision is not None
        end = max(span.until or 0 for span in decision.spans if span.colour is Colour.RED)
        here.stage.clock.now = Instant(end)
        assert told() == "yellow"
        instance.keep_duties()
        here.stage.clock.now = Instant(end - HOUR)
        assert told() == "yellow"


def test_p2_the_newest_evidence_and_the_decision_before_say_what_time_it_is_at_least(
    scene: Stage,
) -> None:
    scene.send(sample("t1", hours=-3, result="negative"))
    scene.clock.forward(HOUR)
    scene.send(sample("t2", hours=0.5, reported_at=at(0.9), result="negative"))  # changes nothing
    with scene.instance.store.read() as unit:
        [emergency] = unit.emergencies()
        assert log_time(unit, NOW) == NOW + HOUR
    scene.clock.forward(HOUR)
    with scene.instance.store.write() as unit:
        unit.end_emergency(emergency.id, scene.clock())
    scene.instance.renew("p-ann")
    before = decisions(scene)
    scene.clock.now = NOW  # when it was still in force
    scene.instance.renew("p-ann")
    assert decisions(scene) == before
    assert scene.instance.show("p-ann", "zh").token is None
