"""The keys of an instance: its log's, its sources' and those that hide who is who.

Made in files when first asked for, then loaded. *Trusted*: whoever reads the person-hash key can
turn numbers of people into pseudonyms; whoever reads the log's key can sign a second history of it,
while no witnesses watch. A real deployment holds its keys elsewhere, behind the same ports.
"""

from __future__ import annotations

import secrets
import stat
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, mldsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from mingma.kernel.errors import Place, Problem, Refused
from mingma.key_files import KeyUnreadable, publish, read_key, secret, write_key
from mingma.ledger.note import KeyType, VerifierKey
from mingma.ledger.succession import keys_in

LOG_KEYS: Final = ("log.key", "log.mldsa.key")  # the files of a log's keys, in their lines' order
LOG_VKEY: Final = "log.vkey"  # … and of their public halves
SEAL_KEY: Final = "seal.key"  # what signs the stored head where another process holds those keys
# Of one log: the next has others.
_LOG_S_OWN: Final = frozenset({*LOG_KEYS, LOG_VKEY, SEAL_KEY, "head"})
KEY_SIZE: Final = 32  # bytes of every key that is no pair
EVIDENCE_KEY: Final = "evidence.key"  # its file


class FolderOfOtherKeys(Refused):
    """A folder for the next log's keys that holds another instance's."""

    slug = "keys.folder_of_others"
    zh = "该文件夹已有他处的密钥"
    en = "the folder holds keys of another instance"
    remedy_zh = "请另指定一个新文件夹"
    remedy_en = "name a new folder"


class KeyInTheWrongPlace(Refused):
    """A folder of keys with a file that the setting `signer` speaks against.

    The log's own key where another process is said to hold it, or the seal's where none is.
    """

    slug = "keys.wrong_place"
    zh = "设置 signer 与此密钥文件不能并存:日志密钥须且只须在一处"
    en = "the setting `signer` and this key's file contradict each other: the log's keys are one's"
    remedy_zh = "设有 signer 者,请把日志私钥移交签名进程;未设者,请设 signer"
    remedy_en = "with a signer move the log's keys to it; without one name it in `signer`"


@dataclass(frozen=True, slots=True)
class SourceKey:
    """A source's Ed25519 key: signs the exact bytes of a batch's body."""

    key: ed25519.Ed25519PrivateKey

    @property
    def public(self) -> bytes:
        """The 32 bytes to register."""
        return self.key.public_key().public_bytes_raw()

    def sign(self, body: bytes) -> bytes:
        """The signature over the body, 64 bytes."""
        return self.key.sign(body)


@dataclass(frozen=True, slots=True)
class QuantumKey:
    """An ML-DSA-44 key: its signatures hold where a quantum computer has broken Ed25519."""

    key: mldsa.MLDSA44PrivateKey

    @property
    def public(self) -> bytes:
        """The 1,312 bytes to publish."""
        return self.key.public_key().public_bytes_raw()

    def sign(self, message: bytes) -> bytes:
        """The signature, 2,420 bytes."""
        return self.key.sign(message)


@dataclass(frozen=True, slots=True)
class LogKey:
    """A log's Ed25519 key under the log's origin: signs checkpoints."""

    origin: str
    private: ed25519.Ed25519PrivateKey

    @property
    def key(self) -> VerifierKey:
        """What its signatures verify under."""
        public = self.private.public_key().public_bytes_raw()
        return VerifierKey(self.origin, KeyType.ED25519, public)

    def sign(self, message: bytes) -> bytes:
        """The signature over a checkpoint's text, 64 bytes."""
        return self.private.sign(message)


@dataclass(frozen=True, slots=True)
class QuantumLogKey:
    """A log's ML-DSA-44 key under the log's origin: signs checkpoints beside the other one."""

    origin: str
    private: mldsa.MLDSA44PrivateKey

    @property
    def key(self) -> VerifierKey:
        """What its signatures verify under."""
        public = self.private.public_key().public_bytes_raw()
        return VerifierKey(self.origin, KeyType.MLDSA44_COSIGNATURE, public)

    def sign(self, message: bytes) -> bytes:
        """The signature over a cosigned message, 2,420 bytes."""
        return self.private.sign(message)


def source_key(path: Path) -> SourceKey:
    """The source key in a file, made if there is none."""
    key = _pem_key(path, lambda: pem(ed25519.Ed25519PrivateKey.generate()))
    if not isinstance(key, ed25519.Ed25519PrivateKey):
        raise KeyUnreadable(Place(str(path)))
    return SourceKey(key)


def log_keys(folder: Path, origin: str) -> tuple[LogKey, QuantumLogKey]:
    """The log's two keys in a folder, `log.key` and `log.mldsa.key`, made if there are none.

    Their public halves go beside them, to give to whoever checks the log: `log.vkey`, one a line.
    """
    plain, quantum = (folder / name for name in LOG_KEYS)
    keys = log_key(plain, origin), quantum_log_key(quantum, origin)
    publish(folder / LOG_VKEY, "".join(f"{one.key}\n" for one in keys).encode())
    return keys


def published_keys(folder: Path, origin: str) -> tuple[VerifierKey, VerifierKey]:
    """The public halves of the log's two keys, which another process holds: its `log.vkey`.

    Raises KeyUnreadable, and KeyInTheWrongPlace where the secret halves are here, too.
    """
    for path in (folder / name for name in LOG_KEYS):
        if path.exists():
            raise KeyInTheWrongPlace(Place(str(path)))
    path = folder / LOG_VKEY
    try:
        plain, quantum = keys_in(read_key(path).decode())
    except (ValueError, Problem):
        raise KeyUnreadable(Place(str(path))) from None
    kinds = (KeyType.ED25519, KeyType.MLDSA44_COSIGNATURE)
    if (plain.type, quantum.type) != kinds or {plain.name, quantum.name} != {origin}:
        raise KeyUnreadable(Place(str(path)))
    return plain, quantum


def seal_key(folder: Path, origin: str) -> LogKey:
    """What signs the stored head where another process holds the log's keys; made if there is none.

    It counts in the store alone: no policy names it, and nothing that it signed is published.
    """
    return log_key(folder / SEAL_KEY, origin)


def carry_keys(old: Path, new: Path, leave: Collection[Path] = ()) -> None:
    """Copy every key but the log's into the folder of the next log's keys, with their modes.

    Once more is once: what is there already must be the same. A witness's memory stays: of one
    witness there are not two.
    """
    left = {one.resolve() for one in leave}
    for path in sorted(old.rglob("*")):
        place = path.relative_to(old)
        if path.name.startswith(".") or ".db" in path.name or not path.is_file():
            continue
        if str(place) in _LOG_S_OWN or path.resolve() in left:
            continue
        data, target = read_key(path), new / place
        if target.exists() and read_key(target) != data:
            raise FolderOfOtherKeys(Place(str(target)))
        mode = stat.S_IMODE(path.stat().st_mode)
        write_key(target, data, replace=False, mode=mode, folder_mode=0o700)


def quantum_key(path: Path) -> QuantumKey:
    """The ML-DSA-44 key in a file, made if there is none."""
    key = _pem_key(path, lambda: pem(mldsa.MLDSA44PrivateKey.generate()))
    if not isinstance(key, mldsa.MLDSA44PrivateKey):
        raise KeyUnreadable(Place(str(path)))
    return QuantumKey(key)


def log_key(path: Path, origin: str) -> LogKey:
    """The log's Ed25519 key in a file, made if there is none."""
    return LogKey(origin, source_key(path).key)


def quantum_log_key(path: Path, origin: str) -> QuantumLogKey:
    """The log's ML-DSA-44 key in a file, made if there is none."""
    key = _pem_key(path, lambda: pem(mldsa.MLDSA44PrivateKey.generate()))
    if not isinstance(key, mldsa.MLDSA44PrivateKey):
        raise KeyUnreadable(Place(str(path)))
    return QuantumLogKey(origin, key)


def person_key(path: Path) -> bytes:
    """The key that turns numbers of people into pseudonyms, made if there is none: 32 bytes."""
    return _random_key(path)


def evidence_key(path: Path) -> bytes:
    """The key that vouches for what was admitted, made if there is none: 32 bytes."""
    return _random_key(path)


def session_key(path: Path) -> bytes:
    """The key that signs sessions, made if there is none: 32 bytes."""
    return _random_key(path)


def audit_key(path: Path) -> bytes:
    """The audit office's key for officers' pseudonyms in leaves, made if there is none: 32 bytes.

    *Trusted*: whoever reads it can tell which officer a pseudonym is.
    """
    return _random_key(path)


def pem(
    key: ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | mldsa.MLDSA44PrivateKey,
) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _pem_key(path: Path, make: Callable[[], bytes]) -> object:
    return parse_key(secret(path, make), path)


def parse_key(data: bytes, path: Path) -> object:
    try:
        return load_pem_private_key(data, password=None)
    except (ValueError, TypeError):
        raise KeyUnreadable(Place(str(path))) from None


def _random_key(path: Path) -> bytes:
    key = secret(path, lambda: secrets.token_bytes(KEY_SIZE))
    if len(key) != KEY_SIZE:
        raise KeyUnreadable(Place(str(path)))
    return key
