"""The log through real stores: seals of full pools.

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
from mingma.bench.rows import Row
from mingma.bench.server import programs, server
from mingma.flows.seal import POOL, Log
from mingma.flows.sealing import FULL
from mingma.keys import log_keys
from mingma.ports import Store
from mingma.storage import open_store
from mingma.storage.sqlite.link import connect

ORIGIN: Final = "ledger.bench.example/codes/2022"
WHAT: Final = f"signed durable appends, {POOL:,} at a time"


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
