"""Give an officer another passkey for a lost one: registrars of two organs sign it together.

The first signs the act; the second signs the same replacement with his own passkey, and neither is
the officer. The old passkey is dead from then on. The log shows it as a new leaf `key.rotate` with
the word `passkey`, of which the digest opens to the new key's record.
"""

from __future__ import annotations

import hashlib

from mingma.authority.grants import Replacement, check_replacement
from mingma.authority.matters import Appointing, AppointmentMatter
from mingma.flows import offices
from mingma.flows.act_case import Answer, Case, Held, Prepared, fields
from mingma.flows.give_grant import NoSuchOffice, officer_id, passkey_of, signed_by
from mingma.flows.leaf_names import NONCE_SIZE
from mingma.flows.other_signature import keep_use
from mingma.flows.second_registrar import second_registrar
from mingma.kernel.canonical import b64url
from mingma.kernel.errors import Place


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
    second = second_registrar(case, organ.region, replacement.digest())
    signers = [case.actor.officer, second.officer]
    check_replacement(replacement, signers)

    def do(held: Held) -> Answer:
        keep_use(case, second)
        offices.add_passkey(
            case.unit, officer.id, key, case.now,
            nonce=case.desk.chance(NONCE_SIZE), by=signed_by(case, held),
        )  # fmt: skip
        return {"officer": officer.id, "credential": b64url(key.credential)}

    matter = AppointmentMatter(organ.region, officer.id, organ.id, organ.kind, 1)
    organs = len({one.organ for one in signers})
    return Prepared(matter, officer.id, Appointing(organs=organs), do)
