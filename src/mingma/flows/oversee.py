"""Oversee: run every detector over what the store holds, and keep each finding as an alarm.

An alarm names figures and leaves, and nobody. It is kept once, never taken back, and stops nothing:
whoever runs the instance and whoever watches it must look. All of them are public
(`/v1/public/alarms`). Thresholds come from the shipped file, with the false alarms each costs.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final

from mingma.flows.alarm import ALARM, is_raised
from mingma.flows.oversight_events import Events, events
from mingma.kernel.canonical import canonical
from mingma.kernel.times import Instant
from mingma.oversight import charts, tails
from mingma.oversight.excess import excess
from mingma.oversight.fitted import Fitted, read_fitted
from mingma.oversight.signal import Signal
from mingma.ports import Record, Store, Unit

OURS: Final = "oversight."  # what the ids of alarms of detectors begin with
THRESHOLDS: Final = "oversight.json"


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


def oversee(unit: Unit, now: Instant) -> list[Alarm]:
    """Keep what the detectors find up to now; every alarm of theirs on record, oldest first."""
    unit.last_record(ALARM, OURS)  # in a writing unit: nobody else keeps one until its end
    for signal in signals(unit, now):
        _keep(unit, signal, now)
    return detector_alarms(unit)


def keep_watch(
    store: Store, acting: Callable[[], AbstractContextManager[Unit]], now: Instant
) -> int:
    """The duty: look in a snapshot, and write only what is new; how many alarms that was."""
    with store.read() as unit:
        new = [one for one in signals(unit, now) if not _is_kept(unit, one)]
    if not new:
        return 0
    with acting() as unit:
        unit.last_record(ALARM, OURS)
        return sum(_keep(unit, one, now) for one in new)


def signals(unit: Unit, now: Instant) -> list[Signal]:
    """What the detectors find up to now, in order of time; nothing is written."""
    return sorted(detect(events(unit, now), shipped_thresholds()), key=lambda one: (one.at, one.id))


def detect(found: Events, fitted: Fitted) -> Iterator[Signal]:
    """Every detector over what happened."""
    yield from excess(found.signed)
    yield from charts.without_case(found.marks, fitted)
    yield from charts.other_province(found.marks, fitted)
    yield from charts.overturned(found.answers, fitted)
    yield from tails.contacts_per_case(found.marks, fitted)
    yield from tails.structuring(found.batches, fitted)
    yield from tails.recoloured(found.cleared, fitted)
    yield from tails.positivity(found.tested, fitted)
    yield from tails.attempts(found.attempts, fitted)


def detector_alarms(unit: Unit) -> list[Alarm]:
    """The alarms of detectors on record, in the order in which they happened."""
    found = [_read(record) for record in unit.records_under(ALARM, OURS)]
    return sorted(found, key=lambda one: (one.at, one.id))


def _is_kept(unit: Unit, signal: Signal) -> bool:
    slug, _, about = signal.id.partition("/")
    return is_raised(unit, slug, about)


def _keep(unit: Unit, signal: Signal, now: Instant) -> bool:
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
