"""The times at which one place stands in the list, made whole.

Half-open, in seconds since the epoch; an end of None is still open.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, Literal, NamedTuple, Protocol

from mingma.kernel.times import DAY

# A feed drops a place and shows it again; nobody is to step up and down with each gap.
JOIN_UNDER: Final = DAY  # seconds; a gap of exactly this is a gap

Level = Literal["high", "medium", "low"]


class Span(NamedTuple):
    """Listed at a level from `starts` to before `ends`."""

    level: Level
    starts: int
    ends: int | None


class Timed(Protocol):
    """Anything with a beginning and an end."""

    @property
    def starts(self) -> int: ...
    @property
    def ends(self) -> int | None: ...


def joined(spans: Iterable[Span], known_until: int | None = None) -> Iterator[Span]:
    """The spans of one place, those of one level with a gap under 24 h made one.

    With `known_until`, as they were known then: clipped first, so that a gap whose end was still
    to come is not bridged.
    """
    last: dict[Level, Span] = {}
    for span in sorted(_known(spans, known_until), key=lambda span: span.starts):
        before = last.get(span.level)
        if before is None:
            last[span.level] = span
        elif before.ends is None or span.starts - before.ends < JOIN_UNDER:
            last[span.level] = before._replace(ends=_later(before.ends, span.ends))
        else:
            yield before
            last[span.level] = span
    yield from last.values()


def known_end(ends: int | None, known_until: int | None) -> int | None:
    """The end as known then: one still to come was not known."""
    return ends if known_until is None or ends is None or ends <= known_until else None


def overlap(one: Timed, other: Timed) -> bool:
    """Whether both hold at some instant; touching is not overlap."""
    return (other.ends is None or one.starts < other.ends) and (
        one.ends is None or other.starts < one.ends
    )


def _known(spans: Iterable[Span], known_until: int | None) -> Iterable[Span]:
    if known_until is None:
        return spans
    return [
        span._replace(ends=known_end(span.ends, known_until))
        for span in spans
        if span.starts <= known_until
    ]


def _later(one: int | None, other: int | None) -> int | None:
    return None if one is None or other is None else max(one, other)


__all__ = ["JOIN_UNDER", "Level", "Span", "Timed", "joined", "known_end", "overlap"]
