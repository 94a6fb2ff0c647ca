"""What a unit of work costs over the bare rows, and what a bulk load takes.

Ratios and processor time: a busy machine makes both sides slow, or neither.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median

import pytest

from mingma.ports import Store, Unit
from mingma.storage import rows
from mingma.storage.rows import Row
from mingma.storage.sqlite import SqliteStore
from mingma.storage.sqlite.link import connect
from mingma.storage.statements import Statements
from tests.storage import make

AT_MOST = 4.0  # times the bare commit of the same rows (issue, Must hold)
BULK_WITHIN = 20.0  # seconds of processor time for 20,000 people with 400,000 facts
PEOPLE, FACTS_EACH = 20_000, 20


def ref(number: int) -> str:
    return hashlib.sha256(str(number).encode()).hexdigest()[:43]


def load(unit: Unit, people: range) -> None:
    """People with their facts, out of order as a batch has them, and a decision each."""
    unit.add_people(make.person(ref(number), 1) for number in people)
    unit.add_facts(
        (make.received(make.fact(f"lab/{number}/{i}", ref(number), make.NOON + i)), make.DIGEST)
        for i in range(FACTS_EACH)
        for number in people
    )
    make.decide(unit, *((ref(number), 1) for number in people))


def one_fact(store: Store, number: int) -> None:
    """One admitted fact: read person, facts and decision; write all that follows from it."""
    who = ref(number)
    with store.write() as unit:
        person = unit.people([who])[who]
        unit.known("lab", [f"lab/new/{number}"])
        unit.facts_of([who])
        unit.decisions_in_force([who])
        make.add_facts(unit, make.fact(f"lab/new/{number}", who))
        make.decide(unit, (who, person.events + 1))
        unit.count_events({who: person.events + 1})


def same_rows(sql: Statements, number: int) -> Sequence[tuple[str, Row]]:
    """The rows that `one_fact` writes."""
    who = ref(number)
    received = make.received(make.fact(f"lab/new/{number}", who))
    return [
        (sql.add_receipt, rows.receipt_row(received, make.DIGEST)),
        (sql.add_fact, rows.fact_row(received)),
        (sql.touch_channel, *rows.latest([received])),
        (sql.add_decision, rows.decision_row(make.decision(who, 2))),
        (sql.add_notice, rows.notice_row(make.notice(who, 2))),
        (sql.add_leaf, rows.leaf_row(make.leaf(who, 2))),
        (sql.count_events, (2, who, 2)),
    ]


def test_a_unit_of_work_costs_at_most_four_bare_commits_of_its_rows(tmp_path: Path) -> None:
    stores = [SqliteStore(tmp_path / name) for name in ("ours.db", "bare.db")]
    for store in stores:
        with store.write() as unit:
            load(unit, range(1000))
    sql = Statements(stores[0]._readers.dialect)
    stores[1].close()
    bare = connect(tmp_path / "bare.db", writes=True)
    ours, theirs = [], []
    for number in range(300):
        prepared = same_rows(sql, number)
        started = time.perf_counter()
        bare.execute("BEGIN IMMEDIATE")
        for text, row in prepared:
            bare.execute(text, row)
        bare.execute("COMMIT")
        between = time.perf_counter()
        one_fact(stores[0], number)
        ours.append(time.perf_counter() - between)
        theirs.append(between - started)
    stores[0].close()
    bare.close()
    assert median(ours) < AT_MOST * median(theirs)


@pytest.mark.slow
def test_twenty_thousand_people_load_in_seconds(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "store.db")
    started = time.process_time()
    with store.write() as unit:
        load(unit, range(PEOPLE))
    took = time.process_time() - started
    with store.read() as unit:
        found = unit.facts_of([ref(number) for number in range(PEOPLE)])
        assert sum(map(len, found.values())) == unit.statistics()["facts"] == PEOPLE * FACTS_EACH
    store.close()
    assert took < BULK_WITHIN
