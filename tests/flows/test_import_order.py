"""The order in which records come, and in which batches, changes nothing."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mingma.evidence.record import fact_to_record
from mingma.kernel.times import DAY, HOUR, Instant
from mingma.kernel.words import Colour
from mingma.rules.assess import known_since
from tests.instances import NOW, Stage, stage
from tests.packs.random_facts import random_people

PEOPLE = 12
RULES = ["HA-R1", "HA-R3", "HA-Y1"]
ORDERS = {
    "seed": st.integers(0, 1 << 32),
    "shuffle": st.integers(0, 1 << 32),
    "cuts": st.lists(st.integers(1, 60), max_size=12),
    "again": st.integers(0, 20),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("orders")


def some_records(seed: int) -> list[dict[str, Any]]:
    """Records of a few people, all of what has happened already."""
    facts = random_people(seed, NOW, PEOPLE, RULES)
    return [fact_to_record(fact) for fact in facts if known_since(fact) <= NOW]


def batches(
    records: list[dict[str, Any]], shuffle: int, cuts: list[int], again: int
) -> Iterator[list[dict[str, Any]]]:
    """The records in another order, cut into batches; a few of them twice."""
    chance = random.Random(shuffle)
    mixed = [*records, *chance.sample(records, min(again, len(records)))]
    chance.shuffle(mixed)
    start = 0
    for cut in cuts:
        if mixed[start : start + cut]:
            yield mixed[start : start + cut]
        start += cut
    if mixed[start:]:
        yield mixed[start:]


def state(made: Stage, records: list[dict[str, Any]]) -> dict[str, object]:
    """Everything that is served of everybody, but how many steps it took."""
    refs = sorted({record["subject"] for record in records})
    with made.instance.store.read() as unit:
        facts, decisions = unit.facts_of(refs), unit.decisions_in_force(refs)
        assert unit.head()[0] == unit.statistics()["leaves"]
        assert unit.statistics()["waiting"] == 0
    return {ref: (list(facts[ref]), replace(decisions[ref], number=0)) for ref in refs}


@settings(max_examples=12, suppress_health_check=list(HealthCheck))
@given(**ORDERS)
def test_order_and_batch_size_change_nothing(
    folder: Path, seed: int, shuffle: int, cuts: list[int], again: int
) -> None:
    records = some_records(seed)
    with stage(folder) as one, stage(folder) as other:
        one.send(*records)
        for batch in batches(records, shuffle, cuts, again):
            assert other.send(*batch).refused == 0
        assert state(one, records) == state(other, records)


@settings(max_examples=12, suppress_health_check=list(HealthCheck))
@given(**ORDERS)
def test_the_time_between_batches_changes_no_colour(
    folder: Path, seed: int, shuffle: int, cuts: list[int], again: int
) -> None:
    records = some_records(seed)
    refs = sorted({record["subject"] for record in records})
    with stage(folder) as one, stage(folder) as other:
        one.send(*records)
        for batch in batches(records, shuffle, cuts, again):
            other.send(*batch)
            other.clock.forward(7 * HOUR)
        ends = other.clock()
        for day in range(20):
            one.clock.now = other.clock.now = Instant(ends + day * DAY)
            for ref in refs:
                assert colours(one, ref) == colours(other, ref), (ref, day)


def colours(made: Stage, ref: str) -> tuple[Colour, list[str]]:
    """The colour and the notices of a person's page now."""
    shown = made.instance.show(ref, "en")
    return shown.colour, [notice.headline for notice in shown.explanation.notices]
