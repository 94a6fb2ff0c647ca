"""Files of keys: written once, whole, and for their owner alone."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from mingma.issuer import specimen_issuer
from mingma.key_files import KeyNotWritten, KeyTooOpen
from mingma.keys import log_keys, person_key, source_key
from tests.unit.codes.forge import NOW


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


def test_a_key_that_cannot_be_written_is_refused_and_not_used(tmp_path: Path) -> None:
    (tmp_path / "keys").write_text("a file where the folder should be")
    with pytest.raises(KeyNotWritten, match="File exists"):
        source_key(tmp_path / "keys" / "lab.key")
