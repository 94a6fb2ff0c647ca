"""Give an officer another passkey for a lost one: registrars of two organs sign it together.

The first signs the act; the second signs the same replacement with his own passkey, and neither is
the officer. The old passkey is dead from then on. The log shows it as a new leaf `key.rotate` with
the word `passkey`, of which the digest opens to the new key's record.
"""

from __future__ import annotations

import hashlib

from mingma.authority.grants import Replacement, check_replacement
from mingma.authority.matters import Appointing, AppointmentMatter
from mingma.authority.posts import Officer, Post, granted
from mingma.authority.proposal import challenge
from mingma.flows import offices
from mingma.flows.act_case import Answer, Attempted, Case, Held, Prepared, fields, text
from mingma.flows.give_grant import NoSuchOffice, officer_id, passkey_of, signed_by
from mingma.kernel.canonical import b64url
from mingma.kernel.errors import Place
from mingma.records import PasskeyRefused


def prepare(case: Case) -> Prepared:
    """REPLACE_PASSKEY: `officer`, `passkey`, and of the second registrar `second`, `assertion`."""
    body = fields(case.body, "officer passkey second assertion")
    officer = offices.officer(case.unit, officer_id(body))
    organ = offices.organ(case.unit, officer.organ) if officer else None
    if officer is None or organ is None:
        raise NoSuchOffice(Place(field="body.officer"), what=officer_id(body))
    key = passkey_of(body)
    replacement = Replacement(
        officer.id,
        officer.organ,
        hashlib.sha256(key.credential + b"\0" + key.key).digest(),
        case.signed.at,
    )
    second = _second(case, text(body, "second", most=64), replacement)
    signers = [case.actor.officer, second]
    check_replacement(replacement, signers)

    def do(held: Held) -> Answer:
        offices.add_passkey(
            case.unit, officer.id, key, case.now,
            nonce=case.desk.chance(offices.NONCE_SIZE), by=signed_by(case, held),
        )  # fmt: skip
        return {"officer": officer.id, "credential": b64url(key.credential)}

    matter = AppointmentMatter(organ.region, officer.id, organ.id, organ.kind, 1)
    organs = len({one.organ for one in signers})
    return Prepared(matter, officer.id, Appointing(organs=organs), do)


def _second(case: Case, id: str, replacement: Replacement) -> Officer:
    """The second registrar, if his passkey signed this very replacement and a grant covers it."""
    officer = offices.officer(case.unit, id)
    key = offices.passkey(case.unit, id)
    assertion = case.body["assertion"]
    if officer is None or key is None or not isinstance(assertion, dict):
        raise Attempted(PasskeyRefused(Place(field="body.second")), ("F45-two-organs",))
    try:
        proved = case.desk.passkeys.verify(assertion, key, challenge(replacement.digest()))
    except PasskeyRefused as problem:
        raise Attempted(problem, ("F45-two-organs",)) from None
    organ = offices.organ(case.unit, replacement.organ)
    region = organ.region if organ else ""
    grants = offices.grants_of(case.unit, id)
    covered = granted(grants, officer, case.act, region, case.now)
    if covered is None or officer.post is not Post.REGISTRAR or not proved.hardware:
        raise Attempted(PasskeyRefused(Place(field="body.second")), ("F45-two-organs",))
    return officer
