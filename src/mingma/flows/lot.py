"""Whose turn it is to check a proposal: drawn by lot, and drawn again by anybody.

The seed is the root of the first cosigned head that covers the proposal's last leaf; a specimen has
no witnesses, and takes the root over the leaves up to that one. The lot falls among the checkers
with a grant who were on the roster before the proposal was made; those put on later count only
while nobody else is there. Who is silent for ten minutes is passed over (authority/roster).
"""

from __future__ import annotations

from collections.abc import Callable

from mingma.authority.acts import Act
from mingma.authority.approval import Standing, lapsed
from mingma.authority.matters import Status
from mingma.authority.posts import granted
from mingma.authority.proposal import OPEN_FOR
from mingma.authority.roster import Drawn, NobodyEligible, Shift, Stage, draw, seed
from mingma.flows import offices
from mingma.flows.context import Context
from mingma.flows.cosigned import COSIGNED, size_id
from mingma.flows.proposals import Kept, kept, proposals_since, standing_of
from mingma.kernel.errors import Refused
from mingma.kernel.times import Instant
from mingma.ledger.checkpoint import parse_checkpoint
from mingma.ledger.note import parse_note
from mingma.ports import Unit

OPEN = frozenset({Status.DRAFT, Status.FIRST})
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
    """The proposals whose lot fell on this officer now, and until when each waits."""
    found = []
    for id in proposals_since(unit, Instant(now - OPEN_FOR)):
        one = kept(unit, id)
        standing = standing_of(unit, one)
        if standing.status not in OPEN or not one.proposal.worsens or lapsed(standing, now):
            continue
        try:
            drawn = turn(unit, context, roots, one, standing, now)
        except (LotNotYet, NobodyEligible):
            continue
        if drawn.officer.id == officer:
            found.append((id, drawn.until))
    return found


def turn(
    unit: Unit, context: Context, roots: Roots, one: Kept, standing: Standing, now: Instant
) -> Drawn:
    """On whom the lot fell at this instant; raises LotNotYet or NobodyEligible."""
    root, covered = _root(unit, context, roots, one)
    first = standing.approvals[0] if standing.approvals else None
    stage = Stage(two=standing.second_needed, first=first.organ if first else None)
    asked = covered if first is None else max(covered, first.at)
    if asked > now:
        raise LotNotYet  # a clock that was put back draws nobody
    drawn_by = seed(root, one.proposal.digest, second=first is not None)
    act = Act.APPROVE if first is None else Act.APPROVE_SECOND
    entries = [
        (shift, put)
        for shift, put in offices.roster(unit, asked, now)
        if _may(unit, shift, act, one.proposal.region, asked)
    ]
    before = [shift for shift, put in entries if put < one.proposal.made_at]
    try:
        return draw(drawn_by, before, one.proposal, stage, asked, now)
    except NobodyEligible:
        return draw(drawn_by, [shift for shift, _ in entries], one.proposal, stage, asked, now)


def _may(unit: Unit, shift: Shift, act: Act, region: str, at: Instant) -> bool:
    """Whether the checker may approve at all, as grants stood when the lot was drawn."""
    grants = offices.grants_of(unit, shift.officer.id)
    return granted(grants, shift.officer, act, region, at) is not None


def _root(unit: Unit, context: Context, roots: Roots, one: Kept) -> tuple[bytes, Instant]:
    """The root that fixes the lot, and since when it is known; raises LotNotYet."""
    rows = zip(one.proposal.rows, one.numbers, strict=True)
    found = [unit.index_of(row.subject, number) for row, number in rows]
    indices = [index for index in found if index is not None]
    if len(indices) < len(found) or not indices:
        raise LotNotYet
    if context.specimen:
        return roots(max(indices) + 1), one.proposal.made_at
    record = unit.first_record(COSIGNED, size_id(max(indices) + 1))
    if record is None:
        raise LotNotYet
    head = parse_checkpoint(parse_note(record.body).text)
    return head.root, max(record.at, one.proposal.made_at)
