"""Rows that somebody else wrote into the database colour nobody."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from mingma.flows.decide import redecide
from mingma.kernel.words import Colour
from tests.instances import Stage, contact, sample, stage, withdrawal

ANN = "p-ann"


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Stage]:
    with stage(tmp_path, f"sqlite:///{tmp_path / 'a.db'}") as made:
        yield made


def edit(scene: Stage, *statements: str) -> None:
    """What a database administrator does beside the running instance."""
    link = sqlite3.connect(scene.instance.settings.database.removeprefix("sqlite:///"))
    with link:
        for statement in statements:
            assert link.execute(statement).rowcount > 0, statement
    link.close()


def decided(scene: Stage) -> Colour:
    """The colour of the latest decision, whatever shows."""
    with scene.instance.store.read() as unit:
        return unit.decisions_in_force([ANN])[ANN].colour_at(scene.clock())


COPY = """INSERT INTO {table} SELECT {columns} FROM {table} WHERE {which}"""


def test_a_fact_written_into_the_database_with_its_receipt_colours_nobody(scene: Stage) -> None:
    scene.send(contact("c1", subject="p-bob"), sample("t1", result="negative"))
    assert scene.colour("p-bob") == "red"
    # Bob's finding, with its receipt, is written in as Ann's; then she is decided anew.
    edit(
        scene,
        COPY.format(
            table="fact",
            columns="'p-ann', at, 'demo/forged', source,"
            " replace(replace(body, 'p-bob', 'p-ann'), 'demo/c1', 'demo/forged')",
            which="sid = 'p-bob'",
        ),
        COPY.format(
            table="receipt",
            columns="source, 'demo/forged', digest, received_at, batch",
            which="id = 'demo/c1'",
        ),
    )
    scene.instance.renew(ANN)
    assert decided(scene) is Colour.GREEN
    assert scene.colour(ANN) == "green"
    assert "fact_differs" in {str(one.word) for one in scene.instance.reconcile()}
    # What frees her counts as ever, and so does new evidence of her own where nothing is amiss.
    scene.send(contact("c2", subject="p-cat"))
    assert scene.colour("p-cat") == "red"


def test_a_decision_with_a_leaf_of_its_own_shows_nothing_that_no_evidence_gives(
    scene: Stage,
) -> None:
    scene.send(contact("c1"))
    assert scene.colour(ANN) == "red"
    # The evidence goes; the decision and its proven leaf are still there.
    edit(scene, "DELETE FROM fact WHERE sid = 'p-ann'")
    assert decided(scene) is Colour.RED
    shown = scene.instance.show(ANN, "en")
    assert (shown.colour, shown.token is not None) == (Colour.GREEN, True)


def test_a_withdrawal_whose_digest_was_edited_still_frees(scene: Stage) -> None:
    scene.send(contact("c1"))
    scene.send(withdrawal("demo/c1"))
    assert scene.colour(ANN) == "green"
    edit(scene, "UPDATE receipt SET digest = zeroblob(32) WHERE id = 'demo/w1'")
    with scene.instance.acting() as unit:
        redecide(unit, scene.instance.context, {ANN}, scene.clock())
    assert scene.colour(ANN) == "green"


def test_what_was_admitted_is_vouched_for(scene: Stage) -> None:
    scene.send(contact("c1"))
    assert scene.instance.reconcile() == []
