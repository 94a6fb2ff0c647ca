"""Key files: made once, private, and what they sign verifies."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ed25519

from mingma.issuer import specimen_issuer
from mingma.key_files import KeyUnreadable
from mingma.keys import log_keys, person_key, source_key
from mingma.ledger.note import KeyType, parse_key
from tests.unit.codes.forge import NOW


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


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


def test_a_source_key_signs_the_exact_bytes(tmp_path: Path) -> None:
    key = source_key(tmp_path / "lab-1.pem")
    assert source_key(tmp_path / "lab-1.pem").public == key.public
    assert source_key(tmp_path / "lab-2.pem").public != key.public
    signature = key.sign(b"body")
    assert len(key.public) == 32
    assert len(signature) == 64
    public = ed25519.Ed25519PublicKey.from_public_bytes(key.public)
    public.verify(signature, b"body")
    with pytest.raises(InvalidSignature):
        public.verify(signature, b"body ")


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


def test_a_file_that_holds_no_key_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "issuer.pem").touch(0o600)
    (tmp_path / "issuer.pem").write_bytes(b"no key")
    with pytest.raises(KeyUnreadable, match=r"issuer\.pem"):
        specimen_issuer(tmp_path, NOW)
    specimen_issuer(tmp_path / "other", NOW)
    with pytest.raises(KeyUnreadable, match=r"issuer\.pem"):
        source_key(tmp_path / "other" / "issuer.pem")
