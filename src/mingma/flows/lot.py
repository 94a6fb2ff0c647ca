"""Whose turn it is to check a proposal: drawn by lot, and drawn again by anybody.

The seed is the root of the first cosigned head that covers the proposal's last leaf; a specimen has
no witnesses, and takes the root over the leaves up to that one. The lot falls among the checkers
with a grant, made a day before, who were on the roster before the proposal was made; those put on
later count only while nobody else is there. Who is silent for ten minutes is passed over
(authority/roster). Where two approvals are needed both lots are drawn from that head and asked from
that moment; whoever signs first is the first, and the other lot goes on as it was.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from mingma.authority.acts import Act
from mingma.authority.approval import Standing, lapsed
from mingma.authority.matters import Status
from mingma.authority.posts import Grant, granted
from mingma.authority.proposal import OPEN_FOR
from mingma.authority.roster import (
    PATIENCE,
    Asked,
    Drawn,
    NobodyEligible,
    Shift,
    Stage,
    draw,
    seed,
    stages,
)
from mingma.flows import offices, rosters
from mingma.flows.context import Context
from mingma.flows.cosigned import COSIGNED, size_id
from mingma.flows.objection import is_paused
from mingma.flows.proposal_sums import proposals_since
from mingma.flows.proposals import Kept, batch_index, kept_proposal, standing_of
from mingma.kernel.errors import Refused
from mingma.kernel.times import DAY, Instant
from mingma.ledger.checkpoint import parse_checkpoint
from mingma.ledger.note import parse_note
from mingma.ports import Unit
from mingma.records import Record

OPEN = frozenset({Status.DRAFT, Status.FIRST})
NEW_FOR = DAY  # seconds until the lot may fall on somebody who was made a checker
OPENED = "proposal_opened"  # ids are <proposal>/<officer>/<instant>
Roots = Callable[[int], bytes]  # the root over so many first leaves of the log


class LotNotYet(Refused):
    """A proposal whose leaf no witness has seen yet: the lot is not drawn, and nothing waits on us.

    Nothing gets worse meanwhile.
    """

    slug = "lot.not_yet"
    status = 409
    zh = "提案尚未经见证封存,还未抽签"
    en = "the proposal's leaf is not sealed and cosigned yet: no lot was drawn"
    remedy_zh = "稍后再试"
    remedy_en = "try again in a moment"


def waiting_for(
    unit: Unit, context: Context, roots: Roots, officer: str, now: Instant
) -> list[tuple[str, Instant]]:
    """The proposals whose lot fell on this officer now, and until when each waits.

    First those that nobody else who is asked has before him, then those he is first in.
    """
    found: list[tuple[bool, Drawn, str]] = []
    for id in proposals_since(unit, Instant(now - OPEN_FOR)):
        one = kept_proposal(unit, id)
        if one is None:
            continue  # its people were erased
        standing = standing_of(unit, one)
        if standing.status not in OPEN or not one.proposal.worsens or lapsed(standing, now):
            continue
        if is_paused(unit, one, now):
            continue
        try:
            drawn = turns(unit, context, roots, one, standing, now)
        except (LotNotYet, NobodyEligible):
            continue
        mine = next((each for each in drawn if each.officer.id == officer), None)
        if mine is not None:
            found.append((_before_another(unit, id, drawn, mine), mine, id))
    found.sort(key=lambda one: (one[0], one[1].place))
    return [(id, mine.until) for _, mine, id in found]


def open_before(officer: str, proposal: str, now: Instant) -> Record:
    """The record that the officer has the proposal before him from now on."""
    return Record(OPENED, f"{proposal}/{officer}/{now:019}", now, b"{}")


def _before_another(unit: Unit, proposal: str, drawn: Sequence[Drawn], mine: Drawn) -> bool:
    """Whether another who is asked in the same lot opened the proposal since he is."""
    begun = mine.until - PATIENCE
    return any(
        record.at >= begun
        for each in drawn
        if each.high == mine.high and each.officer.id != mine.officer.id
        for record in unit.records_under(OPENED, f"{proposal}/{each.officer.id}/")
    )


def turns(
    unit: Unit, context: Context, roots: Roots, one: Kept, standing: Standing, now: Instant
) -> list[Drawn]:
    """Whose turn it is at this instant, in either lot; raises LotNotYet or NobodyEligible."""
    acts = (Act.APPROVE, Act.APPROVE_SECOND) if standing.second_needed else (Act.APPROVE,)
    return fell_on(unit, context, roots, standing, last_leaf(unit, one), now, acts)


def fell_on(
    unit: Unit,
    context: Context,
    roots: Roots,
    standing: Standing,
    last: int | None,
    now: Instant,
    acts: Sequence[Act],
    *,
    high: bool = False,
) -> list[Drawn]:
    """Whose turn it is to approve anything by these acts, `last` being its last leaf in the log."""
    what = standing.proposal
    root, asked = _root(unit, context, roots, last, what.made_at)
    first = standing.approvals[0] if standing.approvals else None
    if now < (asked if first is None else max(asked, first.at)):
        raise LotNotYet  # a clock that was put back draws nobody
    entries = [
        (shift, put)
        for shift, put in rosters.roster(unit, asked, now)
        if _may(unit, shift, acts, what.region, asked)
    ]
    before = [shift for shift, put in entries if put < what.made_at]
    known = (before, [shift for shift, _ in entries])
    two, organ = standing.second_needed, first.organ if first else None
    found: list[Drawn] = []
    for stage in stages(two=two, first=organ, high=high):
        found += _drawn(root, known, what, stage, asked, now)
    if not found:
        raise NobodyEligible
    return found


def _drawn(
    root: bytes,
    rosters: Sequence[Sequence[Shift]],
    what: Asked,
    stage: Stage,
    asked: Instant,
    now: Instant,
) -> list[Drawn]:
    """Whose turn it is in one lot, of the first roster that has anybody."""
    by = seed(root, what.digest, high=stage.high)
    for roster in rosters:
        try:
            return draw(by, roster, what, stage, asked, now)
        except NobodyEligible:
            continue
    return []


def _may(unit: Unit, shift: Shift, acts: Sequence[Act], region: str, at: Instant) -> bool:
    """Whether the checker may approve, first or second, as grants stood when the lot was drawn."""
    grants = offices.grants_of(unit, shift.officer.id)
    given = all(granted(grants, shift.officer, act, region, at) is not None for act in acts)
    return given and counts(unit, grants, at)


def counts(unit: Unit, grants: Sequence[Grant], at: Instant) -> bool:
    """Whether a checker was made a day ago, or on the day of the ceremony, when all are new.

    So whoever makes checkers for one proposal is seen in the log before the lot can fall on them.
    """
    made = min((one.starts for one in grants), default=at)
    if made + NEW_FOR <= at:
        return True
    named = unit.first_record(offices.ORGAN, "")  # all organs are named at the ceremony
    return named is not None and made < named.at + NEW_FOR


def last_leaf(unit: Unit, one: Kept) -> int | None:
    """The index of the last leaf of a proposal; None until all of them are in the log."""
    rows = zip(one.proposal.rows, one.numbers, strict=True)
    found = [unit.index_of(row.subject, number) for row, number in rows]
    if one.batch:
        found.append(batch_index(unit, one))  # its approvals name that leaf
    indices = [index for index in found if index is not None]
    return max(indices) if indices and len(indices) == len(found) else None


def _root(
    unit: Unit, context: Context, roots: Roots, last: int | None, made_at: Instant
) -> tuple[bytes, Instant]:
    """The root that fixes the lot, and since when it is known; raises LotNotYet."""
    if last is None:
        raise LotNotYet
    if context.specimen:
        return roots(last + 1), made_at
    record = unit.first_record(COSIGNED, size_id(last + 1))
    if record is None:
        raise LotNotYet
    head = parse_checkpoint(parse_note(record.body).text)
    return head.root, max(record.at, made_at)
