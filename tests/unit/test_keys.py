"""Key files: made once, private, and what they sign verifies."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from mingma.codes.check import check
from mingma.codes.results import Result
from mingma.codes.token import PAPER_LIFETIME, Flags, issue
from mingma.codes.trust import NoCertificate, Trust
from mingma.issuer import CERTIFICATE_DAYS, load_trust, specimen_issuer
from mingma.kernel.times import DAY, Instant
from mingma.key_files import KeyNotWritten, KeyTooOpen, KeyUnreadable
from mingma.keys import log_keys, person_key, source_key, verify_source
from mingma.ledger.note import KeyType, parse_key
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


def test_a_log_s_keys_are_made_once_and_their_public_halves_lie_beside_them(tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    keys = [one.key for one in log_keys(folder, "ledger.example/codes")]
    assert [one.key for one in log_keys(folder, "ledger.example/codes")] == keys
    assert {mode(folder / name) for name in ("log.key", "log.mldsa.key")} == {0o600}
    published = [parse_key(line) for line in (folder / "log.vkey").read_text().splitlines()]
    assert published == keys
    assert [one.type for one in keys] == [KeyType.ED25519, KeyType.MLDSA44_COSIGNATURE]
    for signer in log_keys(folder, "ledger.example/codes"):
        assert signer.key.name == "ledger.example/codes"
        assert signer.key.verifies(b"text", signer.sign(b"text"))
    renamed = [one.key for one in log_keys(folder, "ledger.example/other")]
    assert [one.public for one in renamed] == [one.public for one in keys]
    assert (folder / "log.vkey").read_text() == "".join(f"{one}\n" for one in renamed)


def test_a_key_of_another_kind_is_no_post_quantum_key(tmp_path: Path) -> None:
    source_key(tmp_path / "log.mldsa.key")
    with pytest.raises(KeyUnreadable):
        log_keys(tmp_path, "ledger.example/codes")


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


def test_a_source_key_signs_the_exact_bytes(tmp_path: Path) -> None:
    key = source_key(tmp_path / "lab-1.pem")
    assert source_key(tmp_path / "lab-1.pem").public == key.public
    assert source_key(tmp_path / "lab-2.pem").public != key.public
    signature = key.sign(b"body")
    assert len(key.public) == 32
    assert len(signature) == 64
    assert verify_source(key.public, b"body", signature)
    assert not verify_source(key.public, b"body ", signature)
    assert not verify_source(key.public, b"body", signature[:-1])
    assert not verify_source(b"short", b"body", signature)
    assert not verify_source(source_key(tmp_path / "lab-2.pem").public, b"body", signature)


def test_a_person_key_is_made_once(tmp_path: Path) -> None:
    path = tmp_path / "person.key"
    key = person_key(path)
    assert len(key) == 32
    assert person_key(path) == key
    assert mode(path) == 0o600
    assert person_key(tmp_path / "other.key") != key
    path.write_bytes(b"short")
    with pytest.raises(KeyUnreadable):
        person_key(path)


def test_two_makers_at_once_get_one_key(tmp_path: Path) -> None:
    path, found, gate = tmp_path / "person.key", [], threading.Barrier(8)

    def make() -> None:
        gate.wait()
        found.append(person_key(path))

    threads = [threading.Thread(target=make) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert set(found) == {path.read_bytes()}
    assert [one.name for one in tmp_path.iterdir()] == ["person.key"]


@pytest.mark.parametrize("bits", [0o640, 0o604, 0o660, 0o644])
def test_a_key_that_others_can_read_is_refused(tmp_path: Path, bits: int) -> None:
    specimen_issuer(tmp_path, NOW)
    source_key(tmp_path / "lab.pem")
    person_key(tmp_path / "person.key")
    for name in ("issuer.pem", "lab.pem", "person.key"):
        (tmp_path / name).chmod(bits)
    with pytest.raises(KeyTooOpen):
        specimen_issuer(tmp_path, NOW)
    with pytest.raises(KeyTooOpen):
        source_key(tmp_path / "lab.pem")
    with pytest.raises(KeyTooOpen):
        person_key(tmp_path / "person.key")


@pytest.mark.parametrize("name", ["log.key", "log.mldsa.key"])
@pytest.mark.parametrize("bits", [0o640, 0o602, 0o610])
def test_a_log_key_that_others_than_its_owner_can_use_is_refused(
    tmp_path: Path, name: str, bits: int
) -> None:
    log_keys(tmp_path, "ledger.test.example/codes")
    assert (tmp_path / name).stat().st_mode & 0o777 == 0o600
    (tmp_path / name).chmod(bits)
    with pytest.raises(KeyTooOpen):
        log_keys(tmp_path, "ledger.test.example/codes")


def test_a_file_that_holds_no_key_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "issuer.pem").touch(0o600)
    (tmp_path / "issuer.pem").write_bytes(b"no key")
    with pytest.raises(KeyUnreadable, match=r"issuer\.pem"):
        specimen_issuer(tmp_path, NOW)
    specimen_issuer(tmp_path / "other", NOW)
    with pytest.raises(KeyUnreadable, match=r"issuer\.pem"):
        source_key(tmp_path / "other" / "issuer.pem")


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


def test_a_key_that_cannot_be_written_is_refused_and_not_used(tmp_path: Path) -> None:
    (tmp_path / "keys").write_text("a file where the folder should be")
    with pytest.raises(KeyNotWritten, match="File exists"):
        source_key(tmp_path / "keys" / "lab.key")


def test_a_certificate_that_a_crash_left_half_written_is_published_again(tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    signer = specimen_issuer(folder, NOW)
    (published,) = (folder / "trust").iterdir()
    whole = published.read_bytes()
    published.write_bytes(whole[:100])
    assert specimen_issuer(folder, NOW).kid == signer.kid
    assert published.read_bytes() == whole
