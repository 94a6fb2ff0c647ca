"""What a granted power covers: one organ, the kinds of leaf of one post, and its days.

A registrar gives it to a post of another organ, until a day; `grant.end` ends it sooner. A leaf
that rests on it names it, so whoever reads both sees whether it covered the act.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from mingma.ledger.audit_found import Wrong
from mingma.ledger.leaf import Kind
from mingma.ledger.skim import Fields, day

SEALED_LATER: Final = 1  # days: an act of a grant's last hour may wait past midnight for its seal


@dataclass(frozen=True, slots=True)
class _Given:
    """What the leaf of a grant says; `until` is its last day as written."""

    organ: str
    post: str
    until: str
    last: int


class Grants:
    """The grants of a log so far. `posts` says in which posts a kind of leaf is written."""

    def __init__(self, posts: Mapping[Kind, Collection[str]]) -> None:
        self._posts = posts
        self._given: dict[int, _Given] = {}
        self._ended: set[int] = set()

    def give(self, index: int, fields: Fields) -> None:
        """Take a `grant.give`."""
        organ, post, until = (_text(fields[key]) for key in ("for", "what", "until"))
        self._given[index] = _Given(organ, post, until, day(until.encode()))

    def end(self, index: int, fields: Fields) -> None:
        """Take a `grant.end`."""
        self._ended.add(int(_text(fields["a"])))

    def faults(
        self, grant: int, kind: Kind, organ: bytes, today: int
    ) -> Iterator[tuple[Wrong, str]]:
        """Why a grant does not cover a leaf of this kind, organ and day."""
        given = self._given[grant]
        if grant in self._ended:
            yield Wrong.GRANT_ENDED, ""
        if today > given.last + SEALED_LATER:
            yield Wrong.GRANT_OVER, f"until {given.until}"
        if organ.decode() != given.organ:
            yield Wrong.GRANT_OTHER_ORGAN, given.organ
        if kind in self._posts and given.post not in self._posts[kind]:
            yield Wrong.GRANT_OTHER_POST, given.post


def _text(value: bytes | None) -> str:
    assert value is not None  # a leaf of this kind has it; `skim` refuses one without
    return value.decode()
