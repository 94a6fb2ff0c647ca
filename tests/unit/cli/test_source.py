"""`mingma source`: a key is registered for kinds that exist, and never as a demo's."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from mingma.cli import main
from mingma.storage import open_store
from tests.instances import LAB, LAB_KEY

PUBLIC = LAB_KEY.public_key()
PEM = PUBLIC.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


@pytest.fixture
def words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A good registration, as words of the command line."""
    monkeypatch.setenv("MINGMA_DATABASE", f"sqlite:///{tmp_path}/m.db")
    monkeypatch.setenv("MINGMA_KEYS", str(tmp_path / "keys"))
    (tmp_path / "key.pem").write_bytes(PEM)
    return [
        "source", "register", "--id", "lab-1", "--organ", "Henan CDC", "--title", "Lab one",
        "--organ-kind", "cdc",
        "--key", str(tmp_path / "key.pem"), "--kinds", "test, vaccination",
    ]  # fmt: skip


def changed(words: list[str], name: str, value: str) -> list[str]:
    place = words.index(name) + 1
    return [*words[:place], value, *words[place + 1 :]]


def refusal(words: list[str], capsys: pytest.CaptureFixture[str], status: int) -> str:
    """The slug of a registration that is refused."""
    assert main([*words, "--json"]) == status
    printed = capsys.readouterr()
    assert printed.out == ""
    found = json.loads(printed.err)
    assert found["detail"]
    return str(found["slug"])


def test_a_source_is_registered_and_listed(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == 0
    assert capsys.readouterr().out == "lab-1: Henan CDC, Lab one: test, vaccination\n"
    assert main(["source", "list", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {
        "id": "lab-1", "organ": "Henan CDC", "title": "Lab one",
        "key": base64.b64encode(LAB.key).decode(), "kinds": ["test", "vaccination"], "demo": False,
    }  # fmt: skip
    store = open_store(f"sqlite:///{tmp_path}/m.db")
    with store.read() as unit:
        assert unit.sources()["lab-1"].key == LAB.key
        assert not unit.sources()["lab-1"].demo
    store.close()


def test_a_key_may_be_base64_of_its_bytes(words: list[str], tmp_path: Path) -> None:
    (tmp_path / "key.pem").write_text(base64.b64encode(LAB.key).decode() + "\n")
    assert main(words) == 0


def test_an_id_is_registered_once(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 0
    capsys.readouterr()
    assert refusal(words, capsys, 1) == "store.already_there"


@pytest.mark.parametrize("kinds", ["test,debt", "colour", "Test"])
def test_a_kind_that_does_not_exist_is_refused(
    words: list[str], kinds: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert refusal(changed(words, "--kinds", kinds), capsys, 2) == "record.unknown_kind"


def test_a_source_has_a_kind(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert refusal(changed(words, "--kinds", " ,"), capsys, 2) == "source.no_kinds"


@pytest.mark.parametrize("id", ["a/b", "Lab", "", "a" * 65, "实验室", "a b", ".a"])
def test_an_id_that_could_be_mistaken_is_refused(
    words: list[str], id: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert refusal(changed(words, "--id", id), capsys, 2) == "source.bad_id"


@pytest.mark.parametrize(
    "key",
    [
        b"",
        b"hello",
        base64.b64encode(b"k" * 31),
        PEM[:-40],
        generate_private_key(SECP256R1())
        .public_key()
        .public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        None,
    ],
)
def test_a_file_that_holds_no_such_key_is_refused(
    words: list[str], tmp_path: Path, key: bytes | None, capsys: pytest.CaptureFixture[str]
) -> None:
    if key is None:
        (tmp_path / "key.pem").unlink()
    else:
        (tmp_path / "key.pem").write_bytes(key)
    assert refusal(words, capsys, 2) == "keys.unreadable"


@pytest.mark.parametrize(
    ("organ", "kinds"),
    [("police", "test"), ("stability_office", "trip"), ("headquarters_social_control", "check_in"),
     ("supplier", "test"), ("laboratory", "entry"), ("cdc", "contact_finding"), ("cdc", "mark")],
)  # fmt: skip
def test_an_organ_registers_only_what_its_kind_may_own(
    words: list[str], organ: str, kinds: str, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = changed(changed(words, "--organ-kind", organ), "--kinds", kinds)
    assert refusal(wrong, capsys, 1) == "source.not_theirs"
    assert main(["source", "list"]) == 0
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("organ", ["bank", "", "Police"])
def test_what_is_no_kind_of_organ_registers_nothing(
    words: list[str], organ: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert refusal(changed(words, "--organ-kind", organ), capsys, 2) == "source.unknown_organ_kind"


def test_nobody_registers_a_demo_key(words: list[str]) -> None:
    assert main([*words, "--demo"]) == 2


@pytest.mark.parametrize("port", ["-1", "65536"])
def test_serve_refuses_a_port_that_is_none(
    words: list[str], port: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["serve", "--port", port]) == 2
    assert "settings.bad" in capsys.readouterr().err


def test_serve_refuses_a_database_that_is_none(
    words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.setenv("MINGMA_KEYS", str(tmp_path / "keys"))
    assert main(["serve", "--database", "mysql://host/db"]) == 2
    assert "store.unknown_address" in capsys.readouterr().err
