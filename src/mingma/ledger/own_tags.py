"""A person's own events in the log: that n of them are there, and no other.

The person's app knows K, so it knows which tag each of her events has, past and to come. Every tag
up to n must be in exactly one place, and those after n nowhere: not in the ranges that `index.hour`
leaves commit to, by proof, nor in the newer leaves, which are few and are read whole. Who is shown
fewer events than the log holds, or more than she was told of, finds it here.

INVARIANT: the ranges adjoin, so there is no leaf between them in which an event could hide.
Each commitment comes from a leaf that was proven first; nothing here proves that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from mingma.kernel.errors import Refused
from mingma.ledger.commitment import tag
from mingma.ledger.leaf import parse
from mingma.ledger.tag_proof import (
    Commitment,
    TagProof,
    TagProofDoesNotHold,
    TagTwice,
    verify_absent,
    verify_present,
)

AHEAD: Final = 2  # tags after n that must be absent: the next event, and one behind a hidden gap

Lookup = Callable[[bytes], TagProof]  # what an index shows of a tag; not to be trusted


class EventsDoNotFit(Refused):
    """The log does not hold the person's events as she knows them.

    `why` is one of gap (no range begins at leaf `number`), missing (event `number` is nowhere),
    extra (event `number`, of which she was not told, is in the log).
    """

    slug = "ledger.events_do_not_fit"
    zh = "日志中本人的事项与所知不符(`{why}`:{number})"
    en = "the log does not hold your events as you know them (`{why}`: {number})"
    remedy_zh = "请保留检查点与证明并申诉;多出者应有告知而未告知,缺少者应在日志而不在"
    remedy_en = (
        "keep checkpoint and proofs and object: one event was kept from you, or from the log"
    )


@dataclass(frozen=True, slots=True)
class Indexed:
    """A range whose tags a proven `index.hour` leaf commits to, and how to ask about one."""

    commitment: Commitment
    about: Lookup


def own_tags(key: bytes, last: int, first: int = 0) -> list[bytes]:
    """The tags of a person's events from `first` to `last`, and those that must not be there."""
    return [tag(key, number) for number in range(first, last + 1 + AHEAD)]


def check_own_events(
    key: bytes,
    last: int,
    indexed: Sequence[Indexed],
    newer: Iterable[bytes] = (),
    first: int = 0,
) -> dict[int, int]:
    """The leaf of each event from `first` to `last`; EventsDoNotFit if one lacks or is too much.

    `indexed` are adjoining ranges, from where event `first` may stand; `newer` are the entries
    after the last of them. Raises what the proofs raise, and TagTwice.
    """
    _must_adjoin(indexed)
    wanted = {one: number for number, one in enumerate(own_tags(key, last, first), first)}
    found: dict[int, int] = {}
    for leaf, number in _places(wanted, indexed, newer):
        if number > last:
            raise EventsDoNotFit(why="extra", number=number)
        if number in found:
            raise TagTwice(first=found[number], second=leaf)
        found[number] = leaf
    for number in range(first, last + 1):
        if number not in found:
            raise EventsDoNotFit(why="missing", number=number)
    return found


def _must_adjoin(indexed: Sequence[Indexed]) -> None:
    for before, after in pairwise(indexed):
        if before.commitment.end != after.commitment.start:
            raise EventsDoNotFit(why="gap", number=before.commitment.end)


def _places(
    wanted: dict[bytes, int], indexed: Sequence[Indexed], newer: Iterable[bytes]
) -> Iterable[tuple[int, int]]:
    """(leaf, event number) of every wanted tag that is anywhere."""
    for one in indexed:
        for asked, number in wanted.items():
            leaf = _look_up(asked, one)
            if leaf is not None:
                yield leaf, number
    start = indexed[-1].commitment.end if indexed else 0
    for index, entry in enumerate(newer, start):
        mark = parse(entry)[0].tag
        if mark in wanted:
            yield index, wanted[mark]


def _look_up(asked: bytes, indexed: Indexed) -> int | None:
    """The leaf in the range that has the tag, None if proven that there is none."""
    proof = indexed.about(asked)
    try:
        return verify_present(asked, proof, indexed.commitment)
    except TagProofDoesNotHold as refusal:
        if refusal.details.get("why") not in ("shown", "tag"):
            raise
    verify_absent(asked, proof, indexed.commitment)
    return None
