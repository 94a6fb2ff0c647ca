"""A software authenticator: what a hardware passkey would sign, in the form browsers send it."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from webauthn.helpers import encode_cbor

RP_ID = "specimen.example"
ORIGIN = "https://specimen.example"
PRESENT, VERIFIED, ELIGIBLE, BACKED_UP = 0x01, 0x04, 0x08, 0x10


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


@dataclass(slots=True)
class Authenticator:
    """One officer's key. Its counter rises with each signature, as a hardware key's does."""

    name: str
    flags: int = PRESENT | VERIFIED
    count: int = 0
    rp_id: str = RP_ID
    origin: str = ORIGIN
    private: ec.EllipticCurvePrivateKey = field(init=False, repr=False)

    def __post_init__(self) -> None:
        seed = int.from_bytes(hashlib.sha256(f"authenticator {self.name}".encode()).digest())
        self.private = ec.derive_private_key(seed % (2**255) + 1, ec.SECP256R1())

    @property
    def credential(self) -> bytes:
        return hashlib.sha256(f"credential {self.name}".encode()).digest()

    @property
    def key(self) -> bytes:
        """The public key as COSE."""
        numbers = self.private.public_key().public_numbers()
        return encode_cbor(
            {
                1: 2, 3: -7, -1: 1,
                -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big"),
            }
        )  # fmt: skip

    def as_registered(self) -> dict[str, str]:
        """The passkey as a grant or a ceremony writes it."""
        return {"credential": b64(self.credential), "key": b64(self.key)}

    def sign(self, challenge: bytes) -> dict[str, Any]:
        """The assertion over a challenge."""
        self.count += 1
        client = json.dumps(
            {"type": "webauthn.get", "challenge": b64(challenge), "origin": self.origin}
        ).encode()
        data = (
            hashlib.sha256(self.rp_id.encode()).digest()
            + bytes([self.flags])
            + self.count.to_bytes(4, "big")
        )
        signature = self.private.sign(
            data + hashlib.sha256(client).digest(),
            ec.ECDSA(hashes.SHA256(), deterministic_signing=True),
        )
        return {
            "id": b64(self.credential),
            "rawId": b64(self.credential),
            "type": "public-key",
            "response": {
                "clientDataJSON": b64(client),
                "authenticatorData": b64(data),
                "signature": b64(signature),
            },
        }
