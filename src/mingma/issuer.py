"""The issuer of tokens: its key and certificate in a folder, and the certificates that gates trust.

Made when first asked for, and anew before a certificate ends. *Trusted*: whoever reads the issuer's
key can sign green codes in its name; a red one an offline gate believes only beside the receipt of
somebody's red leaf, which need not be the bearer's (docs/formats/token.md).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from mingma.codes.trust import NoCertificate, Trust, certificates_in, kid_of
from mingma.kernel.errors import Place, Refused
from mingma.kernel.times import DAY, HOUR, Instant
from mingma.key_files import KeyUnreadable, publish, read_key, secret, write_secret
from mingma.keys import parse_key, pem

CERTIFICATE_DAYS: Final = 90  # of a specimen's signer; a real one has a week
RENEW_BEFORE: Final = 8 * DAY  # a token on paper lives 7 days and must end before its certificate
BACKDATED: Final = HOUR  # a checker's clock may be behind the issuer's
SPECIMEN_NAME: Final = "mingma specimen, proves nothing"  # on a specimen's certificates
MAX_COMMON_NAME: Final = 64  # characters (X.520)


class IssuerOfSpecimen(Refused):
    """The issuer's certificate is a specimen's, and the instance has a trust policy."""

    slug = "keys.issuer_of_specimen"
    zh = "签发证书为样本证书,不能用于设有信任策略的实例"
    en = "the issuer's certificate is a specimen's: an instance with a trust policy refuses it"
    remedy_zh = "请换密钥文件夹,或移走 issuer.pem 与 trust 中的样本证书,另制新证书"
    remedy_en = "take another folder of keys, or remove issuer.pem and trust: new ones are made"


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
        write_secret(path, pem(signer.key) + _certificate_pem(signer.certificate))
    published = folder / "trust" / f"{signer.kid.hex()}.pem"
    publish(published, _certificate_pem(signer.certificate))
    return signer


def load_trust(place: Path) -> tuple[Trust, tuple[str, ...]]:
    """The certificates in a folder or a file, and the files in which there was none."""
    ders: list[bytes] = []
    without: list[str] = []
    for path in _files(place):
        try:
            ders += certificates_in(read_key(path))
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
    data = secret(path, None)
    key = parse_key(data, path)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise KeyUnreadable(Place(str(path)))
    return Es256Signer(key, certificates_in(data)[0])


def _common_name(certificate: bytes) -> str:
    subject = x509.load_der_x509_certificate(certificate).subject
    return "".join(str(one.value) for one in subject.get_attributes_for_oid(NameOID.COMMON_NAME))


def _ends(certificate: bytes) -> int:
    return int(x509.load_der_x509_certificate(certificate).not_valid_after_utc.timestamp())


def _certificate_pem(der: bytes) -> bytes:
    return x509.load_der_x509_certificate(der).public_bytes(Encoding.PEM)
