"""How a leaf names an organ and an officer, and whose act a leaf about nobody is.

An organ below the city stands under its kind in that city; an officer under a pseudonym of the
organ and day, which only the audit office's key makes.
"""

from __future__ import annotations

import hmac
from typing import Final

from mingma.authority.organs import Level, Organ
from mingma.flows.emergency import INSTANCE
from mingma.kernel.times import Instant, day_of
from mingma.ledger.commitment import officer as officer_pseudonym
from mingma.ledger.leaf import Leaf
from mingma.records import Outgoing

NONCE_SIZE: Final = 32  # bytes


def public_name(one: Organ) -> str:
    """The `o` of a leaf: the organ, or, for one below the city, its kind in that city."""
    if one.level is not Level.COUNTY:
        return one.id
    return f"{one.region[:4]}00-{one.kind.value}"


def officer_mark(audit_key: bytes, organ_id: str, officer_id: str, now: Instant) -> bytes:
    """The `u` of a leaf: a pseudonym of the organ and day, out of the audit office's key."""
    label = f"mingma/organ-day/1|{organ_id}|{day_of(now)}".encode()
    return officer_pseudonym(hmac.digest(audit_key, label, "sha256"), officer_id)


def leaf_of_nobody(kind: str, id: str, leaf: Leaf, now: Instant) -> Outgoing:
    """A leaf of an act about nobody, for the outbox."""
    return Outgoing(f"{INSTANCE}:{kind}:{id}", 0, leaf.unsealed(), now)
