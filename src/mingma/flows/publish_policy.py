"""Publish the trust policy: a `log.policy` leaf with the digest of its file and its parameters.

From its leaf on everybody can tell which policy was in force when: a policy that was changed in
silence is seen by comparing the file with the newest leaf.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Final

from mingma.flows.cosigned import GRACE
from mingma.flows.emergency import INSTANCE
from mingma.flows.index_hour import Acting
from mingma.kernel.canonical import canonical
from mingma.kernel.times import Instant
from mingma.ledger.leaf import Kind, Leaf
from mingma.ledger.policy import parse_policy
from mingma.ports import Unit
from mingma.records import Outgoing, Record

POLICY: Final = "policy"  # the kind of records that are policies; ids are their numbers in order
CLEAR: Final = "prefecture"  # organs stand in the clear up to this level, 300,000 people and more


def keep_policy(acting: Acting, organ: str, policy: bytes, now: Instant) -> bool:
    """Publish the policy an instance stands under, if it has one and it is not published yet."""
    if not policy:
        return False
    with acting() as unit:
        return publish_policy(unit, organ, policy, GRACE, now)


def publish_policy(
    unit: Unit, organ: str, policy: bytes, grace: int, now: Instant, clear: str = CLEAR
) -> bool:
    """Write the leaf if the policy or a parameter is not the one published last; whether it was.

    Raises what reading the policy raises: one that nobody can read is not published.
    """
    parse_policy(policy)
    last = unit.last_record(POLICY, "")
    digest = sha256(policy).digest()
    body = canonical({"clear": clear, "digest": digest.hex(), "grace": grace})
    if last and last.body == body:
        return False
    number = int(last.id) + 1 if last else 0
    leaf = Leaf(kind=Kind.LOG_POLICY, organ=organ, digest=digest, grace=grace, clear=clear)
    unit.add_record(Record(POLICY, f"{number:019}", now, body))
    unit.add_leaves([Outgoing(f"{INSTANCE}:policy", number, leaf.unsealed(), now)])
    return True
