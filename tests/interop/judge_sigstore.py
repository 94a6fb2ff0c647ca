"""What sigstore's verifier for Python says of a receipt: run by `judges`, as `judge_aics` is.

It looks at the log's signature, the leaf and the proof. Witnesses are unknown to it, and so is the
name before a signature.
"""

import base64
import json
import sys
from types import SimpleNamespace

sys.path.insert(0, sys.argv[1])

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from sigstore._internal.merkle import verify_merkle_inclusion
from sigstore._internal.rekor.checkpoint import SignedCheckpoint, verify_checkpoint
from sigstore._internal.trust import Keyring
from sigstore_models.common import v1


def keyring(vkey):
    """The log's key, and the four bytes by which its signatures are found."""
    _, id_, typed = vkey.split("+", 2)
    public = Ed25519PublicKey.from_public_bytes(base64.b64decode(typed)[1:])
    der = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    key = v1.PublicKey(
        raw_bytes=base64.b64encode(der), key_details=v1.PublicKeyDetails.PKIX_ED25519
    )
    return Keyring([key]), bytes.fromhex(id_)


def receipt(case):
    keys, id_ = keyring(case["log"])
    envelope = base64.b64decode(case["checkpoint"]).decode()
    head = SignedCheckpoint.from_text(envelope).checkpoint
    proof = SimpleNamespace(
        log_index=case["index"],
        tree_size=head.log_size,
        hashes=[base64.b64decode(one) for one in case["hashes"]],
        root_hash=bytes.fromhex(head.log_hash),
        checkpoint=SimpleNamespace(envelope=envelope),
    )
    entry = SimpleNamespace(
        _inner=SimpleNamespace(
            canonicalized_body=base64.b64decode(case["leaf"]),
            inclusion_proof=proof,
            log_id=SimpleNamespace(key_id=id_),
        )
    )
    verify_merkle_inclusion(entry)
    verify_checkpoint(keys, entry)


for line in sys.stdin:
    asked = json.loads(line)
    try:
        {"receipt": receipt}[asked["do"]](asked)
    except Exception as refusal:
        print(json.dumps([False, f"{type(refusal).__name__}: {refusal}"]))
    else:
        print(json.dumps([True, ""]))
