"""An officer's protected objection to a proposal: it rests for two hours, and an auditor is told.

For whoever is ordered by word of mouth to make or check it. Any investigator or checker of the
region may press it, once a proposal; no registrar withholds it. The first objection pauses, later
ones are counted: so no flood of them holds a lawful proposal for longer, and the last hour before
it lapses is left. Nothing else waits – no release, no appeal, no laboratory's result.

INVARIANT: who objected is in no leaf, attempt or page; only an auditor's signed act reads it.
"""

from __future__ import annotations

import json
from typing import Any, Final

from mingma.authority.approval import lapsed, matter
from mingma.authority.matters import Auditing, InstanceMatter, Plain, Status
from mingma.flows import offices
from mingma.flows.act_case import Answer, Case, Held, Prepared, fields, text
from mingma.flows.emergency import INSTANCE
from mingma.flows.leaf_names import NONCE_SIZE, leaf_of_nobody, public_name
from mingma.flows.proposals import Kept, kept, kept_proposal, standing_of, take_turn
from mingma.kernel.canonical import b64url, canonical
from mingma.kernel.errors import Refused
from mingma.kernel.times import HOUR, Instant, parse_instant, print_instant
from mingma.ledger.commitment import commitment
from mingma.ledger.leaf import Kind, Leaf
from mingma.ports import Unit
from mingma.records import Record

OBJECTION: Final = "objection"  # the kind of records; ids are the proposal and a number
PAUSE: Final = 2 * HOUR  # seconds
LEFT: Final = HOUR  # seconds before a proposal lapses that no objection takes away
LIABILITY: Final = {
    "zh": "执行明显违法的命令的,依法承担责任(公务员法第六十条);认为有错误的,可提出异议:"
    "提案暂停两小时,只有审计员知道是谁提出的",
    "en": "Whoever carries out a plainly unlawful order answers for it (Civil Servants Law, art."
    " 60). Whoever thinks it wrong may object: the proposal rests for two hours, and nobody but an"
    " auditor learns who it was",
}


class ProposalPaused(Refused):
    """An approval while an objection is being looked at."""

    slug = "proposal.paused"
    status = 409
    zh = "有人对此提案提出异议,暂停至 {until}"
    en = "somebody objected to this proposal: it rests until {until}"
    remedy_zh = "届时再决定;放行与申诉照常办理"
    remedy_en = "decide it then; releases and appeals go on"


class NothingToPause(Refused):
    """An objection to what is decided or has lapsed, or a second one of the same officer."""

    slug = "proposal.nothing_to_pause"
    status = 409
    zh = "提案已有结果,或您已提出过异议"
    en = "the proposal is decided or has lapsed, or you objected to it already"
    remedy_zh = "无须再提;已提出的异议审计员可见"
    remedy_en = "nothing to do; an objection that was made is before the auditors"


def prepare(case: Case) -> Prepared:
    """OBJECT: `proposal`, its digest."""
    one = kept(case.unit, text(fields(case.body, "proposal"), "proposal", most=64))
    take_turn(case.unit, one.id)  # an approval at the same time comes before it or after it
    case.people = len(one.proposal.rows)
    standing, earlier = standing_of(case.unit, one), _objections(case.unit, one)
    mine = any(json.loads(each.body)["officer"] == case.actor.officer.id for each in earlier)
    over = standing.status in {Status.APPROVED, Status.VOID} or lapsed(standing, case.now)
    if mine or over:
        raise NothingToPause
    asked = matter(standing, ground_sufficient=True, end_by_rule=True, shielded=False)

    def do(_: Held) -> Answer:
        _write(case, one, len(earlier))
        return {"proposal": one.id, "paused_until": _printed(paused_until(case.unit, one))}

    return Prepared(asked, one.id, Plain(), do)


def prepare_reading(case: Case) -> Prepared:
    """READ_AUDIT: `objections`, an instant since when; who objected to what, for the auditor."""
    since = parse_instant(text(fields(case.body, "objections"), "objections"), "objections")

    def do(_: Held) -> Answer:
        found = [each for each in case.unit.records(OBJECTION) if each.at >= since]
        return {"objections": [_told(case.unit, each) for each in found]}

    matter_, alone = InstanceMatter(case.context.region), Auditing(auditors=1, bodies=1)
    return Prepared(matter_, "objections", alone, do)


def paused_until(unit: Unit, one: Kept) -> Instant | None:
    """Until when a proposal rests, or rested; None if nobody objected to it."""
    first = next(iter(_objections(unit, one)), None)
    if first is None:
        return None
    return Instant(max(first.at, min(first.at + PAUSE, one.proposal.lapses - LEFT)))


def is_paused(unit: Unit, one: Kept, now: Instant) -> bool:
    """Whether it rests at this instant."""
    until = paused_until(unit, one)
    return until is not None and now < until


def must_not_rest(unit: Unit, one: Kept, now: Instant) -> None:
    """Raise ProposalPaused while an objection to it is being looked at."""
    if is_paused(unit, one, now):
        raise ProposalPaused(until=_printed(paused_until(unit, one)))


def shown(unit: Unit, one: Kept) -> dict[str, Any]:
    """What makers and checkers are told beside a proposal: whose order it is, and their duty."""
    return {
        "instructed_by": one.proposal.instructed_by,
        "liability": LIABILITY,
        "objections": len(_objections(unit, one)),
        "paused_until": _printed(paused_until(unit, one)),
    }


def _objections(unit: Unit, one: Kept) -> list[Record]:
    return list(unit.records_under(OBJECTION, f"{one.id}/"))


def _write(case: Case, one: Kept, number: int) -> None:
    """The objection, and a leaf that says to whose proposal there is one, and nothing more."""
    id, nonce = f"{one.id}/{number:06}", case.desk.chance(NONCE_SIZE)
    actor = case.actor
    body = {"nonce": b64url(nonce), "officer": actor.officer.id, "organ": actor.organ.id}
    case.unit.add_record(Record(OBJECTION, id, case.now, canonical(body)))
    maker = offices.organ(case.unit, one.proposal.maker.organ)
    assert maker is not None  # it proposed
    leaf = Leaf(
        kind=Kind.ACT_OBJECT,
        commitment=commitment(nonce, canonical({"number": number, "proposal": one.id})),
        organ=public_name(maker),
    )
    case.unit.add_leaves([leaf_of_nobody(OBJECTION, id, leaf, case.now)])


def _told(unit: Unit, record: Record) -> dict[str, Any]:
    """An objection as an auditor reads it: with the nonce that opens its leaf."""
    proposal, _, number = record.id.partition("/")
    one = kept_proposal(unit, proposal)  # None once its people were erased
    return {
        **json.loads(record.body),
        "at": print_instant(record.at),
        "instructed_by": one.proposal.instructed_by if one else None,
        "leaf": unit.index_of(f"{INSTANCE}:{OBJECTION}:{record.id}", 0),
        "maker": one.proposal.maker.organ if one else None,
        "number": int(number),
        "proposal": proposal,
    }


def _printed(instant: Instant | None) -> str | None:
    return None if instant is None else print_instant(instant)
