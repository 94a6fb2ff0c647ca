"""Durable, signed appends on real stores, a pool at a time.

The log itself is measured, with entries ready made; then the whole way of an act's leaf, which also
gets its day, is looked at, shuffled, and put down as its act's. Hashlib alone takes turns with both
over the same entries: what else the machine does slows them alike. Durable in every figure:
SQLite's write-ahead log and PostgreSQL's are on the disk before a seal counts. Heads are signed as
a seal signs them; the line that one gets when it leaves the house is no part of it.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

from mingma.bench.leaves import NOW, outgoing
from mingma.bench.log_hashing import RUNS, ceiling_of, entries
from mingma.bench.rows import Row
from mingma.bench.server import Server, programs, server
from mingma.flows.seal import POOL, Log
from mingma.flows.sealing import FULL
from mingma.flows.signed_tree import Head
from mingma.kernel.times import day_of
from mingma.keys import log_keys
from mingma.ledger.sealing import seal
from mingma.ports import Store, Unit
from mingma.records import Outgoing
from mingma.storage import open_store
from mingma.storage.sqlite.link import connect

ORIGIN: Final = "ledger.bench.example/codes/2022"
WHAT: Final = f"signed durable appends, {POOL:,} at a time"
WITH_ACTS: Final = "… day put in, form checked, whose act each is"
BESIDE_ROWS: Final = "… and that beside the same rows, ready made"


class BareLog(Log):
    """A log that is handed entries ready made; whose acts they are nobody says."""

    def append(self, some: Sequence[bytes]) -> None:
        """One seal."""

        def finish(unit: Unit) -> Head:
            self._follow(unit)
            return self._signed.append(unit, some)

        self._write(finish)


@dataclass(slots=True)
class Spent:
    """Seconds for so many leaves: of our CPU, of the clock, of others' CPU, of hashlib alone."""

    of: int = 0
    ours: float = 0.0
    wall: float = 0.0
    others: float = 0.0
    hashing: float = 0.0

    @contextmanager
    def counting(self, leaves: int, others: Callable[[], float] = lambda: 0.0) -> Iterator[None]:
        """Add what the block takes."""
        ours, wall, away = time.process_time(), time.perf_counter(), others()
        yield
        self.of += leaves
        self.ours += time.process_time() - ours
        self.wall += time.perf_counter() - wall
        self.others += others() - away

    def hashlib_s_turn(self, made: list[bytes]) -> None:
        """One leaf hash and one node hash an entry, and nothing else."""
        job = ceiling_of(made)
        begun = time.process_time()
        job()
        self.hashing += time.process_time() - begun

    @property
    def rate(self) -> float:
        """Leaves a second of our CPU."""
        return self.of / self.ours

    @property
    def ceiling(self) -> float:
        """The same of hashlib alone."""
        return self.of / self.hashing

    @property
    def why(self) -> str:
        """The same by the clock, and with what others computed for it."""
        text = f"{self.of / self.wall:,.0f} a second of the clock"
        if self.others:
            both = self.of / (self.ours + self.others)
            text += f", {both:,.0f} a CPU second, the server's included"
        return text


# How a store is measured: the store, a folder for keys, how many leaves, the CPU of others.
Way = Callable[[Store, Path, int, Callable[[], float]], Spent]


def seals(leaves: int) -> list[Row]:
    """The rows of both stores, each figure the best of several runs."""
    return [*_sqlite(leaves), *_postgres(leaves)]


def _sqlite(leaves: int) -> list[Row]:
    """An act's leaves are born and sealed in one unit of work: one writer, no outbox."""
    alone = _best(partial(_in_a_file, alone_in, leaves))
    whole = _best(partial(_in_a_file, born_in, leaves))
    bare = _best(partial(_bare_sqlite, leaves))
    what, unit, peer = f"{WHAT}: SQLite", "a CPU second", "hashlib alone"
    return [
        Row(what, unit, alone.rate, peer, alone.ceiling, bar=0.25, why=alone.why),
        Row(WITH_ACTS, unit, whole.rate, peer, whole.ceiling, why=whole.why),
        Row(BESIDE_ROWS, unit, whole.rate, "bare SQLite", bare.rate, why=f"bare: {bare.why}"),
    ]


def _postgres(leaves: int) -> list[Row]:
    """Acts' leaves wait in the outbox, and the sequencer seals them; the way there is left out."""
    what, unit, peer = f"{WHAT}: PostgreSQL", "a CPU second of ours", "hashlib alone"
    found = programs()
    if found is None:
        why = "no PostgreSQL server here: install the Debian package postgresql"
        return [Row(what, unit, peer=peer, bar=0.1, why=why)]
    with server(found) as running:
        alone = _best(partial(_on_a_server, running, alone_in, leaves))
        whole = _best(partial(_on_a_server, running, sequenced_in, leaves))
        bare = _best(partial(_bare_postgres, running, leaves))
    return [
        Row(what, unit, alone.rate, peer, alone.ceiling, bar=0.1, why=alone.why),
        Row(WITH_ACTS, unit, whole.rate, peer, whole.ceiling, why=whole.why),
        Row(BESIDE_ROWS, unit, whole.rate, "bare PostgreSQL", bare.rate, why=f"bare: {bare.why}"),
    ]


def _best(run: Callable[[], Spent]) -> Spent:
    return max((run() for _ in range(RUNS)), key=lambda one: one.rate)


def _in_a_file(way: Way, leaves: int) -> Spent:
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(f"sqlite:///{Path(folder) / 'log.db'}")
        return way(store, Path(folder), leaves, lambda: 0.0)


def _on_a_server(running: Server, way: Way, leaves: int) -> Spent:
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(running.new_database())
        return way(store, Path(folder), leaves, running.cpu_seconds)


def alone_in(store: Store, folder: Path, leaves: int, others: Callable[[], float]) -> Spent:
    """The log itself: hash, store, read back, hash a second way, sign, commit."""
    log, spent = BareLog(store, *log_keys(folder, ORIGIN)), Spent()
    log.begin()
    made = entries(leaves)
    for start in range(0, leaves, POOL):
        some = made[start : start + POOL]
        with spent.counting(len(some), others):
            log.append(some)
        spent.hashlib_s_turn(some)
    store.close()
    return spent


def born_in(store: Store, folder: Path, leaves: int, others: Callable[[], float]) -> Spent:
    """Leaves of acts that are sealed in the unit of work in which they are born."""
    log, spent = Log(store, *log_keys(folder, ORIGIN)), Spent()
    log.begin()
    for start in range(0, leaves, POOL):
        coming = list(outgoing(min(POOL, leaves - start), start))
        with spent.counting(len(coming), others), log.writing(lambda: NOW) as act:
            act.unit.add_leaves(coming)
        spent.hashlib_s_turn(_made(coming))
    store.close()
    return spent


def sequenced_in(store: Store, folder: Path, leaves: int, others: Callable[[], float]) -> Spent:
    """Leaves of acts from the outbox; as many wait at a time as an instance lets wait."""
    log, spent = Log(store, *log_keys(folder, ORIGIN)), Spent()
    log.begin()
    for start in range(0, leaves, FULL):
        coming = list(outgoing(min(FULL, leaves - start), start))
        with store.write() as unit:
            unit.add_leaves(coming)
        with spent.counting(len(coming), others):
            log.seal_all(NOW)
        spent.hashlib_s_turn(_made(coming))
    store.close()
    return spent


def _made(coming: Sequence[Outgoing]) -> list[bytes]:
    """The entries that these become."""
    return [seal(one.unsealed, day_of(NOW)) for one in coming]


# -- the same rows, ready made

Rows = tuple[list[tuple[int, bytes]], list[tuple[int, str, int]]]  # of `sealed`, and of `leaf`


def _by_seal(rows: Rows) -> Iterator[tuple[int, Rows]]:
    """The rows of one seal after the other, behind the size of the log then."""
    sealed, acts = rows
    for start in range(0, len(acts), POOL):
        end = min(start + POOL, len(acts))
        yield (
            end,
            (
                [row for row in sealed if start <= row[0] < end],
                sorted(acts[start:end], key=lambda row: row[1:]),
            ),
        )


SEALED: Final = "SELECT i, entries FROM sealed ORDER BY i"
ACTS: Final = "SELECT i, sid, number FROM leaf ORDER BY i"


def _bare_sqlite(leaves: int) -> Spent:
    """A sealed log's rows, inserted by prepared statements."""
    with tempfile.TemporaryDirectory() as folder:
        full, empty = Path(folder) / "full.db", Path(folder) / "empty.db"
        born_in(open_store(f"sqlite:///{full}"), Path(folder), leaves, lambda: 0.0)
        open_store(f"sqlite:///{empty}").close()
        link = connect(full, writes=False)
        rows = link.execute(SEALED).fetchall(), link.execute(ACTS).fetchall()
        link.close()
        link, spent = connect(empty, writes=True), Spent()
        for size, (sealed, acts) in _by_seal(rows):
            with spent.counting(len(acts)):
                link.execute("BEGIN IMMEDIATE")
                link.executemany("INSERT INTO sealed VALUES (?, ?)", sealed)
                link.executemany("INSERT INTO leaf VALUES (?, ?, ?)", acts)
                link.execute("UPDATE head SET size = ?", (size,))
                link.execute("COMMIT")
        link.close()
    return spent


def _bare_postgres(running: Server, leaves: int) -> Spent:
    """A sealed log's rows from outbox to log again: selected, copied, deleted, read back."""
    import psycopg

    dsn, spent = running.new_database(), Spent()
    with tempfile.TemporaryDirectory() as folder:
        sequenced_in(open_store(dsn), Path(folder), leaves, lambda: 0.0)
    with psycopg.connect(dsn) as link:
        rows = link.execute(SEALED).fetchall(), link.execute(ACTS).fetchall()
        link.execute("TRUNCATE sealed, leaf")
        for size, (sealed, acts) in _by_seal(rows):
            waiting = [(sid, number, bytes(180), NOW) for _, sid, number in acts]
            _copied(link, "outbox", ("text", "int8", "bytea", "int8"), waiting)
            link.commit()
            with spent.counting(len(acts), running.cpu_seconds):
                link.execute("SELECT * FROM outbox", binary=True).fetchall()
                _copied(link, "sealed", ("int8", "bytea"), sealed)
                _copied(link, "leaf", ("int8", "text", "int8"), acts)
                link.execute("DELETE FROM outbox")
                back = "SELECT entries FROM sealed WHERE i >= %s ORDER BY i"
                link.execute(back, (sealed[0][0],), binary=True).fetchall()
                link.execute("UPDATE head SET size = %s", (size,))
                link.commit()
    return spent


def _copied(link: Any, table: str, types: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
    with link.cursor().copy(f"COPY {table} FROM STDIN (FORMAT BINARY)") as copy:
        copy.set_types(types)
        for row in rows:
            copy.write_row(row)
