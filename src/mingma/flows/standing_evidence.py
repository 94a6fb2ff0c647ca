"""What stands for or against people: their facts, and those of identities merged into them."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict

from mingma.appeals.appeal import Filed
from mingma.evidence.model import Fact
from mingma.flows.kept_appeals import appeals_of
from mingma.flows.lapse import Appeals, with_withdrawals
from mingma.kernel.canonical import canonical
from mingma.kernel.times import Instant
from mingma.people.provisional import (
    Links,
    MergeReason,
    MergeRecord,
    ProvisionalRef,
    Returned,
    SplitReason,
    SplitRecord,
)  # fmt: skip
from mingma.people.pseudonym import PersonRef
from mingma.ports import Unit
from mingma.records import Record

LINK = "link"  # the kind of stored records that are merges and splits


def standing_evidence(
    unit: Unit,
    subjects: Collection[str],
    now: Instant,
    links: Links | None = None,
    filed: Appeals | None = None,
) -> Mapping[str, Sequence[Fact]]:
    """Each subject's facts, through the merges and splits that stand at the instant.

    What an appeal took away, hers or a merged identity's, has its withdrawal among them, on record
    or not (`lapse`). Whoever has read the links and the subjects' appeals brings them.
    """
    links = links_of(unit) if links is None else links
    filed = appeals_of(unit, subjects) if filed is None else filed
    if not links.records:
        return with_withdrawals(unit, unit.facts_of(subjects), filed, now)
    refs = {s: refs_of(links, s, now) for s in subjects}
    filed = appeals_about(unit, links, subjects, now)
    found = unit.facts_of(set(subjects).union(*refs.values(), _parted(links, subjects)))
    counted: dict[str, list[Fact]] = {subject: [] for subject in subjects}
    for facts in found.values():
        for fact in facts:
            person = links.counts_for(fact.id, PersonRef(fact.subject), now)
            if person in counted:
                counted[person].append(fact)
    return with_withdrawals(unit, counted, filed, now)


def refs_of(links: Links, subject: str, now: Instant) -> frozenset[str]:
    """Every reference of the person that a reference stands for: an act about one is about all."""
    return links.refs_of(links.person_of(PersonRef(subject), now), now)


def appeals_about(
    unit: Unit, links: Links, subjects: Collection[str], now: Instant
) -> dict[str, Sequence[Filed]]:
    """The appeals of those that have any, with those of the identities merged into them."""
    refs = {subject: refs_of(links, subject, now) for subject in subjects}
    filed = appeals_of(unit, {ref for some in refs.values() for ref in some})
    own = {
        subject: [one for ref in sorted(some) for one in filed.get(ref, ())]
        for subject, some in refs.items()
    }
    return {subject: found for subject, found in own.items() if found}


def concerned(links: Links, subjects: Collection[str], now: Instant) -> Collection[str]:
    """The subjects, and whom the facts recorded about them count for."""
    if not links.records:
        return subjects
    return {*subjects, *(links.person_of(PersonRef(subject), now) for subject in subjects)}


def links_of(unit: Unit) -> Links:
    """The merges and splits on record, oldest first."""
    return Links(tuple(_read(record) for record in unit.records(LINK)))


def link_record(link: MergeRecord | SplitRecord, both: Collection[str] = ()) -> Record:
    """A merge or split as it is stored; a split names `both` whom it parts, and goes with them."""
    what = "merge" if isinstance(link, MergeRecord) else "split"
    between = {"between": sorted(both)} if both else {}
    return Record(LINK, link.id, link.at, canonical({"what": what, **between, **asdict(link)}))


def _parted(links: Links, subjects: Collection[str]) -> set[str]:
    """People whose facts a split returned to one of the subjects."""
    into = {r.id: r for r in links.records if isinstance(r, MergeRecord)}
    return {
        into[split.of].into
        for split in links.records
        if isinstance(split, SplitRecord) and into[split.of].provisional in subjects
    }


def _read(record: Record) -> MergeRecord | SplitRecord:
    value = json.loads(record.body)
    if value.pop("what") == "merge":
        return MergeRecord(
            id=value["id"],
            provisional=ProvisionalRef(value["provisional"]),
            into=PersonRef(value["into"]),
            at=Instant(value["at"]),
            organ=value["organ"],
            reason=MergeReason(value["reason"]),
        )
    return SplitRecord(
        id=value["id"],
        of=value["of"],
        at=Instant(value["at"]),
        organ=value["organ"],
        reason=SplitReason(value["reason"]),
        returned=tuple(
            Returned(r["fact"], PersonRef(r["subject"]), Instant(r["recorded_at"]))
            for r in value["returned"]
        ),
    )
