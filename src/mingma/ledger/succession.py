"""A log that ended and the one that goes on from it: one log a year, in an unbroken line.

The last leaf of a log, a `key.rotate` of `log`, names the origin of the next and the digest of its
verifier keys; the leaf after it, the first that the next log signs, names the log before it and its
last checkpoint. Both stand in one tree, which the next log carries on. Whoever trusts the first
log's keys can so come to trust the last one's, a step at a time, with nobody to ask. Follows
docs/formats/leaf.md.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from typing import Final

from mingma.kernel.errors import Malformed, Refused
from mingma.ledger.checkpoint import Checkpoint
from mingma.ledger.leaf import LOG, PREVIOUS, Kind, Leaf, parse
from mingma.ledger.leaf_values import LeafUnreadable
from mingma.ledger.note import VerifierKey, parse_key

MOST_KEYS: Final = 8  # lines; a log has two
_ENDS: Final = b'"what":"log"'  # in every entry, and every waiting leaf, that ends a log
_BEGINS: Final = b'"what":"previous_log"'


class SuccessionBroken(Refused):
    """A leaf that does not hand its log on to these keys, or from this log.

    `why` is one of last (it is not the log's last leaf), first, kind, keys, origin, digest.
    """

    slug = "ledger.succession_broken"
    zh = "这片叶没有把日志交给这些公钥(`{why}`)"
    en = "the leaf does not hand the log on to these keys (`{why}`)"
    remedy_zh = "请勿采信新日志;向见证方核对其来源与公钥"
    remedy_en = "do not trust the new log; ask the witnesses for its origin and keys"


def vkey_digest(lines: str) -> bytes:
    """What `key.rotate` says of new verifier keys: the digest of their lines, as published."""
    return sha256(lines.encode()).digest()


def verify_succession(last_leaf: bytes, index: int, size: int, next_vkey: str) -> str:
    """The origin of the next log, if the last leaf of a log of that size hands on to these keys.

    That the leaf stands at `index` under a head of `size` was proven before. `next_vkey` is the
    published file: a key on each line, each line with its end.
    """
    if index != size - 1:
        raise SuccessionBroken(why="last")
    leaf, _ = parse(last_leaf)
    if leaf.kind is not Kind.KEY_ROTATE or leaf.what != LOG or leaf.origin is None:
        raise SuccessionBroken(why="kind")
    for key in keys_in(next_vkey):
        if key.name != leaf.origin:
            raise SuccessionBroken(why="origin")
    if vkey_digest(next_vkey) != leaf.digest:
        raise SuccessionBroken(why="digest")
    return leaf.origin


def ends_a_log(data: bytes) -> bool:
    """Whether a leaf, sealed or not, ends its log: names have no quotes, so the bytes say it."""
    return _ENDS in data


def begins_a_log(data: bytes) -> bool:
    """Whether a leaf says that another log goes on with it."""
    return _BEGINS in data


def handed_to(last_leaf: bytes) -> str | None:
    """Where a log goes on that ends with this leaf; None if the leaf ends no log."""
    return parse(last_leaf)[0].origin if ends_a_log(last_leaf) else None


def beginning(organ: str, final: Checkpoint) -> Leaf:
    """The first leaf of the log that goes on from one with this last checkpoint."""
    return Leaf(
        kind=Kind.KEY_ROTATE, organ=organ, what=PREVIOUS,
        origin=final.origin, digest=checkpoint_digest(final),
    )  # fmt: skip


def checkpoint_digest(final: Checkpoint) -> bytes:
    """What the first leaf says of the log before it: the digest of its last checkpoint's text."""
    return sha256(str(final).encode()).digest()


def verify_beginning(entry: bytes, index: int, final: Checkpoint) -> None:
    """SuccessionBroken unless the leaf at an index says that it goes on from this checkpoint."""
    try:
        leaf, _ = parse(entry)
    except LeafUnreadable:
        raise SuccessionBroken(why="kind") from None
    if leaf.kind is not Kind.KEY_ROTATE or leaf.what != PREVIOUS:
        raise SuccessionBroken(why="kind")
    if index != final.size:
        raise SuccessionBroken(why="first")
    if leaf.origin != final.origin:
        raise SuccessionBroken(why="origin")
    if leaf.digest != checkpoint_digest(final):
        raise SuccessionBroken(why="digest")


def verify_line(steps: Iterable[tuple[bytes, int, int, str]], first: str) -> list[str]:
    """The origins of logs that hand on to one another, from `first` on: the line is unbroken.

    Each step is a log's last leaf, its index, the log's size, and the next log's keys.
    """
    origins = [first]
    for last_leaf, index, size, next_vkey in steps:
        origin = verify_succession(last_leaf, index, size, next_vkey)
        if origin in origins:
            raise SuccessionBroken(why="origin")
        origins.append(origin)
    return origins


def keys_in(lines: str) -> list[VerifierKey]:
    """The keys of a published file; SuccessionBroken unless it is that, and nothing else."""
    *texts, rest = lines.split("\n")
    if rest or not 0 < len(texts) <= MOST_KEYS:
        raise SuccessionBroken(why="keys")
    try:
        return [parse_key(text) for text in texts]
    except Malformed:
        raise SuccessionBroken(why="keys") from None
