"""The log through real stores: seals of full pools, from leaf to receipt, and whole acts.

Durable in every figure: SQLite's write-ahead log and PostgreSQL's are on the disk before a seal
counts. Heads are signed as a seal signs them; the line that one gets when it leaves the house is no
part of it.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from mingma.bench.leaves import NOW, outgoing
from mingma.bench.one_fact import one_fact
from mingma.bench.rows import Row, p99
from mingma.bench.server import programs, server
from mingma.flows.seal import POOL, Head, Log, stored_head
from mingma.flows.sealing import FULL
from mingma.keys import log_keys
from mingma.ledger.checkpoint import Checkpoint
from mingma.ledger.note import sign
from mingma.ledger.proof import Receipt, short_note
from mingma.ports import Outgoing, Store
from mingma.storage import open_store
from mingma.storage.sqlite.link import connect

ORIGIN: Final = "ledger.bench.example/codes/2022"
TICK: Final = 0.05  # seconds a leaf may wait for others before they are sealed together
RATE: Final = 10_000  # leaves a second that come in while receipts are measured
WHAT: Final = f"signed durable appends, {POOL:,} at a time"
HEADS: Final = 200  # signed to know what a signature takes
WITHIN: Final = 250.0  # milliseconds from a leaf to its receipt, for 99 of 100


def open_log(store: Store, folder: Path) -> Log:
    """A log over a store, with an instance's keys; its first head signed."""
    log = Log(store, *log_keys(folder, ORIGIN))
    log.begin()
    return log


def seals(leaves: int, ceiling: float) -> list[Row]:
    """Durable, signed appends, a pool at a time, as an instance makes them on either store."""
    return [*_sqlite(leaves, ceiling), *_postgres(leaves, ceiling)]


def _sqlite(leaves: int, ceiling: float) -> list[Row]:
    """Leaves are born and sealed in one unit of work: one writer, no outbox."""
    with tempfile.TemporaryDirectory() as folder:
        where = Path(folder)
        spent = _born(open_store(f"sqlite:///{where / 'log.db'}"), where, leaves)
        bare = _bare_sqlite(where / "bare.db", where / "log.db")
    what, unit = f"{WHAT}: SQLite", "a CPU second"
    ours = leaves / spent.ours
    return [
        Row(
            what, unit, ours, "hashlib alone", ceiling, bar=0.25,
            why=f"{leaves / spent.wall:,.0f} a second of the clock",
        ),
        Row("… beside the same rows, ready made", unit, ours, "bare SQLite", bare),
        Row("… and those beside the hashing", unit, bare, "hashlib alone", ceiling),
    ]  # fmt: skip


def _postgres(leaves: int, ceiling: float) -> list[Row]:
    """Leaves wait in the outbox, and the sequencer seals them; their way there is not counted."""
    found = programs()
    what, unit = f"{WHAT}: PostgreSQL", "a CPU second of ours"
    if found is None:
        why = "no PostgreSQL server here: install the Debian package postgresql"
        return [Row(what, unit, peer="hashlib alone", beside=ceiling, bar=0.1, why=why)]
    with server(found) as running, tempfile.TemporaryDirectory() as folder:
        spent = _sealed(open_store(running.dsn), Path(folder), leaves, running.cpu_seconds)
        bare = _bare_postgres(running.dsn)
    ours = leaves / spent.ours
    why = (
        f"{leaves / spent.wall:,.0f} a second of the clock,"
        f" {leaves / (spent.ours + spent.others):,.0f} a CPU second, the server's included"
    )
    return [
        Row(what, unit, ours, "hashlib alone", ceiling, bar=0.1, why=why),
        Row(
            "… beside the same rows, ready made", unit, ours,
            "bare PostgreSQL", bare.of / bare.ours,
            why=f"bare: {bare.of / bare.wall:,.0f} a second of the clock",
        ),
    ]  # fmt: skip


@dataclass(slots=True)
class Spent:
    """Seconds for so many leaves: of our CPU, of the clock, of the CPU of others."""

    of: int = 0
    ours: float = 0.0
    wall: float = 0.0
    others: float = 0.0

    @contextmanager
    def counting(self, leaves: int, others: Callable[[], float] = lambda: 0.0) -> Iterator[None]:
        """Add what the block takes."""
        ours, wall, away = time.process_time(), time.perf_counter(), others()
        yield
        self.of += leaves
        self.ours += time.process_time() - ours
        self.wall += time.perf_counter() - wall
        self.others += others() - away


def _born(store: Store, folder: Path, leaves: int) -> Spent:
    log, spent = open_log(store, folder), Spent()
    for start in range(0, leaves, POOL):
        coming = list(outgoing(min(POOL, leaves - start), start))
        with spent.counting(len(coming)), log.writing(lambda: NOW) as act:
            act.unit.add_leaves(coming)
    store.close()
    return spent


def _sealed(store: Store, folder: Path, leaves: int, others: Callable[[], float]) -> Spent:
    """As many wait at a time as an instance lets wait."""
    log, spent = open_log(store, folder), Spent()
    for start in range(0, leaves, FULL):
        coming = list(outgoing(min(FULL, leaves - start), start))
        with store.write() as unit:
            unit.add_leaves(coming)
        with spent.counting(len(coming), others):
            log.seal_all(NOW)
    store.close()
    return spent


def _bare_sqlite(path: Path, sealed: Path) -> float:
    """Rows a CPU second: a sealed log's leaves, inserted by one prepared statement."""
    open_store(f"sqlite:///{path}").close()
    link = connect(sealed, writes=False)
    rows = link.execute("SELECT i, entry, sid, number FROM leaf ORDER BY i").fetchall()
    link.close()
    link, spent = connect(path, writes=True), Spent()
    for start in range(0, len(rows), POOL):
        some = rows[start : start + POOL]
        with spent.counting(len(some)):
            link.execute("BEGIN IMMEDIATE")
            link.executemany("INSERT INTO leaf VALUES (?, ?, ?, ?)", some)
            link.execute("UPDATE head SET size = ?", (start + len(some),))
            link.execute("COMMIT")
    link.close()
    return spent.of / spent.ours


def _bare_postgres(dsn: str) -> Spent:
    """A sealed log's rows from outbox to log again: selected, copied, deleted, read back."""
    import psycopg

    spent = Spent()
    with psycopg.connect(dsn) as link:
        rows = link.execute("SELECT i, entry, sid, number FROM leaf ORDER BY i").fetchall()
        link.execute("TRUNCATE leaf")
        for start in range(0, len(rows), POOL):
            some = rows[start : start + POOL]
            waiting = [(sid, number, entry, NOW) for _, entry, sid, number in some]
            _copied(link, "outbox", ("text", "int8", "bytea", "int8"), waiting)
            link.commit()
            with spent.counting(len(some)):
                link.execute("SELECT * FROM outbox", binary=True).fetchall()
                _copied(link, "leaf", ("int8", "bytea", "text", "int8"), some)
                link.execute("DELETE FROM outbox")
                link.execute(
                    "SELECT entry FROM leaf WHERE i >= %s ORDER BY i", (start,), binary=True
                ).fetchall()
                link.execute("UPDATE head SET size = %s", (start + len(some),))
                link.commit()
    return spent


def _copied(link: Any, table: str, types: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
    with link.cursor().copy(f"COPY {table} FROM STDIN (FORMAT BINARY)") as copy:
        copy.set_types(types)
        for row in rows:
            copy.write_row(row)


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
    short = short_note(note)
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
        why=f"{1000 / ours:.2f} ms an act, of which {signing:.2f} are the head's signature;"
        f" {1000 / bare:.2f} ms a bare commit, fsync included",
    )  # fmt: skip


def _signing(folder: Path) -> float:
    """Milliseconds that a head's signature takes, verified before it is stored."""
    key, _ = log_keys(folder, ORIGIN)
    begun = time.perf_counter()
    for size in range(1, HEADS + 1):
        sign(str(Checkpoint(ORIGIN, size, bytes(32))), key.key, key.sign)
    return (time.perf_counter() - begun) * 1000 / HEADS
