"""Sealed entries as rows: so many to a row, packed as a bundle is, each behind its length.

Reading gives an entry at its own index or not at all. Where rows leave a gap, or overlap, or are no
bundle – somebody was at the table – reading ends there, and whoever counts finds it out.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeAlias

from mingma.ledger.tiles import WIDTH, bundle, entries_in

Packed: TypeAlias = tuple[int, bytes]  # the index of the first entry, and all of them


def packed(start: int, entries: Sequence[bytes]) -> list[Packed]:
    """The rows for entries from an index on; none is longer than a full bundle, to be read for one.

    A seal of no more entries than that is one row.
    """
    starts = range(0, len(entries), WIDTH)
    return [(start + at, bundle(entries[at : at + WIDTH])) for at in starts]


def unpacked(rows: Iterable[Packed], start: int, end: int) -> list[bytes]:
    """The entries of [start, end), up to the first that no row has, or more than one.

    The rows come in order, from the one on that should have `start`.
    """
    found: list[bytes] = []
    first: int | None = None
    for index, data in rows:
        first = index if first is None else first
        if index != first + len(found):
            del found[index - first :]  # of an overlap; a gap has nothing there
            break
        found += _entries(data)
    return [] if first is None or first > start else found[start - first : end - first]


def _entries(data: bytes) -> list[bytes]:
    """A row's entries; one that is no bundle has one too many, so it meets the next."""
    entries, end = entries_in(data, len(data))
    if end != len(data) or not entries:
        entries.append(data[end:])
    return entries
