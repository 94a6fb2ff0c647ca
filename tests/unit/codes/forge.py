"""Certificates and tokens of every make, good and bent, under keys made on the spot."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import cbor2
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID, ObjectIdentifier

from mingma.codes import base45
from mingma.codes.cose import to_be_signed
from mingma.codes.token import Flags, Status
from mingma.codes.trust import kid_of
from mingma.kernel.times import DAY, HOUR, Instant, parse_instant
from mingma.kernel.words import Colour

NOW = parse_instant("2022-06-14T10:00:00+08:00")
BEGINS, ENDS = Instant(NOW - 7 * DAY), Instant(NOW + 30 * DAY)
EU_TEST = "1.3.6.1.4.1.1847.2021.1.1"


@dataclass(frozen=True, slots=True)
class Office:
    """A key with its certificate."""

    key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
    der: bytes

    @property
    def kid(self) -> bytes:
        return kid_of(self.der)

    def sign(self, message: bytes) -> bytes:
        """Raw r ‖ s, each as wide as the curve."""
        assert isinstance(self.key, ec.EllipticCurvePrivateKey)
        width = (self.key.curve.key_size + 7) // 8
        r, s = decode_dss_signature(self.key.sign(message, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(width, "big") + s.to_bytes(width, "big")


def office(
    key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | None = None,
    *,
    begins: int = BEGINS,
    ends: int = ENDS,
    usages: tuple[str, ...] = (),
    digital_signature: bool | None = None,
) -> Office:
    """A document signer with a self-signed certificate."""
    key = key or ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test, proves nothing")])
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime.fromtimestamp(begins, UTC))
        .not_valid_after(datetime.fromtimestamp(ends, UTC))
    )
    if usages:
        oids = [ObjectIdentifier(usage) for usage in usages]
        builder = builder.add_extension(x509.ExtendedKeyUsage(oids), critical=False)
    if digital_signature is not None:
        others = dict.fromkeys(
            (
                "content_commitment",
                "key_encipherment",
                "data_encipherment",
                "key_agreement",
                "crl_sign",
                "encipher_only",
                "decipher_only",
            ),
            False,
        )
        builder = builder.add_extension(
            x509.KeyUsage(digital_signature=digital_signature, key_cert_sign=True, **others),
            critical=True,
        )
    return Office(key, builder.sign(key, hashes.SHA256()).public_bytes(Encoding.DER))


def status(**changes: Any) -> Status:
    """A green, static status, changed as asked."""
    values: dict[str, Any] = {
        "colour": Colour.GREEN,
        "jurisdiction": 410100,
        "edition": 7,
        "credential": bytes(range(8)),
        "issued_at": Instant(NOW - HOUR),
        "expires_at": Instant(NOW + 11 * HOUR),
        "name": "张*",
        "last_four": "3018",
        "flags": Flags.STATIC,
    }
    return Status(**(values | changes))


def claims(inner: dict[Any, Any] | None = None, **outer: Any) -> dict[Any, Any]:
    """CWT claims as the layout has them; `inner` changes the status, `outer` what is round it.

    A value of `...` takes the claim away.
    """
    within: dict[Any, Any] = {
        0: 1,
        1: 0,
        2: 410100,
        3: 7,
        4: bytes(range(8)),
        7: ["张*", "3018"],
        9: 16,
    } | (inner or {})
    whole: dict[Any, Any] = {
        1: outer.pop("iss", "CN"),
        4: outer.pop("exp", NOW + 11 * HOUR),
        6: outer.pop("iat", NOW - HOUR),
        -260: outer.pop("hcert", {-1: _kept(within)}),
    }
    return _kept(whole | outer.pop("more", {}))


def _kept(values: dict[Any, Any]) -> dict[Any, Any]:
    return {key: value for key, value in values.items() if value is not ...}


def message(
    by: Office,
    payload: Any = None,
    *,
    header: Any = None,
    unprotected: Any = None,
    tags: tuple[int, ...] = (18,),
    signature: Callable[[bytes], bytes] = lambda signature: signature,
) -> bytes:
    """A COSE message over a payload (bytes, or a value to encode), signed by an office."""
    protected = header if isinstance(header, bytes) else cbor2.dumps(header or standard(by))
    if not isinstance(payload, bytes):
        payload = cbor2.dumps(claims() if payload is None else payload)
    signed = by.sign(to_be_signed(protected, payload))
    whole: Any = [protected, unprotected or {}, payload, signature(signed)]
    for tag in reversed(tags):
        whole = cbor2.CBORTag(tag, whole)
    return cbor2.dumps(whole)


def standard(by: Office) -> dict[int, Any]:
    """The protected header that every token has."""
    return {1: -7, 4: by.kid}


def text(cose: bytes) -> str:
    """The text that carries a COSE message."""
    return "HC1:" + base45.encode(zlib.compress(cose))
