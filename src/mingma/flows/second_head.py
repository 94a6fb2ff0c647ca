"""The second head: what was signed last, in a file outside the database.

A database that is restored from an older copy looks whole by itself; beside this file it does not.
The file also remembers the trust policy that was once in force: an instance that ever had one does
not start without. *Not trusted*: whoever can change the file can at most keep the instance from
starting, or, holding the database too, take back what no witness has cosigned.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from mingma.flows.durable import DISK, Disk
from mingma.flows.seal import Log
from mingma.flows.stored_head import HeadBehind
from mingma.kernel.errors import Broken, Malformed, Place
from mingma.ledger.checkpoint import Checkpoint, parse_checkpoint
from mingma.ledger.cosignature import verify_checkpoint
from mingma.ledger.note import NoteNotTrusted, VerifierKey, parse_note

FILE: Final = "head"  # in the folder of keys
MAX_FILE: Final = 1 << 20  # bytes
DIGEST_SIZE: Final = 32


class SecondHeadUnreadable(Broken):
    """The file with the last signed head is not one that this program wrote."""

    slug = "ledger.second_head_unreadable"
    zh = "读不出最后签出的树头(`{why}`)"
    en = "the file with the last signed head cannot be read (`{why}`)"
    remedy_zh = "请从另一份备份恢复该文件;不得为启动而删除它"
    remedy_en = "bring it back from another copy; do not delete it to make the instance start"


@dataclass(frozen=True, slots=True)
class Kept:
    """The last signed head of each log, by origin, and the digest of the last trust policy."""

    notes: dict[str, bytes] = field(default_factory=dict)
    policy: bytes | None = None


class SecondHead:
    """The file. Safe from several threads; of several processes the larger head stays."""

    def __init__(self, path: Path, disk: Disk = DISK) -> None:
        self._path = path
        self._disk = disk
        self._lock = threading.Lock()

    def read(self) -> Kept:
        """What the file holds; nothing if there is none. Raises SecondHeadUnreadable."""
        data = self._disk.read(self._path, MAX_FILE)
        if data is None:
            return Kept()
        try:
            return _parsed(json.loads(data))
        except (ValueError, KeyError, TypeError, AttributeError, Malformed):
            raise SecondHeadUnreadable(Place(str(self._path)), why="form") from None

    def write(self, note: bytes) -> None:
        """Keep a signed head, unless a larger one of its log is kept; raises OSError."""
        head = parse_checkpoint(parse_note(note).text)
        with self._lock:
            kept = self.read()
            before = kept.notes.get(head.origin)
            if before is None or _head(before).size <= head.size:
                self._write(replace(kept, notes={**kept.notes, head.origin: note}))

    def remember_policy(self, digest: bytes) -> None:
        """Keep the SHA-256 of the trust policy in force; raises OSError."""
        if len(digest) != DIGEST_SIZE:
            raise ValueError("a digest of 32 bytes")
        with self._lock:
            self._write(replace(self.read(), policy=digest))

    def must_be_behind(
        self, log: Log, earlier: Iterable[Checkpoint] = (), keys: Iterable[VerifierKey] = ()
    ) -> None:
        """The log continues the head kept for it; raises HeadBehind or SecondHeadUnreadable.

        So it does the heads of earlier logs that it goes on from, of which the keys are gone.
        `keys` signed heads of this one, too, before another process held them.
        """
        notes = self.read().notes
        for last in earlier:
            if last.origin in notes:
                _must_go_on(log, _head(notes[last.origin]))
        note = notes.get(log.origin)
        if note is None:
            return
        try:
            head, _ = verify_checkpoint(parse_note(note), {*log.keys, *keys})
        except NoteNotTrusted:
            raise SecondHeadUnreadable(Place(str(self._path)), why="signature") from None
        _must_go_on(log, head)

    def _write(self, kept: Kept) -> None:
        notes = {origin: note.decode() for origin, note in kept.notes.items()}
        said = {"notes": notes, "policy": kept.policy.hex() if kept.policy else None}
        text = json.dumps(said, ensure_ascii=False, indent=1, sort_keys=True)
        self._disk.write(self._path, text.encode() + b"\n")


def _parsed(found: Any) -> Kept:
    if set(found) != {"notes", "policy"}:
        raise ValueError("other fields")
    notes = {origin: note.encode() for origin, note in found["notes"].items()}
    if any(_head(note).origin != origin for origin, note in notes.items()):
        raise ValueError("a note of another log")
    policy = None if found["policy"] is None else bytes.fromhex(found["policy"])
    if policy is not None and len(policy) != DIGEST_SIZE:
        raise ValueError("no digest")
    return Kept(notes, policy)


def _must_go_on(log: Log, head: Checkpoint) -> None:
    if head.size > log.newest.size:
        raise HeadBehind(size=log.newest.size, signed=head.size, why="behind")
    if log.tree.root(head.size) != head.root:
        raise HeadBehind(size=log.newest.size, signed=head.size, why="history")


def _head(note: bytes) -> Checkpoint:
    return parse_checkpoint(parse_note(note).text)
