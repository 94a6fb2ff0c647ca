"""Risk areas that were listed here by two organs, as records; and the area list with them in it.

An area is listed from its approval on, never earlier, and ends by itself after fourteen days at
most: its row of the list says so. Rows without the two leaves of the acts count for nothing.
Nothing here decides.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from typing import Any, Final

from mingma.authority.approval import Standing, after, opened
from mingma.authority.organs import Line
from mingma.authority.proposal import OPEN_FOR, Maker, Row
from mingma.evidence.areas.listings import LETTERS, Listing
from mingma.evidence.areas.matching import AreaHistory
from mingma.flows.context import Context
from mingma.flows.emergency import INSTANCE
from mingma.flows.exact_record import exact_record
from mingma.flows.proposals import approvals_of
from mingma.flows.reconcile_found import AROUND_MIDNIGHT, Amiss, Found, sealed_leaf
from mingma.flows.seal import EVERYTHING
from mingma.kernel.canonical import canonical
from mingma.kernel.times import DAY, Instant, day_of
from mingma.ledger.leaf import Kind
from mingma.ports import Unit
from mingma.records import Record

AREA: Final = "area"  # records by digest: what was proposed, and published with it
AREA_APPROVED: Final = "area_approved"  # … and since when it is listed
_LABEL: Final = b"mingma/area/1\0"


@dataclass(frozen=True, slots=True)
class Area:
    """A risk area as proposed; `listed_at` and what follows once another organ approved it."""

    id: str  # the digest as hex
    region: str
    community: str
    level: str
    residents: int
    cases: tuple[str, ...]
    days: int
    maker: Maker
    made_at: Instant
    listed_at: Instant | None = None
    approved_by: str | None = None
    found_residents: int | None = None  # the fewest that an approver says

    @property
    def digest(self) -> bytes:
        """The digest that approvers present."""
        return bytes.fromhex(self.id)

    @property
    def lapses(self) -> Instant:
        """When nobody approves it any more."""
        return Instant(self.made_at + OPEN_FOR)

    @property
    def rows(self) -> tuple[Row, ...]:
        """It is approved as a whole."""
        return ()


def area_digest(said: Mapping[str, Any]) -> str:
    """The digest of an area, as hex."""
    return hashlib.sha256(_LABEL + canonical(dict(said))).hexdigest()


def area(unit: Unit, id: str) -> Area | None:
    """The area of this digest, or None."""
    record = exact_record(unit, AREA, id)
    return None if record is None else _read(record, exact_record(unit, AREA_APPROVED, id))


def standing_of_area(unit: Unit, one: Area) -> Standing:
    """How far an area is: every approval on record, in order."""
    return reduce(after, approvals_of(unit, one.id), opened(one, 0, appellant=False))


def areas(unit: Unit) -> Sequence[Area]:
    """Every area that was ever proposed, oldest first."""
    found = [area(unit, record.id) for record in unit.records(AREA)]
    return [one for one in found if one is not None]


def listed_areas(unit: Unit, now: Instant) -> Sequence[Area]:
    """The areas that were approved by an instant, those that ended among them."""
    return [one for one in areas(unit) if one.listed_at is not None and one.listed_at <= now]


def with_areas(unit: Unit, context: Context, now: Instant) -> Context:
    """The context with the areas listed here in its list; itself where none was added."""
    digests = tuple(
        record.id
        for record in unit.records(AREA_APPROVED)
        if record.at <= now and (record.id in context.added_areas or _is_told(unit, record))
    )
    if digests == context.added_areas:
        return context
    base = context.base_areas
    listed = [one for one in listed_areas(unit, now) if one.id in digests]
    added = [row for one in listed if (row := _listing(context, one))]
    rows = (*(base.listings if base else ()), *added)
    history = AreaHistory.of(rows, context.divisions)
    return replace(context, areas=history, settled_areas=base, added_areas=digests)


def check_areas(unit: Unit) -> Iterator[Found]:
    """Each area that was approved is the one its leaves tell of."""
    waiting = {one.subject for one in unit.pool(EVERYTHING)}
    for record in unit.records(AREA_APPROVED):
        subject = f"{INSTANCE}:{AREA_APPROVED}:{record.id}"
        if not _is_told(unit, record) and subject not in waiting:
            yield Found(Amiss.AREA, unit.index_of(subject, 0), what="area")


def _is_told(unit: Unit, approval: Record) -> bool:
    """Whether the leaf of its proposal names this area, and that of its approval the proposal."""
    one = exact_record(unit, AREA, approval.id)
    if one is None or area_digest(json.loads(one.body)) != one.id:
        return False
    proposed, approved = (
        unit.index_of(f"{INSTANCE}:{kind}:{one.id}", 0) for kind in (AREA, AREA_APPROVED)
    )
    if proposed is None or approved is None:
        return False
    said, answer = sealed_leaf(unit, proposed), sealed_leaf(unit, approved)
    if said is None or answer is None:
        return False
    days = {day_of(approval.at), day_of(approval.at + AROUND_MIDNIGHT)}
    return (
        (said[0].kind, said[0].digest) == (Kind.RULE_PUBLISH, bytes.fromhex(one.id))
        and (answer[0].kind, answer[0].answers) == (Kind.RULE_APPROVE, proposed)
        and answer[1] in days
    )


def _listing(context: Context, one: Area) -> Listing | None:
    names = context.divisions.names(one.region)
    if names is None or one.listed_at is None:
        return None
    ends = Instant(one.listed_at + one.days * DAY)
    return Listing(
        LETTERS[one.level], names.province, names.city, names.county, one.community,
        one.listed_at, ends,
    )  # fmt: skip


def _read(record: Record, approval: Record | None) -> Area:
    said = json.loads(record.body)
    approved = json.loads(approval.body) if approval else {}
    return Area(
        id=record.id,
        region=said["region"],
        community=said["community"],
        level=said["level"],
        residents=said["residents"],
        cases=tuple(said["cases"]),
        days=said["days"],
        maker=Maker(said["maker"], said["organ"], Line(said["line"])),
        made_at=record.at,
        listed_at=approval.at if approval else None,
        approved_by=approved.get("organ"),
        found_residents=approved.get("residents"),
    )
