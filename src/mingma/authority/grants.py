"""Giving and ending grants, the first ceremony, and a new passkey for a lost one.

INVARIANT: nobody grants himself or his own organ anything, at the first ceremony neither; an organ
kind whose row is empty gets nothing; every grant ends by itself within a year; nobody's first grant
and passkey are one organ's doing.
The ceremony is held once, on a list of grants that is empty, by two organs of two lines; it makes
registrars only, each granted by the other organ. Each grant, end and replacement owes a leaf.
Follows ACCOUNTABILITY section 2 (I5) and abuse case Z59.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from mingma.authority.acts import Act
from mingma.authority.organs import POWERLESS, Organ, covers
from mingma.authority.posts import LONGEST_GRANT, POSTS, Grant, Officer, Post
from mingma.authority.powers import acts_of
from mingma.kernel.canonical import canonical
from mingma.kernel.errors import Place, Refused
from mingma.kernel.times import Instant

FOUNDING_ACTS: Final = frozenset({Act.GIVE_GRANT, Act.END_GRANT, Act.REPLACE_PASSKEY})
_LABEL: Final = b"mingma/grant/1\0"
_APPOINTMENT: Final = b"mingma/appointment/1\0"


class GrantRefused(Refused):
    """A grant that may not be given.

    `why` is one of self, own_organ, term, post, acts, region, empty_row, organ.
    """

    slug = "grant.refused"
    zh = "不得如此授权(`{why}`)"
    en = "no such grant may be given (`{why}`)"
    remedy_zh = "由另一机关授权,不超过一年,限于该岗位的权限和该机关的地区"
    remedy_en = "another organ gives it, for a year at most, within the post's acts and the region"


class CeremonyOver(Refused):
    """A ceremony where grants were given before."""

    slug = "grant.ceremony_over"
    status = 409
    zh = "已有授权,首次授权仪式不得重来"
    en = "grants exist: the first ceremony is over"
    remedy_zh = "由在任的授权登记员办理"
    remedy_en = "a registrar in office gives further grants"


class TwoOrgansNeeded(Refused):
    """A ceremony or a replaced passkey without two persons of two organs behind it."""

    slug = "grant.two_organs"
    zh = "须两个机关各一人共同办理"
    en = "one person each of two organs does this"
    remedy_zh = "请另一机关的授权登记员同时签名"
    remedy_en = "ask a registrar of another organ to sign too"


def check_grant(grant: Grant, organs: Mapping[str, Organ]) -> Grant:
    """The grant, if it may be given; raises GrantRefused.

    That the giver is a registrar with a grant of his own is asked of the engine, as for any act.
    """
    why = _fault(grant, organs)
    if why is not None:
        raise GrantRefused(Place(field=f"grant {grant.id}"), why=why)
    return grant


def _fault(grant: Grant, organs: Mapping[str, Organ]) -> str | None:
    organ = organs.get(grant.organ)
    giver = organs.get(grant.given_by_organ)
    if organ is None or giver is None:
        return "organ"
    faults = {
        "self": grant.officer == grant.given_by,
        "own_organ": grant.organ == grant.given_by_organ,
        "empty_row": organ.kind in POWERLESS,
        "post": organ.kind not in POSTS[grant.post].kinds,
        "term": not 0 < grant.ends - grant.starts <= LONGEST_GRANT,
        "acts": not grant.acts or not grant.acts <= acts_of(grant.post),
        "region": not covers(organ.region, grant.region),
    }
    return next((why for why, found in faults.items() if found), None)


def end_grant(grant: Grant, by: Officer, at: Instant) -> Grant:
    """The grant ended at an instant, never later than it was; raises GrantRefused for one's own.

    Any registrar may end a grant, the officer's own organ too: taking power away needs no second.
    """
    if by.id == grant.officer:
        raise GrantRefused(Place(field=f"grant {grant.id}"), why="self")
    last = min(at, grant.ends, grant.ended if grant.ended is not None else at)
    return replace(grant, ended=last)


def hold_ceremony(
    existing: Sequence[Grant],
    founders: Sequence[Officer],
    first: Sequence[Grant],
    organs: Mapping[str, Organ],
) -> tuple[Grant, ...]:
    """The first grants of an instance.

    Raises CeremonyOver where any grant was ever given, TwoOrgansNeeded without founders of two
    organs of two lines who grant each other, GrantRefused for a grant that makes more than a
    registrar or was not given by a founder.
    """
    if existing:
        raise CeremonyOver
    home = {founder.id: founder.organ for founder in founders}
    lines = {organs[organ].line for organ in home.values() if organ in organs}
    if len(lines) < 2 or {grant.given_by_organ for grant in first} != set(home.values()):
        raise TwoOrgansNeeded
    for grant in first:
        check_grant(grant, organs)
        founding = grant.post is Post.REGISTRAR and grant.acts <= FOUNDING_ACTS
        if not founding or home.get(grant.given_by) != grant.given_by_organ:
            raise GrantRefused(Place(field=f"grant {grant.id}"), why="acts")
    return tuple(first)


@dataclass(frozen=True, slots=True)
class Replacement:
    """A new passkey for an officer who lost his; the old one is dead from `at` on."""

    officer: str
    organ: str
    key_digest: bytes
    at: Instant

    def digest(self) -> bytes:
        """What both registrars sign."""
        body = {
            "at": int(self.at),
            "key": self.key_digest.hex(),
            "officer": self.officer,
            "organ": self.organ,
        }
        return hashlib.sha256(b"mingma/passkey/1\0" + canonical(body)).digest()


def check_replacement(replacement: Replacement, signers: Sequence[Officer]) -> Replacement:
    """The replacement, if registrars of two organs sign it and none is the officer.

    Raises TwoOrgansNeeded. One of the two may be of the officer's own organ, which knows the
    person; the other is not.
    """
    check_registrars(replacement.officer, signers)
    return replacement


def check_registrars(officer: str, signers: Sequence[Officer]) -> int:
    """How many organs' registrars sign for an officer's key; raises TwoOrgansNeeded for one's."""
    others = [one for one in signers if one.id != officer]
    registrars = {one.organ for one in others if one.post is Post.REGISTRAR}
    if len(others) != len(signers) or len(registrars) < 2:
        raise TwoOrgansNeeded
    return len(registrars)


def appointment_digest(body: Mapping[str, object], at: Instant) -> bytes:
    """What the second registrar signs of an officer's first grant: all of it but his signature."""
    said = {name: one for name, one in body.items() if name not in {"second", "assertion"}}
    return hashlib.sha256(_APPOINTMENT + canonical({"at": int(at), "body": said})).digest()
