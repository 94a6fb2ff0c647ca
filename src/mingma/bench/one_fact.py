"""One admitted fact → decided, logged, stored, beside a bare SQLite commit of the same rows.

The two take turns, act by act, in files of one schema on one disk; medians are compared. The peer
inserts ready-made rows with prepared statements: what our own commit cannot be faster than. An act
can be measured up to the outbox, or with the seal of its leaf in the same transaction.
"""

from __future__ import annotations

import hashlib
import sqlite3
import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from functools import cache, partial
from pathlib import Path
from typing import Any, Final

from mingma.bench.people import AT
from mingma.evidence.admit import admit
from mingma.evidence.model import Fact
from mingma.evidence.record import digest_of
from mingma.flows.context import Context
from mingma.flows.decide import redecide
from mingma.flows.emergency import declare_emergency
from mingma.flows.enrol import enrol
from mingma.flows.seal import Log
from mingma.flows.together import Together
from mingma.kernel.times import DAY, Instant, print_instant
from mingma.keys import log_keys
from mingma.ports import Store, Unit
from mingma.records import Emergency, Received, Source
from mingma.shelf import load_pack
from mingma.shipped import divisions
from mingma.storage import open_store
from mingma.storage.sqlite.link import connect

_Acts = Callable[[Sequence[int]], Sequence[int]]

ACTS: Final = 1600
CALLERS: Final = 16
ROUNDS: Final = 10
PACK: Final = "cn-hebei-2022-11"
NOW: Final = Instant(AT)
_YESTERDAY: Final = print_instant(NOW - DAY)
# The rows one act writes: table → order of the rows as our own store wrote them.
TABLES: Final = {
    "receipt": "id",
    "fact": "id",
    "decision": "sid",
    "notice": "sid",
    "outbox": "sid",
}


def one_fact(folder: Path, *, sealed: bool = False) -> dict[str, Any]:
    """Medians in milliseconds and their ratio."""
    with _beside(folder, sealed=sealed) as (ours, bare):
        times: tuple[list[float], list[float]] = ([], [])
        for number in range(ACTS):
            begun = time.perf_counter()
            ours([number])
            between = time.perf_counter()
            bare(number)
            ended = time.perf_counter()
            times[0].append(between - begun)
            times[1].append(ended - between)
    act, alone = (statistics.median(column) * 1000 for column in times)
    return {
        "one_fact_ms": act,
        "bare_commit_ms": alone,
        "ratio_one_fact_to_bare_commit": act / alone,
    }


def facts_at_once(folder: Path) -> tuple[float, float]:
    """Sealed acts a second of several callers at once, and bare commits a second: medians.

    They take turns, a round each; what a caller brought is on the disk when he goes on. What waits
    is taken in together, as evidence is.
    """
    rates: tuple[list[float], list[float]] = ([], [])
    share = ACTS // ROUNDS
    with _beside(folder, sealed=True) as (ours, bare), ThreadPoolExecutor(CALLERS) as pool:
        does = Together(ours, weigh=lambda _: 1, most=CALLERS).do
        for start in range(0, ACTS, share):
            numbers = range(start, min(start + share, ACTS))
            begun = time.perf_counter()
            list(
                pool.map(partial(_one_by_one, does), (numbers[n::CALLERS] for n in range(CALLERS)))
            )
            between = time.perf_counter()
            for number in numbers:
                bare(number)
            ended = time.perf_counter()
            rates[0].append(len(numbers) / (between - begun))
            rates[1].append(len(numbers) / (ended - between))
    return statistics.median(rates[0]), statistics.median(rates[1])


def _one_by_one(does: Callable[[int], object], numbers: Sequence[int]) -> None:
    """One caller, who waits for each of his acts before he brings the next."""
    for number in numbers:
        does(number)


@contextmanager
def _beside(folder: Path, *, sealed: bool) -> Iterator[tuple[_Acts, Callable[[int], None]]]:
    """The acts of numbers, and the bare commit of the rows that one like them wrote."""
    opened = _sealing if sealed else _plain
    warm = opened(folder / "rows.db")
    for number in range(ACTS):
        _acts(*warm, [number])
    warm[0].close()
    tables = {**TABLES, "leaf": "sid", "sealed": "i"} if sealed else TABLES
    rows = _rows(folder / "rows.db", tables)
    ours, peer = opened(folder / "ours.db"), opened(folder / "peer.db")
    peer[0].close()
    link = connect(folder / "peer.db", writes=True)
    yield partial(_acts, *ours), partial(_bare_act, link, rows, sealed=sealed)
    link.close()
    ours[0].close()


@cache
def _ref(number: int) -> str:
    return f"p{hashlib.sha256(b'%d' % number).hexdigest()[:43]}"


def _plain(path: Path) -> tuple[Store, Context, Callable[[], AbstractContextManager[Unit]]]:
    """A store, and its unit of work: leaves go to the outbox."""
    store, context = _store(path, ACTS)
    return store, context, store.write


def _sealing(path: Path) -> tuple[Store, Context, Callable[[], AbstractContextManager[Unit]]]:
    """A store, and a unit of work that ends with the seal."""
    store, context = _store(path, ACTS)
    log = Log(store, *log_keys(path.parent, "ledger.bench.example/codes/2022"))
    log.seal_all(NOW)

    @contextmanager
    def acting() -> Iterator[Unit]:
        with log.writing(lambda: NOW) as act:
            yield act.unit

    return store, context, acting


def _store(path: Path, people: int) -> tuple[Store, Context]:
    """A store with everybody enrolled and an emergency declared; one seed, so keys are alike."""
    context = Context("bench.example/command", "130000", (load_pack(PACK),), divisions())
    store = open_store(f"sqlite:///{path}")
    with store.write() as unit:
        ends = Instant(NOW + 60 * DAY)
        declare_emergency(unit, Emergency("e", "law", "bench", Instant(NOW - DAY), ends), NOW)
        unit.add_source(
            Source("cdc", "cdc", "cdc", bytes(32), frozenset({"contact_finding"}), True)
        )
        enrol(unit, context, [_ref(n) for n in range(people)], NOW, bytes)
    return store, context


def _acts(
    _: Store,
    context: Context,
    writing: Callable[[], AbstractContextManager[Unit]],
    numbers: Sequence[int],
) -> Sequence[int]:
    """Acts in one unit of work, as evidence that came at once is taken in."""
    facts = [_fact(context, number) for number in numbers]
    with writing() as unit:
        unit.add_facts(
            (Received("cdc", fact, NOW, "batch"), digest_of(fact, context.evidence_key))
            for fact in facts
        )
        redecide(unit, context, {fact.subject for fact in facts}, NOW)
    return numbers


def _fact(context: Context, number: int) -> Fact:
    return admit(
        {
            "id": f"cdc/{number:06}",
            "kind": "contact_finding",
            "subject": _ref(number),
            "at": _YESTERDAY,
            "data": {"relation": "close", "index": "case-1"},
        },
        context.divisions,
    )


def _bare_act(
    link: sqlite3.Connection,
    rows: Mapping[str, Sequence[tuple[Any, ...]]],
    number: int,
    *,
    sealed: bool,
) -> None:
    """The peer's commit of the rows that one act wrote."""
    link.execute("BEGIN IMMEDIATE")
    for table, written in rows.items():
        if not written:
            continue  # the outbox, where leaves are sealed at once
        marks = ", ".join("?" * len(written[number]))
        link.execute(f"INSERT INTO {table} VALUES ({marks})", written[number])
    link.execute("UPDATE person SET events = 1 WHERE sid = ?", (_ref(number),))
    if sealed:
        link.execute("UPDATE head SET size = size + 1")
    link.execute("COMMIT")


def _rows(path: Path, tables: Mapping[str, str]) -> dict[str, list[tuple[Any, ...]]]:
    """The rows of each table, one an act, in the order of the acts."""
    link = connect(path, writes=False)
    place = {_ref(number): number for number in range(ACTS)}
    found: dict[str, list[tuple[Any, ...]]] = {}
    for table, key in tables.items():
        cursor = link.execute(f"SELECT * FROM {table}")
        names = [column[0] for column in cursor.description]
        made = [(dict(zip(names, row, strict=True)), row) for row in cursor]
        made = [(named, row) for named, row in made if named.get("number", 1) == 1]
        made.sort(
            key=lambda pair: place.get(pair[0].get("sid", ""), 0) if key == "sid" else pair[0][key]
        )
        found[table] = [row for _, row in made[-ACTS:]]  # before them lies who was enrolled
    link.close()
    return found
