"""Replay the frozen city in steps of a few days, with the area list as it was known then."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from pathlib import Path
from typing import Any, Final

from mingma.app import Instance
from mingma.city.read import City, Resident
from mingma.demo.sources import SENDER_OF, register_senders
from mingma.evidence.areas.matching import AreaHistory
from mingma.flows.emergency import declare_emergency
from mingma.flows.enrol import enrol
from mingma.flows.receive_evidence import Envelope, receive_evidence
from mingma.flows.renew_areas import renew_areas
from mingma.kernel.times import DAY, Instant, day_of, midnight, parse_instant
from mingma.keys import SourceKey
from mingma.records import Emergency

BASIS: Final = "《中华人民共和国传染病防治法》第四十二条(演示)"
TERM: Final = 90  # days of the demo's emergency, the longest there is
REFERENCES: Final = ("of", "corrects")
UNKNOWN: Final = "command-1"  # whose a record is said to be that came with none before it

STEP: Final = 3  # days received and decided together: a laptop loads the demo in half a minute

Progress = Callable[[str, int, int], None]  # what, done, of how many


@dataclass(slots=True)
class Replay:
    """One replay into an instance, up to an instant."""

    instance: Instance
    city: City
    until: Instant
    progress: Progress
    _sender_of_id: dict[str, str] = field(default_factory=dict)

    def run(self) -> dict[str, Resident]:
        """Load everything; returns the residents by their reference."""
        steps = self._steps()
        first = min(steps)
        with self.instance.acting() as unit:
            keys = register_senders(unit, Path(self.instance.settings.keys))
            begins = Instant(midnight(max(first, day_of(self.until) - TERM + 1)))
            declare_emergency(
                unit,
                Emergency("demo-1", BASIS, "henan.example/command", begins,
                          Instant(begins + TERM * DAY)),
                begins,
            )  # fmt: skip
        residents = self._enrol(begins)
        refs = {resident.subject: ref for ref, resident in residents.items()}
        stays: dict[tuple[Any, Any], set[str]] = {}
        history = self.instance.context.areas
        for number, step in enumerate(sorted(steps), start=1):
            now = Instant(min(midnight(step + STEP) - 1, self.until))
            self._receive(steps[step], refs, keys, stays, now)
            self._areas(history, stays, now)
            self.progress("steps", number, len(steps))
        return residents

    def _steps(self) -> dict[int, list[dict[str, Any]]]:
        """The city's records by the first day of the step in which they became known."""
        first = self._first_day()
        steps: dict[int, list[dict[str, Any]]] = {}
        for record in self.city.facts():
            known = _known(record)
            if known <= self.until:
                day = max(day_of(known), first)
                steps.setdefault(day - (day - first) % STEP, []).append(record)
        return steps

    def _first_day(self) -> int:
        return day_of(parse_instant(self.city.manifest["plan"]["start"] + "T00:00:00+08:00"))

    def _enrol(self, now: Instant) -> dict[str, Resident]:
        """Everybody in the city, with the card a gate compares."""
        residents = {}
        holders = {}
        for resident in self.city.people():
            paper = {"type": resident.id_type, "number": resident.id_number}
            holder = replace(self.instance.holder(paper), name=resident.name_masked)
            residents[holder.ref] = resident
            holders[holder.ref] = holder
        with self.instance.acting() as unit:
            enrol(unit, self.instance.context, list(holders), now, secrets.token_bytes, holders)
        self.progress("people", len(holders), len(holders))
        return residents

    def _receive(
        self,
        records: list[dict[str, Any]],
        refs: dict[str, str],
        keys: dict[str, SourceKey],
        stays: dict[tuple[Any, Any], set[str]],
        now: Instant,
    ) -> None:
        """One day's records, each batch signed by its sender."""
        said = [self._said(record, refs) for record in records]
        for record in said:
            if record["kind"] == "area_stay":
                place = record.get("region"), record.get("place")
                stays.setdefault(place, set()).add(record["subject"])
        said.sort(key=lambda record: SENDER_OF[record["kind"]])
        by_sender = groupby(said, key=lambda record: SENDER_OF[record["kind"]])
        envelopes = [_envelope(sender, list(batch), keys[sender]) for sender, batch in by_sender]
        with self.instance.acting() as unit:
            answers = receive_evidence(
                unit, self.instance.context, envelopes, now,
                identify=self.instance.holder, chance=secrets.token_bytes,
            )  # fmt: skip
            for refusal in answers:
                if isinstance(refusal, Exception):
                    raise refusal

    def _said(self, record: dict[str, Any], refs: dict[str, str]) -> dict[str, Any]:
        """The record about the enrolled person, its references under their senders' names."""
        self._sender_of_id[record["id"]] = SENDER_OF[record["kind"]]
        data = dict(record["data"])
        for name in REFERENCES:
            if name in data:
                data[name] = self._full(data[name])
        if data.get("evidence"):
            data["evidence"] = [self._full(id) for id in data["evidence"]]
        return {**record, "subject": refs[record["subject"]], "data": data}

    def _full(self, id: str) -> str:
        return f"{self._sender_of_id.get(id, UNKNOWN)}/{id}"

    def _areas(
        self,
        history: AreaHistory | None,
        stays: dict[tuple[Any, Any], set[str]],
        now: Instant,
    ) -> None:
        """Take the area list as known at the end of the day, and decide for whom it touches."""
        if history is None:
            return
        before = self.instance.context
        after = replace(before, areas=history.known_at(now))
        places = [p for p in stays if before.match(*p) != after.match(*p)]
        touched = set().union(*(stays[place] for place in places))
        self.instance.context = after
        with self.instance.acting() as unit:
            renew_areas(unit, before, after, touched, now)


def _known(record: dict[str, Any]) -> Instant:
    """When a record could first be received."""
    texts = [record["at"], record.get("recorded_at"), record["data"].get("reported_at")]
    return max(parse_instant(text) for text in texts if text is not None)


def _envelope(sender: str, records: Sequence[dict[str, Any]], key: SourceKey) -> Envelope:
    body = b"".join(
        json.dumps(r, ensure_ascii=False, separators=(",", ":")).encode() + b"\n" for r in records
    )
    return Envelope(sender, body, key.sign(body), list(enumerate(records, start=1)))
