"""The issuer's key and certificate: made once, renewed in time, believed by its trust folder."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from mingma.codes.check import check
from mingma.codes.results import Result
from mingma.codes.token import PAPER_LIFETIME, Flags, issue
from mingma.codes.trust import NoCertificate, Trust
from mingma.issuer import CERTIFICATE_DAYS, load_trust, specimen_issuer
from mingma.kernel.times import DAY, Instant
from mingma.key_files import KeyUnreadable
from tests.unit.codes.forge import NOW, status


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_a_specimen_issuer_is_made_once_and_believed_by_its_trust_folder(tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    signer = specimen_issuer(folder, NOW)
    again = specimen_issuer(folder, Instant(NOW + 5))
    assert again.kid == signer.kid
    assert mode(folder / "issuer.pem") == 0o600
    assert mode(folder) == 0o700
    trust, without = load_trust(folder / "trust")
    assert (len(trust), without) == (1, ())
    token = issue(status(flags=Flags.STATIC | Flags.SPECIMEN), again.kid, again.sign)
    assert check(token, NOW, trust=trust, specimen=True).result is Result.OK
    assert check(token, NOW, trust=trust).result is Result.UNPROVEN
    assert check(token, NOW, trust=Trust()).result is Result.UNKNOWN_KEY


def test_a_certificate_is_renewed_before_a_token_could_outlive_it(tmp_path: Path) -> None:
    first = specimen_issuer(tmp_path, NOW)
    late = Instant(NOW + (CERTIFICATE_DAYS - 8) * DAY)
    assert specimen_issuer(tmp_path, late).kid == first.kid
    paper = status(issued_at=late, expires_at=Instant(late + PAPER_LIFETIME), flags=Flags.PAPER)
    trust, _ = load_trust(tmp_path / "trust")
    assert check(issue(paper, first.kid, first.sign), late, trust=trust).result is Result.OK
    second = specimen_issuer(tmp_path, Instant(late + 1))
    assert second.kid != first.kid
    # The old certificate stays: tokens under it are still out.
    trust, _ = load_trust(tmp_path / "trust")
    assert trust.under(first.kid)
    assert trust.under(second.kid)


def test_the_trust_folder_holds_no_secret(tmp_path: Path) -> None:
    specimen_issuer(tmp_path, NOW)
    for path in (tmp_path / "trust").iterdir():
        assert b"PRIVATE" not in path.read_bytes()


def test_files_without_a_certificate_are_named_and_do_no_harm(tmp_path: Path) -> None:
    signer = specimen_issuer(tmp_path, NOW)
    folder = tmp_path / "trust"
    (folder / "README").write_text("certificates")
    (folder / ".hidden").write_text("x")
    (folder / "inner").mkdir()
    trust, without = load_trust(folder)
    assert trust.under(signer.kid)
    assert without == (str(folder / "README"),)
    alone, _ = load_trust(folder / f"{signer.kid.hex()}.pem")
    assert alone.under(signer.kid)
    with pytest.raises(NoCertificate, match="README"):
        load_trust(folder / "README")
    with pytest.raises(KeyUnreadable, match="nowhere"):
        load_trust(tmp_path / "nowhere")


def test_the_signature_is_raw_and_of_fixed_size(tmp_path: Path) -> None:
    signer = specimen_issuer(tmp_path, NOW)
    assert isinstance(signer.key, ec.EllipticCurvePrivateKey)
    assert {len(signer.sign(b"%d" % number)) for number in range(300)} == {64}


def test_a_certificate_that_a_crash_left_half_written_is_published_again(tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    signer = specimen_issuer(folder, NOW)
    (published,) = (folder / "trust").iterdir()
    whole = published.read_bytes()
    published.write_bytes(whole[:100])
    assert specimen_issuer(folder, NOW).kid == signer.kid
    assert published.read_bytes() == whole
