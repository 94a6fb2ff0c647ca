"""The hashes of one log and the hand that signs its heads.

What is stored is read back before it is signed, and a stored head is believed only if the log's
first key signed it over the very leaves that are there. Knows no transaction's end.

INVARIANT: nothing is signed that was not read back from the store and hashed a second way.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from mingma.flows.stored_head import HeadBehind, HeadBroken, earlier_logs, stored_head
from mingma.kernel.errors import Broken, Refused
from mingma.ledger.checkpoint import Checkpoint
from mingma.ledger.cosignature import verify_checkpoint
from mingma.ledger.frontier import Frontier
from mingma.ledger.note import Note, NoteNotTrusted, VerifierKey, sign
from mingma.ledger.succession import handed_to
from mingma.ledger.tree import Tree, hash_entries
from mingma.ports import Unit

READ: Final = 10_000  # leaves read at a time when the tree is rebuilt
UNSIGNED: Final = b""  # the head between storing and signing; no transaction ends with it


class StoredOtherwise(Broken):
    """What the store gave back is not what was to be sealed. Nothing was signed or kept."""

    slug = "ledger.stored_otherwise"
    zh = "存入的条目与读回的不同(自第 {index} 片叶起),未签名、未封存"
    en = "the entries read back are not those stored (from leaf {index} on); nothing was signed"
    remedy_zh = "停止封存并检查内存与磁盘"
    remedy_en = "stop sealing and examine memory and disks"


class LogHasEnded(Refused):
    """A log whose last leaf hands it on: nothing is sealed behind that one under its name."""

    slug = "ledger.has_ended"
    status = 503  # whoever sends something sends it again, to the next one
    zh = "本日志已经结束,并已交给 `{origin}`"
    en = "this log has ended; it goes on at `{origin}`"
    remedy_zh = "请以新日志的来源与密钥继续"
    remedy_en = "go on under the new log's origin and keys"


class LogSigner(Protocol):
    """A signing key of the log, held elsewhere. Its name is the origin; its type says how.

    Of a log's keys the first, Ed25519, signs what a seal stores; `full_head` adds the other lines.
    """

    @property
    def key(self) -> VerifierKey:
        """What its signatures verify under."""

    def sign(self, message: bytes) -> bytes:
        """The bare signature over the message."""


@dataclass(frozen=True, slots=True)
class Head:
    """A signed head, and how many leaves came with it."""

    size: int
    note: bytes
    added: int = 0


class SignedTree:
    """A log's tree and its newest signed head; never a colour.

    Touched in a writing unit only, by whoever has the sealer's turn. What a unit left here is
    believed again only if the stored head is that one.
    """

    def __init__(self, *signers: LogSigner) -> None:
        self.sign_with(signers)
        self.tree = Tree()
        self._frontier = Frontier()
        self.note = b""
        self.newest = Head(0, b"")  # as far as it is known to be kept
        self.goes_on_at: str | None = None  # the next log's origin, once the last leaf names it

    @property
    def origin(self) -> str:
        """The log's name."""
        return self.keys[0].name

    def sign_with(self, signers: Sequence[LogSigner]) -> None:
        """Sign with these keys from here on."""
        self.signers = tuple(signers)
        self.keys = tuple(signer.key for signer in signers)  # what its heads verify under

    def append(self, unit: Unit, entries: Sequence[bytes]) -> Head:
        """The log itself: store the entries and their signed head, whosever acts they are."""
        old = self.tree.size
        # (1) Hash what is to be sealed.
        self.tree.extend(hash_entries(entries))
        # (2) Store it. Whoever sealed first has these indices, and this is Stale.
        unit.seal(old, entries, UNSIGNED)
        # (3) Read it back and reckon the root a second way.
        grown = self._frontier.grown(unit.leaves(old, self.tree.size))
        root = grown.root()
        if (grown.size, root) != (self.tree.size, self.tree.root()):
            raise StoredOtherwise(index=old)
        # (4) Sign that root. A crash from here on leaves a signature that nobody has seen.
        note = self._signed(grown.size, root)
        unit.seal(grown.size, [], note)
        self._frontier, self.note = grown, note
        self.goes_on_at = handed_to(entries[-1])
        return Head(grown.size, note, len(entries))

    def first_head(self, unit: Unit) -> Head | None:
        """Sign the head of size 0; None where there is one already."""
        if self.note:
            return None  # another process signed it first
        note = self._signed(self._frontier.size, self._frontier.root())
        unit.seal(self._frontier.size, [], note)
        self.note = note
        return Head(self._frontier.size, note)

    def _signed(self, size: int, root: bytes) -> bytes:
        return self.note_over(str(Checkpoint(self.origin, size, root)))

    def note_over(self, text: str) -> bytes:
        """The text as a note under the log's first key."""
        return bytes(Note(text, (sign(text, self.keys[0], self.signers[0].sign),)))

    def follow(self, unit: Unit) -> None:
        """Bring the tree to the stored head, which another process may have moved."""
        size, head = unit.head()
        if (size, head) == (self._frontier.size, self.note) and size == self.tree.size:
            return
        if size < self.newest.size:
            raise HeadBehind(size=size, signed=self.newest.size, why="behind")
        self.load(unit, size, head)

    def load(self, unit: Unit, size: int, head: bytes) -> None:
        """Read what the tree lacks, or all of it, and hold it against the signed head."""
        checkpoint = self._trusted(unit, head, size) if size or head else None
        # What was hashed for a unit that was not kept is no part of the tree.
        known = self.newest.size == self._frontier.size == self.tree.size <= size
        tree, frontier = (self.tree, self._frontier) if known else (Tree(), Frontier())
        for start in range(frontier.size, size, READ):
            entries = unit.leaves(start, min(start + READ, size))
            tree.extend(hash_entries(entries))
            frontier = frontier.grown(entries)
        if checkpoint:
            whole = tree.size == size and {tree.root(), frontier.root()} == {checkpoint.root}
            if not whole:
                raise HeadBroken(size=size, why="root")
        self.goes_on_at = next(map(handed_to, unit.leaves(max(0, size - 1), size)), None)
        self.tree, self._frontier, self.note = tree, frontier, head
        self.newest = Head(size, head)

    def _trusted(self, unit: Unit, head: bytes, size: int) -> Checkpoint:
        """The checkpoint in a stored head that our first key signed, and no stranger."""
        note, checkpoint = stored_head(head, size)
        if checkpoint.origin != self.origin:
            if any(last.origin == self.origin for last in earlier_logs(unit)):
                raise LogHasEnded(origin=checkpoint.origin)
            raise HeadBroken(size=size, why="origin")
        try:
            _, signed = verify_checkpoint(note, self.keys)
        except NoteNotTrusted:
            raise HeadBroken(size=size, why="signature") from None
        if signed[0].key != self.keys[0] or len(signed) != len(note.signatures):
            raise HeadBroken(size=size, why="signature")
        return checkpoint
