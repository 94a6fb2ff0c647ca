"""Whatever is done, in whatever order: memory and SQLite say the same."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from mingma.kernel.errors import Problem
from mingma.kernel.times import Instant
from mingma.ports import Store, Unit
from mingma.storage.memory import MemoryStore
from mingma.storage.sqlite import SqliteStore
from tests.storage import make
from tests.unit.evidence.facts import facts

Act: TypeAlias = Callable[[Unit], object]

PEOPLE = ("ann", "ben", "eve")
SOURCES = ("lab", "clinic")
IDS = ("1", "2", "10", "长" * 300)
people = st.sampled_from(PEOPLE)
numbers = st.integers(1, 4)
times = st.integers(make.NOON - 2, make.NOON + 2).map(Instant)
some_facts = st.lists(facts(st.sampled_from(IDS), people, times), min_size=1, max_size=3)
acts_of_people = st.lists(st.tuples(people, numbers), min_size=1, max_size=3)


def everything(unit: Unit) -> dict[str, Any]:
    """All that a unit can be asked."""
    size, head = unit.head()
    return {
        "people": unit.people(PEOPLE),
        "known": {source: unit.known(source, IDS) for source in SOURCES},
        "facts": unit.facts_of(PEOPLE),
        "batches": [unit.batch(source, "b1") for source in SOURCES],
        "turned": [unit.turned(source, "b1") for source in SOURCES],
        "ages": unit.channel_ages(),
        "in force": unit.decisions_in_force(PEOPLE),
        "decisions": [unit.decisions_of(one) for one in PEOPLE],
        "notices": [unit.notices_of(one) for one in PEOPLE],
        "pool": [unit.pool(2), unit.pool(100)],
        "log": [size, head, unit.leaves(0, size), unit.leaves(1, 3)],
        "indices": [unit.index_of(one, number) for one in PEOPLE for number in range(1, 5)],
        "sources": unit.sources(),
        "emergency": [unit.emergency_at(Instant(make.NOON + i)) for i in range(-3, 4)],
        "records": unit.records("merge"),
        "statistics": unit.statistics(),
    }


class Same(RuleBasedStateMachine):
    """Does the same to both stores: one unit of several acts, kept or given up."""

    @initialize()
    def start(self) -> None:
        self.folder = tempfile.TemporaryDirectory(prefix="mingma-machine-")
        file = Path(self.folder.name) / "store.db"
        self.stores: list[Store] = [MemoryStore(), SqliteStore(file)]
        self.unit: list[Act] = []

    @rule(refs=st.lists(people, min_size=1, max_size=3), events=st.integers(0, 2))
    def add_people(self, refs: list[str], events: int) -> None:
        self.unit.append(lambda unit: unit.add_people(make.person(ref, events) for ref in refs))

    @rule(counts=st.dictionaries(people, numbers))
    def count_events(self, counts: dict[str, int]) -> None:
        self.unit.append(lambda unit: unit.count_events(counts))

    @rule(some=some_facts, source=st.sampled_from(SOURCES), at=times)
    def add_facts(self, some: Any, source: str, at: Instant) -> None:
        self.unit.append(lambda unit: make.add_facts(unit, *some, source=source, at=at))

    @rule(source=st.sampled_from(SOURCES), lines=st.lists(st.integers(0, 3), max_size=3))
    def add_batch(self, source: str, lines: list[int]) -> None:
        turned = [make.turned(line) for line in lines] if source == "lab" else []
        self.unit.append(lambda unit: unit.add_batch(make.batch(source=source), turned))

    @rule(acts=acts_of_people)
    def decide(self, acts: list[tuple[str, int]]) -> None:
        self.unit.append(lambda unit: make.decide(unit, *acts))

    @rule(acts=acts_of_people, at=times)
    def add_leaves(self, acts: list[tuple[str, int]], at: Instant) -> None:
        self.unit.append(lambda unit: unit.add_leaves([make.leaf(*act, at) for act in acts]))

    @rule(how_many=st.integers(0, 5), late=st.sampled_from([0, 0, 0, 1]))
    def seal(self, how_many: int, late: int) -> None:
        def act(unit: Unit) -> None:
            size, _ = unit.head()
            unit.seal(size - late, make.sealed(unit.pool(how_many)), b"%d" % (size + how_many))

        self.unit.append(act)

    @rule(id=st.sampled_from(IDS), starts=times, ends=times)
    def add_emergency(self, id: str, starts: Instant, ends: Instant) -> None:
        self.unit.append(lambda unit: unit.add_emergency(make.emergency(id, starts, ends)))

    @rule(id=st.sampled_from(IDS), at=times)
    def end_emergency(self, id: str, at: Instant) -> None:
        self.unit.append(lambda unit: unit.end_emergency(id, at))

    @rule(id=st.sampled_from(IDS), at=times)
    def add_source_and_record(self, id: str, at: Instant) -> None:
        self.unit.append(lambda unit: unit.add_source(make.source(id)))
        self.unit.append(lambda unit: unit.add_record(make.record(id, at=at)))

    @rule(kept=st.sampled_from([True, True, True, False]))
    def end_the_unit(self, kept: bool) -> None:
        acts, self.unit = self.unit, []
        first, second = [_outcome(store, acts, kept) for store in self.stores]
        assert first == second

    @invariant()
    def both_say_the_same(self) -> None:
        said = []
        for store in self.stores:
            with store.read() as unit:
                said.append(everything(unit))
        assert said[0] == said[1]

    def teardown(self) -> None:
        if hasattr(self, "stores"):
            self.stores[1].close()
            self.folder.cleanup()


def _outcome(store: Store, acts: list[Act], kept: bool) -> list[object]:
    """What a unit of these acts said, step by step, to its end."""
    said: list[object] = []
    try:
        with store.write() as unit:
            for act in acts:
                act(unit)
                said.append(everything(unit))
            if not kept:
                raise make.GoneWrong
    except Problem as problem:
        said.append((problem.slug, problem.details))
    except make.GoneWrong:
        said.append("given up")
    return said


TestSame = Same.TestCase
TestSame.settings = settings(max_examples=40, stateful_step_count=25)
