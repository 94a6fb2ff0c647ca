"""Every night, hold all rows against the log, and keep an alarm about whatever does not fit.

Looked at in a snapshot: no writer waits for it. That it was done, and what it found, is a record by
night, so that a restart does not begin again. An alarm has a word, the leaves it is named by and a
count; it stands for everybody to see (`/v1/public/alarms`), stops nothing, and no code gets worse.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final

from mingma.flows.alarm import ALARM
from mingma.flows.context import Context
from mingma.flows.editions import in_force
from mingma.flows.exact_record import exact_record
from mingma.flows.index_hour import Acting
from mingma.flows.log_time import log_time
from mingma.flows.oversee import OURS, is_repeated, keep_signal
from mingma.flows.reconcile import reconcile_by_page
from mingma.flows.reconcile_found import HARMLESS, Amiss, Found
from mingma.flows.vouched_rows import Met
from mingma.kernel.canonical import canonical
from mingma.kernel.times import HOUR, Instant, day_of
from mingma.ledger.tally import print_day
from mingma.oversight.signal import MOST_LEAVES, Detector, Signal, named
from mingma.ports import Store, Unit
from mingma.records import Record

NIGHT: Final = "reconciled"  # the kind of records of this; ids are days, as written
BEGINS: Final = 3 * HOUR  # after local midnight, when the fewest act
# What an outage, a change of packs or silent witnesses bring about is counted in the record, and is
# no alarm. A decision of another day than its leaf's is one all the same.
NO_ALARM: Final = HARMLESS - {Amiss.BACK_DATED}


@dataclass(slots=True)
class _Gathered:
    """How many places of each word, and the leaves that are named."""

    counts: Counter[Amiss] = field(default_factory=Counter)
    leaves: defaultdict[Amiss, list[int | None]] = field(default_factory=lambda: defaultdict(list))

    def take(self, found: Iterable[Found]) -> None:
        for one in found:
            self.counts[one.word] += 1
            if len(self.leaves[one.word]) < MOST_LEAVES:
                self.leaves[one.word].append(one.index)


def keep_nights(
    store: Store, context: Context, clock: Callable[[], Instant], closing: Callable[[], bool]
) -> int:
    """Reconcile once a night, the first time one asks after three o'clock; how many alarms it made.

    A night that was missed is made up for as soon as one asks again. `closing` is asked after each
    page; what a closing instance had not finished counts as not begun.
    """
    night = print_day(day_of(clock() - BEGINS))
    gathered = _Gathered()
    # (1) Look, at an instant no earlier than the snapshot.
    with store.read() as unit:
        if _is_done(unit, night):
            return 0
        size, _ = unit.head()
        now = clock()
        context = in_force(unit, context, log_time(unit, now))
        for page in reconcile_by_page(unit, context, now):
            gathered.take(page)
            if closing():
                return 0
    # (2) Write. Leaves come of none of it, so it is kept even where nothing is sealed any more.
    with store.write() as unit:
        unit.last_record(NIGHT, "")  # its turn: of two processes one writes
        if _is_done(unit, night):
            return 0
        said = {word.value: count for word, count in gathered.counts.items()}
        unit.add_record(Record(NIGHT, night, now, canonical({"found": said, "leaves": size})))
        return sum(_alarm(unit, word, gathered, now) for word in sorted(gathered.counts))


def keep_met(acting: Acting, met: Met, now: Instant) -> int:
    """Keep one alarm about rows of power that nobody vouches for, without waiting for the night."""
    rows = met.take()
    if not rows:
        return 0
    kinds = Counter(kind for kind, _ in rows)
    signal = Signal(Detector.ROWS, Amiss.NOT_VOUCHED.value, now, dict(sorted(kinds.items())))
    with acting() as unit:
        unit.last_record(ALARM, OURS)  # its turn
        return int(not is_repeated(unit, signal) and keep_signal(unit, signal, now))


def _is_done(unit: Unit, night: str) -> bool:
    return exact_record(unit, NIGHT, night) is not None


def _alarm(unit: Unit, word: Amiss, gathered: _Gathered, now: Instant) -> bool:
    """Keep an alarm about a word, unless the last one about it said the very same."""
    if word in NO_ALARM:
        return False
    leaves = named(gathered.leaves[word])
    signal = Signal(Detector.ROWS, word.value, now, {"places": gathered.counts[word]}, leaves)
    return not is_repeated(unit, signal) and keep_signal(unit, signal, now)
