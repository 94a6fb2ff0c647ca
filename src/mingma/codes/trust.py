"""Whom a checker believes: certificates by key id.

Key id = the first eight bytes of SHA-256 of the certificate in DER. Two certificates may share
one, so all of them are tried. A certificate that nobody can read stays in the list: a token under
it is then from an unknown key for a reason that can be told.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from mingma.codes.cose import SIGNATURE_SIZE
from mingma.kernel.errors import Malformed

KID_SIZE: Final = 8
ES256: Final = -7
# Extended key usages that bind a certificate to EU certificates of one kind (eHealth Network,
# in both spellings that were issued). Whoever holds such a key signs no status tokens.
_ELSEWHERE: Final = frozenset(
    f"1.3.6.1.4.1.{arc}.2021.1.{kind}" for arc in ("1847", "0.1847") for kind in (1, 2, 3)
)
_PEM: Final = re.compile(
    rb"-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----"
)

Verify = Callable[[bytes, bytes], bool]


class NoCertificate(Malformed):
    """A file in a trust folder that holds no certificate in PEM, DER or base64 text."""

    slug = "token.no_certificate"
    zh = "其中没有证书"
    en = "there is no certificate in it"
    remedy_zh = "信任目录中请放 PEM、DER 或 base64 文本的证书"
    remedy_en = "a trust folder holds certificates in PEM, DER or base64 text"


@dataclass(frozen=True, slots=True)
class Certificate:
    """A document signer's certificate, as far as a checker needs it.

    `algorithm` is the one COSE number its key is for, None for a key no token is signed with.
    """

    kid: bytes
    der: bytes
    readable: bool = False
    algorithm: int | None = None
    verifies: Verify = lambda _signature, _message: False
    begins: int = 0
    ends: int = 0
    signs_codes: bool = False


class Trust:
    """A set of certificates by key id; in which order they came does not matter."""

    __slots__ = ("_by_kid",)

    def __init__(self, certificates: Iterable[bytes] = ()) -> None:
        self._by_kid: dict[bytes, tuple[Certificate, ...]] = {}
        for der in sorted(set(certificates)):
            found = read(der)
            self._by_kid[found.kid] = (*self._by_kid.get(found.kid, ()), found)

    def under(self, kid: bytes) -> tuple[Certificate, ...]:
        """Every certificate with that key id."""
        return self._by_kid.get(kid, ())

    def __len__(self) -> int:
        return sum(len(found) for found in self._by_kid.values())


def kid_of(der: bytes) -> bytes:
    """The key id of a certificate."""
    return sha256(der).digest()[:KID_SIZE]


def certificates_in(data: bytes) -> tuple[bytes, ...]:
    """The certificates in a file's bytes, as DER: PEM blocks, DER, or base64 text."""
    blocks = _PEM.findall(data)
    try:
        if blocks:
            return tuple(_from_base64(block) for block in blocks)
        ders = (data if data[:1] == b"\x30" else _from_base64(data),)
    except ValueError:
        raise NoCertificate from None
    if ders[0][:1] != b"\x30":  # every certificate is a DER sequence
        raise NoCertificate
    return ders


def read(der: bytes) -> Certificate:
    """The certificate in the bytes, or what is wrong with it."""
    kid = kid_of(der)
    try:
        found = x509.load_der_x509_certificate(der)
        begins = int(found.not_valid_before_utc.timestamp())
        ends = int(found.not_valid_after_utc.timestamp())
        signs_codes = _signs_codes(found.extensions)
        key = found.public_key()
    except (ValueError, TypeError, UnsupportedAlgorithm, x509.DuplicateExtension):
        return Certificate(kid, der)
    if not (isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1)):
        return Certificate(kid, der, readable=True)
    return Certificate(kid, der, True, ES256, verifier(key), begins, ends, signs_codes)


def verifier(key: ec.EllipticCurvePublicKey) -> Verify:
    """Whether a raw ES256 signature (r ‖ s, 64 bytes) over a message is this key's."""

    def verify(signature: bytes, message: bytes) -> bool:
        if len(signature) != SIGNATURE_SIZE:
            return False
        r, s = (int.from_bytes(half, "big") for half in (signature[:32], signature[32:]))
        try:
            key.verify(encode_dss_signature(r, s), message, ec.ECDSA(hashes.SHA256()))
        except InvalidSignature:
            return False
        return True

    return verify


def _signs_codes(extensions: x509.Extensions) -> bool:
    """Whether the certificate's own words allow signing status tokens; no words allow it."""
    for one in extensions:
        if isinstance(one.value, x509.KeyUsage) and not one.value.digital_signature:
            return False
        if isinstance(one.value, x509.ExtendedKeyUsage) and _ELSEWHERE & {
            usage.dotted_string for usage in one.value
        }:
            return False
    return True


def _from_base64(text: bytes) -> bytes:
    return base64.b64decode(b"".join(text.removeprefix(b"\xef\xbb\xbf").split()), validate=True)
