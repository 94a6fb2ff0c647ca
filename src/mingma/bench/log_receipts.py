"""From a leaf to its receipt under the log's own head: one SQLite file, leaves by the clock."""

from __future__ import annotations

import tempfile
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from mingma.bench.by_the_clock import waits
from mingma.bench.leaves import NOW, outgoing
from mingma.bench.log_seals import ORIGIN
from mingma.bench.rows import Row, p99
from mingma.flows.seal import Log
from mingma.flows.signed_tree import Head
from mingma.flows.stored_head import stored_head
from mingma.keys import log_keys
from mingma.ledger.proof import Receipt, short_note
from mingma.storage import open_store

TICK: Final = 0.05  # seconds a leaf may wait for others before they are sealed together
RATE: Final = 10_000  # leaves a second that come in while receipts are measured
WITHIN: Final = 250.0  # milliseconds from a leaf to its receipt, for 99 of 100


def receipts(seconds: float) -> Row:
    """From a leaf's coming in to the bytes of its receipt under the log's own head, on one core."""
    with tempfile.TemporaryDirectory() as folder:
        where = Path(folder)
        store = open_store(f"sqlite:///{where / 'log.db'}")
        log = Log(store, *log_keys(where, ORIGIN))
        log.begin()
        coming = list(outgoing(round(RATE * seconds)))

        def take(due: range) -> None:
            with log.writing(lambda: NOW) as act:
                act.unit.add_leaves(coming[due.start : due.stop])
            assert act.head is not None
            deque(_receipts(log, act.head), maxlen=0)

        waited = waits(len(coming), RATE, TICK, take)
        store.close()
    return Row(
        f"leaf → receipt, {RATE:,} a second, 99 of 100", "ms", p99(waited),
        limit=WITHIN, at_most=True,
    )  # fmt: skip


def _receipts(log: Log, head: Head) -> Iterator[bytes]:
    note, _ = stored_head(head.note, head.size)
    short = short_note(note)
    for index in range(head.size - head.added, head.size):
        yield bytes(Receipt(index, tuple(log.tree.inclusion_proof(index)), short))
