"""From the hundredth person on, two organs of two levels approve.

The limit reads the sum over the 24 hours before, for the maker, for the organ, for the clause and
for the case, whichever is largest – not the batch, so that splitting a list helps nobody
(ACCOUNTABILITY section 4; Hainan's rule of ninety-nine and a hundred). Laboratory-confirmed facts
do not count. Whoever objected within the last thirty days also gets the second look (Z91).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from mingma.authority.proposal import Proposal
from mingma.kernel.times import DAY, Instant

HUNDRED: Final = 100  # people
WINDOW: Final = DAY  # seconds the sum looks back, the end included


@dataclass(frozen=True, slots=True)
class Counted:
    """An earlier proposal as it counts: when, whose, under which clause, for which case."""

    at: Instant
    maker: str
    organ: str
    clause: bytes
    case: str | None
    people: int


@dataclass(frozen=True, slots=True)
class Sums:
    """The people of 24 hours, this proposal's included, by each of the four measures."""

    maker: int
    organ: int
    clause: int
    case: int

    @property
    def largest(self) -> int:
        """The one that the limit reads."""
        return max(self.maker, self.organ, self.clause, self.case)


def counted(proposal: Proposal) -> Counted:
    """A proposal as later ones count it."""
    return Counted(
        proposal.made_at,
        proposal.maker.officer,
        proposal.maker.organ,
        proposal.clause_digest,
        proposal.case,
        proposal.people,
    )


def sums(proposal: Proposal, earlier: Iterable[Counted]) -> Sums:
    """The four sums at the instant the proposal was made.

    `earlier` holds every other proposal that is not void; those outside the window are left out
    here. A refused row counts on: it was tried.
    """
    own = counted(proposal)
    recent = [one for one in earlier if own.at - WINDOW < one.at <= own.at]
    return Sums(
        maker=own.people + sum(one.people for one in recent if one.maker == own.maker),
        organ=own.people + sum(one.people for one in recent if one.organ == own.organ),
        clause=own.people + sum(one.people for one in recent if one.clause == own.clause),
        case=own.people
        + sum(one.people for one in recent if own.case is not None and one.case == own.case),
    )


def second_needed(largest: int, *, appellant: bool) -> bool:
    """Whether the province's headquarters approves too."""
    return largest >= HUNDRED or appellant
