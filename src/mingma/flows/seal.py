"""Seal: give waiting leaves their index in the log, one sequencer at a time.

A leaf counts from its seal. The head moves by compare-and-swap: if somebody else sealed first,
nothing is written and the tree is read anew.
"""

from __future__ import annotations

import json
from typing import Final

from mingma.kernel.canonical import b64url, canonical
from mingma.kernel.errors import Broken
from mingma.kernel.times import Instant, day_of
from mingma.ledger import leaf
from mingma.ledger.tree import Tree, leaf_hash
from mingma.ports import Stale, Store

POOL: Final = 1000  # leaves of one seal (docs/formats/leaf.md)
READ: Final = 10_000  # leaves read at a time when the tree is rebuilt


class HeadBroken(Broken):
    """The stored leaves do not add up to the stored head: nothing may be sealed on top."""

    slug = "ledger.head_broken"
    zh = "日志条目与树头不符(大小 {size})"
    en = "the stored leaves do not add up to the stored head (size {size})"
    remedy_zh = "停止封存并核查数据库"
    remedy_en = "stop sealing and examine the database"


class Log:
    """The sequencer of one log: holds the tree's hashes, never a key or a colour."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.tree = Tree()
        self._load()

    def _load(self) -> None:
        tree = Tree()
        with self._store.read() as unit:
            size, head = unit.head()
            for start in range(0, size, READ):
                tree.extend(leaf_hash(e) for e in unit.leaves(start, min(start + READ, size)))
        if size and _root(head) != b64url(tree.root()):
            raise HeadBroken(size=size)
        self.tree = tree

    def seal(self, now: Instant) -> int:
        """Seal what waits, at most one pool; returns how many leaves were sealed."""
        with self._store.read() as unit:
            pool = unit.pool(POOL)
        if not pool:
            return 0
        entries = [(one, leaf.seal(one.unsealed, day_of(now))) for one in pool]
        size = self.tree.size
        self.tree.extend(leaf_hash(entry) for _, entry in entries)
        head = canonical({"root": b64url(self.tree.root()), "size": self.tree.size})
        try:
            with self._store.write() as unit:
                unit.seal(size, entries, head)
        except Stale:
            self._load()
            return 0
        except BaseException:
            self._load()  # the outcome is unknown: only the database knows it
            raise
        return len(entries)

    def seal_all(self, now: Instant) -> int:
        """Seal until nothing waits; returns how many leaves were sealed."""
        total = 0
        while sealed := self.seal(now):
            total += sealed
        return total


def _root(head: bytes) -> str:
    return str(json.loads(head)["root"])
