"""Keys in files, for the specimen and the demo: made when first asked for, then loaded.

Every secret is a file that only its owner reads (mode 0600); one that others can read is refused.
*Trusted*: whoever reads the issuer's key can sign green codes in its name, and no red one that a
gate believes; whoever reads the person-hash key can turn numbers of people into pseudonyms;
whoever reads the log's key can sign a second history of it, while no witnesses watch.
A real deployment holds its keys elsewhere, behind the same `ports.Signer`.
"""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, mldsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID

from mingma.codes.trust import NoCertificate, Trust, certificates_in, kid_of
from mingma.kernel.errors import Broken, Malformed, Place, Refused
from mingma.kernel.times import DAY, HOUR, Instant
from mingma.ledger.note import KeyType, VerifierKey

LOG_KEYS: Final = ("log.key", "log.mldsa.key")  # the files of a log's keys, in their lines' order
LOG_VKEY: Final = "log.vkey"  # … and of their public halves
_LOG_S_OWN: Final = frozenset({*LOG_KEYS, LOG_VKEY, "head"})  # of one log: the next has others
PERSON_KEY_SIZE: Final = 32
SESSION_KEY_SIZE: Final = 32
EVIDENCE_KEY_SIZE: Final = 32
EVIDENCE_KEY: Final = "evidence.key"  # its file
CERTIFICATE_DAYS: Final = 90  # of a specimen's signer; a real one has a week
RENEW_BEFORE: Final = 8 * DAY  # a token on paper lives 7 days and must end before its certificate
BACKDATED: Final = HOUR  # a checker's clock may be behind the issuer's
MAX_KEY_FILE: Final = 65_536  # bytes
_NEW: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL
SPECIMEN_NAME: Final = "mingma specimen, proves nothing"  # on a specimen's certificates
MAX_COMMON_NAME: Final = 64  # characters (X.520)


class KeyTooOpen(Refused):
    """A secret key's file that others than its owner may read or write."""

    slug = "keys.too_open"
    zh = "密钥文件他人可读"
    en = "the key file can be read by others"
    remedy_zh = "请改为仅本人可读(chmod 600)并考虑更换密钥"
    remedy_en = "make it readable by its owner only (chmod 600), and consider a new key"


class KeyUnreadable(Malformed):
    """A file that cannot be opened, or holds no key of the kind that was asked for."""

    slug = "keys.unreadable"
    zh = "读不出密钥或证书"
    en = "no key or certificate could be read"
    remedy_zh = "请检查路径、权限与内容"
    remedy_en = "check the path, its permissions and its content"


class FolderOfOtherKeys(Refused):
    """A folder for the next log's keys that holds another instance's."""

    slug = "keys.folder_of_others"
    zh = "该文件夹已有他处的密钥"
    en = "the folder holds keys of another instance"
    remedy_zh = "请另指定一个新文件夹"
    remedy_en = "name a new folder"


class IssuerOfSpecimen(Refused):
    """The issuer's certificate is a specimen's, and the instance has a trust policy."""

    slug = "keys.issuer_of_specimen"
    zh = "签发证书为样本证书,不能用于设有信任策略的实例"
    en = "the issuer's certificate is a specimen's: an instance with a trust policy refuses it"
    remedy_zh = "请换密钥文件夹,或移走 issuer.pem 与 trust 中的样本证书,另制新证书"
    remedy_en = "take another folder of keys, or remove issuer.pem and trust: new ones are made"


class KeyNotWritten(Broken):
    """A new key could not be written so that it lasts; it was used for nothing."""

    slug = "keys.not_written"
    zh = "新密钥未能写入磁盘:{why}"
    en = "a new key could not be written to the disk: {why}"
    remedy_zh = "请检查磁盘与文件夹的权限后重新启动"
    remedy_en = "check the disk and the folder's permissions, and start again"


@dataclass(frozen=True, slots=True)
class Es256Signer:
    """A document signer: signs tokens under a certificate (the port `Signer`)."""

    key: ec.EllipticCurvePrivateKey
    certificate: bytes  # DER

    @property
    def kid(self) -> bytes:
        """The key id that tokens carry."""
        return kid_of(self.certificate)

    def sign(self, message: bytes) -> bytes:
        """The raw ES256 signature, r ‖ s, 64 bytes."""
        r, s = decode_dss_signature(self.key.sign(message, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")


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


def verify_source(public: bytes, body: bytes, signature: bytes) -> bool:
    """Whether a source with this public key signed exactly this body."""
    try:
        ed25519.Ed25519PublicKey.from_public_bytes(public).verify(signature, body)
    except (InvalidSignature, ValueError):
        return False
    return True


def specimen_issuer(folder: Path, now: Instant) -> Es256Signer:
    """The specimen's signer in a folder, made anew when its certificate is about to end."""
    return _issuer(folder, now, SPECIMEN_NAME)


def organ_issuer(folder: Path, now: Instant, organ: str) -> Es256Signer:
    """The signer of an organ in a folder, made where there is none; never a specimen's."""
    path = folder / "issuer.pem"
    if path.exists() and _common_name(_load_issuer(path).certificate) == SPECIMEN_NAME:
        raise IssuerOfSpecimen(Place(str(path)))
    return _issuer(folder, now, organ[:MAX_COMMON_NAME])


def _issuer(folder: Path, now: Instant, common_name: str) -> Es256Signer:
    """The signer in a folder, made anew when its certificate is about to end.

    Certificates go to `trust/<key id>.pem`, the folder to give a checker; old ones stay there.
    """
    path = folder / "issuer.pem"
    signer = _load_issuer(path) if path.exists() else None
    if signer is None or _ends(signer.certificate) < now + RENEW_BEFORE:
        signer = _make_issuer(now, common_name)
        _write_secret(path, _pem(signer.key) + _certificate_pem(signer.certificate))
    published = folder / "trust" / f"{signer.kid.hex()}.pem"
    publish(published, _certificate_pem(signer.certificate))
    return signer


def source_key(path: Path) -> SourceKey:
    """The source key in a file, made if there is none."""
    key = _pem_key(path, lambda: _pem(ed25519.Ed25519PrivateKey.generate()))
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
        data, target = _read(path), new / place
        if target.exists() and _read(target) != data:
            raise FolderOfOtherKeys(Place(str(target)))
        mode = stat.S_IMODE(path.stat().st_mode)
        _write(target, data, replace=False, mode=mode, folder_mode=0o700)


def quantum_key(path: Path) -> QuantumKey:
    """The ML-DSA-44 key in a file, made if there is none."""
    key = _pem_key(path, lambda: _pem(mldsa.MLDSA44PrivateKey.generate()))
    if not isinstance(key, mldsa.MLDSA44PrivateKey):
        raise KeyUnreadable(Place(str(path)))
    return QuantumKey(key)


def log_key(path: Path, origin: str) -> LogKey:
    """The log's Ed25519 key in a file, made if there is none."""
    return LogKey(origin, source_key(path).key)


def quantum_log_key(path: Path, origin: str) -> QuantumLogKey:
    """The log's ML-DSA-44 key in a file, made if there is none."""
    key = _pem_key(path, lambda: _pem(mldsa.MLDSA44PrivateKey.generate()))
    if not isinstance(key, mldsa.MLDSA44PrivateKey):
        raise KeyUnreadable(Place(str(path)))
    return QuantumLogKey(origin, key)


def person_key(path: Path) -> bytes:
    """The key that turns numbers of people into pseudonyms, made if there is none: 32 bytes."""
    key = _secret(path, lambda: secrets.token_bytes(PERSON_KEY_SIZE))
    if len(key) != PERSON_KEY_SIZE:
        raise KeyUnreadable(Place(str(path)))
    return key


def evidence_key(path: Path) -> bytes:
    """The key that vouches for what was admitted, made if there is none: 32 bytes."""
    key = _secret(path, lambda: secrets.token_bytes(EVIDENCE_KEY_SIZE))
    if len(key) != EVIDENCE_KEY_SIZE:
        raise KeyUnreadable(Place(str(path)))
    return key


def session_key(path: Path) -> bytes:
    """The key that signs sessions, made if there is none: 32 bytes."""
    key = _secret(path, lambda: secrets.token_bytes(SESSION_KEY_SIZE))
    if len(key) != SESSION_KEY_SIZE:
        raise KeyUnreadable(Place(str(path)))
    return key


def audit_key(path: Path) -> bytes:
    """The audit office's key for officers' pseudonyms in leaves, made if there is none: 32 bytes.

    *Trusted*: whoever reads it can tell which officer a pseudonym is.
    """
    return session_key(path)


def load_trust(place: Path) -> tuple[Trust, tuple[str, ...]]:
    """The certificates in a folder or a file, and the files in which there was none."""
    ders: list[bytes] = []
    without: list[str] = []
    for path in _files(place):
        try:
            ders += certificates_in(_read(path))
        except NoCertificate:
            if path == place:
                raise NoCertificate(Place(str(path))) from None
            without.append(str(path))
    return Trust(ders), tuple(without)


def _files(place: Path) -> Iterator[Path]:
    if not place.is_dir():
        yield place
        return
    try:
        inside = sorted(place.iterdir())
    except OSError:
        raise KeyUnreadable(Place(str(place))) from None
    for path in inside:
        if path.is_file() and not path.name.startswith("."):
            yield path


def _make_issuer(now: Instant, common_name: str) -> Es256Signer:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "CN"),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime.fromtimestamp(now - BACKDATED, UTC))
        .not_valid_after(datetime.fromtimestamp(now + CERTIFICATE_DAYS * DAY, UTC))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    return Es256Signer(key, certificate.public_bytes(Encoding.DER))


def _load_issuer(path: Path) -> Es256Signer:
    data = _secret(path, None)
    key = _parse_key(data, path)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise KeyUnreadable(Place(str(path)))
    return Es256Signer(key, certificates_in(data)[0])


def _common_name(certificate: bytes) -> str:
    subject = x509.load_der_x509_certificate(certificate).subject
    return "".join(str(one.value) for one in subject.get_attributes_for_oid(NameOID.COMMON_NAME))


def _ends(certificate: bytes) -> int:
    return int(x509.load_der_x509_certificate(certificate).not_valid_after_utc.timestamp())


def _pem(
    key: ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | mldsa.MLDSA44PrivateKey,
) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _certificate_pem(der: bytes) -> bytes:
    return x509.load_der_x509_certificate(der).public_bytes(Encoding.PEM)


def _pem_key(path: Path, make: Callable[[], bytes]) -> object:
    return _parse_key(_secret(path, make), path)


def _parse_key(data: bytes, path: Path) -> object:
    try:
        return load_pem_private_key(data, password=None)
    except (ValueError, TypeError):
        raise KeyUnreadable(Place(str(path))) from None


def _secret(path: Path, make: Callable[[], bytes] | None) -> bytes:
    """The secret in a file; made first if there is none and `make` is given."""
    if make is not None and not path.exists():
        _write_secret(path, make(), replace=False)
    data = _read(path)
    if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise KeyTooOpen(Place(str(path)))
    return data


def _write_secret(path: Path, data: bytes, *, replace: bool = True) -> None:
    """A file and folder that only their owner reads."""
    _write(path, data, replace=replace, mode=0o600, folder_mode=0o700)


def publish(path: Path, data: bytes) -> None:
    """The public half of a key, whole: a crash may have left no file, or half of one."""
    if not path.exists() or _read(path) != data:
        _write(path, data, replace=True, mode=0o666, folder_mode=0o777)


def _write(path: Path, data: bytes, *, replace: bool, mode: int, folder_mode: int) -> None:
    """Write beside, then rename or link: nobody ever reads half a key, and two makers agree.

    Durable before it is used: what a key signs may outlast a loss of power that the key does not.
    """
    part = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        _make_folder(path.parent, folder_mode)
        try:
            with os.fdopen(os.open(part, _NEW, mode), "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            if replace:
                part.replace(path)
            else:
                os.link(part, path)
        except FileExistsError:
            pass  # another process made it first; its key is the one
        finally:
            part.unlink(missing_ok=True)
        _sync_folder(path.parent)
    except OSError as error:
        raise KeyNotWritten(Place(str(path)), why=error.strerror) from error


def _make_folder(folder: Path, mode: int) -> None:
    """Make a folder, and those above it, durably."""
    if folder.is_dir():
        return
    _make_folder(folder.parent, mode)
    folder.mkdir(mode=mode, exist_ok=True)
    _sync_folder(folder.parent)


def _sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MAX_KEY_FILE)
    except OSError:
        raise KeyUnreadable(Place(str(path))) from None
