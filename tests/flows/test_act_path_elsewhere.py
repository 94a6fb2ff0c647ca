"""The path on a file, and under a trust policy: the lot and the colour wait for the witnesses.

Controls broken to see these fail: the head that the lot waits for, and its root in the seed.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from mingma.authority.roster import Stage, draw, seed
from mingma.flows import rosters
from mingma.flows.cosigned import GRACE
from mingma.flows.lot import LotNotYet
from mingma.flows.sources import write_leaf
from mingma.kernel.times import Instant
from tests.cosigned import Proving, proving
from tests.posts import Posts, posts


@pytest.fixture
def database(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'a.db'}"


@contextmanager
def witnessed(folder: Path) -> Iterator[tuple[Posts, Proving, str]]:
    """Under a trust policy, and a proposal that no witness saw yet."""
    with posts(folder) as here:
        here.open_case()
        with here.stage.instance.acting() as unit:
            for source in unit.sources().values():
                write_leaf(unit, source, "o", here.stage.clock())
        proof = proving(here.stage)
        proof.cosign()
        yield here, proof, here.propose("p-ann")


def test_the_path_is_the_same_on_a_file(tmp_path: Path, database: str) -> None:
    with posts(tmp_path, database) as here:
        here.mark_contacts("p-ann", "p-bob")
        assert here.stage.colour("p-ann") == "red"
        assert here.stage.instance.reconcile() == []


def test_no_lot_is_drawn_and_nothing_gets_worse_before_witnesses_saw_it(tmp_path: Path) -> None:
    with witnessed(tmp_path) as (here, proof, proposal):
        with pytest.raises(LotNotYet):
            here.approve(proposal, "zz-hq-checker-0")
        assert not here.attempts()
        here.stage.clock.forward(60)
        proof.cosign()
        here.stage.clock.forward(1)
        drawn = here.drawn(proposal)
        here.approve(proposal, drawn.officer.id)
        assert here.stage.colour("p-ann") == "green"  # approved, and not cosigned yet
        proof.cosign()
        assert here.stage.colour("p-ann") == "red"


def test_an_approval_that_no_witness_saw_in_time_is_void(tmp_path: Path) -> None:
    with witnessed(tmp_path) as (here, proof, proposal):
        proof.cosign()
        here.stage.clock.forward(1)
        here.approve(proposal)
        proof.cosign(Instant(here.stage.clock() + GRACE + 1))
        here.stage.clock.forward(GRACE + 2)
        assert here.stage.colour("p-ann") == "green"


def test_the_first_cosigned_head_fixes_the_lot_and_no_later_one(tmp_path: Path) -> None:
    with witnessed(tmp_path) as (here, proof, proposal):
        proof.cosign()
        here.stage.clock.forward(1)
        drawn = here.drawn(proposal)
        for n in range(5):
            here.visits(f"p-other-{n}")
            proof.cosign()
            assert here.drawn(proposal) == drawn


def test_anybody_draws_the_same_lot_again_from_that_head(tmp_path: Path) -> None:
    with witnessed(tmp_path) as (here, proof, proposal):
        proof.cosign()
        found = here.stage.instance.public_log.head()
        assert found is not None
        covered = here.stage.clock()
        here.stage.clock.forward(1)
        standing = here.standing(proposal)
        with here.stage.instance.store.read() as unit:
            shifts = [shift for shift, _ in rosters.roster(unit, covered, covered)]
        [again] = draw(
            seed(found[1].root, standing.proposal.digest),
            shifts,
            standing.proposal,
            Stage(),
            covered,
            here.stage.clock(),
        )
        assert again == here.drawn(proposal)
