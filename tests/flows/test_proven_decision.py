"""A decision supports something only if the log proves it, cosigned in time."""

from __future__ import annotations

from pathlib import Path

from mingma.flows.cosigned import GRACE
from mingma.flows.proven_decision import proven_index
from tests.under_policy import Watched, infected, under_policy


def proven(scene: Watched, number: int = 1) -> bool:
    with scene.instance.store.read() as unit:
        person = unit.people(["p-ann"])["p-ann"]
        return proven_index(unit, scene.instance.context, person, number) is not None


def test_a_decision_is_proven_once_it_is_cosigned_and_not_without(tmp_path: Path) -> None:
    with under_policy(tmp_path) as scene:
        scene.witnesses.sleep()
        scene.send(infected(), source="lab-1")
        assert not proven(scene)
        scene.witnesses.wake()
        scene.instance.ask_witnesses()
        assert proven(scene)
        assert not proven(scene, 2)


def test_one_that_was_cosigned_too_late_is_not_proven(tmp_path: Path) -> None:
    with under_policy(tmp_path) as scene:
        scene.witnesses.sleep()
        scene.send(infected(), source="lab-1")
        scene.clock.forward(GRACE + 1)
        scene.witnesses.wake()
        scene.instance.ask_witnesses()
        assert not proven(scene)
