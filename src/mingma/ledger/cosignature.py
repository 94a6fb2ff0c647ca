"""What a witness signs: that it saw a checkpoint, and when (c2sp.org/tlog-cosignature).

Two forms. `0x04`, Ed25519, covers the time and the whole text, not the name: one key a witness.
`0x06`, ML-DSA-44, covers name, time, origin, size and root; a log signs its own head in it too.
A cosignature without a time states nothing about the newest head, and is not one here.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from mingma.kernel.errors import Unavailable
from mingma.ledger.checkpoint import Checkpoint, parse_checkpoint
from mingma.ledger.note import (
    KeyType,
    Note,
    Parts,
    Signature,
    SignerDoesNotFit,
    VerifierKey,
    signed_text,
    verify,
)
from mingma.ledger.text import MAX_NUMBER

_TIME: Final = struct.Struct(">Q")
_LABEL: Final = b"subtree/v1\n\x00"
_MAX_COSIGNER: Final = 255  # bytes: one byte says how long the name is


class NoTimeToState(Unavailable):
    """A clock that reads no time after 1970 began: a cosignature states when it was made."""

    slug = "ledger.no_time_to_state"
    zh = "时钟读数为 {time},无法签认:签认须写明 1970 年以后的时刻"
    en = "the clock reads {time}: a cosignature states a time after 1970 began"
    remedy_zh = "请先校准本机时钟再试;此前不签认任何检查点"
    remedy_en = "set the clock and try again; nothing is cosigned before"


@dataclass(frozen=True, slots=True)
class Cosignature:
    """A signature that holds: whose, and the time it states (POSIX; none in a plain one)."""

    key: VerifierKey
    time: int | None


def ed25519_message(text: str, time: int) -> bytes:
    """What a `0x04` signature is over."""
    return f"cosignature/v1\ntime {time}\n{text}".encode()


def mldsa44_message(cosigner: str, time: int, checkpoint: Checkpoint) -> bytes:
    """What a `0x06` signature of a whole tree is over."""
    name, origin = cosigner.encode(), checkpoint.origin.encode()
    if len(name) > _MAX_COSIGNER:
        raise ValueError("a cosigner's name has at most 255 bytes")
    return b"".join(
        (
            _LABEL,
            bytes([len(name)]) + name,
            _TIME.pack(time),
            bytes([len(origin)]) + origin,
            struct.pack(">QQ", 0, checkpoint.size),
            checkpoint.root,
        )
    )


def cosign(
    checkpoint: Checkpoint, key: VerifierKey, time: int, signer: Callable[[bytes], bytes]
) -> Signature:
    """The key's line under a checkpoint, at a POSIX time. What does not verify is not written.

    Raises NoTimeToState, and SignerDoesNotFit.
    """
    if not 0 < time <= MAX_NUMBER:
        raise NoTimeToState(time=time)
    message = _message(key, str(checkpoint), time)
    signature = b"" if message is None else signer(message)
    if message is None or not key.verifies(message, signature):
        raise SignerDoesNotFit(name=key.name)
    return Signature(key.name, key.id, _TIME.pack(time) + signature)


def verify_checkpoint(
    note: Note, keys: Iterable[VerifierKey]
) -> tuple[Checkpoint, tuple[Cosignature, ...]]:
    """The checkpoint, and the signatures by these keys; NoteNotTrusted as `note.verify` says.

    Does not judge whether they are enough; `policy` does.
    """
    checkpoint = parse_checkpoint(note.text)
    signed = verify(note, keys, _signed)
    return checkpoint, tuple(Cosignature(key, _time(key, line.signature)) for key, line in signed)


def _signed(key: VerifierKey, text: str, signature: bytes) -> Parts | None:
    if key.type is KeyType.ED25519:
        return signed_text(key, text, signature)
    time = _time(key, signature)
    if time is None or not 0 < time <= MAX_NUMBER:
        return None
    message = _message(key, text, time)
    return None if message is None else (message, signature[_TIME.size :])


def _time(key: VerifierKey, signature: bytes) -> int | None:
    """The time that a line states, if it is long enough to state one."""
    if key.type is KeyType.ED25519 or len(signature) < _TIME.size:
        return None
    time: int = _TIME.unpack_from(signature)[0]
    return time


def _message(key: VerifierKey, text: str, time: int) -> bytes | None:
    """What the key cosigns at that time; None where it cannot."""
    if key.type is KeyType.ED25519_COSIGNATURE:
        return ed25519_message(text, time)
    if key.type is KeyType.MLDSA44_COSIGNATURE and len(key.name.encode()) <= _MAX_COSIGNER:
        return mldsa44_message(key.name, time, parse_checkpoint(text))
    return None
