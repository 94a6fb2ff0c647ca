"""A day that is over gets its table; the tables' ranges adjoin."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from mingma.flows.tally_day import TOLERANCE, keep_days, table_of, tally_day
from mingma.kernel.times import DAY, HOUR, Instant
from mingma.ledger.leaf import Kind, Leaf, parse
from mingma.ledger.tally import OTHER, verify_table
from mingma.records import Outgoing
from tests.flows.logs import unsealed
from tests.instances import NOW, Stage, sample

MIDNIGHT = Instant(NOW + 12 * HOUR)


def keep(stage: Stage) -> int:
    return keep_days(stage.instance.acting, stage.instance.context.organ, stage.clock())


def table(stage: Stage, day: str) -> dict[str, Any]:
    with stage.instance.store.read() as unit:
        found = table_of(unit, day)
    assert found is not None
    said: dict[str, Any] = json.loads(found)
    return said


def reds(stage: Stage, count: int, region: str, start: int = 0) -> None:
    stage.send(
        *({**sample(f"t{n}", f"p-{n}"), "region": region} for n in range(start, start + count))
    )


def test_a_day_has_its_table_when_it_is_over(scene: Stage) -> None:
    reds(scene, 12, "410105")
    reds(scene, 3, "410203", start=12)
    reds(scene, 11, "410305", start=15)
    scene.clock.now = Instant(MIDNIGHT + TOLERANCE - 1)
    assert keep(scene) == 0
    scene.clock.forward(1)
    assert keep(scene) == 1
    assert keep(scene) == 0
    said = table(scene, "2022-06-14")
    (red,) = [row for row in said["acts"] if row["to"] == "red"]
    assert red["count"] == 26
    assert red["regions"] == {"410105": 12, OTHER: 14}  # three alone would be told by the sum
    enrolled = next(row for row in said["acts"] if row["kind"] == "enrol")
    assert enrolled["regions"] == {OTHER: 26}


def test_of_a_day_that_goes_on_only_the_first_leaf_is_read(scene: Stage) -> None:
    reds(scene, 12, "410105")
    with scene.instance.store.write() as unit:
        read: list[tuple[int, int]] = []

        class Rows:
            def __getattr__(self, name: str) -> Any:
                return getattr(unit, name)

            def leaves(self, start: int, end: int) -> Sequence[bytes]:
                read.append((start, end))
                return unit.leaves(start, end)

        rows: Any = Rows()
        assert tally_day(rows, scene.instance.context.organ, scene.clock()) is None
    assert read == [(0, 1)]


def test_every_leaf_is_in_one_table_and_each_table_counts_its_leaves(scene: Stage) -> None:
    for _ in range(4):
        reds(scene, 3, "410105", start=int(scene.clock()) % 100_000)
        scene.clock.forward(DAY)
        scene.clock.now = Instant(scene.clock() + HOUR)
        keep(scene)
    with scene.instance.store.read() as unit:
        entries = unit.leaves(0, unit.head()[0])
        tallies = [leaf for leaf, _ in map(parse, entries) if leaf.kind is Kind.TALLY_DAY]
        assert len(tallies) == 4
        end = 0
        for leaf in tallies:
            assert leaf.index == end
            end = leaf.end or 0
            found = table_of(unit, json.loads(unit.records("tally")[0].body)["day"])
            assert found
        for record, leaf in zip(unit.records("tally"), tallies, strict=True):
            assert leaf.index is not None
            verify_table(record.body, leaf, entries[leaf.index : leaf.end])


def test_days_that_were_missed_are_made_up_and_a_day_without_leaves_has_no_table(
    scene: Stage,
) -> None:
    reds(scene, 1, "410105")
    scene.clock.forward(3 * DAY)
    reds(scene, 1, "410105", start=50)
    scene.clock.forward(DAY)
    assert keep(scene) == 2
    assert table(scene, "2022-06-14")["end"] == table(scene, "2022-06-17")["start"]
    with scene.instance.store.read() as unit:
        assert table_of(unit, "2022-06-15") is None
        assert table_of(unit, "2022-06-1") is None


def test_a_clock_that_was_set_back_over_midnight_stops_no_later_table(scene: Stage) -> None:
    reds(scene, 1, "410105")
    scene.clock.forward(DAY)
    keep(scene)
    reds(scene, 1, "410105", start=5)
    scene.clock.now = NOW
    reds(scene, 1, "410105", start=9)  # at log time, on the later day
    with scene.instance.acting() as unit:
        unit.add_leaves([Outgoing("instance:test", 0, unsealed(0), NOW)])
    scene.clock.forward(2 * DAY)
    assert keep(scene) == 1
    said = table(scene, "2022-06-15")
    with scene.instance.store.read() as unit:
        entries = unit.leaves(said["start"], said["end"])
        assert {parse(entry)[1] for entry in entries} == {19157, 19158}
        leaf: Leaf = parse(unit.leaves(0, unit.head()[0])[-1])[0]
        record = unit.last_record("tally", "")
        assert record
        verify_table(record.body, leaf, entries)
