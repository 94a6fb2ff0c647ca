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
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID

from mingma.codes.trust import NoCertificate, Trust, certificates_in, kid_of
from mingma.kernel.errors import Malformed, Place, Refused
from mingma.kernel.times import DAY, HOUR, Instant
from mingma.ledger.note import KeyType, VerifierKey

PERSON_KEY_SIZE: Final = 32
SESSION_KEY_SIZE: Final = 32
CERTIFICATE_DAYS: Final = 90  # of a specimen's signer; a real one has a week
RENEW_BEFORE: Final = 8 * DAY  # a token on paper lives 7 days and must end before its certificate
BACKDATED: Final = HOUR  # a checker's clock may be behind the issuer's
MAX_KEY_FILE: Final = 65_536  # bytes


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


def verify_source(public: bytes, body: bytes, signature: bytes) -> bool:
    """Whether a source with this public key signed exactly this body."""
    try:
        ed25519.Ed25519PublicKey.from_public_bytes(public).verify(signature, body)
    except (InvalidSignature, ValueError):
        return False
    return True


def specimen_issuer(folder: Path, now: Instant) -> Es256Signer:
    """The specimen's signer in a folder, made anew when its certificate is about to end.

    Certificates go to `trust/<key id>.pem`, the folder to give a checker; old ones stay there.
    """
    path = folder / "issuer.pem"
    signer = _load_issuer(path) if path.exists() else None
    if signer is None or _ends(signer.certificate) < now + RENEW_BEFORE:
        signer = _make_issuer(now)
        _write_secret(path, _pem(signer.key) + _certificate_pem(signer.certificate))
    published = folder / "trust" / f"{signer.kid.hex()}.pem"
    if not published.exists():
        published.parent.mkdir(parents=True, exist_ok=True)
        published.write_bytes(_certificate_pem(signer.certificate))
    return signer


def source_key(path: Path) -> SourceKey:
    """The source key in a file, made if there is none."""
    key = _pem_key(path, lambda: _pem(ed25519.Ed25519PrivateKey.generate()))
    if not isinstance(key, ed25519.Ed25519PrivateKey):
        raise KeyUnreadable(Place(str(path)))
    return SourceKey(key)


def log_key(path: Path, origin: str) -> LogKey:
    """The log's key in a file, made if there is none.

    Its public half goes beside it, to give to whoever checks the log: `log.key`, `log.vkey`.
    """
    key = LogKey(origin, source_key(path).key)
    published = path.with_suffix(".vkey")
    text = f"{key.key}\n"
    if not published.exists() or published.read_text("utf-8") != text:
        published.write_text(text, "utf-8")
    return key


def person_key(path: Path) -> bytes:
    """The key that turns numbers of people into pseudonyms, made if there is none: 32 bytes."""
    key = _secret(path, lambda: secrets.token_bytes(PERSON_KEY_SIZE))
    if len(key) != PERSON_KEY_SIZE:
        raise KeyUnreadable(Place(str(path)))
    return key


def session_key(path: Path) -> bytes:
    """The key that signs sessions, made if there is none: 32 bytes."""
    key = _secret(path, lambda: secrets.token_bytes(SESSION_KEY_SIZE))
    if len(key) != SESSION_KEY_SIZE:
        raise KeyUnreadable(Place(str(path)))
    return key


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


def _make_issuer(now: Instant) -> Es256Signer:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "CN"),
            x509.NameAttribute(NameOID.COMMON_NAME, "mingma specimen, proves nothing"),
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


def _ends(certificate: bytes) -> int:
    return int(x509.load_der_x509_certificate(certificate).not_valid_after_utc.timestamp())


def _pem(key: ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey) -> bytes:
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
    """Write beside, then rename or link: nobody ever reads half a key, and two makers agree."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    try:
        if replace:
            part.replace(path)
        else:
            os.link(part, path)
    except FileExistsError:
        pass  # another process made it first; its key is the one
    finally:
        part.unlink(missing_ok=True)


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MAX_KEY_FILE)
    except OSError:
        raise KeyUnreadable(Place(str(path))) from None
