"""A person's sealed leaves are read once, and a leaf that is gone makes nobody worse off."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mingma.flows.own_leaves import Known, OwnLeaves, read_on
from mingma.flows.show_code import show_code
from mingma.ledger.leaf import Kind
from tests.appealing import object_to
from tests.cosigned import proving
from tests.instances import Stage, contact, sample, stage


class Counting:
    """A unit that remembers which leaves were asked for; those in `gone` have no row."""

    def __init__(self, unit: Any, gone: Sequence[int] = ()) -> None:
        self._unit, self._gone = unit, gone
        self.asked: list[int] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._unit, name)

    def leaves(self, start: int, end: int) -> Sequence[bytes]:
        self.asked.append(start)
        return () if start in self._gone else self._unit.leaves(start, end)


@pytest.fixture
def red(scene: Stage) -> Stage:
    """Ann is red, and has appealed: an enrolment's event, two decisions, a filing."""
    scene.send(sample("t", result="negative"))
    scene.send(contact())
    object_to(scene)
    return scene


def test_each_leaf_is_read_once_and_the_next_ones_after_it(red: Stage) -> None:
    own = OwnLeaves()
    with red.instance.store.read() as unit:
        person, counting = unit.people(["p-ann"])["p-ann"], Counting(unit)
        known = own.of(counting, person)
        assert len(counting.asked) == known.upto == person.events
        assert own.of(counting, person) is known
        assert len(counting.asked) == known.upto
    red.send(contact("c2", hours=-3))
    with red.instance.store.read() as unit:
        person, counting = unit.people(["p-ann"])["p-ann"], Counting(unit)
        more = own.of(counting, person)
        assert len(counting.asked) == more.upto - known.upto == 1
        assert more == read_on(unit, person, Known())
    assert more.decided == more.upto
    assert [leaf.kind for leaf in more.appeals.values()] == [Kind.APPEAL_OPEN]


def test_who_is_enrolled_anew_begins_anew(red: Stage) -> None:
    own = OwnLeaves()
    with red.instance.store.read() as unit:
        person, counting = unit.people(["p-ann"])["p-ann"], Counting(unit)
        own.of(counting, person)
        own.of(counting, replace(person, key=bytes(32)))
        assert len(counting.asked) == 2 * person.events


def test_a_leaf_that_is_gone_proves_no_worse_colour_and_fails_no_page(tmp_path: Path) -> None:
    with stage(tmp_path) as scene:
        proven = proving(scene)
        proven.send(sample("t", result="negative"))
        proven.send(contact())
        proven.cosign()
        i = scene.instance
        with i.store.read() as unit:
            first = unit.index_of("p-ann", 1)
            assert first is not None
            shown = {
                gone: show_code(
                    Counting(unit, gone), i.context, "p-ann", scene.clock(), lang="en",
                    signer=i.signer, chance=bytes, receipts=i.receipts,
                ).colour.value
                for gone in ((first,), ())
            }  # fmt: skip
    assert shown == {(first,): "green", (): "red"}
