"""What arrived in each source's name, counted by the day it is about: made with every batch.

Counts only, by kind and by positives, so that nothing here can be traced to a person. Refused
records are counted by the day they came and by slug, and both are public: a feed of bare
identities shows as what it is (Z8).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Final

from mingma.evidence.model import Fact
from mingma.flows.samples import needs_sample
from mingma.kernel.canonical import canonical
from mingma.kernel.times import Instant, day_of, midnight, print_instant
from mingma.ports import Unit
from mingma.records import Record, Turned

ARRIVED: Final = "arrived"  # records `<source>/<day>/<batch>`: what was admitted of that day
TURNED: Final = "turned_away"  # records `<source>/<day>/<batch>`: what was refused on that day


def note_arrivals(
    unit: Unit,
    source: str,
    batch: str,
    facts: Iterable[Fact],
    turned: Iterable[Turned],
    now: Instant,
) -> None:
    """Leave the counts of a batch: admitted ones by the day of their `at`, refused ones by slug."""
    days: dict[str, Counter[str]] = {}
    for fact in facts:
        counts = days.setdefault(day_name(fact.at), Counter())
        counts[fact.kind] += 1
        counts[f"{fact.kind}+"] += needs_sample(fact)
    for day, counts in days.items():
        body = canonical({kind: n for kind, n in counts.items() if n})
        unit.add_record(Record(ARRIVED, f"{source}/{day}/{batch}", now, body))
    slugs = Counter(one.slug for one in turned)
    if slugs:
        id = f"{source}/{day_name(now)}/{batch}"
        unit.add_record(Record(TURNED, id, now, canonical(dict(slugs))))


def day_name(instant: int) -> str:
    """The local day of an instant, as it is written."""
    return print_instant(Instant(midnight(day_of(instant))))[:10]
