"""A note: text under the signature lines of named keys (c2sp.org/signed-note).

Stricter than the specification where it leaves room: two signatures by one known key, or one that
does not hold, refuse the whole note. Signatures by unknown keys are ignored; a key is known by its
name and its id together. Private keys never come here: whoever signs brings a function.

What a key signed is the text itself for `ED25519`; the two cosignatures sign something made from
the text, which `cosignature` knows.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from hashlib import sha256
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PublicKey

from mingma.kernel.errors import Broken, Malformed, Refused
from mingma.ledger.text import is_name, is_text, read_base64, write_base64

KEY_ID_SIZE: Final = 4
MAX_NOTE: Final = 1_000_000  # bytes: some 300 post-quantum lines
MAX_SIGNATURES: Final = 100  # lines: every province twice, and room
_KEY_ID: Final = re.compile(r"[0-9a-f]{8}", re.ASCII)
_DASH: Final = "\u2014 "  # before every signature line


class NoteUnreadable(Malformed):
    """Bytes that are no signed note. `why` is one of bytes, size, text, signatures, signature."""

    slug = "ledger.note_unreadable"
    zh = "不是合格的签名文本(`{why}`)"
    en = "not a signed note (`{why}`)"
    remedy_zh = "请原样传送,勿改动任何一个字节"
    remedy_en = "pass it on as it was received, without changing a byte"


class KeyUnreadable(Malformed):
    """Text that is no verifier key. `why` is one of parts, name, id, base64, type, size."""

    slug = "ledger.key_unreadable"
    zh = "不是合格的验证公钥(`{why}`)"
    en = "not a verifier key (`{why}`)"
    remedy_zh = "请照公布的写法:名称+八位编号+base64"
    remedy_en = "write it as published: name+id+base64"


class NoteNotTrusted(Refused):
    """No known key vouches for the note, or one of them contradicts it.

    `why` is one of no_known_key, twice, signature.
    """

    slug = "ledger.note_not_trusted"
    zh = "签名文本不可信(`{why}`:`{name}`)"
    en = "the note is not to be trusted (`{why}`: `{name}`)"
    remedy_zh = "请勿采信;向日志或见证方另取"
    remedy_en = "do not rely on it; fetch another from the log or a witness"


class SignerDoesNotFit(Broken):
    """What the signer gave does not verify under the key it is said to hold."""

    slug = "ledger.signer_does_not_fit"
    zh = "签名与公钥 `{name}` 不符,未写出"
    en = "the signature does not fit the key `{name}`; nothing was written"
    remedy_zh = "请核对签名服务所用的密钥"
    remedy_en = "check which key the signer holds"


class KeyType(IntEnum):
    """The signature types that are known here. The log knows no others."""

    ED25519 = 0x01  # over the text
    ED25519_COSIGNATURE = 0x04
    MLDSA44_COSIGNATURE = 0x06


_KEY_SIZE: Final = {
    KeyType.ED25519: 32,
    KeyType.ED25519_COSIGNATURE: 32,
    KeyType.MLDSA44_COSIGNATURE: 1312,
}


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A public key with the name and type it signs under (a *vkey*)."""

    name: str
    type: KeyType
    public: bytes

    def __post_init__(self) -> None:
        if not is_name(self.name):
            raise KeyUnreadable(why="name")
        if len(self.public) != _KEY_SIZE[self.type]:
            raise KeyUnreadable(why="size")

    @property
    def id(self) -> bytes:
        """The four bytes that stand before its signatures."""
        typed = bytes([self.type]) + self.public
        return sha256(self.name.encode() + b"\n" + typed).digest()[:KEY_ID_SIZE]

    def __str__(self) -> str:
        typed = bytes([self.type]) + self.public
        return f"{self.name}+{self.id.hex()}+{write_base64(typed)}"

    def verifies(self, message: bytes, signature: bytes) -> bool:
        """Whether the key made this signature over these bytes."""
        try:
            if self.type is KeyType.MLDSA44_COSIGNATURE:
                MLDSA44PublicKey.from_public_bytes(self.public).verify(signature, message)
            else:
                _ed25519(self.public).verify(signature, message)
        except InvalidSignature:
            return False
        return True


@lru_cache(64)  # of a log, its witnesses and some others: each verifies many
def _ed25519(public: bytes) -> Ed25519PublicKey:
    return Ed25519PublicKey.from_public_bytes(public)


def parse_key(text: str) -> VerifierKey:
    """The key that `name+id+base64` writes; KeyUnreadable unless it prints back the same."""
    parts = text.split("+", maxsplit=2)
    if len(parts) != 3:
        raise KeyUnreadable(why="parts")
    name, id_, encoded = parts
    try:
        typed = read_base64(encoded)
    except ValueError:
        raise KeyUnreadable(why="base64") from None
    if not typed or typed[0] not in set(KeyType):
        raise KeyUnreadable(why="type")
    key = VerifierKey(name, KeyType(typed[0]), typed[1:])
    if _KEY_ID.fullmatch(id_) is None or bytes.fromhex(id_) != key.id:
        raise KeyUnreadable(why="id")
    return key


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line. Whether it holds is not known before `verify`."""

    name: str
    key_id: bytes
    signature: bytes

    def __post_init__(self) -> None:
        if not is_name(self.name) or len(self.key_id) != KEY_ID_SIZE or not self.signature:
            raise NoteUnreadable(why="signature")

    def __str__(self) -> str:
        return f"{_DASH}{self.name} {write_base64(self.key_id + self.signature)}\n"

    def is_by(self, key: VerifierKey) -> bool:
        """Whether it says that the key made it: name and id are both the key's."""
        return self.name == key.name and self.key_id == key.id


@dataclass(frozen=True, slots=True)
class Note:
    """Text, ending in a newline, and at least one signature line."""

    text: str
    signatures: tuple[Signature, ...]

    def __post_init__(self) -> None:
        if not self.text.endswith("\n") or not is_text(self.text):
            raise NoteUnreadable(why="text")
        if not 0 < len(self.signatures) <= MAX_SIGNATURES:
            raise NoteUnreadable(why="signatures")

    def __bytes__(self) -> bytes:
        return (self.text + "\n" + "".join(str(one) for one in self.signatures)).encode()


def parse_note(data: bytes) -> Note:
    """The note in the bytes; NoteUnreadable unless it prints back the same."""
    if len(data) > MAX_NOTE:
        raise NoteUnreadable(why="size")
    try:
        whole = data.decode()
    except UnicodeDecodeError:
        raise NoteUnreadable(why="bytes") from None
    # The text may have empty lines: the last one ends it.
    text, blank, lines = whole.rpartition("\n\n")
    if not blank or not lines.endswith("\n"):
        raise NoteUnreadable(why="signatures")
    if lines.count("\n") > MAX_SIGNATURES:
        raise NoteUnreadable(why="signatures")
    return Note(text + "\n", tuple(_signature(line) for line in lines[:-1].split("\n")))


def parse_signature(line: str) -> Signature:
    """The signature in one line with its newline, as a witness sends it."""
    if not line.endswith("\n"):
        raise NoteUnreadable(why="signature")
    return _signature(line[:-1])


def _signature(line: str) -> Signature:
    """The signature in one line without its newline."""
    name, _, encoded = line.removeprefix(_DASH).partition(" ")
    try:
        data = read_base64(encoded)
    except ValueError:
        raise NoteUnreadable(why="signature") from None
    signature = Signature(name, data[:KEY_ID_SIZE], data[KEY_ID_SIZE:])
    if str(signature) != line + "\n":
        raise NoteUnreadable(why="signature")
    return signature


# From a key, a text and the bytes of its line: what the key signed, and its bare signature. None
# where the line cannot be a signature of the key's type.
Parts = tuple[bytes, bytes]
Signed = Callable[[VerifierKey, str, bytes], Parts | None]


def signed_text(key: VerifierKey, text: str, signature: bytes) -> Parts | None:
    """What a plain signature is over: the text."""
    return (text.encode(), signature) if key.type is KeyType.ED25519 else None


def verify(
    note: Note, keys: Iterable[VerifierKey], signed: Signed = signed_text
) -> tuple[tuple[VerifierKey, Signature], ...]:
    """The keys that signed, in the order of their lines; NoteNotTrusted unless at least one did."""
    known = {(key.name, key.id): key for key in keys}
    found: dict[VerifierKey, Signature] = {}
    for line in note.signatures:
        key = known.get((line.name, line.key_id))
        if key is None:
            continue
        if key in found:
            raise NoteNotTrusted(why="twice", name=line.name)
        if not _holds(key, note.text, line.signature, signed):
            raise NoteNotTrusted(why="signature", name=line.name)
        found[key] = line
    if not found:
        raise NoteNotTrusted(why="no_known_key", name=note.signatures[0].name)
    return tuple(found.items())


def _holds(key: VerifierKey, text: str, signature: bytes, signed: Signed) -> bool:
    parts = signed(key, text, signature)
    return parts is not None and key.verifies(*parts)


def sign(text: str, key: VerifierKey, signer: Callable[[bytes], bytes]) -> Signature:
    """The plain signature line of a key over a text. One that does not verify is not written."""
    message = text.encode()
    signature = signer(message)
    if key.type is not KeyType.ED25519 or not key.verifies(message, signature):
        raise SignerDoesNotFit(name=key.name)
    return Signature(key.name, key.id, signature)
