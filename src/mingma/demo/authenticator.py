"""Passkeys of the demo's officers: software keys that sign as a hardware passkey would.

They are made anew for every run and forgotten with it. Nobody should trust what they sign: an
officer's real key is a device of her own, and the demo says so wherever it uses these.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from dataclasses import dataclass, field
from typing import Any, Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from webauthn.helpers import encode_cbor

from mingma.kernel.canonical import b64url

PRESENT_AND_VERIFIED: Final = 0x05  # WebAuthn flags: somebody was there, and proved who
NOTE_ZH: Final = "演示用软件密钥代替各人的硬件密钥"
NOTE_EN: Final = "software keys of the demo stand in for everybody's hardware passkey"


@dataclass(slots=True)
class SoftwarePasskey:
    """One officer's key for one site; its counter rises with each signature."""

    rp_id: str
    origin: str
    credential: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    count: int = 0
    _private: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1()), repr=False
    )

    def as_registered(self) -> dict[str, str]:
        """The passkey as a grant or a ceremony writes it: its credential and COSE key."""
        numbers = self._private.public_key().public_numbers()
        x, y = (number.to_bytes(32, "big") for number in (numbers.x, numbers.y))
        key = encode_cbor({1: 2, 3: -7, -1: 1, -2: x, -3: y})
        return {"credential": b64url(self.credential), "key": b64url(key)}

    def sign(self, challenge: bytes) -> dict[str, Any]:
        """The assertion over a challenge, in the form browsers send it."""
        self.count += 1
        said = {"type": "webauthn.get", "challenge": b64url(challenge), "origin": self.origin}
        client = json.dumps(said).encode()
        site = hashlib.sha256(self.rp_id.encode()).digest()
        data = site + bytes([PRESENT_AND_VERIFIED]) + self.count.to_bytes(4, "big")
        signed = data + hashlib.sha256(client).digest()
        signature = self._private.sign(signed, ec.ECDSA(hashes.SHA256()))
        return {
            "id": b64url(self.credential),
            "rawId": b64url(self.credential),
            "type": "public-key",
            "response": {
                "clientDataJSON": b64url(client),
                "authenticatorData": b64url(data),
                "signature": b64url(signature),
            },
        }
