"""Looking at a person's data: for which purposes, by whom, how often, and in an emergency.

Each look by anyone but the person states one of these purposes, and she reads it in her access log
within 60 s (P9); there is no hidden one. Breaking the glass needs a reason, opens three hours, and
is reviewed by auditors, who are another organ; an officer whose earlier one is overdue for review
cannot break it again (PIPL 5 to 7: purpose and minimum; ACCOUNTABILITY sections 4 and 9, S6).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from mingma.authority.acts import Act
from mingma.authority.matters import Looking
from mingma.authority.posts import Post
from mingma.kernel.errors import Refused
from mingma.kernel.times import DAY, HOUR, Instant

MOST_AN_HOUR: Final = 600  # looks of one officer: one every six seconds at a gate
GLASS_OPEN: Final = 3 * HOUR
REVIEW_WITHIN: Final = DAY  # seconds from the breaking to its second review


class Purpose(StrEnum):
    """What a look is for. Closed: what is not here is not a reason to look."""

    ENTRY = "entry"
    INVESTIGATION = "investigation"
    CASE_VISITS = "case_visits"
    ANSWERING_APPEAL = "answering_appeal"
    ANSWERING_CALLER = "answering_caller"
    NAMING_GUARDIAN = "naming_guardian"
    URGENT_CARE = "urgent_care"
    CHECKING = "checking"
    OBSERVING = "observing"
    AUDIT = "audit"  # a leaf that public chance drew, unsealed by two auditors


# Which acts and posts a purpose fits.
FITS: Final[dict[Purpose, tuple[frozenset[Act], frozenset[Post]]]] = {
    Purpose.ENTRY: (
        frozenset({Act.CHECK_CODE, Act.CARD_LOOKUP}),
        frozenset({Post.GATE_GUARD}),
    ),
    Purpose.INVESTIGATION: (frozenset({Act.SEE_RECORD}), frozenset({Post.INVESTIGATOR})),
    Purpose.CASE_VISITS: (frozenset({Act.SEE_VISITS}), frozenset({Post.INVESTIGATOR})),
    Purpose.ANSWERING_APPEAL: (frozenset({Act.SEE_RECORD}), frozenset({Post.APPEAL_OFFICER})),
    Purpose.ANSWERING_CALLER: (
        frozenset({Act.SEE_REASON, Act.FILE_FOR}),
        frozenset({Post.HOTLINE_AGENT, Post.COMMUNITY_WORKER}),
    ),
    Purpose.NAMING_GUARDIAN: (
        frozenset({Act.NAME_GUARDIAN}),
        frozenset({Post.COMMUNITY_WORKER}),
    ),
    Purpose.URGENT_CARE: (frozenset({Act.BREAK_GLASS}), frozenset({Post.INVESTIGATOR})),
    Purpose.CHECKING: (
        frozenset({Act.SEE_PROPOSAL}),
        frozenset({Post.CHECKER, Post.APPEAL_OFFICER}),
    ),
    Purpose.OBSERVING: (
        frozenset({Act.REPORT_OBSERVATION}),
        frozenset({Post.OBSERVER, Post.GATE_GUARD, Post.COMMUNITY_WORKER}),
    ),
    Purpose.AUDIT: (frozenset({Act.UNSEAL}), frozenset({Post.AUDITOR})),
}


class GlassClosed(Refused):
    """A break-glass look after its three hours, or by somebody else, or at somebody else."""

    slug = "look.glass_closed"
    zh = "紧急查看的时限已过,或不是此人此事"
    en = "the three hours are over, or it was for another person or officer"
    remedy_zh = "如仍紧急,写明理由重新申请"
    remedy_en = "if it is still urgent, give the reason and ask again"


class ReviewRefused(Refused):
    """A review by the officer or organ that looked, or of a look already reviewed."""

    slug = "look.review_refused"
    zh = "不得复查本人或本机关的查看,已复查的也不再复查"
    en = "nobody reviews his own or his organ's look, nor one that was reviewed"
    remedy_zh = "由另一机关的审计员复查"
    remedy_en = "an auditor of another organ reviews it"


@dataclass(frozen=True, slots=True)
class BrokenGlass:
    """One breaking of the glass: whose data, by whom, why, and its review."""

    officer: str
    organ: str
    subject: str
    reason: str
    at: Instant
    reviewed_by: str | None = None
    reviewed_at: Instant | None = None
    upheld: bool | None = None

    @property
    def closes(self) -> Instant:
        """When it ends by itself."""
        return Instant(self.at + GLASS_OPEN)

    def overdue(self, at: Instant) -> bool:
        """Whether nobody reviewed it in time."""
        return self.reviewed_at is None and at >= self.at + REVIEW_WITHIN


def fits(purpose: Purpose, act: Act, post: Post) -> bool:
    """Whether a purpose is one for this act in this post."""
    acts, posts = FITS[purpose]
    return act in acts and post in posts


def looks_last_hour(looks: Iterable[Instant], at: Instant) -> int:
    """How many looks of an officer fall in the hour up to an instant."""
    return sum(at - HOUR < one <= at for one in looks)


def all_reviewed(broken: Iterable[BrokenGlass], officer: str, at: Instant) -> bool:
    """Whether none of an officer's breakings is overdue for review."""
    return not any(one.overdue(at) for one in broken if one.officer == officer)


def look_through(broken: BrokenGlass, officer: str, subject: str, at: Instant) -> BrokenGlass:
    """The open glass a look goes through; raises GlassClosed."""
    same = (broken.officer, broken.subject) == (officer, subject)
    if not same or not broken.at <= at < broken.closes:
        raise GlassClosed
    return broken


def review(
    broken: BrokenGlass, reviewer: str, organ: str, *, upheld: bool, at: Instant
) -> BrokenGlass:
    """The breaking with its second review; raises ReviewRefused. It stays in the access log."""
    own = reviewer == broken.officer or organ == broken.organ
    if own or broken.reviewed_at is not None or at < broken.at:
        raise ReviewRefused
    return BrokenGlass(
        broken.officer, broken.organ, broken.subject, broken.reason, broken.at,
        reviewer, at, upheld,
    )  # fmt: skip


def circumstances(
    purpose: Purpose,
    act: Act,
    post: Post,
    *,
    granted: bool,
    step_up: bool = False,
    looks: Iterable[Instant],
    at: Instant,
    broken: Iterable[BrokenGlass] = (),
    officer: str = "",
    token_shown: bool = False,
    card_read: bool = False,
    ticket: bool = False,
    caller_known: bool = False,
    case_window: bool = False,
    reason: str = "",
) -> Looking:
    """What the policies are told about a look."""
    return Looking(
        granted=granted,
        step_up=step_up,
        purpose=fits(purpose, act, post),
        token_shown=token_shown,
        card_read=card_read,
        looks_last_hour=looks_last_hour(looks, at),
        ticket=ticket,
        caller_known=caller_known,
        case_window=case_window,
        reason=bool(reason.strip()),
        all_reviewed=all_reviewed(broken, officer, at),
    )
