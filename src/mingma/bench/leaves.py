"""Leaves for the log's benchmarks: decisions of one organ, each of another person, seeded.

The first declares the emergency that the others' colours rest on, so that an audit finds nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from typing import Final

from mingma.kernel.canonical import b64url
from mingma.kernel.times import Instant, day_of
from mingma.ledger.leaf import Kind, Leaf, parse_unsealed
from mingma.records import Outgoing

NOW: Final = Instant(1_665_000_000)
ORGAN: Final = "130000-command"
RULE: Final = "cn-hebei-2022-11/HB-2"
RED_ONE_IN: Final = 20
_FORM: Final = (
    b'{"c":"%b","from":"green","k":"decision","o":"' + ORGAN.encode() + b'",'
    b'"r":"' + RULE.encode() + b'","s":"%b","to":"%b","v":1}'
)


def outgoing(count: int, start: int = 0) -> Iterator[Outgoing]:
    """So many leaves that wait for their seal, from a number on."""
    for number in range(start, start + count):
        ref = f"p{sha256(b'%d' % number).hexdigest()[:43]}"
        yield Outgoing(ref, 1, unsealed(number), NOW)


def unsealed(number: int) -> bytes:
    """The outbox bytes of a leaf; 0 is the emergency's."""
    if number == 0:
        return Leaf(
            kind=Kind.EMERGENCY_DECLARE, organ=ORGAN, digest=bytes(32),
            until=day_of(NOW) + 60,
        ).unsealed()  # fmt: skip
    digest = sha256(b"leaf %d" % number).digest()
    colour = b"green" if number % RED_ONE_IN else b"red"
    return _FORM % (_text(digest), _text(digest[:16]), colour)


def _text(data: bytes) -> bytes:
    return b64url(data).encode("ascii")


def check() -> None:
    """Raise LeafUnreadable if what is written here by hand is no leaf."""
    parse_unsealed(unsealed(1))
    parse_unsealed(unsealed(RED_ONE_IN))
