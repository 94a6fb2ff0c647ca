"""Index the tags of the newest leaves, about once an hour, and hold what was indexed for everybody.

An `index.hour` leaf commits to the tags of all leaves since the last one, so that a person can have
it proven that an event of hers is *not* in the log. Anyone remakes it from the leaves. Nothing else
waits for it: while no index is written the person scans more leaves, and knows the same.
A tag that stands twice is an alarm, and such a range is never indexed.
"""

from __future__ import annotations

import contextlib
import json
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Final

from mingma.flows.alarm import raise_alarm
from mingma.flows.emergency import INSTANCE
from mingma.kernel.canonical import canonical
from mingma.kernel.times import HOUR, Instant
from mingma.ledger.leaf import Kind, Leaf
from mingma.ledger.tag_index import TagIndex, index_of
from mingma.ledger.tag_proof import Commitment, TagTwice
from mingma.ports import Store, Unit
from mingma.records import Outgoing, Record

INDEX: Final = "index"  # the kind of records that say what was indexed; ids are the range's end
MOST: Final = 1 << 18  # leaves in one index: some 100 MB while it is made
READ: Final = 4096  # leaves read at a time
HELD: Final = 4  # indexes kept in memory for who asks

Acting = Callable[[], AbstractContextManager[Unit]]


def index_hour(unit: Unit, organ: str, now: Instant, *, asked: bool = False) -> Commitment | None:
    """Commit to the tags of the leaves since the last index; None if it is not time yet.

    Not time yet: an index less than an hour old (unless `asked`), or no tag since. Raises TagTwice.
    """
    # (1) Whoever asks for the last one in a writing unit is alone with it until its end.
    last = unit.last_record(INDEX, "")
    if last and not asked and now < last.at + HOUR:
        return None
    start = int(last.id) if last else 0
    size, _ = unit.head()
    end = min(size, start + MOST)
    # (2) Make it from the leaves, as anybody would.
    made = index_of(start, _entries(unit, start, end)).commitment
    if made.count == 0 and end == size:
        return None
    # (3) The leaf, and where to find it.
    leaf = Leaf(
        kind=Kind.INDEX_HOUR, organ=organ,
        index=made.start, end=made.end, count=made.count, digest=made.root,
    )  # fmt: skip
    unit.add_record(Record(INDEX, f"{end:019}", now, canonical({"start": start, "end": end})))
    unit.add_leaves([Outgoing(f"{INSTANCE}:index", end, leaf.unsealed(), now)])
    return made


def keep_hours(acting: Acting, organ: str, now: Instant, *, asked: bool = False) -> int:
    """Index what is due, in several ranges if one is too large; returns how many leaves it made.

    `acting` opens a unit of work whose leaves are sealed. A tag that stands twice is an alarm.
    """
    made = 0
    try:
        while True:
            with acting() as unit:
                found = index_hour(unit, organ, now, asked=asked)
            if found is None:
                return made
            made += 1
            if found.end - found.start < MOST:
                return made
            asked = True  # go on where that range ended
    except TagTwice as twice:
        with acting() as unit:
            about = f"{twice.details['first']}-{twice.details['second']}"
            raise_alarm(unit, twice, about, now)
        return made


class PublicIndex:
    """What was indexed, made again from the leaves for who asks. Safe from several threads."""

    def __init__(self, store: Store, held: int = HELD) -> None:
        self._store = store
        self._held = held
        self._made: OrderedDict[tuple[int, int], TagIndex] = OrderedDict()
        self._making = threading.Lock()

    def listed(self, since: int = 0) -> list[tuple[int, int, int | None]]:
        """(start, end, its leaf or None while that waits) of each index after one's end, in order.

        A record that cannot be read lists none.
        """
        found, id = [], f"{since + 1:019}"
        with self._store.read() as unit:
            while (record := unit.first_record(INDEX, id)) is not None:
                id = f"{record.id}~"
                with contextlib.suppress(ValueError, LookupError, TypeError):
                    start, end = _range(record)
                    found.append((start, end, unit.index_of(f"{INSTANCE}:index", end)))
        return found

    def listing(self) -> bytes:
        """A line for each index whose leaf is sealed: start, end, where the leaf is."""
        sealed = [one for one in self.listed() if one[2] is not None]
        return "".join(f"{start} {end} {leaf}\n" for start, end, leaf in sealed).encode()

    def index(self, start: int, end: int) -> TagIndex | None:
        """The index of a range that has one; None for any other range."""
        with self._making:
            if (start, end) in self._made:
                self._made.move_to_end((start, end))
                return self._made[start, end]
            with self._store.read() as unit:
                known = unit.first_record(INDEX, f"{end:019}")
                if known is None or (start, end) != _range(known):
                    return None
                made = index_of(start, _entries(unit, start, end))
            self._made[start, end] = made
            while len(self._made) > self._held:
                self._made.popitem(last=False)
            return made


def _range(record: Record) -> tuple[int, int]:
    value = json.loads(record.body)
    return value["start"], value["end"]


def _entries(unit: Unit, start: int, end: int) -> Iterator[bytes]:
    for at in range(start, end, READ):
        yield from unit.leaves(at, min(at + READ, end))
