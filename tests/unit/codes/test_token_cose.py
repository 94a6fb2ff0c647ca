"""The COSE layer against the working group's examples, and what it refuses."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import cbor2
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from mingma.codes import cose
from mingma.codes.token import read_envelope
from mingma.codes.trust import verifier
from mingma.codes.unreadable import TokenUnreadable
from tests.paths import ROOT
from tests.unit.codes.forge import office

EXAMPLES = sorted((ROOT / "tests" / "vectors" / "cose").glob("*.json"))
# Where we refuse by form what the examples want refused by signature, or accepted.
REFUSED = {"sign-fail-01": "cose.tag", "sign-pass-03": "cose.tag"}
OTHER_CURVE = {"ecdsa-sig-02", "ecdsa-sig-03"}
NOT_MATCHING = {
    "sign-fail-02",
    "sign-fail-03",
    "sign-fail-04",
    "sign-fail-06",
    "sign-fail-07",
    "ecdsa-sig-04",  # SHA-512 on P-256: not ES256
}


def number(key: dict[str, str], name: str) -> int:
    if f"{name}_hex" in key:
        return int(key[f"{name}_hex"], 16)
    return int.from_bytes(base64.urlsafe_b64decode(key[name] + "=="), "big")


def public_key(key: dict[str, str]) -> ec.EllipticCurvePublicKey:
    curve = {"P-256": ec.SECP256R1(), "P-384": ec.SECP384R1(), "P-521": ec.SECP521R1()}[key["crv"]]
    return ec.EllipticCurvePublicNumbers(number(key, "x"), number(key, "y"), curve).public_key()


def test_the_examples_are_all_here() -> None:
    assert len(EXAMPLES) == 15


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_of_the_working_group(path: Path) -> None:
    example: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    data = bytes.fromhex(example["output"]["cbor"])
    given = example["input"]["sign0"]
    name = path.stem
    if name in REFUSED:
        with pytest.raises(TokenUnreadable, match=REFUSED[name]):
            cose.decode(data)
        return
    message = cose.decode(data)
    if name in OTHER_CURVE:
        assert len(message.signature) != cose.SIGNATURE_SIZE
        return
    external = bytes.fromhex(given.get("external", ""))
    signed = cose.to_be_signed(message.protected, message.payload, external)
    if not name.startswith("sign-fail"):
        assert signed.hex() == example["intermediates"]["ToBeSign_hex"].lower()
    matches = verifier(public_key(given["key"]))(message.signature, signed)
    assert matches == (name not in NOT_MATCHING)
    # None is a token: the key id stands outside the signed header, or there is none.
    with pytest.raises(TokenUnreadable):
        read_envelope(message)


def test_a_message_is_read_as_it_was_written() -> None:
    data = cose.encode(b"\xa1\x01\x26", b"\xa0", b"payload" * 40, b"s" * 64)
    message = cose.decode(data)
    assert (message.header, message.unprotected) == ({1: -7}, {})
    assert (message.payload, message.signature) == (b"payload" * 40, b"s" * 64)
    again = cbor2.dumps(cbor2.CBORTag(18, [b"\xa1\x01\x26", {}, b"payload" * 40, b"s" * 64]))
    assert data == again
    assert cose.decode(b"\xd8\x3d" + data) == message


@pytest.mark.parametrize(
    ("data", "why"),
    [
        ("", "cose.cbor"),
        ("d284", "cose.cbor"),
        ("d28440a0404000", "cose.cbor_trailing"),
        ("8440a04040", "cose.tag"),
        ("d8628440a04040", "cose.tag"),
        ("d83dd83dd28440a04040", "cose.tag"),
        ("d2d83d8440a04040", "cose.form"),
        ("d28340a040", "cose.form"),
        ("d2a0", "cose.form"),
        ("d284a0a04040", "cose.form"),
        ("d28440a0f640", "cose.form"),
        ("d28440a0404101ff", "cose.cbor_trailing"),
        ("d2844080 4040", "cose.unprotected"),
        ("d28443a10126a101264040", "cose.header"),
        ("d28445a201260126a04040", "cose.header"),
        ("d28440a2010201034040", "cose.cbor"),
        ("d28443a1f526a04040", "cose.header"),
        ("d28445a1f93c0026a04040", "cose.header"),
        ("d2844180a04040", "cose.header"),
        ("d28442a100a04040", "cose.header"),
        ("d28444a1000000a04040", "cose.header_trailing"),
        ("d29f40a04040ff", "cose.cbor"),
        ("d2845f4100ffa04040", "cose.cbor"),
        ("c11a514b67b0", "cose.cbor"),
        ("d28440a101c24101 4040", "cose.cbor"),
        ("d28440a101d81c80 4040", "cose.cbor"),
        ("d9d9f7d28440a04040", "cose.cbor"),
        ("d2" * 20 + "00", "cose.cbor"),
        ("9b7fffffffffffffff", "cose.cbor"),
        ("5b7fffffffffffffff", "cose.cbor"),
    ],
)
def test_a_bent_message_is_refused(data: str, why: str) -> None:
    with pytest.raises(TokenUnreadable) as refused:
        cose.decode(bytes.fromhex(data))
    assert refused.value.details["why"] == why


def test_a_signature_has_one_length() -> None:
    signer = office()
    signature = signer.sign(b"message")
    verifies = verifier(signer.key.public_key())  # type: ignore[arg-type]  # a P-256 key
    assert verifies(signature, b"message")
    assert not verifies(signature[:32] + b"\x00" + signature[32:], b"message")
    assert not verifies(signature[:-1], b"message")
    assert not verifies(b"", b"message")


def test_an_empty_protected_header_is_signed_as_no_bytes() -> None:
    assert cose.to_be_signed(b"\xa0", b"x") == cose.to_be_signed(b"", b"x")


@given(st.binary(max_size=120))
def test_any_bytes_are_a_message_or_malformed(data: bytes) -> None:
    for whole in (data, b"\xd2\x84" + data):
        try:
            cose.decode(whole)
        except TokenUnreadable:
            continue
