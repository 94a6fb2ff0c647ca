"""What the detectors are given: acts as the public sees them, without the person.

Each has the leaf it can be found under, or None while it waits for the seal.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from mingma.kernel.times import Instant


@dataclass(frozen=True, slots=True)
class Marked:
    """A person was marked by an approved act. `case` only tells cases apart, and is never shown."""

    at: Instant
    city: str
    organ: str
    case: str | None  # the named case or area; None where none is named
    outside: bool  # of another province
    leaf: int | None = None


@dataclass(frozen=True, slots=True)
class Proposed:
    """A batch, with so many people."""

    at: Instant
    organ: str
    people: int
    leaf: int | None = None


@dataclass(frozen=True, slots=True)
class Answered:
    """An appeal was answered: against whose act, and whether the act fell."""

    at: Instant
    organ: str
    overturned: bool
    leaf: int | None = None


@dataclass(frozen=True, slots=True)
class Cleared:
    """Somebody was cleared of an organ's mark; `again`: marked again within the shield."""

    at: Instant
    organ: str
    again: bool
    leaf: int | None = None


@dataclass(frozen=True, slots=True)
class Attempted:
    """An act was refused; at least so many people were to be touched by it."""

    at: Instant
    organ: str
    people: int
    leaf: int | None = None


@dataclass(frozen=True, slots=True)
class FirstUse:
    """A batch that worsens, and since when its maker may make one. The maker is never shown."""

    at: Instant
    organ: str
    maker: str
    since: Instant
    by_hand: bool  # a mark, which rests on nobody's finding
    people: int
    leaf: int | None = None
    grant: int | None = None


@dataclass(frozen=True, slots=True)
class LaboratoryDay:
    """A laboratory's own signed count."""

    at: Instant
    laboratory: str
    samples: int
    positives: int


@dataclass(frozen=True, slots=True)
class Signed:
    """What a source signed to have sent of a category up to an instant, and the marks on it."""

    at: Instant
    source: str
    category: str
    records: int
    marks: int
    leaf: int | None = None


@dataclass(frozen=True, slots=True)
class Uncounted:
    """A source's day with records of a kind, for which it signed no count in time."""

    at: Instant
    source: str
    day: str
    kind: str


Event = TypeVar("Event", Marked, Proposed, Answered, Cleared, Attempted, FirstUse, LaboratoryDay)
Key = TypeVar("Key", str, tuple[str, int])


def grouped(
    key: Callable[[Event], Key], events: Iterable[Event]
) -> Iterator[tuple[Key, list[Event]]]:
    """The events of each city, organ or case, in order of time."""
    found: dict[Key, list[Event]] = defaultdict(list)
    for event in sorted(events, key=lambda one: one.at):
        found[key(event)].append(event)
    yield from found.items()
