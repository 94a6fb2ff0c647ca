"""A person's own reads and acts: plain code, the subject from the session, no id to ask with.

Whose data are touched is what the session is for: its own person, or the one delegation that the
person behind it opened from the list of those given to her. No function here takes the reference
of a person to read, so none can be asked for another's (OWASP API1:2023). A delegation is dated by
a receipt: a guardian until the fourteenth birthday (PIPL 31), a family member for a year, a helper
for a day; what a helper files is logged as help. Proved equal to the policies on a grid.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from mingma.authority.acts import Act, Group, acts_in
from mingma.authority.matters import PersonMatter
from mingma.kernel.errors import Malformed, Place, Refused
from mingma.kernel.times import DAY, Instant

OWN: Final = acts_in(Group.OWN)


class Delegate(StrEnum):
    """As what somebody acts for a person."""

    GUARDIAN = "guardian"
    FAMILY = "family"
    HELPER = "helper"


ALLOWED: Final[dict[Delegate, frozenset[Act]]] = {
    Delegate.GUARDIAN: OWN,
    Delegate.FAMILY: frozenset({Act.SHOW_OWN_CODE, Act.FILE_APPEAL, Act.WITHDRAW_APPEAL}),
    Delegate.HELPER: frozenset({Act.FILE_APPEAL}),
}
# Seconds a receipt lasts at most; a guardian's lasts to the birthday, whichever is earlier.
LONGEST: Final[dict[Delegate, int]] = {
    Delegate.GUARDIAN: 14 * 366 * DAY,
    Delegate.FAMILY: 365 * DAY,
    Delegate.HELPER: DAY,
}


class NotYours(Refused):
    """An act for somebody whose receipt does not cover it, has ended, or is another's.

    One answer for all of them, so that asking tells nothing about anybody.
    """

    slug = "own.not_yours"
    status = 404
    zh = "没有可供您办理的此项"
    en = "there is nothing of this kind for you"
    remedy_zh = "代办须有本人出具的、在有效期内的凭据"
    remedy_en = "to act for somebody you need a receipt of hers that is in force"


class DelegationMalformed(Malformed):
    """A receipt that cannot be one. `why` is one of self, term, birthday."""

    slug = "own.delegation_malformed"
    zh = "代办凭据不成立(`{why}`)"
    en = "this is no receipt for acting for somebody (`{why}`)"
    remedy_zh = "写明起止:监护到十四周岁,亲友至多一年,协助者至多一天"
    remedy_en = "date it: to the 14th birthday, a year for family, a day for a helper"


@dataclass(frozen=True, slots=True)
class Delegation:
    """The dated receipt by which `by` acts for `of`."""

    id: str
    as_: Delegate
    of: str
    by: str
    starts: Instant
    ends: Instant

    def in_force(self, at: Instant) -> bool:
        """Whether it holds at an instant."""
        return self.starts <= at < self.ends


@dataclass(frozen=True, slots=True)
class Session:
    """Who signed in, and which receipt is open, if any. Both come from the server, never a form."""

    person: str
    delegation: Delegation | None = None


@dataclass(frozen=True, slots=True)
class Subject:
    """Whose data an own act touches, and as what it is done: None for the person herself."""

    ref: str
    as_: Delegate | None


def delegate(
    *, id: str, as_: Delegate, of: str, by: str, starts: Instant, ends: Instant,
    fourteen_at: Instant | None = None,
) -> Delegation:  # fmt: skip
    """A receipt; raises DelegationMalformed. `fourteen_at` is the birthday, for a guardian."""
    if of == by:
        raise DelegationMalformed(Place(field="by"), why="self")
    if not 0 < ends - starts <= LONGEST[as_]:
        raise DelegationMalformed(Place(field="ends"), why="term")
    if as_ is Delegate.GUARDIAN and (fourteen_at is None or ends > fourteen_at):
        raise DelegationMalformed(Place(field="ends"), why="birthday")
    return Delegation(id, as_, of, by, starts, ends)


def subject_of(session: Session, act: Act, at: Instant) -> Subject:
    """Whose data this act of the session touches; raises NotYours."""
    if act not in OWN:
        raise NotYours
    open_ = session.delegation
    if open_ is None:
        return Subject(session.person, None)
    if open_.by != session.person or not open_.in_force(at) or act not in ALLOWED[open_.as_]:
        raise NotYours
    return Subject(open_.of, open_.as_)


def open_to(delegations: Iterable[Delegation], person: str, at: Instant) -> list[Delegation]:
    """The receipts a person may open a session with, by id: the only list she can choose from."""
    mine = [one for one in delegations if one.by == person and one.in_force(at)]
    return sorted(mine, key=lambda one: one.id)


def person_matter(
    ref: str, region: str, delegations: Iterable[Delegation], at: Instant
) -> PersonMatter:
    """A person as the policies see her, with the delegates of this instant."""
    by: dict[Delegate, set[str]] = {as_: set() for as_ in Delegate}
    for one in delegations:
        if one.of == ref and one.in_force(at):
            by[one.as_].add(one.by)
    return PersonMatter(
        region, ref, *(frozenset(by[as_]) for as_ in
                       (Delegate.GUARDIAN, Delegate.FAMILY, Delegate.HELPER))
    )  # fmt: skip
