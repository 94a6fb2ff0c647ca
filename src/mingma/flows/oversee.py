"""Oversee: run every detector over what the store holds, and keep each finding as an alarm.

An alarm names figures and leaves, and nobody. It is kept once, never taken back, and stops nothing:
whoever runs the instance and whoever watches it must look. All of them are public
(`/v1/public/alarms`). Thresholds come from the shipped file, with the false alarms each costs.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final

from mingma.flows.alarm import ALARM, is_raised
from mingma.flows.index_hour import Acting
from mingma.flows.oversee_rosters import thin_rosters
from mingma.flows.oversight_events import Events, attempts_since, events
from mingma.kernel.canonical import canonical
from mingma.kernel.times import HOUR, Instant
from mingma.oversight import charts, tails
from mingma.oversight.excess import excess, uncounted
from mingma.oversight.fitted import Fitted, read_fitted
from mingma.oversight.signal import Signal
from mingma.ports import Store, Unit
from mingma.records import Record

OURS: Final = "oversight."  # what the ids of alarms of detectors begin with
THRESHOLDS: Final = "oversight.json"
WHOLE_EVERY: Final = (
    HOUR // 2
)  # seconds: whatever detector speaks, its alarm is kept within an hour


@dataclass(frozen=True, slots=True)
class Alarm:
    """An alarm on record: what spoke, about whom, when it happened and when it was noticed."""

    id: str
    detector: str
    about: str
    at: Instant
    noticed: Instant
    incident: bool
    figures: Mapping[str, int | str]
    leaves: tuple[int, ...]


@cache
def shipped_thresholds() -> Fitted:
    """The thresholds that ship with the product; raises ThresholdsUnreadable."""
    return read_fitted((files("mingma") / "data" / THRESHOLDS).read_bytes())


class Watch:
    """The duty: attempts at every look, which an hour tells; everything else twice an hour.

    What was looked at last is known in memory only: a start looks at everything.
    """

    def __init__(self) -> None:
        self._looked: Instant | None = None  # when everything was looked at last

    def keep(self, store: Store, acting: Acting, now: Instant) -> int:
        """Look in a snapshot, and write only what is new; how many alarms that was."""
        with store.read() as unit:
            whole = self._looked is None or not self._looked <= now < self._looked + WHOLE_EVERY
            found = signals(unit, now) if whole else _new_attempts(unit, now)
            new = [one for one in found if not _is_kept(unit, one)]
        raised = _raise(acting, new, now)
        self._looked = now if whole else self._looked
        return raised


def signals(unit: Unit, now: Instant) -> list[Signal]:
    """What the detectors find up to now, in order of time; nothing is written."""
    found = [*detect(events(unit, now), shipped_thresholds()), *thin_rosters(unit, now)]
    return sorted(found, key=lambda one: (one.at, one.id))


def detect(found: Events, fitted: Fitted) -> Iterator[Signal]:
    """Every detector over what happened."""
    yield from excess(found.signed)
    yield from uncounted(found.uncounted)
    yield from charts.without_case(found.marks, fitted)
    yield from charts.other_province(found.marks, fitted)
    yield from charts.overturned(found.answers, fitted)
    yield from tails.contacts_per_case(found.marks, fitted)
    yield from tails.structuring(found.batches, fitted)
    yield from tails.recoloured(found.cleared, fitted)
    yield from tails.positivity(found.tested, fitted)
    yield from tails.attempts(found.attempts, fitted)
    yield from tails.first_use(found.first_uses, fitted)


def detector_alarms(unit: Unit) -> list[Alarm]:
    """The alarms of detectors on record, in the order in which they happened."""
    found = [_read(record) for record in unit.records_under(ALARM, OURS)]
    return sorted(found, key=lambda one: (one.at, one.id))


def _raise(acting: Acting, new: Sequence[Signal], now: Instant) -> int:
    if not new:
        return 0
    with acting() as unit:
        unit.last_record(ALARM, OURS)  # its turn
        return sum(keep_signal(unit, one, now) for one in new)


def _new_attempts(unit: Unit, now: Instant) -> list[Signal]:
    """What the attempts of this hour and the last one show: earlier ones were looked at then."""
    since = Instant((now // HOUR - 1) * HOUR)
    return list(tails.attempts(attempts_since(unit, since, now), shipped_thresholds()))


def _is_kept(unit: Unit, signal: Signal) -> bool:
    slug, _, about = signal.id.partition("/")
    return is_raised(unit, slug, about)


def is_repeated(unit: Unit, signal: Signal) -> bool:
    """Whether the last alarm of its detector about the same says the same of another instant."""
    about, _, _ = signal.id.rpartition("/")
    record = unit.last_record(ALARM, f"{about}/")
    if record is None:
        return False
    last = _read(record)
    return (last.figures, last.leaves) == (dict(signal.figures), signal.leaves)


def keep_signal(unit: Unit, signal: Signal, now: Instant) -> bool:
    """Keep an alarm; False if it was kept before."""
    if _is_kept(unit, signal):
        return False
    body = {
        "about": signal.about,
        "at": int(signal.at),
        "detector": signal.detector.value,
        "figures": dict(signal.figures),
        "incident": signal.incident,
        "leaves": list(signal.leaves),
    }
    unit.add_record(Record(ALARM, signal.id, now, canonical(body)))
    return True


def _read(record: Record) -> Alarm:
    said: Mapping[str, Any] = json.loads(record.body)
    return Alarm(
        id=record.id,
        detector=said["detector"],
        about=said["about"],
        at=Instant(said["at"]),
        noticed=record.at,
        incident=said["incident"],
        figures=said["figures"],
        leaves=tuple(said["leaves"]),
    )
