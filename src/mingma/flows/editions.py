"""Editions of rule packs: drafted and published, approved, put into force, withdrawn; as records.

Which editions are in force is a function of these records and of time, and of nothing that runs:
one put into force counts from its instant on, one by the emergency path ends at its own, and the
edition before it comes back by itself. What is on record is never edited. Nothing here decides.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from mingma.authority.organs import Level, Line
from mingma.flows.added_areas import with_areas
from mingma.flows.context import Context
from mingma.flows.emergency import INSTANCE
from mingma.flows.exact_record import exact_record
from mingma.kernel.canonical import canonical
from mingma.kernel.times import Instant
from mingma.ports import Unit
from mingma.records import Record
from mingma.rules.pack import Pack, read_pack

EDITION: Final = "edition"  # records by the edition's digest: everything that was published
IMPACT: Final = "impact"  # … and what the replay counted
APPROVED: Final = "edition_approval"  # … and who approved it
ACTIVE: Final = "activation"  # … and from when on it counts
ENDED: Final = "edition_end"  # … and since when no more
PUBLISHED: Final = "published_pack"  # packs an instance began with, by their digest
_LABEL: Final = b"mingma/edition/1\0"
_read_packs: dict[str, Pack] = {}


@dataclass(frozen=True, slots=True)
class Edition:
    """One edition as it was published, and how far it is.

    `until` is set by the emergency path only. `digest` covers files, impact, maker and term.
    """

    digest: str
    pack: str
    number: int
    pack_digest: str
    impact: str
    maker: str
    organ: str
    line: Line
    level: Level
    published_at: Instant
    until: Instant | None = None
    approved_by: str | None = None
    active_from: Instant | None = None
    ended_at: Instant | None = None

    def in_force(self, at: Instant) -> bool:
        """Whether it counts at an instant."""
        begun = self.active_from is not None and self.active_from <= at
        over = self.until is not None and self.until <= at
        gone = self.ended_at is not None and self.ended_at <= at
        return begun and not over and not gone

    @property
    def name(self) -> str:
        """How leaves call it: `pack@edition`."""
        return f"{self.pack}@{self.number}"


def edition_digest(said: Mapping[str, Any]) -> str:
    """The digest that approvers and executors present: of all an edition's record says."""
    return hashlib.sha256(_LABEL + canonical(dict(said))).hexdigest()


def edition(unit: Unit, digest: str) -> Edition | None:
    """One edition by its digest, or None."""
    record = exact_record(unit, EDITION, digest)
    return None if record is None else _read(unit, record)


def editions(unit: Unit) -> Sequence[Edition]:
    """Every edition that was ever published, oldest first."""
    return [_read(unit, record) for record in unit.records(EDITION)]


def pack_of(unit: Unit, digest: str) -> Pack:
    """The pack that an edition's files say."""
    if digest not in _read_packs:  # named by a digest of all it says: it never changes
        _read_packs[digest] = read_pack(files_of(unit, digest))
    return _read_packs[digest]


def files_of(unit: Unit, digest: str) -> Mapping[str, str]:
    """The files of an edition as published; empty where there is none."""
    record = exact_record(unit, EDITION, digest)
    return {} if record is None else dict(json.loads(record.body)["files"])


def impact_of(unit: Unit, digest: str) -> Mapping[str, Any] | None:
    """The published replay of an edition, or None."""
    record = exact_record(unit, IMPACT, digest)
    return None if record is None else dict(json.loads(record.body))


def packs_in_force(
    unit: Unit, base: Sequence[Pack], now: Instant, *, without: str = ""
) -> tuple[Pack, ...]:
    """The packs that count at an instant: those of the settings, as editions have changed them.

    Of several editions of a pack the one put into force last counts; where it is over, the one
    before it. `without` is an edition that is not to count.
    """
    active = unit.records(ACTIVE)
    if not active:
        return tuple(base)
    packs = {pack.id: pack for pack in base}
    ended = {without, *(record.id for record in unit.records(ENDED) if record.at <= now)}
    for record in active:
        said = json.loads(record.body)
        over = said["until"] is not None and said["until"] <= now
        if record.at <= now and not over and record.id not in ended:
            packs[said["pack"]] = pack_of(unit, record.id)
    return tuple(packs.values())


def in_force(unit: Unit, context: Context, now: Instant) -> Context:
    """The context with the packs and areas that count at an instant; itself if nothing changed."""
    packs = packs_in_force(unit, context.base, now)
    if [one.ref for one in packs] != [one.ref for one in context.packs]:
        context = replace(context, packs=packs, settled=context.base)
    return with_areas(unit, context, now)


def publication_index(unit: Unit, digest: str) -> int | None:
    """The index of the leaf that published an edition; None while it waits for its seal."""
    return unit.index_of(f"{INSTANCE}:{EDITION}:{digest}", 0)


def _read(unit: Unit, record: Record) -> Edition:
    said = json.loads(record.body)
    approved = exact_record(unit, APPROVED, record.id)
    active = exact_record(unit, ACTIVE, record.id)
    ended = exact_record(unit, ENDED, record.id)
    until = said["until"]
    return Edition(
        digest=record.id,
        pack=said["pack"],
        number=said["edition"],
        pack_digest=said["pack_digest"],
        impact=said["impact"],
        maker=said["maker"],
        organ=said["organ"],
        line=Line(said["line"]),
        level=Level(said["level"]),
        published_at=record.at,
        until=None if until is None else Instant(until),
        approved_by=json.loads(approved.body)["organ"] if approved else None,
        active_from=active.at if active else None,
        ended_at=ended.at if ended else None,
    )
