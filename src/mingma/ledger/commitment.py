"""What ties a leaf to a person without saying who: tags, nonces, commitments.

All are keyed by random keys: K, 32 bytes a person, encrypted beside the record and given to the
person's app, and K_organ_day, 32 bytes an organ and day, kept by the audit office. Destroying K
turns the person's leaves into random bytes. Nothing here is a hash of a number of a person, salted
or not: those can be enumerated.
"""

from __future__ import annotations

import hmac
from hashlib import sha256
from typing import Final

from mingma.ledger.leaf_values import OFFICER_SIZE, TAG_SIZE

KEY_SIZE: Final = 32
ENROLMENT: Final = 0  # the event number of `enrol`; a person's acts count from 1, unbroken


def tag(key: bytes, number: int) -> bytes:
    """The `s` of a person's n-th event: only K's holders can tell whose it is."""
    return _hmac(key, b"mingma/tag/1|%d" % _counted(number))[:TAG_SIZE]


def nonce(key: bytes, number: int) -> bytes:
    """What hides the body of a person's n-th event: 32 bytes."""
    return _hmac(key, b"mingma/nonce/1|%d" % _counted(number))


def commitment(nonce: bytes, body: bytes) -> bytes:
    """The `c` of a leaf: opens to this body, canonical, and to no other."""
    if len(nonce) != KEY_SIZE:
        raise ValueError("a nonce has 32 bytes")
    return sha256(b"mingma/body/1\x00" + nonce + body).digest()


def enrolment(key: bytes) -> bytes:
    """The `c` of an `enrol` leaf: ties the person's sequence of tags to one K."""
    if len(key) != KEY_SIZE:
        raise ValueError("K has 32 bytes")
    return sha256(b"mingma/enrol/1\x00" + key).digest()


def officer(organ_day_key: bytes, name: str) -> bytes:
    """The `u` of a leaf: tells two officers of one organ and day apart, and no more."""
    return _hmac(organ_day_key, name.encode())[:OFFICER_SIZE]


def _counted(number: int) -> int:
    if number < ENROLMENT:
        raise ValueError("events are counted from 0")
    return number


def _hmac(key: bytes, message: bytes) -> bytes:
    if len(key) != KEY_SIZE:
        raise ValueError("keys have 32 bytes")
    return hmac.digest(key, message, "sha256")
