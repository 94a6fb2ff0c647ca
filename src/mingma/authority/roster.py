"""The checkers of a proposal: drawn by lot from those on the roster of that hour.

The lot is fixed by what nobody could choose: the root of the first checkpoint that covers the
proposal's leaf, and the proposal's digest. Anybody can draw it again. Every eligible officer is
equally likely; none of the maker's organ or line is eligible (P5). The first round asks one; who is
silent for ten minutes is passed over, and each later round asks three at once, of whom any one
decides, from the roster of that minute, so a night shift takes over by itself. Where two approvals
are needed two lots are drawn at the same moment. Twenty eligible are wanted, the province's and the
city's headquarters together; among fewer the lot is drawn, and the approval says of how many. Then
a second lot decides, too: the province's if the first fell below it, and one below if it was the
province's own (`approval.py`): a roster that somebody emptied of all but a friend, whosever it is,
makes nobody worse off.
Follows ACCOUNTABILITY section 4: one accomplice among twenty is drawn first once in twenty. Three
in twenty he is in the second round, if there is one: with three checkers in ten silent he is asked
before somebody else decided once in ten (once in fourteen, if every round asked one).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from mingma.authority.organs import Level, Organ, OrganKind, covers
from mingma.authority.posts import Officer, Post
from mingma.authority.proposal import DIGEST_BYTES, Maker
from mingma.kernel.errors import Unavailable
from mingma.kernel.times import Instant

WANTED: Final = 20  # eligible officers: one accomplice is then drawn once in twenty
HIGH: Final = frozenset({Level.PROVINCE, Level.NATIONAL})
PATIENCE: Final = 600  # seconds until a silent checker is passed over
AT_ONCE: Final = 3  # asked together in every round but the first
_SEED: Final = b"mingma/lot/1\0"


class NobodyEligible(Unavailable):
    """No checker on the roster may check this proposal. It waits; nothing gets worse."""

    slug = "lot.nobody_eligible"
    zh = "此刻名册上没有可复核此提案的人员,提案等候,不生效"
    en = "nobody on the roster now may check this proposal; it waits and has no effect"
    remedy_zh = "请指挥部补足值班名册(含夜班)"
    remedy_en = "the headquarters puts checkers on the roster, the night's included"


@dataclass(frozen=True, slots=True)
class Shift:
    """A checker on duty from `starts` until just before `ends`."""

    officer: Officer
    organ: Organ
    starts: Instant
    ends: Instant


@dataclass(frozen=True, slots=True)
class Drawn:
    """On whom the lot fell, in which round, until when it waits, among how many.

    `place` is the place among those asked at once. Each begins with what he is first in, so that
    three who have several before them do not read them in one order.
    """

    officer: Officer
    organ: Organ
    round: int
    until: Instant
    eligible: int
    place: int = 0
    high: bool = False  # whether it is the province's lot of two

    @property
    def short(self) -> bool:
        """Whether fewer were eligible than wanted."""
        return self.eligible < WANTED


class Asked(Protocol):
    """What a lot is drawn for: whose it is, where, and until when it waits."""

    @property
    def maker(self) -> Maker:
        """Who proposes."""

    @property
    def region(self) -> str:
        """Where."""

    @property
    def made_at(self) -> Instant:
        """When."""

    @property
    def lapses(self) -> Instant:
        """When nobody is asked any more."""

    @property
    def digest(self) -> bytes:
        """The digest of all of it."""


@dataclass(frozen=True, slots=True)
class Stage:
    """Which lot is drawn: of one approval or of two, the province's, and whose organ was first."""

    two: bool = False
    high: bool = False
    first: Organ | None = None


def stages(*, two: bool, first: Organ | None, high: bool = False) -> tuple[Stage, ...]:
    """The lots that are open: of two the one which the first approval did not answer.

    Where one is, it is the province's or the nation's if `high`, as for an area.
    """
    both = (Stage(two=two, first=first), Stage(two=two, high=True, first=first))
    if not two:
        return both[1:] if high else both[:1]
    if first is None:
        return both
    return both[:1] if first.level in HIGH else both[1:]


def seed(root: bytes, digest: bytes, *, high: bool = False) -> bytes:
    """The seed of a proposal's lot; the province's, where two approve, is a lot of its own."""
    if len(root) != DIGEST_BYTES or len(digest) != DIGEST_BYTES:
        raise ValueError("a root and a digest have 32 bytes")
    return hashlib.sha256(_SEED + bytes([high]) + root + digest).digest()


def eligible(roster: Iterable[Shift], proposal: Asked, at: Instant, stage: Stage) -> list[Shift]:
    """Who may check a proposal at an instant, by officer id.

    Two approvals are of two levels: one lot is kept for the organs below the province while any of
    them has somebody on duty, the other for the province's or the nation's headquarters.
    """
    found = {
        shift.officer.id: shift
        for shift in roster
        if shift.starts <= at < shift.ends and _may_check(shift, proposal)
    }
    able = [found[officer] for officer in sorted(found)]
    high = [shift for shift in able if shift.organ.level in HIGH]
    if stage.high:
        able = high
    elif stage.two and len(high) < len(able):
        able = [shift for shift in able if shift not in high]
    first = stage.first
    return [shift for shift in able if first is None or shift.organ.level is not first.level]


def _may_check(shift: Shift, proposal: Asked) -> bool:
    maker = proposal.maker
    return (
        shift.officer.post is Post.CHECKER
        and shift.organ.kind is OrganKind.HEADQUARTERS
        and shift.officer.organ == shift.organ.id
        and shift.officer.id != maker.officer
        and shift.organ.id != maker.organ
        and shift.organ.line is not maker.line
        and covers(shift.organ.region, proposal.region)
    )


def draw(
    seed_: bytes,
    roster: Sequence[Shift],
    proposal: Asked,
    stage: Stage,
    asked: Instant,
    at: Instant,
) -> list[Drawn]:
    """Whose turn it is at an instant, `asked` being when the first round began: one, later three.

    Raises NobodyEligible. A round lasts PATIENCE; who was silent in an earlier round comes again
    only after everybody else. Nobody is asked once the proposal has lapsed.
    """
    silent: list[str] = []
    last = max(0, (min(at, proposal.lapses) - asked) // PATIENCE)
    for number in range(last + 1):
        begins = Instant(asked + number * PATIENCE)
        able = eligible(roster, proposal, begins, stage)
        if able:
            chosen = _chosen(seed_, number, able, silent)
            silent += [shift.officer.id for shift in chosen]
            if number == last:
                until = Instant(begins + PATIENCE)
                return [
                    Drawn(shift.officer, shift.organ, number, until, len(able), place, stage.high)
                    for place, shift in enumerate(chosen)
                ]
    raise NobodyEligible


def _chosen(
    seed_: bytes, number: int, able: Sequence[Shift], silent: Sequence[str]
) -> Sequence[Shift]:
    """The lot of one round: least often silent first, then the smallest hash."""

    def place(shift: Shift) -> tuple[int, bytes]:
        officer = shift.officer.id
        return silent.count(officer), _ticket(seed_, number, officer)

    return sorted(able, key=place)[: AT_ONCE if number else 1]


def _ticket(seed_: bytes, number: int, officer: str) -> bytes:
    return hashlib.sha256(seed_ + number.to_bytes(4, "big") + officer.encode()).digest()


def on_roster(roster: Iterable[Shift], organ: Organ, at: Instant) -> int:
    """How many checkers are on duty for a headquarters' own region, the province's with them."""
    return len({one.officer.id for one in serving(roster, organ) if one.starts <= at < one.ends})


def serving(roster: Iterable[Shift], organ: Organ) -> list[Shift]:
    """The shifts of checkers whose lot a proposal of a headquarters' own region can be."""
    return [
        one
        for one in roster
        if one.organ.kind is OrganKind.HEADQUARTERS and covers(one.organ.region, organ.region)
    ]


def gap(roster: Iterable[Shift], starts: Instant, ends: Instant) -> Instant | None:
    """The first instant of [starts, ends) when nobody is on duty; None where there is none."""
    covered = starts
    for shift in sorted(roster, key=lambda shift: shift.starts):
        if shift.starts > covered:
            break
        covered = max(covered, shift.ends)
    return covered if covered < ends else None
