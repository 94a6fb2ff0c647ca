"""From a leaf to a receipt that a quorum of witnesses stands behind: 31 of them, on this machine.

Each is a whole instance behind HTTP that keeps what it cosigns on the disk before it answers; a few
processes serve them all. Leaves come in by the clock.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Final

from mingma.bench.by_the_clock import waits
from mingma.bench.leaves import outgoing
from mingma.bench.log_seals import ORIGIN
from mingma.bench.rows import Row, p99
from mingma.flows.ask_witnesses import Witnesses
from mingma.flows.cosigned import cosigned_head
from mingma.flows.full_head import FullHeads
from mingma.flows.seal import Log
from mingma.kernel.times import Instant
from mingma.keys import log_keys
from mingma.ledger.policy import Policy, parse_policy
from mingma.ledger.proof import Receipt
from mingma.ports import Store
from mingma.storage import open_store
from mingma.witness_client import HttpWitnesses

WITNESSES: Final = 31
QUORUM: Final = 21  # more than (31 + 10) / 2 and no more than 31 - 10: ten may lie or be away
PROCESSES: Final = 2
RATE: Final = 1_000  # leaves a second
WITHIN: Final = 1_500.0  # milliseconds, for 99 of 100


def quorum_receipts(seconds: float, witnesses: int = WITNESSES) -> Row:
    """The longest that 99 of 100 leaves wait for their receipt under a quorum."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        signers = log_keys(folder, ORIGIN)
        lines = stack.enter_context(_farm(folder, witnesses))
        policy = parse_policy(_policy(str(signers[0].key), lines))
        store = open_store(f"sqlite:///{folder / 'log.db'}")
        stack.callback(store.close)
        log = Log(store, *signers)
        log.begin()
        heads = FullHeads(signers, _now)
        asking = Witnesses(store, policy, HttpWitnesses(), lambda: log.tree, log.stop, heads)
        stack.callback(asking.close)
        coming = list(outgoing(round(RATE * seconds)))

        def take(due: range) -> None:
            with log.writing(_now) as act:
                act.unit.add_leaves(coming[due.start : due.stop])
            asking.ask(_now())
            deque(_receipts(store, log, policy, due), maxlen=0)

        waited = waits(len(coming), RATE, 1 / RATE, take)
    return Row(
        f"leaf → receipt under {witnesses} witnesses, 99 of 100", "ms", p99(waited),
        limit=WITHIN, at_most=True, why=f"{RATE:,} leaves a second, by the clock",
    )  # fmt: skip


def _receipts(store: Store, log: Log, policy: Policy, indices: range) -> Iterator[bytes]:
    """The receipts of these leaves; the head must be one that the policy believes."""
    with store.read() as unit:
        found = cosigned_head(unit)
    if found is None or found[1].size < indices.stop:
        raise AssertionError("too few witnesses cosigned")
    note, head = found
    policy.verify(note)
    for index in indices:
        yield bytes(Receipt(index, tuple(log.tree.inclusion_proof(index, head.size)), note))


@contextmanager
def _farm(folder: Path, count: int) -> Iterator[list[str]]:
    """So many witnesses at work; address and key of each."""
    bounds = [count * part // PROCESSES for part in range(PROCESSES + 1)]
    program = [sys.executable, "-m", "mingma.bench.witness_farm", str(folder)]
    with ExitStack() as stack:
        running = []
        for first, last in pairwise(bounds):
            words = [*program, str(first), str(last)]
            process = subprocess.Popen(words, stdout=subprocess.PIPE)  # noqa: S603 # our own
            stack.callback(process.wait)
            stack.callback(process.terminate)
            running.append((process, last - first))
        lines = []
        for process, its in running:
            assert process.stdout is not None
            stack.callback(process.stdout.close)
            lines += [process.stdout.readline().decode().strip() for _ in range(its)]
        if not all(lines):
            raise AssertionError("a witness did not start")
        yield lines


def _policy(log: str, lines: list[str]) -> bytes:
    """The trust policy: this log, these witnesses, two thirds of them."""
    text = [f"log {log}"]
    for number, line in enumerate(lines):
        url, key = line.split(" ")
        text.append(f"witness w{number} {key} {url}")
    needed = len(lines) * QUORUM // WITNESSES + 1 if len(lines) != WITNESSES else QUORUM
    members = " ".join(f"w{number}" for number in range(len(lines)))
    text += [f"group all {needed} {members}", "quorum all", ""]
    return "\n".join(text).encode()


def _now() -> Instant:
    return Instant(int(time.time()))
