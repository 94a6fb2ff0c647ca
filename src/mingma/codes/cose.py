"""CBOR and COSE_Sign1 (RFC 8949, RFC 9052), only what a token needs, and strict.

A map with a key twice, bytes after the end, indefinite lengths and every tag but 18 and 61 are
refused: none has a use here, and each gives one token two readings. Knows no keys.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Any, Final, NoReturn

import cbor2

from mingma.codes.unreadable import unreadable

TAG_SIGN1: Final = 18
TAG_CWT: Final = 61
MAX_DEPTH: Final = 8  # containers and tags inside one another; a token has six
SIGNATURE_SIZE: Final = 64  # ES256: r and s, 32 bytes each
_CONTEXT: Final = b"\x84\x6aSignature1"  # an array of four that begins with this text


def _no_tag(*_: object) -> NoReturn:
    raise cbor2.CBORDecodeError("no tags here")


# Tags that cbor2 would turn into dates, numbers, patterns, references … before anybody checked a
# signature.
_NO_TAGS: Final = dict.fromkeys(
    (0, 1, 2, 3, 4, 5, 25, 28, 29, 30, 35, 36, 37, 52, 54, 100, 256, 258, 260, 261, 1004)
    + (43_000, 55_799),
    _no_tag,
)


@dataclass(frozen=True, slots=True)
class Sign1:
    """A COSE_Sign1 as it was read: the protected bytes as they stood, and both headers."""

    protected: bytes
    header: Mapping[int, Any]
    unprotected: Mapping[int, Any]
    payload: bytes
    signature: bytes


def read_cbor(data: bytes, why: str) -> Any:
    """The one CBOR item in the bytes; raises TokenUnreadable with the reason."""
    stream = BytesIO(data)
    try:
        value = cbor2.CBORDecoder(
            stream,
            semantic_decoders=_NO_TAGS,
            max_depth=MAX_DEPTH,
            allow_indefinite=False,
            allow_duplicate_keys=False,
        ).decode()
    except (cbor2.CBORError, ValueError, TypeError, OverflowError, RecursionError):
        raise unreadable(why) from None
    if stream.tell() != len(data):
        raise unreadable(f"{why}_trailing")
    return value


def numbered(value: object, why: str) -> Mapping[int, Any]:
    """The map, its keys being whole numbers; `true` and `1.0` are not 1. Else TokenUnreadable."""
    if not isinstance(value, Mapping) or any(type(key) is not int for key in value):
        raise unreadable(why)
    return value


def decode(data: bytes) -> Sign1:
    """The COSE_Sign1 under tag 18 or 61(18); raises TokenUnreadable."""
    value = read_cbor(data, "cose.cbor")
    if _tag(value) == TAG_CWT:
        value = value.value
    if _tag(value) != TAG_SIGN1:
        raise unreadable("cose.tag")
    parts = value.value
    if type(parts) not in (list, tuple) or len(parts) != 4:
        raise unreadable("cose.form")
    protected, unprotected, payload, signature = parts
    if not type(protected) is type(payload) is type(signature) is bytes:
        raise unreadable("cose.form")
    unprotected = numbered(unprotected, "cose.unprotected")
    header = numbered(read_cbor(protected, "cose.header") if protected else {}, "cose.header")
    if set(header) & set(unprotected):
        raise unreadable("cose.header")
    return Sign1(protected, header, unprotected, payload, signature)


def encode(protected: bytes, unprotected: bytes, payload: bytes, signature: bytes) -> bytes:
    """The tagged COSE_Sign1; `unprotected` is the CBOR of a map."""
    parts = (_bstr(protected), unprotected, _bstr(payload), _bstr(signature))
    return bytes([0xC0 | TAG_SIGN1, 0x84]) + b"".join(parts)


def to_be_signed(protected: bytes, payload: bytes, external: bytes = b"") -> bytes:
    """The bytes that the signature is over (RFC 9052 section 4.4)."""
    if protected == b"\xa0":  # an empty map is signed as no bytes
        protected = b""
    return _CONTEXT + _bstr(protected) + _bstr(external) + _bstr(payload)


def _tag(value: object) -> int | None:
    return value.tag if isinstance(value, cbor2.CBORTag) else None


def _bstr(data: bytes) -> bytes:
    size = len(data)
    if size < 24:
        return bytes([0x40 | size]) + data
    if size < 256:
        return bytes([0x58, size]) + data
    return b"\x59" + size.to_bytes(2, "big") + data
