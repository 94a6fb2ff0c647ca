"""Proposals as they are kept: what was proposed, how far it is, and what became of it.

A proposal, each approval and what became of it are records only added; how far a proposal is, is
reckoned from them each time, so nobody can set it. Decides nothing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from hashlib import sha256
from typing import Any, Final

from mingma.authority.approval import Approval, Standing, after, opened
from mingma.authority.organs import Line
from mingma.authority.proposal import ActKind, Maker, Proposal, Row, propose
from mingma.evidence.model import Fact
from mingma.evidence.record import fact_to_record, record_to_fact
from mingma.flows import offices
from mingma.flows.emergency import INSTANCE
from mingma.flows.exact_record import exact_record
from mingma.flows.proposal_sums import keep_count
from mingma.kernel.canonical import canonical
from mingma.kernel.errors import Broken, Place, Refused
from mingma.kernel.times import Instant
from mingma.ports import Unit
from mingma.records import Record

PROPOSAL: Final = "proposal"  # by the digest, as hex
APPROVAL: Final = "approval"  # by the digest and the number of the approval
MADE: Final = "approved"  # by the digest: which rows became facts, and their leaves
ADVICE: Final = "advice"  # by subject and event number
BATCH: Final = "batch"  # the word in the name of a `batch.open` leaf's act
HEX: Final = 16  # digits of a proposal's digest in the ids of its facts


class NoSuchProposal(Refused):
    """A digest of no proposal."""

    slug = "proposal.none_such"
    status = 404
    zh = "没有这份提案"
    en = "there is no such proposal"
    remedy_zh = "核对提案摘要"
    remedy_en = "check the proposal's digest"


class ProposalChanged(Broken):
    """A proposal whose record no longer has the digest it is kept under. Nothing rests on it."""

    slug = "proposal.changed"
    zh = "提案 `{id}` 的记录被改动,与其摘要不符"
    en = "the record of proposal `{id}` was changed: it does not fit its digest"
    remedy_zh = "停止使用并核查数据库;据此不得加重任何人的码"
    remedy_en = "examine the database; nothing gets worse on it"


@dataclass(frozen=True, slots=True)
class Kept:
    """A proposal on record, with the facts that its rows assert and their events, in row order."""

    proposal: Proposal
    pack: str
    drafts: tuple[Fact, ...]
    numbers: tuple[int, ...]  # the event of each row's `mark.propose`; 0 where it has none
    people: int
    appellant: bool
    batch: bool

    @property
    def id(self) -> str:
        """The digest as hex."""
        return self.proposal.digest.hex()

    @property
    def rule(self) -> str:
        """The clause as leaves name it."""
        return f"{self.pack}/{self.proposal.rule}"


# -- writing


def keep_proposal(unit: Unit, kept: Kept, now: Instant) -> None:
    """Write a proposal, and what later sums count of it."""
    one = kept.proposal
    body: dict[str, Any] = {
        "appellant": kept.appellant,
        "batch": kept.batch,
        "case": one.case,
        "clause": one.clause_digest.hex(),
        "instructed_by": one.instructed_by,
        "kind": one.kind.value,
        "made_at": int(one.made_at),
        "maker": [one.maker.officer, one.maker.organ, one.maker.line.value],
        "numbers": list(kept.numbers),
        "pack": kept.pack,
        "pack_digest": one.pack_digest.hex(),
        "people": kept.people,
        "region": one.region,
        "rows": [
            {
                "evidence": list(row.evidence),
                "fact": fact_to_record(draft),
                "laboratory": row.laboratory,
                "says": row.says,
                "subject": row.subject,
                "until": None if row.until is None else int(row.until),
            }
            for row, draft in zip(one.rows, kept.drafts, strict=True)
        ],
        "rule": one.rule,
    }
    unit.add_record(Record(PROPOSAL, kept.id, now, canonical(body)))
    keep_count(unit, one, now)


def keep_approval(unit: Unit, id: str, number: int, approval: Approval, **said: int) -> None:
    """Write one approval of a proposal or an area, and what else it says."""
    body = {
        **said,
        "at": int(approval.at),
        "eligible": approval.eligible,
        "officer": approval.officer,
        "organ": approval.organ.id,
        "refused": sorted(digest.hex() for digest in approval.refused),
        "seen": approval.seen.hex(),
    }
    unit.add_record(Record(APPROVAL, f"{id}/{number}", approval.at, canonical(body)))


def keep_made(unit: Unit, kept: Kept, leaves: Mapping[int, int], now: Instant) -> None:
    """Write which rows became facts: row number → event of its `mark.approve`, 0 for none."""
    body = {"rows": {str(row): number for row, number in leaves.items()}}
    unit.add_record(Record(MADE, kept.id, now, canonical(body)))


# -- reading


def kept_proposal(unit: Unit, id: str) -> Kept | None:
    """The proposal of this digest, or None."""
    record = exact_record(unit, PROPOSAL, id)
    return None if record is None else _read(record)


def kept_under(unit: Unit, prefix: str) -> Kept | None:
    """The first proposal whose digest begins so, or None."""
    return next((_read(record) for record in unit.records_under(PROPOSAL, prefix)), None)


def kept(unit: Unit, id: str) -> Kept:
    """The proposal of this digest; raises NoSuchProposal."""
    found = kept_proposal(unit, id)
    if found is None:
        raise NoSuchProposal(Place(field="proposal"))
    return found


def standing_of(unit: Unit, one: Kept) -> Standing:
    """How far a proposal is: every approval on record, in order."""
    standing = opened(one.proposal, one.people, appellant=one.appellant)
    return reduce(after, approvals_of(unit, one.id), standing)


def take_turn(unit: Unit, id: str) -> None:
    """Nobody else approves this proposal until the writing unit ends; ask before reading it."""
    unit.last_record(APPROVAL, f"{id}/")


def approvals_of(unit: Unit, id: str) -> Sequence[Approval]:
    """The approvals of a proposal or an area, first to last."""
    found = []
    for record in unit.records_under(APPROVAL, f"{id}/"):
        said: dict[str, Any] = json.loads(record.body)
        organ = offices.organ(unit, said["organ"])
        assert organ is not None  # it approved
        found.append(
            Approval(
                bytes.fromhex(id),
                bytes.fromhex(said["seen"]),
                said["officer"],
                organ,
                frozenset(map(bytes.fromhex, said["refused"])),
                Instant(said["at"]),
                said.get("eligible"),
            )
        )
    return found


def made_of(unit: Unit, one: Kept) -> Mapping[int, int] | None:
    """Row number → event of its `mark.approve`, for the rows that became facts; None before."""
    record = exact_record(unit, MADE, one.id)
    if record is None:
        return None
    return {int(row): number for row, number in json.loads(record.body)["rows"].items()}


def batch_index(unit: Unit, one: Kept) -> int | None:
    """The index of the `batch.open` leaf of a proposal; None where it has none."""
    return unit.index_of(f"{INSTANCE}:{BATCH}:{one.id}", 0) if one.batch else None


def asserted_digest(draft: Fact) -> str:
    """The digest of an asserted fact as a row names it, as hex."""
    return sha256(canonical(fact_to_record(draft))).hexdigest()


def _read(record: Record) -> Kept:
    said: dict[str, Any] = json.loads(record.body)
    officer, organ, line = said["maker"]
    proposal = propose(
        kind=ActKind(said["kind"]),
        maker=Maker(officer, organ, Line(line)),
        region=said["region"],
        rule=said["rule"],
        clause_digest=bytes.fromhex(said["clause"]),
        pack_digest=bytes.fromhex(said["pack_digest"]),
        case=said["case"],
        made_at=Instant(said["made_at"]),
        rows=tuple(_row(row) for row in said["rows"]),
        instructed_by=said.get("instructed_by"),
    )
    drafts = tuple(record_to_fact(row["fact"]) for row in said["rows"])
    same = all(row.says == asserted_digest(d) for row, d in zip(proposal.rows, drafts, strict=True))
    if proposal.digest.hex() != record.id or not same:
        raise ProposalChanged(id=record.id[:HEX])
    return Kept(
        proposal,
        said["pack"],
        drafts,
        tuple(said["numbers"]),
        said["people"],
        said["appellant"],
        said["batch"],
    )


def _row(said: dict[str, Any]) -> Row:
    until = None if said["until"] is None else Instant(said["until"])
    return Row(said["subject"], tuple(said["evidence"]), until, said["laboratory"], said["says"])
