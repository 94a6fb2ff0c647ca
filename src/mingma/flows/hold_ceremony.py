"""The first grants of an empty instance: two organs hold the ceremony together.

A file names the organs, the founders with their passkeys, and the grants by which each organ makes
the other's founder a registrar; both founders sign its digest with their passkeys. The policies
are asked for each grant. Once any grant exists there is no second ceremony, on any machine.
Follows authority/grants.py and docs/formats/act.md.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from mingma.authority.acts import Act
from mingma.authority.grants import (
    FOUNDING_ACTS,
    CeremonyOver,
    TwoOrgansNeeded,
    hold_ceremony,
)
from mingma.authority.matters import Actor, Appointing, AppointmentMatter
from mingma.authority.organs import Level, Organ, OrganKind
from mingma.authority.posts import POSTS, Grant, Officer, Post
from mingma.authority.proposal import challenge
from mingma.authority.refusal import require
from mingma.authority.request import Request
from mingma.flows import offices
from mingma.flows.act_case import BodyMalformed, Desk, fields, rows, text
from mingma.flows.give_grant import days_of, officer_id, passkey_of
from mingma.flows.leaf_names import NONCE_SIZE, officer_mark, public_name
from mingma.kernel.canonical import canonical
from mingma.kernel.errors import Place
from mingma.kernel.times import Instant, parse_instant
from mingma.ledger.leaf_values import NAME
from mingma.ports import Unit
from mingma.records import Passkey, PasskeyRefused

MOST_ORGANS: Final = 2_000
MOST_FOUNDERS: Final = 20
_LABEL: Final = b"mingma/ceremony/1\0"
_REGIONS: Final = 6  # digits of a division code


@dataclass(frozen=True, slots=True)
class Founder:
    """One of those who hold the ceremony: the officer and his passkey."""

    officer: Officer
    passkey: Passkey


@dataclass(frozen=True, slots=True)
class Ceremony:
    """What is signed: the organs, the founders, the grants they give each other."""

    organs: tuple[Organ, ...]
    founders: tuple[Founder, ...]
    liaisons: tuple[Founder, ...]  # of organs without any power: known, and granted nothing
    grants: tuple[Grant, ...]
    signatures: Mapping[str, Mapping[str, Any]]  # by founder
    digest: bytes


def read_ceremony(value: object) -> Ceremony:
    """The ceremony in a decoded JSON object; raises BodyMalformed with the field named."""
    if not isinstance(value, dict):
        raise BodyMalformed(why="an object is wanted")
    said = fields(value, "organs founders grants signatures", "liaisons", at="ceremony")
    organs = tuple(_organ(one, n) for n, one in enumerate(rows(said, "organs", MOST_ORGANS)))
    founders = tuple(
        _founder(one, n) for n, one in enumerate(rows(said, "founders", MOST_FOUNDERS))
    )
    liaisons = tuple(_liaison(one, n) for n, one in enumerate(said.get("liaisons", ())))
    by_id = {one.officer.id: one.officer for one in founders}
    officers = {one.officer.id for one in (*founders, *liaisons)}
    twice = len(officers) < len(founders) + len(liaisons)
    if twice or len({one.id for one in organs}) < len(organs):
        raise BodyMalformed(Place(field="ceremony"), why="an organ or a founder stands there twice")
    grants = tuple(
        _grant(one, n, by_id) for n, one in enumerate(rows(said, "grants", MOST_FOUNDERS))
    )
    signatures = said["signatures"]
    if not isinstance(signatures, dict):
        raise BodyMalformed(Place(field="signatures"), why="an object by founder is wanted")
    return Ceremony(organs, founders, liaisons, grants, signatures, ceremony_digest(value))


def ceremony_digest(value: Mapping[str, Any]) -> bytes:
    """The digest that every founder's passkey signs: all but the signatures."""
    whole = {name: one for name, one in value.items() if name != "signatures"}
    try:
        return hashlib.sha256(_LABEL + canonical(whole)).digest()
    except (TypeError, RecursionError):
        raise BodyMalformed(why="texts, whole numbers, lists, yes and no only") from None


def perform_ceremony(unit: Unit, desk: Desk, ceremony: Ceremony, now: Instant) -> Sequence[str]:
    """Write organs, founders and first grants; returns the grants' ids.

    Raises CeremonyOver, TwoOrgansNeeded, PasskeyRefused, GrantRefused or NotAllowed.
    """
    if unit.last_record(offices.GRANT, "") is not None:
        raise CeremonyOver
    organs = {one.id: one for one in ceremony.organs}
    founders = [one.officer for one in ceremony.founders]
    if any(one.organ not in organs for one in founders):
        raise TwoOrgansNeeded
    for liaison in ceremony.liaisons:
        organ = organs.get(liaison.officer.organ)
        if organ is None or organ.kind not in POSTS[Post.LIAISON].kinds:
            raise BodyMalformed(Place(field="liaisons"), why="liaisons are of organs without power")
    first = hold_ceremony([], founders, ceremony.grants, organs)
    _must_be_signed(desk, ceremony)
    for grant in first:
        require(desk.engine, _request(ceremony, grant, organs))
    for organ in ceremony.organs:
        unit.add_record(offices.organ_record(organ, now))
    for founder in (*ceremony.founders, *ceremony.liaisons):
        unit.add_record(offices.officer_record(founder.officer, now))
        offices.add_passkey(
            unit, founder.officer.id, founder.passkey, now,
            nonce=desk.chance(NONCE_SIZE),
            by=offices.Signed(public_name(organs[founder.officer.organ])),
        )  # fmt: skip
    for grant in first:
        offices.give(
            unit, grant, organs[grant.given_by_organ], organs[grant.organ], now,
            nonce=desk.chance(NONCE_SIZE),
            mark=officer_mark(desk.audit_key, grant.given_by_organ, grant.given_by, now),
        )  # fmt: skip
    return [grant.id for grant in first]


def _must_be_signed(desk: Desk, ceremony: Ceremony) -> None:
    """Each founder's own hardware passkey signed this very ceremony."""
    for founder in ceremony.founders:
        assertion = ceremony.signatures.get(founder.officer.id)
        if not isinstance(assertion, dict):
            raise TwoOrgansNeeded
        proved = desk.passkeys.verify(assertion, founder.passkey, challenge(ceremony.digest))
        if not proved.hardware:
            raise PasskeyRefused


def _request(ceremony: Ceremony, grant: Grant, organs: Mapping[str, Organ]) -> Request:
    giver = next(one.officer for one in ceremony.founders if one.officer.id == grant.given_by)
    receiver = organs[grant.organ]
    days = days_of(grant.starts, grant.ends)
    two = len({one.officer.organ for one in ceremony.founders})
    return Request(
        Actor(giver, organs[giver.organ], passkey=True, on_duty=True),
        Act.HOLD_CEREMONY,
        AppointmentMatter(grant.region, grant.officer, receiver.id, receiver.kind, days),
        grant.id,
        Appointing(granted=False, step_up=True, organs=two, empty=True),
    )


def _organ(value: object, number: int) -> Organ:
    at = f"organs[{number}]"
    if not isinstance(value, dict):
        raise BodyMalformed(Place(field=at), why="an object is wanted")
    said = fields(value, "id kind level region zh en", at=at)
    id, region = text(said, "id", most=64, at=at), text(said, "region", most=_REGIONS, at=at)
    if not NAME.fullmatch(id) or "/" in id:
        raise BodyMalformed(Place(field=f"{at}.id"), why="letters, digits and ._:@*+-")
    if not (region.isdecimal() and region.isascii() and len(region) == _REGIONS):
        raise BodyMalformed(Place(field=f"{at}.region"), why="a division code of six digits")
    try:
        kind, level = OrganKind(text(said, "kind", at=at)), Level(text(said, "level", at=at))
    except ValueError:
        raise BodyMalformed(Place(field=at), why="a kind and a level of the closed lists") from None
    return Organ(id, kind, level, region, text(said, "zh", at=at), text(said, "en", at=at))


def _founder(
    value: object, number: int, post: Post = Post.REGISTRAR, of: str = "founders"
) -> Founder:
    at = f"{of}[{number}]"
    if not isinstance(value, dict):
        raise BodyMalformed(Place(field=at), why="an object is wanted")
    said = fields(value, "officer organ passkey", at=at)
    officer = Officer(officer_id(said), text(said, "organ", most=64, at=at), post)
    return Founder(officer, passkey_of(said))


def _liaison(value: object, number: int) -> Founder:
    return _founder(value, number, Post.LIAISON, "liaisons")


def _grant(value: object, number: int, founders: Mapping[str, Officer]) -> Grant:
    at = f"grants[{number}]"
    if not isinstance(value, dict):
        raise BodyMalformed(Place(field=at), why="an object is wanted")
    said = fields(value, "officer region starts ends given_by", at=at)
    officer, giver = founders.get(officer_id(said)), founders.get(text(said, "given_by", at=at))
    if officer is None or giver is None:
        raise BodyMalformed(Place(field=at), why="founders give grants to founders")
    return Grant(
        id=f"{officer.id}/{number + 1:04}",
        officer=officer.id,
        post=Post.REGISTRAR,
        organ=officer.organ,
        region=text(said, "region", most=_REGIONS, at=at),
        acts=FOUNDING_ACTS,
        starts=parse_instant(said["starts"], "starts"),
        ends=parse_instant(said["ends"], "ends"),
        given_by=giver.id,
        given_by_organ=giver.organ,
    )
