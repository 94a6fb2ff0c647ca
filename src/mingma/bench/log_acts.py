"""Whole acts, from an admitted fact to the sealed commit, beside bare commits of the same rows."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from mingma.bench.log_seals import ORIGIN
from mingma.bench.one_fact import CALLERS, facts_at_once, one_fact
from mingma.bench.rows import Row
from mingma.keys import log_keys
from mingma.ledger.checkpoint import Checkpoint
from mingma.ledger.note import sign

HEADS: Final = 200  # signed to know what a signature takes


def acts() -> Iterator[Row]:
    """An admitted fact to its sealed commit, beside a bare commit of the same rows."""
    with tempfile.TemporaryDirectory() as folder:
        ours, bare = facts_at_once(Path(folder))
    yield Row(
        "whole acts: admit, decide, leaf, sealed commit", "a second", ours,
        "bare SQLite commits", bare, bar=0.6,
        why=f"{CALLERS} callers at once, each on the disk before he goes on: what waits is taken"
        " in together",
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        found = one_fact(Path(folder), sealed=True)
        signing = _signing(Path(folder))
    ours, bare = (1000 / found[name] for name in ("one_fact_ms", "bare_commit_ms"))
    yield Row(
        "… one caller, one after another", "a second", ours, "bare SQLite commits", bare,
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
