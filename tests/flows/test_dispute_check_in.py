"""Her own check-ins, and her word that one was not she.

Controls broken to see these fail: whose it is, of which kind and grade, once, and that it ends it.
"""

from __future__ import annotations

import pytest

from mingma.flows.dispute_check_in import (
    NotYourCheckIn,
    OwnCheckIn,
    dispute_check_in,
    own_check_ins,
)
from mingma.flows.show_code import NoSuchPerson
from tests.instances import Stage, at, contact, sample


def scan(id: str, subject: str = "p-ann", hours: float = -5, grade: str = "A") -> dict[str, object]:
    return {
        "id": id, "kind": "check_in", "subject": subject, "at": at(hours), "region": "410100",
        "data": {"venue": "market-1", "grade": grade},
    }  # fmt: skip


def dispute(scene: Stage, of: str, ref: str = "p-ann") -> OwnCheckIn:
    i = scene.instance
    with i.acting() as unit:
        return dispute_check_in(unit, i.context, ref, of, i.clock(), i.desk.chance)


def own(scene: Stage, ref: str = "p-ann") -> list[tuple[str, bool]]:
    with scene.instance.store.read() as unit:
        return [(one.id, one.disputed) for one in own_check_ins(unit, ref, scene.clock())]


def test_she_sees_every_check_in_of_hers_with_who_entered_it(scene: Stage) -> None:
    scene.send(scan("a"), scan("b", hours=-2, grade="C"), scan("c", "p-bob"), contact("d"))
    with scene.instance.store.read() as unit:
        found = own_check_ins(unit, "p-ann", scene.clock())
    assert [(one.id, one.venue, one.grade) for one in found] == [
        ("demo/b", "market-1", "C"), ("demo/a", "market-1", "A"),
    ]  # fmt: skip
    assert all(one.entered_by for one in found)


def test_one_that_she_disputes_is_withdrawn_and_stays_on_record(scene: Stage) -> None:
    scene.send(scan("a"), scan("b", hours=-2))
    assert dispute(scene, "demo/a").disputed
    assert own(scene) == [("demo/b", False), ("demo/a", True)]
    assert scene.colour("p-ann") == "green"
    assert scene.instance.reconcile() == []


def test_nothing_else_is_disputed_so(scene: Stage) -> None:
    scene.send(
        scan("a"), scan("b", "p-bob"), scan("own", grade="B"), contact("c"), sample("t", "p-cat")
    )
    dispute(scene, "demo/a")
    for of in ("demo/a", "demo/b", "demo/own", "demo/c", "demo/none", ""):
        with pytest.raises(NotYourCheckIn):
            dispute(scene, of)
    with pytest.raises(NoSuchPerson):
        dispute(scene, "demo/a", "p-nobody")
    assert scene.colour("p-ann") == "red"
