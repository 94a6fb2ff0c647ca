"""Give a grant, or end one before its time: by a registrar of another organ, each with its leaf.

An officer who has no office yet gets it with his first grant, and his passkey with it: registrars
of two organs sign that, or one of them could be everybody. A grant's registrar never chooses a
passkey for somebody who has one (`replace_passkey` does, with two organs). A grant begins now or
later, never earlier, and is used once its leaf is sealed.
"""

from __future__ import annotations

import binascii
from collections.abc import Mapping
from typing import Any, Final

from mingma.authority.acts import Act
from mingma.authority.grants import (
    TwoOrgansNeeded,
    appointment_digest,
    check_grant,
    check_registrars,
    end_grant,
)
from mingma.authority.matters import Appointing, AppointmentMatter
from mingma.authority.organs import Organ
from mingma.authority.posts import Grant, Officer, Post
from mingma.authority.powers import acts_of
from mingma.flows import offices
from mingma.flows.act_case import (
    Answer,
    Attempted,
    BodyMalformed,
    Case,
    Held,
    Prepared,
    fields,
    rows,
    text,
)  # fmt: skip
from mingma.flows.leaf_names import NONCE_SIZE, public_name
from mingma.flows.other_signature import OtherSignature, keep_use
from mingma.flows.second_registrar import TWO_ORGANS, second_registrar
from mingma.flows.signed_act import OFFICER_FORM
from mingma.kernel.canonical import from_b64url
from mingma.kernel.errors import Place, Refused
from mingma.kernel.times import DAY, Instant, parse_instant
from mingma.records import Passkey

LEAST_KEY: Final = 16  # bytes of a credential id or of a public key
MOST_KEY: Final = 2048


class NoSuchOffice(Refused):
    """An organ, officer or grant that is on no record."""

    slug = "office.none_such"
    status = 404
    zh = "没有登记此机关、人员或授权:`{what}`"
    en = "no such organ, officer or grant is on record: `{what}`"
    remedy_zh = "核对编号;机关由首次授权仪式登记"
    remedy_en = "check the id; organs are named at the ceremony"


class OfficeTaken(Refused):
    """An officer who is on record in another organ or post, or has a passkey already."""

    slug = "office.taken"
    status = 409
    zh = "此人员已在另一机关或岗位登记,或已有通行密钥:`{what}`"
    en = "the officer is on record in another organ or post, or has a passkey: `{what}`"
    remedy_zh = "另给编号;更换密钥须两个机关"
    remedy_en = "give another id; two organs replace a passkey"


def prepare(case: Case) -> Prepared:
    """GIVE_GRANT: `officer`, `organ`, `post`, `region`, `acts`, `starts`, `ends`.

    For a new officer `passkey` too, and of a second registrar `second`, `assertion`.
    """
    needed = "officer organ post region acts starts ends"
    body = fields(case.body, needed, "passkey second assertion")
    organ = organ_of(case, text(body, "organ"))
    officer = Officer(officer_id(body), organ.id, post_of(body))
    known = offices.officer(case.unit, officer.id)
    key = passkey_of(body) if "passkey" in body else None
    if known is not None and (known != officer or key is not None):
        raise OfficeTaken(Place(field="body.officer"), what=officer.id)
    if known is None and key is None:
        raise BodyMalformed(Place(field="body.passkey"), why="a new officer needs one")
    grant = Grant(
        id=offices.next_grant_id(case.unit, officer.id),
        officer=officer.id,
        post=officer.post,
        organ=organ.id,
        region=text(body, "region", most=6),
        acts=acts_named(body, officer.post),
        starts=_not_before(parse_instant(body["starts"], "starts"), case.now),
        ends=parse_instant(body["ends"], "ends"),
        given_by=case.actor.officer.id,
        given_by_organ=case.actor.organ.id,
    )
    check_grant(grant, {organ.id: organ, case.actor.organ.id: case.actor.organ})
    second = _second(case, grant) if known is None else None
    organs = 2 if known is None else 1

    def do(held: Held) -> Answer:
        if second is not None:
            keep_use(case, second)
        if known is None and key is not None:
            case.unit.add_record(offices.officer_record(officer, case.now))
            offices.add_passkey(
                case.unit, officer.id, key, case.now,
                nonce=case.desk.chance(NONCE_SIZE), by=signed_by(case, held),
            )  # fmt: skip
        offices.give(
            case.unit, grant, case.actor.organ, organ, case.now,
            nonce=case.desk.chance(NONCE_SIZE), mark=case.mark, under=held.index,
        )  # fmt: skip
        return {"grant": grant.id}

    matter = AppointmentMatter(
        grant.region, officer.id, organ.id, organ.kind, days_of(grant.starts, grant.ends)
    )
    return Prepared(matter, officer.id, Appointing(organs=organs), do)


def _second(case: Case, grant: Grant) -> OtherSignature:
    """What another organ's registrar signed of a new officer's first grant and passkey."""
    if not {"second", "assertion"} <= case.body.keys():
        raise Attempted(TwoOrgansNeeded(Place(field="body.second")), TWO_ORGANS)
    digest = appointment_digest(case.body, case.signed.at)
    second = second_registrar(case, grant.region, digest)
    check_registrars(grant.officer, [case.actor.officer, second.officer])
    return second


def prepare_end(case: Case) -> Prepared:
    """END_GRANT: `grant`, its id. Any registrar may, but nobody ends his own."""
    body = fields(case.body, "grant")
    id = text(body, "grant", most=80)
    grant = offices.grant_by_id(case.unit, id)
    organ = offices.organ(case.unit, grant.organ) if grant else None
    if grant is None or organ is None:
        raise NoSuchOffice(Place(field="body.grant"), what=id)
    if grant.ended is not None:
        raise OfficeTaken(Place(field="body.grant"), what=id)
    end_grant(grant, case.actor.officer, case.now)

    def do(held: Held) -> Answer:
        offices.end(
            case.unit, grant, case.actor.officer, case.actor.organ, case.now,
            mark=case.mark, under=held.index,
        )  # fmt: skip
        return {"grant": grant.id}

    days = days_of(grant.starts, grant.ends)
    matter = AppointmentMatter(grant.region, grant.officer, organ.id, organ.kind, days)
    return Prepared(matter, grant.officer, Appointing(), do)


# -- what the acts about offices share


def organ_of(case: Case, id: str) -> Organ:
    """The organ on record; raises NoSuchOffice."""
    found = offices.organ(case.unit, id)
    if found is None:
        raise NoSuchOffice(Place(field="body.organ"), what=id[:64])
    return found


def officer_id(body: Mapping[str, Any]) -> str:
    """An officer's id of the form that signed acts name."""
    found = text(body, "officer", most=64)
    if not OFFICER_FORM.fullmatch(found):
        raise BodyMalformed(Place(field="body.officer"), why=f"the form {OFFICER_FORM.pattern}")
    return found


def post_of(body: Mapping[str, Any]) -> Post:
    """A post of the closed list."""
    try:
        return Post(text(body, "post"))
    except ValueError:
        raise BodyMalformed(Place(field="body.post"), why="there is no such post") from None


def acts_named(body: Mapping[str, Any], post: Post) -> frozenset[Act]:
    """The acts a grant names, or, for `["*"]`, every act of the post."""
    named = rows(body, "acts", len(Act))
    if named == ["*"]:
        return acts_of(post)
    try:
        return frozenset(Act(one) for one in named)
    except ValueError:
        raise BodyMalformed(Place(field="body.acts"), why="there is no such act") from None


def passkey_of(body: Mapping[str, Any]) -> Passkey:
    """A passkey as its two parts in base64url."""
    said = body["passkey"]
    if not isinstance(said, dict):
        raise BodyMalformed(Place(field="body.passkey"), why="an object is wanted")
    fields(said, "credential key", at="body.passkey")
    return Passkey(_bytes(said, "credential"), _bytes(said, "key"))


def signed_by(case: Case, held: Held) -> offices.Signed:
    """Under whose name the leaf of an office stands."""
    return offices.Signed(public_name(case.actor.organ), case.mark, held.index)


def days_of(starts: Instant, ends: Instant) -> int:
    """How many days it lasts, begun ones counted."""
    return max(0, -(-(ends - starts) // DAY))


def _bytes(said: Mapping[str, Any], name: str) -> bytes:
    try:
        found = from_b64url(text(said, name, at="body.passkey"))
    except (binascii.Error, ValueError):
        found = b""
    if not LEAST_KEY <= len(found) <= MOST_KEY:
        raise BodyMalformed(Place(field=f"body.passkey.{name}"), why="base64url of a passkey")
    return found


def _not_before(starts: Instant, now: Instant) -> Instant:
    """A grant's start, which nobody puts back."""
    return max(starts, now)
