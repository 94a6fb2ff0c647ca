"""Appeals as they are kept: records, read by person, and what they take away from evidence.

`appeal` has the filing under `<subject>/<event number>`, `appeal_event` what happened after it,
`appeal_due` the same filing by its due instant, for whoever asks what is open. Most people never
appeal: for many subjects at once the records are skipped through, not asked for one by one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Final

from mingma.appeals.appeal import (
    Appeal,
    Event,
    Filed,
    event_id,
    fallen,
    read_appeal,
    read_event,
)
from mingma.flows.log_time import log_time
from mingma.kernel.errors import Refused
from mingma.kernel.times import Instant
from mingma.ports import Unit
from mingma.records import Record

APPEAL: Final = "appeal"
EVENT: Final = "appeal_event"
DUE: Final = "appeal_due"


class NoSuchAppeal(Refused):
    """No appeal of this person has this number."""

    slug = "appeal.unknown"
    status = 404
    zh = "没有这件申诉"
    en = "there is no such appeal"
    remedy_zh = "本人的申诉见 /v1/me/appeals"
    remedy_en = "one's own appeals are listed at /v1/me/appeals"


def appeals_of(unit: Unit, subjects: Collection[str]) -> Mapping[str, Sequence[Filed]]:
    """The appeals of those subjects that have any, oldest first, with what happened to them."""
    found: dict[str, Sequence[Filed]] = {}
    ahead: Record | None = None
    for subject in sorted(subjects):
        start = f"{subject}/"
        if ahead is None or ahead.id < start:
            ahead = unit.first_record(APPEAL, start)
            if ahead is None:
                return found  # nobody from here on ever appealed
        if ahead.id.startswith(start):
            own = _own(unit, subject)
            if own:
                found[subject] = own
    return found


def own_appeals(unit: Unit, subject: str) -> Sequence[Filed]:
    """One person's appeals, oldest first."""
    return appeals_of(unit, [subject]).get(subject, ())


def own_appeal(unit: Unit, subject: str, number: int) -> Filed:
    """One appeal of a person; raises NoSuchAppeal."""
    for one in own_appeals(unit, subject):
        if one.appeal.number == number:
            return one
    raise NoSuchAppeal


def fallen_for(unit: Unit, subject: str, now: Instant) -> Mapping[str, Instant]:
    """The facts about a person that appeals have taken away by now, in log time."""
    filed = own_appeals(unit, subject)
    return fallen(filed, log_time(unit, now)) if filed else {}


def keep_appeal(unit: Unit, appeal: Appeal) -> None:
    """Write a filing."""
    at = Instant(appeal.opened_at)
    unit.add_record(Record(APPEAL, appeal.id, at, appeal.body()))
    unit.add_record(Record(DUE, f"{appeal.due:019}/{appeal.id}", at, b"{}"))


def keep_event(unit: Unit, filed: Filed, event: Event) -> Filed:
    """Write what happened; two at once for one appeal cannot both be its next."""
    id = event_id(filed.appeal, len(filed.events) + 1)
    unit.add_record(Record(EVENT, id, Instant(event.at), event.body()))
    return Filed(appeal=filed.appeal, events=(*filed.events, event))


def all_appeals(unit: Unit) -> Iterator[Filed]:
    """Every appeal ever filed, in order of filing."""
    events: dict[str, list[tuple[str, Event]]] = {}
    for record in unit.records(EVENT):
        events.setdefault(record.id.rpartition("/")[0], []).append(
            (record.id, read_event(record.body))
        )
    for record in unit.records(APPEAL):
        mine = sorted(events.get(record.id, ()), key=lambda one: one[0])
        yield Filed(appeal=read_appeal(record.body), events=tuple(event for _, event in mine))


def due_between(unit: Unit, after: str, at: Instant) -> Iterator[tuple[str, Filed]]:
    """The appeals that fell due after a place in the list up to an instant, with their places."""
    record = unit.first_record(DUE, after)
    while record is not None and int(record.id[:19]) <= at:
        one = _of_due(unit, record)
        if one is not None and record.id != after:
            yield record.id, one
        record = unit.first_record(DUE, f"{record.id}/")


def _of_due(unit: Unit, record: Record) -> Filed | None:
    subject, _, number = record.id[20:].rpartition("/")
    for one in _own(unit, subject):
        if one.appeal.number == int(number):
            return one
    return None  # its person was erased, and the filing with her


def _own(unit: Unit, subject: str) -> Sequence[Filed]:
    events: dict[str, list[Event]] = {}
    for record in unit.records_under(EVENT, f"{subject}/"):
        events.setdefault(record.id.rpartition("/")[0], []).append(read_event(record.body))
    appeals = [read_appeal(one.body) for one in unit.records_under(APPEAL, f"{subject}/")]
    return [
        Filed(appeal=one, events=tuple(events.get(one.id, ())))
        for one in appeals
        if one.subject == subject  # and not somebody whose reference begins so
    ]
