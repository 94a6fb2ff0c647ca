"""Seal: give waiting leaves their index in the log, one sequencer at a time.

A leaf counts from its seal. The head is a checkpoint that the log's key signed. It moves by
compare-and-swap: if somebody else sealed first, nothing is written and the tree is read anew.

INVARIANT: nothing is signed that was not read back from the store and hashed a second way.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Protocol

from mingma.kernel.errors import Broken, Malformed
from mingma.kernel.times import Instant, day_of
from mingma.ledger import leaf
from mingma.ledger.checkpoint import Checkpoint, parse_checkpoint
from mingma.ledger.frontier import Frontier
from mingma.ledger.note import Note, NoteNotTrusted, VerifierKey, parse_note, sign, verify
from mingma.ledger.tree import Tree, leaf_hash
from mingma.ports import Outgoing, Stale, Store, Unit

POOL: Final = 1000  # leaves of one seal (docs/formats/leaf.md)
READ: Final = 10_000  # leaves read at a time when the tree is rebuilt
UNSIGNED: Final = b""  # the head between storing and signing; no transaction ends with it


class HeadBroken(Broken):
    """The stored leaves or the log's key do not fit the stored head: nothing is sealed on top.

    `why` is one of unsigned, signature, origin, size, root.
    """

    slug = "ledger.head_broken"
    zh = "日志条目与树头不符(大小 {size}:`{why}`)"
    en = "the stored log does not fit its stored head (size {size}: `{why}`)"
    remedy_zh = "停止封存并核查数据库与日志密钥"
    remedy_en = "stop sealing and examine the database and the log's key"


class HeadOfEarlierSpecimen(Broken):
    """A head from before heads were signed. Only specimens have one; they are loaded anew."""

    slug = "ledger.head_of_earlier_specimen"
    zh = "数据库为早期样本,其树头未经签名(大小 {size})"
    en = "the database is an earlier specimen's: its head is not signed (size {size})"
    remedy_zh = "请重新载入样本数据(mingma demo 会自动重建)"
    remedy_en = "load the specimen anew; `mingma demo` does so by itself"


class StoredOtherwise(Broken):
    """What the store gave back is not what was to be sealed. Nothing was signed or kept."""

    slug = "ledger.stored_otherwise"
    zh = "存入的条目与读回的不同(自第 {index} 片叶起),未签名、未封存"
    en = "the entries read back are not those stored (from leaf {index} on); nothing was signed"
    remedy_zh = "停止封存并检查内存与磁盘"
    remedy_en = "stop sealing and examine memory and disks"


class LogSigner(Protocol):
    """The log's signing key, held elsewhere. Its name is the origin."""

    @property
    def key(self) -> VerifierKey:
        """What its signatures verify under."""

    def sign(self, message: bytes) -> bytes:
        """The bare signature over the message."""


class Log:
    """The sequencer of one log: holds the tree's hashes, never a colour."""

    def __init__(self, store: Store, signer: LogSigner) -> None:
        self._store = store
        self._signer = signer
        self.tree = Tree()
        self._frontier = Frontier()
        self._load()

    def seal(self, now: Instant) -> int:
        """Seal what waits, at most one pool; returns how many leaves were sealed."""
        with self._store.read() as unit:
            pool = unit.pool(POOL)
        if not pool:
            return 0
        entries = [(one, leaf.seal(one.unsealed, day_of(now))) for one in pool]
        try:
            with self._store.write() as unit:
                grown = self._append(unit, entries)
        except Stale:
            self._load()
            return 0
        except BaseException:
            self._load()  # the outcome is unknown: only the database knows it
            raise
        self._frontier = grown
        return len(entries)

    def seal_all(self, now: Instant) -> int:
        """Seal until nothing waits; returns how many leaves were sealed."""
        total = 0
        while sealed := self.seal(now):
            total += sealed
        return total

    def _append(self, unit: Unit, entries: Sequence[tuple[Outgoing, bytes]]) -> Frontier:
        """Store the entries and their signed head; the frontier with them."""
        old = self.tree.size
        # (1) Hash what is to be sealed.
        self.tree.extend(leaf_hash(entry) for _, entry in entries)
        # (2) Store it. Whoever sealed first has these indices, and this is Stale.
        unit.seal(old, entries, UNSIGNED)
        # (3) Read it back and reckon the root a second way.
        grown = self._frontier.grown(unit.leaves(old, self.tree.size))
        if (grown.size, grown.root()) != (self.tree.size, self.tree.root()):
            raise StoredOtherwise(index=old)
        # (4) Sign that root. A crash from here on leaves a signature that nobody has seen.
        unit.seal(grown.size, [], self._signed(grown))
        return grown

    def _signed(self, grown: Frontier) -> bytes:
        key = self._signer.key
        text = str(Checkpoint(key.name, grown.size, grown.root()))
        return bytes(Note(text, (sign(text, key, self._signer.sign),)))

    def _load(self) -> None:
        tree, frontier = Tree(), Frontier()
        with self._store.read() as unit:
            size, head = unit.head()
            for start in range(0, size, READ):
                entries = unit.leaves(start, min(start + READ, size))
                tree.extend(leaf_hash(entry) for entry in entries)
                frontier = frontier.grown(entries)
        if size or head:
            checkpoint = _trusted(head, size, self._signer.key)
            if tree.size != size or {tree.root(), frontier.root()} != {checkpoint.root}:
                raise HeadBroken(size=size, why="root")
        self.tree, self._frontier = tree, frontier


def stored_head(head: bytes, size: int) -> tuple[Note, Checkpoint]:
    """The note and checkpoint in a stored head, of that size; its signature is not looked at."""
    if head.startswith(b"{"):
        raise HeadOfEarlierSpecimen(size=size)
    try:
        note = parse_note(head)
        checkpoint = parse_checkpoint(note.text)
    except Malformed:
        raise HeadBroken(size=size, why="unsigned") from None
    if checkpoint.size != size:
        raise HeadBroken(size=size, why="size")
    return note, checkpoint


def _trusted(head: bytes, size: int, key: VerifierKey) -> Checkpoint:
    """The checkpoint in a stored head that this key signed as its own."""
    note, checkpoint = stored_head(head, size)
    if checkpoint.origin != key.name:
        raise HeadBroken(size=size, why="origin")
    try:
        verify(note, [key])
    except NoteNotTrusted:
        raise HeadBroken(size=size, why="signature") from None
    return checkpoint
