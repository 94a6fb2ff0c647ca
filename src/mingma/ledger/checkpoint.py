"""A checkpoint: the head of a log, as its keys sign it (docs/formats/checkpoint.md).

Three lines: origin, size, root. Ours have no extension lines, and none are read: an ML-DSA-44
cosignature would not cover them. This is the signed head of the ledger, not the 卡口.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from mingma.kernel.errors import Malformed
from mingma.ledger.text import (
    MAX_NUMBER,
    is_line,
    read_decimal,
    read_hash,
    write_base64,
)
from mingma.ledger.tree import EMPTY_ROOT, HASH_SIZE

MAX_ORIGIN: Final = 255  # bytes: what a cosigned message has room for


class CheckpointUnreadable(Malformed):
    """Text that is no checkpoint. `why` is one of lines, origin, size, root, empty_root."""

    slug = "ledger.checkpoint_unreadable"
    zh = "不是合格的检查点(`{why}`)"
    en = "not a checkpoint (`{why}`)"
    remedy_zh = "请照 docs/formats/checkpoint.md:来源、大小、根,各一行"
    remedy_en = "write it as docs/formats/checkpoint.md says: origin, size and root, a line each"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """That the log of this origin has this root at this size.

    INVARIANT: size 0 => the empty root.
    """

    origin: str
    size: int
    root: bytes

    def __post_init__(self) -> None:
        if not is_line(self.origin) or len(self.origin.encode()) > MAX_ORIGIN:
            raise CheckpointUnreadable(why="origin")
        if not 0 <= self.size <= MAX_NUMBER:
            raise CheckpointUnreadable(why="size")
        if len(self.root) != HASH_SIZE:
            raise CheckpointUnreadable(why="root")
        if self.size == 0 and self.root != EMPTY_ROOT:
            raise CheckpointUnreadable(why="empty_root")

    def __str__(self) -> str:
        return f"{self.origin}\n{self.size}\n{write_base64(self.root)}\n"


def parse_checkpoint(text: str) -> Checkpoint:
    """The checkpoint that is the text of a note; CheckpointUnreadable unless it prints the same."""
    lines = text.split("\n")
    if len(lines) != 4 or lines[3]:
        raise CheckpointUnreadable(why="lines")
    try:
        size = read_decimal(lines[1])
    except ValueError:
        raise CheckpointUnreadable(why="size") from None
    try:
        root = read_hash(lines[2])
    except ValueError:
        raise CheckpointUnreadable(why="root") from None
    return Checkpoint(lines[0], size, root)
