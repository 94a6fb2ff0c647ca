"""A person's name inside the system: a keyed hash that says nothing without the key.

HMAC-SHA256 under the instance's 32-byte key, over a label, the type of paper and the normalised
number; a letter in front tells a person (`p`) from a provisional identity (`v`, see provisional).
Equal papers give equal names under one key and unrelated names under another. Whoever holds the
key and a register of numbers can undo it: the key is the secret, not the method.
"""

from __future__ import annotations

import hmac
from typing import Final, NewType

from mingma.kernel.canonical import b64url
from mingma.kernel.errors import Broken
from mingma.people.identity import Identity

PersonRef = NewType("PersonRef", str)

KEY_BYTES: Final = 32
REF_LENGTH: Final = 44  # the letter and 32 bytes in base64url; never begins with - or =
_LABEL: Final = b"mingma/person/v1"


class WrongKey(Broken):
    """The key of the pseudonyms is not one of 32 bytes."""

    slug = "person.wrong_key"
    zh = "假名密钥不是 {wanted} 字节"
    en = "the key of the pseudonyms is not one of {wanted} bytes"
    remedy_zh = "请检查密钥设置;在此之前不登记任何人"
    remedy_en = "check the key's setting; nobody is recorded until then"


def person_ref(identity: Identity, key: bytes) -> PersonRef:
    """The name of the person who holds this paper."""
    return PersonRef("p" + keyed_hash(key, _LABEL, identity.type, identity.number))


def keyed_hash(key: bytes, label: bytes, *parts: str) -> str:
    """43 characters of base64url for labelled texts.

    Each part is preceded by its length, so no two lists of parts read alike.
    """
    if len(key) != KEY_BYTES:
        raise WrongKey(wanted=KEY_BYTES)
    coded = [label, *(part.encode("utf-8") for part in parts)]
    message = b"".join(len(part).to_bytes(4, "big") + part for part in coded)
    return b64url(hmac.digest(key, message, "sha256"))
