"""All promises at once, over histories that nobody thought of.

`MINGMA_HISTORIES` and `MINGMA_STEPS` ask for more, `MINGMA_SEED` for others. A history that breaks
a promise is printed with what replays just that one: the bytes of `@reproduce_failure`, put into
`MINGMA_REPLAY`. `MINGMA_SHRINK=1` looks for the shortest.
"""

from __future__ import annotations

import os

import hypothesis
import pytest
from hypothesis import HealthCheck, Phase, reproduce_failure, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.invariants.broken_controls import CONTROLS
from tests.invariants.machine import REACHED, Province

MANY = int(os.environ.get("MINGMA_HISTORIES", "40"))
STEPS = int(os.environ.get("MINGMA_STEPS", "50"))
SEED = int(os.environ.get("MINGMA_SEED", "1"))
REPLAY = os.environ.get("MINGMA_REPLAY", "").encode()
SHRINK = bool(os.environ.get("MINGMA_SHRINK"))
# What a run must have come to: else it proves less than it says.
DEEP = (
    "approved and red",
    "without ground, refused",
    "not drawn, refused",
    "objected",
    "objected, rests",
    "objected, and approved after two hours",
    "hundred, first approval",
    "approved twice",
    "appealed",
    "upheld and green",
    "re-mark refused",
    "rejected",
    "withdrawn",
    "lapsed and better",
    "released",
    "outage",
    "void, decided anew",
    "ordered",
    "order ended",
    "fell by itself",
    "presence alone",
    "looked",
    "glass reviewed",
    "protected place",
    "place policy counts",
    "rule published",
    "rule in force",
    "never",
    "restarted",
    "clock put back",
    "emergency ended",
    "row changed",
)


def run(machine: type[Province] = Province, many: int = MANY, steps: int = STEPS) -> None:
    """The same histories for the same seed; or the one that is to be replayed."""
    seeded = type(machine.__name__, (machine,), {})
    run_state_machine_as_test(
        reproduce_failure(hypothesis.__version__, REPLAY)(seeded) if REPLAY else seed(SEED)(seeded),
        settings=settings(
            max_examples=many, stateful_step_count=steps, deadline=None, database=None,
            derandomize=False, print_blob=True, suppress_health_check=list(HealthCheck),
            phases=(Phase.generate, Phase.shrink) if SHRINK else (Phase.generate,),
        ),
    )  # fmt: skip


def test_every_promise_holds_after_every_step_of_any_history() -> None:
    REACHED.clear()
    run()
    assert [state for state in DEEP if not REACHED[state]] == []


def test_the_same_seed_gives_the_same_histories_leaf_by_leaf() -> None:
    def histories() -> list[tuple[bytes, ...]]:
        logs: list[tuple[bytes, ...]] = []

        class Told(Province):
            def teardown(self) -> None:
                logs.append(self.world.state.leaves)
                super().teardown()

        run(Told, many=3, steps=10)
        return logs

    first = histories()
    assert len({leaves[-1] for leaves in first}) > 1
    assert histories() == first


@pytest.mark.slow
@pytest.mark.parametrize("control", CONTROLS)
def test_without_any_one_control_a_promise_is_seen_broken(
    control: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    CONTROLS[control](monkeypatch)
    with pytest.raises(AssertionError):
        run()
