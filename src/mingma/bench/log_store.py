"""The log through a real store by the clock: from leaf to receipt, and whole acts; all durable."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from mingma.bench.leaves import NOW, outgoing
from mingma.bench.log_seals import ORIGIN
from mingma.bench.one_fact import one_fact
from mingma.bench.rows import Row, p99
from mingma.flows.seal import Head, Log, stored_head
from mingma.keys import log_keys
from mingma.ledger.checkpoint import Checkpoint
from mingma.ledger.note import sign
from mingma.ledger.proof import Receipt, short_note
from mingma.ports import Outgoing, Store
from mingma.storage import open_store

TICK: Final = 0.05  # seconds a leaf may wait for others before they are sealed together
RATE: Final = 10_000  # leaves a second that come in while receipts are measured
HEADS: Final = 200  # signed to know what a signature takes
WITHIN: Final = 250.0  # milliseconds from a leaf to its receipt, for 99 of 100


def open_log(store: Store, folder: Path) -> Log:
    """A log over a store, with an instance's keys; its first head signed."""
    log = Log(store, *log_keys(folder, ORIGIN))
    log.begin()
    return log


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
