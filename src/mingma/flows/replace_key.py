"""Say in the log that the key of the issuer or of a witness was replaced.

The leaf has the digest of what is published of the new key. It ends nothing and vouches for
nothing: it says from when on another key signs, so that one which nobody announced is seen. The
log's own key is replaced by `rotate_log_key`.
"""

from __future__ import annotations

from enum import StrEnum
from hashlib import sha256

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from mingma.codes.trust import certificates_in
from mingma.flows.act_case import Desk
from mingma.flows.agree_key import agreed
from mingma.flows.emergency import INSTANCE
from mingma.flows.offices import Signed
from mingma.kernel.errors import Malformed, Problem
from mingma.kernel.times import Instant
from mingma.ledger.leaf import Kind, Leaf
from mingma.ledger.note import KeyType
from mingma.ledger.succession import keys_in
from mingma.ports import Unit
from mingma.records import Outgoing


class KeyKind(StrEnum):
    """Whose key it is: the `what` of the leaf."""

    ISSUER = "issuer"
    WITNESS = "witness"


class NotAPublishedKey(Malformed):
    """A file that is not what is published of such a key, and nothing else. A secret is none."""

    slug = "ledger.not_a_published_key"
    zh = "该文件不是公开的 {what} 公钥"
    en = "the file is not what is published of a key of kind {what}"
    remedy_zh = "issuer 取 trust 中新证书一份(PEM);witness 取 witness.vkey;私钥绝不可用"
    remedy_en = "issuer: the new certificate out of trust; witness: witness.vkey; never a secret"


def replace_key(
    unit: Unit, desk: Desk, organ: str, what: KeyKind, published: bytes, now: Instant
) -> bool:
    """Write the leaf, unless it was written for this very key; whether it was written now.

    Once anybody is in office it needs their agreement. Raises NotAPublishedKey or KeyNotAgreed,
    and nothing is written then.
    """
    if not _is_published(what, published):
        raise NotAPublishedKey(what=what.value)
    digest = sha256(published).digest()
    act = act_of(what, published)
    if unit.index_of(act, 0) is not None:
        return False
    by = agreed(unit, desk, what.value, digest, now) or Signed(organ)
    leaf = Leaf(
        kind=Kind.KEY_ROTATE, what=what.value, digest=digest,
        organ=by.organ, officer=by.mark, grant=by.grant,
    )  # fmt: skip
    unit.add_leaves([Outgoing(act, 0, leaf.unsealed(), now)])
    return True


def act_of(what: KeyKind, published: bytes) -> str:
    """Whose act the leaf is: that of this key, once."""
    return f"{INSTANCE}:{what}:{sha256(published).hexdigest()}"


def _is_published(what: KeyKind, data: bytes) -> bool:
    """Whether the bytes are one certificate, or a witness's keys, as they are published."""
    try:
        if what is KeyKind.ISSUER:
            return _pem(certificates_in(data)[0]) == data
        keys = keys_in(data.decode())
    except (Problem, ValueError):
        return False
    cosigns = {KeyType.ED25519_COSIGNATURE, KeyType.MLDSA44_COSIGNATURE}
    return len({key.name for key in keys}) == 1 and {key.type for key in keys} <= cosigns


def _pem(der: bytes) -> bytes:
    return x509.load_der_x509_certificate(der).public_bytes(Encoding.PEM)
