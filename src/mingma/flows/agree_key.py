"""Another key of the log, the issuer or a witness: two operators agree to it, an auditor present.

One executor of the data bureau signs the act ROTATE_KEY; a second one and an auditor sign the same
agreement with their own passkeys (rail F54). It names the new key by the digest that its leaf will
have, so it allows that key and no other. Whoever then runs the command at the machine needs it:
`agreed` verifies the three signatures again, so a row put into the database is no agreement.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Final

from mingma.authority.acts import Act
from mingma.authority.matters import InstanceMatter, Operating
from mingma.authority.posts import Post, grants_in_force
from mingma.flows import offices
from mingma.flows.act_case import Answer, BodyMalformed, Case, Desk, Held, Prepared, fields, text
from mingma.flows.leaf_names import officer_mark, public_name
from mingma.flows.other_signature import (
    OtherSignature,
    keep_use,
    must_count_on,
    other_signature,
)
from mingma.flows.signed_act import ACT, SignedAct, kept_digest
from mingma.kernel.canonical import canonical
from mingma.kernel.errors import Place, Refused
from mingma.kernel.times import Instant
from mingma.ledger.leaf import SIGNING
from mingma.ports import Unit
from mingma.records import PasskeyRefused, Record

AGREED: Final = "key_agreed"  # the kind of records; ids are the key's kind and digest
_LABEL: Final = b"mingma/key/1\0"
_SHOULD: Final = {Post.EXECUTOR: Act.ROTATE_KEY, Post.AUDITOR: Act.READ_AUDIT}


class KeyNotAgreed(Refused):
    """A key that one person alone would replace. Nothing was written."""

    slug = "key.not_agreed"
    status = 409
    zh = "更换 {what} 密钥须两名操作人员与一名审计员签署(摘要 `{digest}`)"
    en = "two operators and an auditor have not signed for this key of kind {what} (`{digest}`)"
    remedy_zh = "请以 rotate_key 行为签署此摘要(docs/guides/keys.md),然后再运行一次"
    remedy_en = "have the act rotate_key signed for this digest (docs/guides/keys.md); run it again"


def agreement(what: str, digest: str, at: Instant) -> bytes:
    """What the second operator and the auditor sign: which key, and at which instant."""
    said = {"at": int(at), "digest": digest, "what": what}
    return hashlib.sha256(_LABEL + canonical(said)).digest()


def prepare(case: Case) -> Prepared:
    """ROTATE_KEY: `what`, `digest`, `second` and `auditor`, each with an assertion."""
    body = fields(case.body, "what digest", "second assertion auditor auditor_assertion")
    what, digest = _key(body)
    signers = _signers(case.unit, case.desk, case.signed)
    for one in signers:
        must_count_on(case, one)
    officers = [one.officer for one in signers]
    operators = {case.actor.officer.id, *(one.id for one in officers if one.post is Post.EXECUTOR)}
    circumstances = Operating(
        persons=len(operators),
        auditor_present=any(one.post is Post.AUDITOR for one in officers),
    )

    def do(_: Held) -> Answer:
        for one in signers:
            keep_use(case, one)
        id = f"{what}/{digest.hex()}"
        if not case.unit.records_under(AGREED, id):
            act = {"act": case.signed.digest().hex()}
            case.unit.add_record(Record(AGREED, id, case.now, canonical(act)))
        return {"what": what, "digest": digest.hex()}

    about = f"key/{what}"
    return Prepared(InstanceMatter(case.context.region), about, circumstances, do)


def agreed(unit: Unit, desk: Desk, what: str, digest: bytes, now: Instant) -> offices.Signed | None:
    """Under whose name the key's leaf stands; None where nobody is in office yet.

    Raises KeyNotAgreed.
    """
    if unit.last_record(offices.GRANT, "") is None:
        return None
    for record in unit.records_under(AGREED, f"{what}/{digest.hex()}"):
        signed = _signed_act(unit, json.loads(record.body)["act"])
        if signed is not None and _key(signed.body) == (what, digest):
            by = _standing(unit, desk, signed, now)
            if by is not None:
                return by
    raise KeyNotAgreed(what=what, digest=digest.hex())


def _standing(unit: Unit, desk: Desk, signed: SignedAct, now: Instant) -> offices.Signed | None:
    """Who signed first, if all three signatures are those of who was in office then."""
    then = signed.at
    own = _signature(unit, desk, signed.officer, signed.assertion, _digest(signed), then)
    first = own.officer if own else None
    others = {one.officer.post: one.officer for one in _signers(unit, desk, signed)}
    second = others.get(Post.EXECUTOR)
    if first is None or first.post is not Post.EXECUTOR or second is None or second == first:
        return None
    organ = offices.organ(unit, first.organ)
    if organ is None or Post.AUDITOR not in others:
        return None
    grants = grants_in_force(offices.grants_of(unit, first.id), then)
    grant = next(one for one in grants if one.gives(Act.ROTATE_KEY))
    mark = officer_mark(desk.audit_key, organ.id, first.id, now)
    return offices.Signed(public_name(organ), mark, offices.sealed_index(unit, grant))


def _signers(unit: Unit, desk: Desk, signed: SignedAct) -> list[OtherSignature]:
    """Of the second operator and the auditor those whose own passkeys signed this agreement."""
    what, digest = _key(signed.body)
    whole, found = agreement(what, digest.hex(), signed.at), []
    for name, assertion in (("second", "assertion"), ("auditor", "auditor_assertion")):
        if name in signed.body:
            said = signed.body.get(assertion)
            id = text(signed.body, name, most=64)
            one = _signature(unit, desk, id, said, whole, signed.at)
            if one is not None:
                found.append(one)
    return found


def _signature(
    unit: Unit, desk: Desk, id: str, assertion: object, digest: bytes, at: Instant
) -> OtherSignature | None:
    """What an officer's hardware passkey signed, who had a grant to."""
    try:
        signed = other_signature(unit, desk.passkeys, id, assertion, digest)
    except PasskeyRefused:
        return None
    should = _SHOULD.get(signed.officer.post)
    grants = grants_in_force(offices.grants_of(unit, id), at)
    return signed if should and any(one.gives(should) for one in grants) else None


def _key(body: Mapping[str, Any]) -> tuple[str, bytes]:
    try:
        what, digest = text(body, "what"), bytes.fromhex(text(body, "digest", most=64))
    except ValueError:
        raise BodyMalformed(Place(field="body.digest"), why="hex is wanted") from None
    if what not in SIGNING or len(digest) != hashlib.sha256().digest_size:
        raise BodyMalformed(Place(field="body"), why=f"one of {sorted(SIGNING)} and a SHA-256")
    return what, digest


def _digest(kept: SignedAct) -> bytes:
    """What was signed of an act that is kept: it has its session's name in the word's place."""
    return kept_digest(kept.act, kept.officer, kept.at, kept.nonce, kept.body, kept.session)


def _signed_act(unit: Unit, id: str) -> SignedAct | None:
    """The act as it was kept: nothing of it was left out, as no paper is in it."""
    for record in unit.records_under(ACT, id):
        said = json.loads(record.body)
        key = said["assertion"]  # kept without what is the same in each
        assertion = {**key, "id": key["rawId"], "type": "public-key"}
        act, at = Act.ROTATE_KEY, Instant(said["at"])
        name, body = said.get("session", ""), said["body"]
        return SignedAct(act, said["officer"], at, said["nonce"], body, assertion, name)
    return None
