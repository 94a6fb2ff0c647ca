"""K as the database keeps it: encrypted under a key that the database does not have.

AES-SIV (RFC 5297), bound to the person's reference: whoever reads the database reads no K, and one
that was edited, or put beside another person, does not open. A K in the clear, as earlier releases
kept it, counts only while the log holds the enrolment that commits to it.
"""

from __future__ import annotations

import hmac
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from mingma.kernel.errors import Broken
from mingma.ledger.commitment import ENROLMENT, KEY_SIZE, enrolment
from mingma.ledger.leaf import Kind, parse, parse_unsealed
from mingma.ledger.leaf_values import LeafUnreadable
from mingma.ports import Unit
from mingma.records import Person

PERSON: Final = "person"  # what an alarm calls a row whose K does not open
_LABEL: Final = b"mingma/key-beside-person/1"
_WAITING: Final = 10_000  # leaves that may wait where a K in the clear has not been sealed yet


class KeyDoesNotOpen(Broken):
    """A person's K is needed, and what the database holds of it does not open. Names nobody."""

    slug = "person.key_does_not_open"
    zh = "库中此人的密钥用 evidence.key 打不开:该行已被改动,或缺少这把钥匙"
    en = (
        "a person's K does not open under `evidence.key`: the row was edited, or the key is missing"
    )
    remedy_zh = "任何人的码不因此变差;请用 mingma audit --database 查明该行,恢复该行或 evidence.key"
    remedy_en = (
        "nobody's code gets worse by it; find the row with `mingma audit --database`,"
        " and bring it or `evidence.key` back"
    )


class OtherDatabaseS(Broken):
    """`evidence.key` opens no K of this database: it belongs to another, or was made anew."""

    slug = "keys.other_database"
    zh = "evidence.key 打不开此库中任何人的密钥:不是写入此库的那一把"
    en = "`evidence.key` opens nobody's K in this database: it is not the one it was written with"
    remedy_zh = "请放回与此库相配的 evidence.key 再启动;勿在此状态下收人"
    remedy_en = "put the `evidence.key` of this database back, and start again"


class Unopened(Person):
    """A person whose K does not open: all else of her is read, and no leaf is made about her."""

    __slots__ = ()

    @property
    def key(self) -> bytes:
        """Nobody's; raises KeyDoesNotOpen."""
        raise KeyDoesNotOpen

    @key.setter
    def key(self, _: bytes) -> None:
        """What every field of a person is set by when she is made."""


class KeptKeys:
    """What encrypts K, and opens it. Without a key (b"", an auditor's) nothing opens."""

    def __init__(self, key: bytes) -> None:
        # 64 bytes: AES-256-SIV. Made once, since making it costs more than using it.
        self._cipher = AESSIV(hmac.digest(key, _LABEL, "sha512")) if key else None

    def __bool__(self) -> bool:
        """Whether there is a key at all."""
        return self._cipher is not None

    def kept(self, ref: str, key: bytes) -> bytes:
        """What the database holds of a person's K: 48 bytes."""
        if self._cipher is None:
            raise KeyDoesNotOpen
        return self._cipher.encrypt(key, [ref.encode()])

    def opened(self, ref: str, kept: bytes) -> bytes | None:
        """The K that was kept beside this person; None if this is no such."""
        if self._cipher is None or is_clear(kept):
            return None
        try:
            return self._cipher.decrypt(kept, [ref.encode()])
        except (InvalidTag, ValueError):
            return None


def is_clear(kept: bytes) -> bool:
    """Whether it is as long as a K that nobody encrypted."""
    return len(kept) == KEY_SIZE


def is_enrolled(unit: Unit, ref: str, key: bytes) -> bool:
    """Whether the person's enrolment, sealed or waiting for it, commits to this K."""
    index = unit.index_of(ref, ENROLMENT)
    try:
        if index is not None:
            leaf, _ = parse(unit.leaves(index, index + 1)[0])
            return leaf.kind is Kind.ENROL and leaf.commitment == enrolment(key)
        waiting = [parse_unsealed(one.unsealed) for one in unit.pool(_WAITING)
                   if (one.subject, one.number) == (ref, ENROLMENT)]  # fmt: skip
    except (LeafUnreadable, IndexError):
        return False
    return any(leaf.commitment == enrolment(key) for leaf in waiting)
