"""The status token: `HC1:` + base45(zlib(COSE_Sign1(CWT))), our status under claim -260, -1.

docs/formats/token.md is the layout. It carries a masked name and the last four characters of the
number on the card, no reason, no diagnosis, no hash of a number: those can be enumerated. Which
token is believed is `check`'s; signing keys and chance come in as values.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import IntFlag
from typing import Any, Final

import cbor2

from mingma.codes import base45, cose
from mingma.codes.chain import VALUE_SIZE
from mingma.codes.trust import ES256
from mingma.codes.unreadable import unreadable
from mingma.kernel.errors import Refused
from mingma.kernel.times import DAY, EARLIEST_YEAR, HOUR, LATEST_YEAR, Instant, parse_instant
from mingma.kernel.words import Colour

PREFIX: Final = "HC1:"
MAX_TEXT: Final = 4296  # characters that the largest QR code holds
MAX_INFLATED: Final = 4096  # bytes; a token has about 200
LAYOUT: Final = 1
PROOF: Final = -70001  # label of the rotating proof in the unprotected header
CREDENTIAL_SIZE: Final = 8
LEAF_SIZE: Final = 8  # of the decision's leaf hash
MAX_NAME: Final = 64  # characters
MAX_LIST: Final = 10_000_000  # entries of one status list

ISSUER: Final = 1  # CWT claims (RFC 8392), and ours
EXPIRES: Final = 4
ISSUED: Final = 6
HCERT: Final = -260
STATUS: Final = -1

STATIC_LIFETIME: Final = 12 * HOUR  # no list reaches a static token: half a day is what it may err
SHOWN_LIFETIME: Final = 24 * HOUR
PAPER_LIFETIME: Final = 7 * DAY

# The number of each colour in a token. A closed list: any other number is unreadable.
COLOURS: Final = (
    Colour.GREEN,
    Colour.YELLOW,
    Colour.RED,
    Colour.ORANGE,
    Colour.BLUE,
    Colour.GREY,
)
_EARLIEST: Final = parse_instant(f"{EARLIEST_YEAR}-01-01T00:00:00Z")
_LATEST: Final = parse_instant(f"{LATEST_YEAR}-12-31T23:59:59Z")
_LAST_FOUR: Final = re.compile(r"[0-9A-Z]{4}", re.ASCII)
_ISSUER: Final = re.compile(r"[A-Z][A-Z0-9-]{1,15}", re.ASCII)

Sign = Callable[[bytes], bytes]
Claims = Mapping[int, Any]


class Lapsed(Refused):
    """The decision in force has ended and no other stands: there is nothing to sign."""

    slug = "token.lapsed"
    zh = "健康码已到期失效,既不是红码也不是黄码"
    en = "the code has lapsed; that is neither red nor yellow"
    remedy_zh = "刷新以重新判定;不予发码亦须作出决定,可以申诉"
    remedy_en = "refresh to be decided anew; not issuing one is a decision and can be objected to"


class Flags(IntFlag):
    """What a token says about itself. A bit that is not here makes it unreadable."""

    NONE = 0
    PAPER = 1
    FAMILY = 2  # shown by a member of the family
    PROVISIONAL = 4
    SPECIMEN = 8  # proves nothing
    STATIC = 16  # no status list and no rotating proof


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """What a token says. Built only if the layout allows it, else TokenUnreadable.

    `leaf` is the first eight bytes of the decision's leaf hash, on every colour but green.
    INVARIANT: neither anchor nor paper nor static => no such token.
    """

    colour: Colour
    jurisdiction: int  # GB/T 2260
    edition: int  # of the rule pack that decided
    credential: bytes  # random, fresh at each issue
    issued_at: Instant
    expires_at: Instant
    name: str  # masked
    last_four: str
    flags: Flags
    issuer: str = "CN"
    index: int | None = None  # in the status list
    anchor: bytes | None = None  # of the rotating proof
    leaf: bytes | None = None

    def __post_init__(self) -> None:
        for why, right in self._rules():
            if not right:
                raise unreadable(why)

    def _rules(self) -> tuple[tuple[str, bool], ...]:
        static, paper = Flags.STATIC in self.flags, Flags.PAPER in self.flags
        lifetime = self.expires_at - self.issued_at
        longest = PAPER_LIFETIME if paper else SHOWN_LIFETIME
        return (
            ("status.issuer", _ISSUER.fullmatch(self.issuer) is not None),
            ("status.colour", self.colour in COLOURS),
            ("status.jurisdiction", 110_000 <= self.jurisdiction <= 829_999),
            ("status.edition", 1 <= self.edition <= 0xFFFF_FFFF),
            ("status.credential", len(self.credential) == CREDENTIAL_SIZE),
            ("status.index", self.index is None or 0 <= self.index < MAX_LIST),
            ("status.anchor", self.anchor is None or len(self.anchor) == VALUE_SIZE),
            ("status.name", 1 <= len(self.name) <= MAX_NAME and self.name.isprintable()),
            ("status.name", _LAST_FOUR.fullmatch(self.last_four) is not None),
            ("status.leaf", self.leaf is None or len(self.leaf) == LEAF_SIZE),
            ("status.leaf", self.leaf is None or self.colour is not Colour.GREEN),
            ("status.flags", int(self.flags) & ~ALL_FLAGS == 0),
            ("status.flags", static or paper or self.anchor is not None),
            ("status.flags", not static or (self.anchor is None and self.index is None)),
            ("status.flags", not paper or self.anchor is None),
            ("status.lifetime", self.issued_at >= _EARLIEST and self.expires_at <= _LATEST),
            ("status.lifetime", 0 < lifetime <= (STATIC_LIFETIME if static else longest)),
        )


ALL_FLAGS: Final = sum(Flags)


@dataclass(frozen=True, slots=True)
class Envelope:
    """A token opened as far as that goes without believing it."""

    kid: bytes
    algorithm: int
    signed: bytes
    signature: bytes
    payload: bytes
    proof: tuple[int, bytes] | None


def lifetime(now: Instant, decision_ends: Instant | None) -> Instant:
    """When a static token issued now ends: in 12 h or with its decision; raises Lapsed."""
    if decision_ends is not None and decision_ends <= now:
        raise Lapsed
    latest = Instant(now + STATIC_LIFETIME)
    return latest if decision_ends is None else min(latest, decision_ends)


def issue(status: Status, kid: bytes, sign: Sign) -> str:
    """The token's text, signed by `sign` (ES256 over the bytes, raw r ‖ s, 64 bytes)."""
    # A colour worse than green names the decision it rests on (P1).
    if status.colour is not Colour.GREEN and status.leaf is None:
        raise unreadable("status.leaf")
    protected = cbor2.dumps({1: ES256, 4: kid})
    payload = cbor2.dumps(_claims(status))
    signature = sign(cose.to_be_signed(protected, payload))
    if len(signature) != cose.SIGNATURE_SIZE:
        raise ValueError("an ES256 signature has 64 bytes")
    return wrap(cose.encode(protected, cbor2.dumps({}), payload, signature))


def wrap(signed: bytes) -> str:
    """The text that carries a COSE message."""
    return PREFIX + base45.encode(zlib.compress(signed, 9))


def inflate(packed: bytes) -> bytes:
    """The bytes of one zlib stream, at most 4 kB and nothing after it; raises TokenUnreadable."""
    stream = zlib.decompressobj()
    try:
        data = stream.decompress(packed, MAX_INFLATED + 1)
    except zlib.error:
        raise unreadable("zlib.stream") from None
    if len(data) > MAX_INFLATED:
        raise unreadable("zlib.too_long")
    if not stream.eof:
        raise unreadable("zlib.stream")
    if stream.unused_data:
        raise unreadable("zlib.trailing")
    return data


def read_envelope(message: cose.Sign1) -> Envelope:
    """The parts of a message as a token has them; raises TokenUnreadable.

    Algorithm and key id count only where they are signed, in the protected header.
    """
    if set(message.header) != {1, 4}:
        raise unreadable("cose.header")
    algorithm, kid = message.header[1], message.header[4]
    if type(algorithm) is not int or type(kid) is not bytes:
        raise unreadable("cose.header")
    if len(message.signature) != cose.SIGNATURE_SIZE:
        raise unreadable("cose.signature_size")
    signed = cose.to_be_signed(message.protected, message.payload)
    proof = _proof(message.unprotected)
    return Envelope(kid, algorithm, signed, message.signature, message.payload, proof)


def read_claims(payload: bytes) -> Claims:
    """The claims in a payload, of whatever kind; raises TokenUnreadable."""
    return cose.numbered(cose.read_cbor(payload, "cbor.claims"), "cbor.claims")


def _proof(unprotected: Mapping[int, Any]) -> tuple[int, bytes] | None:
    """The rotating proof, the one thing a phone adds; nothing else may stand beside it."""
    if not unprotected:
        return None
    shown: Any = unprotected.get(PROOF)
    if set(unprotected) != {PROOF} or type(shown) not in (list, tuple) or len(shown) != 2:
        raise unreadable("cose.unprotected")
    step, value = shown
    if type(step) is not int or type(value) is not bytes or len(value) != VALUE_SIZE:
        raise unreadable("cose.unprotected")
    return step, value


def _claims(status: Status) -> dict[int, object]:
    inner: dict[int, object] = {
        0: LAYOUT,
        1: COLOURS.index(status.colour),
        2: status.jurisdiction,
        3: status.edition,
        4: status.credential,
        5: status.index,
        6: status.anchor,
        7: [status.name, status.last_four],
        8: status.leaf,
        9: int(status.flags),
    }
    return {
        ISSUER: status.issuer,
        EXPIRES: int(status.expires_at),
        ISSUED: int(status.issued_at),
        HCERT: {STATUS: {key: value for key, value in inner.items() if value is not None}},
    }


def times(claims: Claims) -> tuple[Instant, Instant]:
    """When the claims were issued and when they end; raises TokenUnreadable."""
    issued, expires = claims.get(ISSUED), claims.get(EXPIRES)
    if type(issued) is not int or type(expires) is not int:
        raise unreadable("cbor.times")
    return Instant(issued), Instant(expires)


def read_status(claims: Claims) -> Status:
    """The status that claims hold, exactly as the layout says; raises TokenUnreadable."""
    issued_at, expires_at = times(claims)
    if set(claims) != {ISSUER, EXPIRES, ISSUED, HCERT}:
        raise unreadable("status.claims")
    hcert = cose.numbered(claims[HCERT], "status.claims")
    if set(hcert) != {STATUS}:  # an EU certificate, for one
        raise unreadable("status.claims")
    inner = cose.numbered(hcert[STATUS], "status.claims")
    if type(inner.get(0)) is not int or inner[0] != LAYOUT:
        raise unreadable("status.layout")
    types = {key: type(value) for key, value in inner.items()}
    if not _MUST.items() <= types.items() <= (_MUST | _MAY).items() | {(7, list), (7, tuple)}:
        raise unreadable("status.fields")
    return _status(claims[ISSUER], inner, issued_at, expires_at)


_MUST: Final[dict[int, type]] = {0: int, 1: int, 2: int, 3: int, 4: bytes, 9: int}
_MAY: Final[dict[int, type]] = {5: int, 6: bytes, 8: bytes}


def _status(issuer: object, inner: Claims, issued_at: Instant, expires_at: Instant) -> Status:
    holder = inner.get(7, ())
    if len(holder) != 2 or not all(type(one) is str for one in (*holder, issuer)):
        raise unreadable("status.fields")
    if not 0 <= inner[1] < len(COLOURS):
        raise unreadable("status.colour")
    if inner[9] & ~ALL_FLAGS:
        raise unreadable("status.flags")
    return Status(
        colour=COLOURS[inner[1]],
        jurisdiction=inner[2],
        edition=inner[3],
        credential=inner[4],
        issued_at=issued_at,
        expires_at=expires_at,
        name=holder[0],
        last_four=holder[1],
        flags=Flags(inner[9]),
        issuer=str(issuer),
        index=inner.get(5),
        anchor=inner.get(6),
        leaf=inner.get(8),
    )
