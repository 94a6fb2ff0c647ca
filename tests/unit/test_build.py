"""The build's id, and an installed package that is not what was installed."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from importlib.metadata import Distribution
from pathlib import Path

import pytest

from mingma import build
from mingma.build import BuildDiffers, build_id, digests, must_be_as_installed, recorded, this_build
from mingma.shelf import shelf
from tests.paths import ROOT


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout."""
    folder = tmp_path_factory.mktemp("dist")
    hatch = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(hatch, cwd=ROOT, check=True, capture_output=True)
    [made] = folder.glob("*.whl")
    return made


@pytest.fixture
def installed(wheel: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The wheel laid out as it would be installed, and taken for what runs."""
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path)
    [info] = tmp_path.glob("*.dist-info")
    monkeypatch.setattr(build, "PACKAGE", tmp_path / "mingma")
    monkeypatch.setattr(build, "shelf", lambda: tmp_path / "mingma" / "packs")
    monkeypatch.setattr(build, "distribution", lambda _: Distribution.at(info))
    return tmp_path / "mingma"


def test_a_wheel_has_the_id_of_the_checkout_it_was_made_of(installed: Path) -> None:
    must_be_as_installed()
    checkout = digests(ROOT / "src" / "mingma", ROOT / "packs")
    assert digests(installed, installed / "packs") == checkout
    assert build_id(recorded()) == build_id(checkout)


@pytest.mark.parametrize(
    "name",
    ["rules/explain.py", "authority/policies/mingma.cedar", "packs/cn-henan-2021-08/pack.yaml"],
)
def test_the_file_that_was_changed_is_named(installed: Path, name: str) -> None:
    assert (installed / name).exists()
    with (installed / name).open("a") as file:
        file.write("\n")
    with pytest.raises(BuildDiffers) as refused:
        must_be_as_installed()
    assert refused.value.details == {"file": f"mingma/{name}"}
    assert refused.value.exit_status == 4


def test_a_file_that_is_missing_or_was_added_is_named(installed: Path) -> None:
    (installed / "sitecustom.py").write_text("")
    with pytest.raises(BuildDiffers, match="sitecustom"):
        must_be_as_installed()
    (installed / "sitecustom.py").unlink()
    (installed / "py.typed").unlink()
    with pytest.raises(BuildDiffers, match=r"py\.typed"):
        must_be_as_installed()


def test_bytecode_caches_count_for_nothing(installed: Path) -> None:
    before = digests(installed, installed / "packs")
    (installed / "__pycache__").mkdir()
    (installed / "__pycache__" / "x.pyc").write_bytes(b"x")
    assert digests(installed, installed / "packs") == before
    must_be_as_installed()


def test_a_checkout_has_an_id_and_no_record_to_be_held_against() -> None:
    assert recorded() == {}
    must_be_as_installed()
    assert this_build.__wrapped__() == build_id(digests(ROOT / "src" / "mingma", shelf()))


def test_the_id_hangs_on_every_name_and_every_byte() -> None:
    one = {"mingma/a": b"1" * 32, "mingma/b": b"2" * 32}
    assert build_id(one) == build_id(dict(reversed(one.items())))
    others = [
        {"mingma/a": b"1" * 32},
        {"mingma/a": b"2" * 32, "mingma/b": b"1" * 32},
        {"mingma/a": b"1" * 32, "mingma/c": b"2" * 32},
    ]
    assert len({build_id(one), *map(build_id, others)}) == 4
