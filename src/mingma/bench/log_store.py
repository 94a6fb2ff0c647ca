"""The log through real stores: seals of full pools, from leaf to receipt, and whole acts.

Durable in every figure: SQLite's write-ahead log and PostgreSQL's are on the disk before a seal
counts. What the keys of an instance sign is signed here too, ML-DSA-44 included.
"""

from __future__ import annotations

import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from mingma.bench.leaves import NOW, outgoing
from mingma.bench.one_fact import one_fact
from mingma.bench.rows import Row, p99
from mingma.bench.server import programs, server
from mingma.flows.seal import POOL, Head, Log, light, stored_head
from mingma.flows.sealing import FULL
from mingma.keys import log_keys
from mingma.ledger.checkpoint import Checkpoint
from mingma.ledger.cosignature import cosign
from mingma.ledger.note import sign
from mingma.ledger.proof import Receipt
from mingma.ports import Outgoing, Store
from mingma.storage import open_store
from mingma.storage.sqlite.link import connect

ORIGIN: Final = "ledger.bench.example/codes/2022"
TICK: Final = 0.05  # seconds a leaf may wait for others before they are sealed together
RATE: Final = 10_000  # leaves a second that come in while receipts are measured
HEADS: Final = 200  # signed to know what a signature takes
WITHIN: Final = 250.0  # milliseconds from a leaf to its receipt, for 99 of 100


def open_log(store: Store, folder: Path) -> Log:
    """A log over a store, with an instance's keys; its first head signed."""
    log = Log(store, *log_keys(folder, ORIGIN))
    log.begin(NOW)
    return log


def seals(leaves: int, ceiling: float) -> list[Row]:
    """Durable, signed appends out of the outbox, a pool at a time."""
    with tempfile.TemporaryDirectory() as folder:
        where = Path(folder)
        cpu, wall, _ = _sealed(open_store(f"sqlite:///{where / 'log.db'}"), where, leaves)
        bare = _bare(where / "bare.db", where / "log.db")
    what = f"signed durable appends, {POOL:,} at a time"
    rows = [
        Row(
            f"{what}: SQLite", "a CPU second", leaves / cpu, "hashlib alone", ceiling, bar=0.25,
            why=f"{leaves / wall:,.0f} a second of the clock",
        ),
        Row(
            "… beside the same rows, ready made", "a CPU second", leaves / cpu, "bare SQLite", bare,
        ),
    ]  # fmt: skip
    return [*rows, _postgres(f"{what}: PostgreSQL", leaves, ceiling)]


def _postgres(what: str, leaves: int, ceiling: float) -> Row:
    """The server works in processes of its own: a CPU second is theirs as well as ours."""
    found = programs()
    unit, peer = "a CPU second of all", "hashlib alone"
    if found is None:
        why = "no PostgreSQL server here: install the Debian package postgresql"
        return Row(what, unit, peer=peer, beside=ceiling, bar=0.1, why=why)
    with server(found) as running, tempfile.TemporaryDirectory() as folder:
        store = open_store(running.dsn)
        ours, wall, theirs = _sealed(store, Path(folder), leaves, running.cpu_seconds)
    why = f"{leaves / wall:,.0f} a second of the clock, {leaves / ours:,.0f} a CPU second of ours"
    return Row(what, unit, leaves / (ours + theirs), peer, ceiling, bar=0.1, why=why)


def _sealed(
    store: Store, folder: Path, leaves: int, others: Callable[[], float] = lambda: 0.0
) -> tuple[float, float, float]:
    """Seconds that sealing so many leaves takes: of our CPU, of the clock, of others' CPU.

    As many wait at a time as an instance lets wait; their way into the outbox is not counted.
    """
    log = open_log(store, folder)
    clocks = (time.process_time, time.perf_counter, others)
    spent = [0.0, 0.0, 0.0]
    for start in range(0, leaves, FULL):
        with store.write() as unit:
            unit.add_leaves(outgoing(min(FULL, leaves - start), start))
        begun = [clock() for clock in clocks]
        log.seal_all(NOW)
        for at, clock in enumerate(clocks):
            spent[at] += clock() - begun[at]
    store.close()
    cpu, wall, away = spent
    return cpu, wall, away


def _bare(path: Path, sealed: Path) -> float:
    """Leaves a CPU second: a sealed log's rows, from outbox to log by prepared statements alone."""
    open_store(f"sqlite:///{path}").close()
    link = connect(sealed, writes=False)
    rows = link.execute("SELECT i, entry, sid, number FROM leaf ORDER BY i").fetchall()
    link.close()
    link = connect(path, writes=True)
    spent = 0.0
    for start in range(0, len(rows), FULL):
        some = rows[start : start + FULL]
        link.execute("BEGIN IMMEDIATE")
        waiting = ((sid, number, entry, NOW) for _, entry, sid, number in some)
        link.executemany("INSERT INTO outbox VALUES (?, ?, ?, ?)", waiting)
        link.execute("COMMIT")
        begun = time.process_time()
        for at in range(0, len(some), POOL):
            _move(link, some[at : at + POOL])
        spent += time.process_time() - begun
    link.close()
    return len(rows) / spent


def _move(link: sqlite3.Connection, pool: list[tuple[int, bytes, str, int]]) -> None:
    link.execute("BEGIN IMMEDIATE")
    link.execute("SELECT * FROM outbox ORDER BY committed_at, sid, number LIMIT 1000").fetchall()
    link.executemany("INSERT INTO leaf VALUES (?, ?, ?, ?)", pool)
    gone = ((sid, number) for _, _, sid, number in pool)
    link.executemany("DELETE FROM outbox WHERE sid = ? AND number = ?", gone)
    link.execute(
        "SELECT entry FROM leaf WHERE i BETWEEN ? AND ?", (pool[0][0], pool[-1][0])
    ).fetchall()
    link.execute("COMMIT")


def receipts(seconds: float) -> Row:
    """From a leaf's coming in to the bytes of its receipt under the log's own head, on one core."""
    with tempfile.TemporaryDirectory() as folder:
        where = Path(folder)
        store = open_store(f"sqlite:///{where / 'log.db'}")
        log = open_log(store, where)
        waits = _stream(log, list(outgoing(round(RATE * seconds))))
        store.close()
    return Row(
        f"leaf → receipt, {RATE:,} a second, 99 of 100", "ms", p99(waits),
        limit=WITHIN, at_most=True,
    )  # fmt: skip


def _stream(log: Log, coming: list[Outgoing]) -> list[float]:
    """Seconds that each leaf waited; they come in by the clock, whether we keep up or not."""
    waits: list[float] = []
    begun = time.perf_counter()
    while (done := len(waits)) < len(coming):
        time.sleep(max(0.0, begun + done / RATE + TICK - time.perf_counter()))
        due = min(len(coming), int((time.perf_counter() - begun) * RATE))
        with log.writing(lambda: NOW) as act:
            act.unit.add_leaves(coming[done:due])
        assert act.head is not None
        for _ in _receipts(log, act.head):
            pass
        ended = time.perf_counter() - begun  # of the last one: each leaf is said to wait for it
        waits += [ended - number / RATE for number in range(done, due)]
    return waits


def _receipts(log: Log, head: Head) -> Iterator[bytes]:
    note, _ = stored_head(head.note, head.size)
    short = light(note)
    for index in range(head.size - head.added, head.size):
        yield bytes(Receipt(index, tuple(log.tree.inclusion_proof(index)), short))


def acts() -> Row:
    """An admitted fact to its sealed commit, beside a bare commit of the same rows."""
    with tempfile.TemporaryDirectory() as folder:
        found = one_fact(Path(folder), sealed=True)
        signing = _signing(Path(folder))
    ours, bare = (1000 / found[name] for name in ("one_fact_ms", "bare_commit_ms"))
    return Row(
        "whole acts: admit, decide, leaf, sealed commit", "a second", ours,
        "bare SQLite commits", bare, bar=0.6,
        why=f"{1000 / ours:.2f} ms an act, of which {signing:.2f} are the head's two signatures;"
        f" {1000 / bare:.2f} ms a bare commit, fsync included",
    )  # fmt: skip


def _signing(folder: Path) -> float:
    """Milliseconds that a head's two signatures take."""
    light_key, quantum_key = log_keys(folder, ORIGIN)
    begun = time.perf_counter()
    for size in range(1, HEADS + 1):
        head = Checkpoint(ORIGIN, size, bytes(32))
        sign(str(head), light_key.key, light_key.sign)
        cosign(head, quantum_key.key, NOW, quantum_key.sign)
    return (time.perf_counter() - begun) * 1000 / HEADS
