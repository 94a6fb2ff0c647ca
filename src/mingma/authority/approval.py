"""Approving a proposal or an area: who signs what, in which order, and what is refused.

A proposal goes from draft to approved by one approval, or by two where `hundred` says so, or where
the lot fell among fewer than twenty: then one of another level is wanted, too, and where nobody of
another level is on duty it waits. Each approval decides every row, so that one bad row does not
hold the others. Of two checkers asked at once whoever signs first is the first, and the other has
to see that. Each names the state it saw: `state` is a hash chain over the proposal's digest and
every approval since, and an approval is taken only if that is the state there is. So an approval
given twice, given for another proposal, given too late or beside another one is refused, whatever
the database says.
Follows ACCOUNTABILITY section 4 (compare and set on hashes) and P5, P10.

INVARIANT: rows once refused are never approved later; nothing here makes anybody worse off.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final, Protocol

from mingma.authority.hundred import second_needed
from mingma.authority.matters import Made, ProposalMatter, Status
from mingma.authority.organs import Organ
from mingma.authority.proposal import Proposal, Row
from mingma.authority.roster import HIGH, WANTED, Asked, Drawn
from mingma.kernel.canonical import canonical
from mingma.kernel.errors import Refused
from mingma.kernel.times import DAY, HOUR, Instant

LONGEST_HASTE: Final = 72 * HOUR  # seconds an emergency act holds; it is then void unless ratified
MOST_HASTE: Final = 3  # emergency acts of one organ in HASTE_WINDOW
HASTE_WINDOW: Final = 30 * DAY
_APPROVAL: Final = b"mingma/approval/1\0"
_STATE: Final = b"mingma/approval-state/1\0"


class ApprovalSwapped(Refused):
    """An approval of another proposal, or of rows that are not this proposal's."""

    slug = "approval.swapped"
    zh = "批准的不是这份提案或其中的各行"
    en = "this approves another proposal, or rows that are not in it"
    remedy_zh = "重新打开提案,核对后再签"
    remedy_en = "open the proposal again, look at it, and sign that"


class ApprovalRaced(Refused):
    """The proposal is no longer in the state that was signed: replayed, or somebody was first."""

    slug = "approval.raced"
    status = 409
    zh = "提案的状态已经改变,此批准不再适用"
    en = "the proposal has changed its state since; this approval no longer fits"
    remedy_zh = "重新打开提案查看现状"
    remedy_en = "open the proposal again to see where it stands"


class ApprovalStale(Refused):
    """An approval after the proposal lapsed."""

    slug = "approval.stale"
    status = 409
    zh = "提案已过时效"
    en = "the proposal has lapsed"
    remedy_zh = "凭新的证据另行提出"
    remedy_en = "propose anew, on evidence of today"


class NotDrawn(Refused):
    """An approval by somebody on whom the lot did not fall, or whose ten minutes are over."""

    slug = "approval.not_drawn"
    zh = "此刻的复核人不是您:未抽中,或十分钟已过"
    en = "you are not the checker now: not drawn, or your ten minutes are over"
    remedy_zh = "无须处理,已转下一位"
    remedy_en = "nothing to do: the next checker is asked"


class NotAnother(Refused):
    """An approver of the maker's person, organ or line, or of the first approval's (P5)."""

    slug = "approval.not_another"
    zh = "复核人须为另一机关、另一条线的另一人;两次复核须出自不同层级,其一为省级以上"
    en = (
        "the approver is another person, of another organ and line; two are of two levels, one of"
        " them the province's or the nation's"
    )
    remedy_zh = "等候抽中的复核员"
    remedy_en = "wait for the checker who is drawn"


@dataclass(frozen=True, slots=True)
class Approval:
    """One checker's word on every row, as signed: what was seen, which rows are refused.

    `refused` names row digests; the other rows are approved. `eligible` is among how many the lot
    fell on the checker; None where no lot was drawn.
    """

    proposal: bytes
    seen: bytes
    officer: str
    organ: Organ
    refused: frozenset[bytes]
    at: Instant
    eligible: int | None = None

    @property
    def short(self) -> bool:
        """Whether the checker was drawn among fewer than are wanted: one alone is no lot."""
        return self.eligible is not None and self.eligible < WANTED

    def digest(self) -> bytes:
        """What the checker's passkey signs (through `proposal.challenge`)."""
        body: dict[str, object] = {
            "at": int(self.at),
            "officer": self.officer,
            "organ": self.organ.id,
            "proposal": self.proposal.hex(),
            "refused": sorted(digest.hex() for digest in self.refused),
            "seen": self.seen.hex(),
        }
        if self.eligible is not None:
            body["eligible"] = self.eligible
        return hashlib.sha256(_APPROVAL + canonical(body)).digest()


class Proposed(Asked, Protocol):
    """What is approved: a proposal about people row by row, or an area, which has no rows."""

    @property
    def rows(self) -> tuple[Row, ...]:
        """What may be refused of it, each by itself."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a proposal is, and the state that the next approval has to have seen."""

    proposal: Proposed
    people: int
    appellant: bool
    status: Status
    state: bytes
    refused: frozenset[bytes] = frozenset()
    approvals: tuple[Approval, ...] = ()

    @property
    def second_needed(self) -> bool:
        """Whether one approval is not enough."""
        short = any(one.short for one in self.approvals)
        return short or second_needed(self.people, appellant=self.appellant)

    @property
    def rows(self) -> tuple[Row, ...]:
        """The rows nobody refused: once approved, these are the ones that take effect."""
        return tuple(row for row in self.proposal.rows if row.digest() not in self.refused)


def opened(proposal: Proposed, people: int, *, appellant: bool) -> Standing:
    """A new proposal's standing; `people` is the largest of `hundred.sums`."""
    state = hashlib.sha256(_STATE + proposal.digest).digest()
    return Standing(proposal, people, appellant, Status.DRAFT, state)


def approve(
    standing: Standing, approval: Approval, drawn: Sequence[Drawn], now: Instant
) -> Standing:
    """The standing after an approval; `drawn` are those whose turn it is.

    Raises, in this order: ApprovalSwapped, ApprovalRaced, ApprovalStale, NotAnother, NotDrawn.
    That the officer may approve at all, and signed, is asked of the engine (`refusal.require`).
    """
    fits(standing, approval, now)
    # (4) It is another's.
    if not _another(standing, approval):
        raise NotAnother
    # (5) A lot fell on this officer, and the ten minutes are not over.
    mine = (approval.officer, approval.organ.id)
    lot = next((one for one in drawn if (one.officer.id, one.organ.id) == mine), None)
    if lot is None or now >= lot.until:
        raise NotDrawn
    return after(standing, replace(approval, eligible=lot.eligible))


def fits(standing: Standing, approval: Approval, now: Instant) -> None:
    """Raise ApprovalSwapped, ApprovalRaced or ApprovalStale if it is not for this standing."""
    # (1) It is about this proposal and its rows.
    digests = frozenset(row.digest() for row in standing.proposal.rows)
    if approval.proposal != standing.proposal.digest or not approval.refused <= digests:
        raise ApprovalSwapped
    # (2) It saw the state there is; a replay saw an older one.
    if approval.seen != standing.state or standing.status not in {Status.DRAFT, Status.FIRST}:
        raise ApprovalRaced
    # (3) It is in time.
    if not standing.proposal.made_at <= approval.at <= now < standing.proposal.lapses:
        raise ApprovalStale


def _another(standing: Standing, approval: Approval) -> bool:
    maker, organ = standing.proposal.maker, approval.organ
    if approval.officer == maker.officer or organ.id == maker.organ or organ.line is maker.line:
        return False
    return all(
        approval.officer != first.officer
        and organ.id != first.organ.id
        and organ.level is not first.organ.level
        and HIGH & {organ.level, first.organ.level}
        for first in standing.approvals
    )


def after(standing: Standing, approval: Approval) -> Standing:
    """The standing after an approval that was found good: asks nothing more."""
    refused = standing.refused | approval.refused
    approvals = (*standing.approvals, approval)
    second = replace(standing, approvals=approvals).second_needed
    state = hashlib.sha256(_STATE + standing.state + approval.digest()).digest()
    if refused and len(refused) == len(standing.proposal.rows):
        status = Status.VOID
    elif standing.status is Status.DRAFT and second:
        status = Status.FIRST
    else:
        status = Status.APPROVED
    return replace(
        standing,
        status=status,
        state=state,
        refused=refused,
        approvals=approvals,
    )


def lapsed(standing: Standing, at: Instant) -> bool:
    """Whether it is stale: undecided when its day was over. No job has to run for that."""
    return standing.status in {Status.DRAFT, Status.FIRST} and at >= standing.proposal.lapses


def matter(
    standing: Standing, *, ground_sufficient: bool, end_by_rule: bool, shielded: bool
) -> ProposalMatter:
    """A proposal about people as the policies see it; the three facts are the flow's to compute."""
    proposal = standing.proposal
    assert isinstance(proposal, Proposal)
    second = standing.approvals[1] if len(standing.approvals) > 1 else None
    maker = proposal.maker
    return ProposalMatter(
        region=proposal.region,
        made=Made(maker.officer, maker.organ, maker.line, standing.status, proposal.digest.hex()),
        clause_digest=proposal.clause_digest.hex(),
        people=standing.people,
        worsens=proposal.worsens,
        ground_sufficient=ground_sufficient,
        end_by_rule=end_by_rule,
        shielded=shielded,
        appellant=standing.appellant,
        second_organ=None if second is None else second.organ.id,
        **first_of(standing),
    )


def first_of(standing: Standing) -> dict[str, str | None]:
    """Who approved first, as the policies see it."""
    if not standing.approvals:
        return {}
    first = standing.approvals[0]
    return {
        "first": first.officer,
        "first_organ": first.organ.id,
        "first_level": first.organ.level.value,
    }


class HasteRefused(Refused):
    """An emergency act beyond the limits of that path. `why` is one of term, often."""

    slug = "approval.haste_refused"
    zh = "紧急途径超限(`{why}`):最长 72 小时,一机关 30 天内至多 3 次"
    en = "the emergency path is exhausted (`{why}`): 72 hours, three an organ in 30 days"
    remedy_zh = "走普通途径"
    remedy_en = "take the ordinary path"


def check_haste(earlier: Iterable[Instant], at: Instant, ends: Instant) -> Instant:
    """The end of an emergency act of an organ that took the path at these instants before.

    Raises HasteRefused. It is void at that end; what is to go on takes the ordinary path too.
    """
    if not 0 < ends - at <= LONGEST_HASTE:
        raise HasteRefused(why="term")
    if sum(at - HASTE_WINDOW < one <= at for one in earlier) >= MOST_HASTE:
        raise HasteRefused(why="often")
    return ends
