"""Another officer's signature beside an act's own: his hardware passkey's, over what he agrees to.

Its counter is compared with those of all he signed, and what it was for is told to him; of a copied
key the act is refused in public, and that is told to him, too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mingma.authority.posts import Officer
from mingma.authority.proposal import challenge
from mingma.flows import offices
from mingma.flows.act_case import Attempted, Case
from mingma.flows.passkey_uses import PasskeyCloned, add_use, counts_on
from mingma.ports import Passkeys, Unit
from mingma.records import Passkey, PasskeyRefused


@dataclass(frozen=True, slots=True)
class OtherSignature:
    """Whose it is, by which passkey, and that one's counter."""

    officer: Officer
    key: Passkey
    count: int


def other_signature(
    unit: Unit, passkeys: Passkeys, id: str, assertion: object, digest: bytes
) -> OtherSignature:
    """What the officer signed over a digest; raises PasskeyRefused."""
    officer, key = offices.officer(unit, id), offices.passkey(unit, id)
    if officer is None or key is None or not isinstance(assertion, Mapping):
        raise PasskeyRefused
    proved = passkeys.verify(assertion, key, challenge(digest))
    if not proved.hardware:
        raise PasskeyRefused
    return OtherSignature(officer, key, proved.count)


def must_count_on(case: Case, one: OtherSignature) -> None:
    """Raise PasskeyCloned, a public attempt that is told to the key's owner.

    Who signed the act itself is no other: that is for whoever counts the persons to refuse.
    """
    own = one.officer.id == case.actor.officer.id
    if not own and not counts_on(case.unit, one.key, one.count):
        refused = PasskeyCloned.slug
        raise Attempted(
            PasskeyCloned(), ("F03-passkey",), told=lambda: keep_use(case, one, refused=refused)
        )


def keep_use(case: Case, one: OtherSignature, refused: str = "") -> None:
    """Tell the officer, too, what his passkey signed."""
    add_use(
        case.unit, one.key, case.now,
        act=f"second/{case.act.value}", id=case.signed.digest().hex(), count=one.count,
        refused=refused,
    )  # fmt: skip
