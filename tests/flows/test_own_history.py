"""A person's own list says which decisions can make nothing worse."""

from __future__ import annotations

from pathlib import Path

from mingma.codes.decision import Decision
from mingma.flows.cosigned import GRACE
from mingma.flows.own_history import Effect, own_decisions
from tests.instances import Stage, sample
from tests.under_policy import infected, under_policy


def effects(scene: Stage) -> list[str]:
    """Oldest first."""
    instance = scene.instance
    with instance.store.read() as unit:
        found = own_decisions(unit, instance.context, "p-ann", scene.clock())
    assert all(isinstance(one.decision, Decision) for one in found)
    return [one.effect.value for one in reversed(found)]


def test_a_decision_waits_and_is_full_once_it_was_seen_in_time(tmp_path: Path) -> None:
    with under_policy(tmp_path) as watched:
        watched.witnesses.sleep()
        watched.send(infected(), source="lab-1")
        assert effects(watched)[-1] == Effect.WAITING
        watched.clock.forward(GRACE)
        assert effects(watched)[-1] == Effect.WAITING
        watched.witnesses.wake()
        watched.instance.ask_witnesses()
        watched.clock.forward(GRACE)
        assert set(effects(watched)) == {Effect.FULL}


def test_one_that_nobody_saw_in_time_is_void_and_stays_void(tmp_path: Path) -> None:
    with under_policy(tmp_path) as watched:
        watched.witnesses.sleep()
        watched.send(infected(), source="lab-1")
        watched.clock.forward(GRACE + 1)
        assert effects(watched)[-1] == Effect.VOID
        place = len(effects(watched)) - 1
        watched.witnesses.wake()
        watched.instance.ask_witnesses()  # and what came too late is decided anew
        assert effects(watched)[place] == Effect.VOID
        assert effects(watched)[-1] == Effect.FULL


def test_in_a_specimen_every_decision_is_full(scene: Stage) -> None:
    scene.send(sample("t1"))
    assert effects(scene) == [Effect.FULL]
