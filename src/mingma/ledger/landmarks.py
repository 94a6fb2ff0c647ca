"""Landmarks: cosigned heads of one tree, loaded beforehand by whoever checks short receipts.

Follows docs/formats/landmarks.md: a first line, then notes in order of size. The file vouches for
nothing: `verify` believes a landmark only as the reader's own trust policy says, and what it does
not believe is left out, so that a receipt leading there proves nothing.

Does not know which heads are landmarks; `flows/receipts` chooses them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import Final

from mingma.kernel.errors import Malformed, Refused
from mingma.ledger.checkpoint import Checkpoint, CheckpointUnreadable, parse_checkpoint
from mingma.ledger.cosignature import Cosignature
from mingma.ledger.note import Note, NoteNotTrusted, NoteUnreadable, parse_note
from mingma.ledger.policy import NoQuorum, Policy

VERSION: Final = "mingma/landmarks/1"
MAX_FILE: Final = 16_000_000  # bytes: two weeks of hours, each cosigned by a hundred witnesses
MAX_LANDMARKS: Final = 4096
_BREAK: Final = b"\n\n"  # ends the first line, a note's text, and every note but the last


class LandmarksUnreadable(Malformed):
    """Bytes that are no list of landmarks.

    `why` is one of size, version, count, note, checkpoint, origin, order.
    """

    slug = "ledger.landmarks_unreadable"
    zh = "不是合格的日志界标(`{why}`)"
    en = "not a list of landmarks (`{why}`)"
    remedy_zh = "请从日志的 /ledger/landmarks 另取;写法见 docs/formats/landmarks.md"
    remedy_en = "fetch it again from the log's /ledger/landmarks; see docs/formats/landmarks.md"


class LandmarksContradict(Refused):
    """Two landmarks of one log that cannot both be true, or of logs that are not one line."""

    slug = "ledger.landmarks_contradict"
    zh = "大小为 {size} 的日志界标互相矛盾"
    en = "two landmarks of size {size} contradict each other"
    remedy_zh = "同一日志者,请保留两份文件、公布并报警;不同日志者,请分开核验"
    remedy_en = "of one log: keep both files, publish them and alarm; of two logs: check them apart"


@dataclass(frozen=True, slots=True)
class Landmarks:
    """Heads of one tree, the smallest first. Not yet verified.

    Where one year's log goes on from another's, the heads of both.
    INVARIANT: each size greater than the one before, the first above 0; no origin comes back.
    """

    notes: tuple[Note, ...]

    def __post_init__(self) -> None:
        if len(self.notes) > MAX_LANDMARKS:
            raise LandmarksUnreadable(why="count")
        heads = self.heads
        if comes_back([head.origin for head in heads]):
            raise LandmarksUnreadable(why="origin")
        sizes = [0, *(head.size for head in heads)]
        if any(size >= following for size, following in pairwise(sizes)):
            raise LandmarksUnreadable(why="order")

    @property
    def heads(self) -> tuple[Checkpoint, ...]:
        """What the notes say, believed or not."""
        try:
            return tuple(parse_checkpoint(note.text) for note in self.notes)
        except CheckpointUnreadable:
            raise LandmarksUnreadable(why="checkpoint") from None

    def __bytes__(self) -> bytes:
        return b"\n".join([f"{VERSION}\n".encode(), *(bytes(note) for note in self.notes)])

    def verify(self, policy: Policy) -> dict[int, bytes]:
        """The roots by size of those that the policy believes."""
        believed = self.believed(policy)
        return {head.size: head.root for head in self.heads if head.size in believed}

    def believed(self, policy: Policy) -> dict[int, tuple[Cosignature, ...]]:
        """The witnesses' cosignatures by size of those that the policy believes."""
        witnesses = {one.key for one in policy.witnesses}
        found = {}
        for note in self.notes:
            try:
                head, signed = policy.verify(note)
            except (NoQuorum, NoteNotTrusted):
                continue  # a receipt that leads there proves nothing
            found[head.size] = tuple(one for one in signed if one.key in witnesses)
        return found


def parse_landmarks(data: bytes) -> Landmarks:
    """The landmarks in a file; LandmarksUnreadable unless it prints back the same."""
    if len(data) > MAX_FILE:
        raise LandmarksUnreadable(why="size")
    first, *parts = data.split(_BREAK)
    if not parts:  # none yet: the first line alone, and the empty line after it
        if data == f"{VERSION}\n".encode():
            return Landmarks(())
        raise LandmarksUnreadable(why="version")
    if first != VERSION.encode():
        raise LandmarksUnreadable(why="version")
    if len(parts) % 2:
        raise LandmarksUnreadable(why="note")
    if len(parts) // 2 > MAX_LANDMARKS:
        raise LandmarksUnreadable(why="count")
    texts, signed = parts[::2], parts[1::2]
    # The last note ends with its own line; the others lost theirs to the empty line after them.
    ends = [b"\n"] * (len(signed) - 1) + [b""]
    try:
        notes = tuple(
            parse_note(text + _BREAK + lines + end)
            for text, lines, end in zip(texts, signed, ends, strict=True)
        )
    except NoteUnreadable:
        raise LandmarksUnreadable(why="note") from None
    return Landmarks(notes)


def roots_of(files: Iterable[Landmarks], policy: Policy) -> Mapping[int, bytes]:
    """The roots by size that a policy believes in several files of one log, or line of logs."""
    found: dict[int, Checkpoint] = {}
    for landmarks in files:
        roots = landmarks.verify(policy)
        for head in landmarks.heads:
            if head.size not in roots:
                continue
            if found.setdefault(head.size, head) != head:
                raise LandmarksContradict(size=head.size)
    sizes = sorted(found)
    if comes_back([found[size].origin for size in sizes]):
        raise LandmarksContradict(size=sizes[-1])
    return {size: found[size].root for size in sizes}


def comes_back(origins: Sequence[str]) -> bool:
    """Whether a log's head stands behind another's that went on from it: they are no line."""
    return len([origin for origin, _ in groupby(origins)]) > len(set(origins))
