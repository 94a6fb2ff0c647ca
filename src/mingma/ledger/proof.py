"""A receipt: that an entry is in the log, to be checked offline (c2sp.org/tlog-proof).

Index, inclusion proof and the cosigned checkpoint stand in one text. `extra` is authenticated by
nothing: a false one changes nothing that `verify` says. Ours brings the entry, which counts once it
is hashed and proven, and its private body, which is believed once the commitment in the proven
entry opens to it (docs/formats/receipt.md).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

from mingma.kernel.canonical import b64url, canonical, from_b64url
from mingma.kernel.errors import Malformed
from mingma.ledger.checkpoint import Checkpoint, CheckpointUnreadable, parse_checkpoint
from mingma.ledger.commitment import KEY_SIZE, commitment
from mingma.ledger.cosignature import Cosignature
from mingma.ledger.leaf import MAX_ENTRY, Leaf
from mingma.ledger.note import MAX_NOTE, Note, NoteUnreadable, parse_note
from mingma.ledger.policy import Policy
from mingma.ledger.text import MAX_NUMBER, read_base64, read_decimal, read_hash, write_base64
from mingma.ledger.tree import HASH_SIZE, leaf_hash, verify_inclusion

VERSION: Final = "c2sp.org/tlog-proof@v1"
MAX_HASHES: Final = 63  # a tree of fewer than 2**63 leaves is no higher
MAX_EXTRA: Final = 64_000  # bytes: a private body and its nonce, with room
# Bytes of an Ed25519 signature, and of one behind its time. An ML-DSA line has 2,428 and is kept
# apart: 3.3 kB a line would make a receipt of one page one of many.
_SHORT_SIGNATURES: Final = (64, 72)


class ReceiptUnreadable(Malformed):
    """Bytes that are no receipt.

    `why` is one of bytes, size, version, extra, index, hashes, checkpoint.
    """

    slug = "ledger.receipt_unreadable"
    zh = "不是合格的回执(`{why}`)"
    en = "not a receipt (`{why}`)"
    remedy_zh = "请原样保存与传送;写法见 docs/formats/receipt.md"
    remedy_en = "keep and pass it on unchanged; docs/formats/receipt.md says how it is written"


@dataclass(frozen=True, slots=True)
class Receipt:
    """An index, the hashes from leaf to root, and a signed checkpoint. Not yet verified."""

    index: int
    hashes: tuple[bytes, ...]
    note: Note
    extra: bytes | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.index <= MAX_NUMBER:
            raise ReceiptUnreadable(why="index")
        wrong = any(len(one) != HASH_SIZE for one in self.hashes)
        if wrong or len(self.hashes) > MAX_HASHES:
            raise ReceiptUnreadable(why="hashes")
        if self.extra is not None and not 0 < len(self.extra) <= MAX_EXTRA:
            raise ReceiptUnreadable(why="extra")
        try:
            parse_checkpoint(self.note.text)
        except CheckpointUnreadable:
            raise ReceiptUnreadable(why="checkpoint") from None

    def __bytes__(self) -> bytes:
        lines = [VERSION]
        if self.extra is not None:
            lines.append(f"extra {write_base64(self.extra)}")
        lines.append(f"index {self.index}")
        lines += [write_base64(one) for one in self.hashes]
        return "\n".join(lines).encode() + b"\n\n" + bytes(self.note)

    def verify(self, entry: bytes, policy: Policy) -> tuple[Checkpoint, tuple[Cosignature, ...]]:
        """The checkpoint under which this entry stands at this index, or a refusal.

        The entry is hashed and not read: read it after this, and only its own bytes.
        """
        checkpoint, cosignatures = policy.verify(self.note)
        verify_inclusion(
            leaf_hash(entry), self.index, checkpoint.size, self.hashes, checkpoint.root
        )
        return checkpoint, cosignatures


def parse_receipt(data: bytes) -> Receipt:
    """The receipt in the bytes; ReceiptUnreadable unless it prints back the same."""
    if len(data) > MAX_NOTE:
        raise ReceiptUnreadable(why="size")
    head, _, signed = data.partition(b"\n\n")
    try:
        lines = head.decode("ascii").split("\n")
    except UnicodeDecodeError:
        raise ReceiptUnreadable(why="bytes") from None
    if lines.pop(0) != VERSION:
        raise ReceiptUnreadable(why="version")
    extra = None
    if lines and lines[0].startswith("extra "):
        extra = _extra(lines.pop(0))
    index = _index(lines.pop(0) if lines else "")
    hashes = tuple(_hash(line) for line in lines)
    try:
        note = parse_note(signed)
    except NoteUnreadable:
        raise ReceiptUnreadable(why="checkpoint") from None
    return Receipt(index, hashes, note, extra)


def _extra(line: str) -> bytes:
    try:
        return read_base64(line.removeprefix("extra "))
    except ValueError:
        raise ReceiptUnreadable(why="extra") from None


def _index(line: str) -> int:
    word, _, number = line.partition(" ")
    try:
        if word == "index":
            return read_decimal(number)
    except ValueError:
        pass  # refused below, like a line of another word
    raise ReceiptUnreadable(why="index")


def _hash(line: str) -> bytes:
    try:
        return read_hash(line)
    except ValueError:
        raise ReceiptUnreadable(why="hashes") from None


@dataclass(frozen=True, slots=True)
class Extra:
    """What our receipts carry beside the proof: the entry, and what opens its commitment.

    INVARIANT: body and nonce together, or neither. Nothing in it is believed by being here.
    """

    entry: bytes
    body: bytes | None = None
    nonce: bytes | None = None

    def __post_init__(self) -> None:
        if not 0 < len(self.entry) <= MAX_ENTRY or (self.body is None) != (self.nonce is None):
            raise ReceiptUnreadable(why="extra")
        if self.nonce is not None and len(self.nonce) != KEY_SIZE:
            raise ReceiptUnreadable(why="extra")

    def __bytes__(self) -> bytes:
        parts = {"entry": self.entry, "body": self.body, "nonce": self.nonce}
        return canonical({name: b64url(one) for name, one in parts.items() if one is not None})

    def opened(self, leaf: Leaf) -> bytes | None:
        """The body, where the commitment of this proven leaf opens to it; else None."""
        if self.body is None or self.nonce is None or leaf.commitment is None:
            return None
        return self.body if commitment(self.nonce, self.body) == leaf.commitment else None


def parse_extra(data: bytes) -> Extra:
    """The parts of our `extra`; ReceiptUnreadable unless they print back the same."""
    try:
        found: Any = json.loads(data.decode("ascii"))
        extra = Extra(**{name: from_b64url(text) for name, text in found.items()})
    except (ValueError, AttributeError, TypeError, RecursionError):
        raise ReceiptUnreadable(why="extra") from None
    if bytes(extra) != data:
        raise ReceiptUnreadable(why="extra")
    return extra


def short_note(note: Note) -> Note:
    """The note with its Ed25519 lines only: what a receipt carries."""
    lines = (line for line in note.signatures if len(line.signature) in _SHORT_SIGNATURES)
    return Note(note.text, tuple(lines))
