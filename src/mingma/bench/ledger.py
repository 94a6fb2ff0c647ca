"""The log beside its peers, all in one run: hashlib alone, pymerkle, aics-tlog, bare stores.

Every row has its own bar; what is not installed here is named, with how to get it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from mingma.bench import leaves, log_acts, log_hashing, log_receipts, log_seals, log_witnesses
from mingma.bench.rows import Row


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much is measured."""

    entries: int  # hashed in memory, and audited
    tree: int  # leaves of the tree that is asked for proofs
    proofs: int
    sealed: int  # leaves through a store
    seconds: float  # leaves come in while receipts are measured


FULL: Final = Sizes(200_000, 1_000_000, 50_000, 100_000, 10.0)
QUICK: Final = Sizes(20_000, 50_000, 5_000, 5_000, 1.0)


def ledger(sizes: Sizes = FULL) -> Iterator[Row]:
    """The rows of the table, each as soon as it is measured."""
    leaves.check()
    made = log_hashing.entries(sizes.entries)
    yield from log_hashing.appends(made)
    yield log_hashing.proofs(sizes.tree, sizes.proofs)
    yield from log_hashing.audits(made)
    yield from log_seals.seals(sizes.sealed)
    yield log_receipts.receipts(sizes.seconds)
    yield from log_acts.acts()
    yield log_witnesses.quorum_receipts(sizes.seconds)
