"""`mingma token check`: what it prints, and with which exit status."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from mingma.cli import main
from mingma.codes.token import Flags, issue
from mingma.kernel.times import HOUR, print_instant
from mingma.kernel.words import Colour
from tests.pictures import draw_code
from tests.unit.codes.forge import NOW, office, status

OFFICE = office()
AT = ("--at", print_instant(NOW))
GREEN = issue(status(), OFFICE.kid, OFFICE.sign)
RED = issue(
    status(colour=Colour.RED, leaf=bytes(8), flags=Flags.STATIC | Flags.SPECIMEN),
    OFFICE.kid,
    OFFICE.sign,
)


@pytest.fixture
def trust(tmp_path: Path) -> str:
    folder = tmp_path / "trust"
    folder.mkdir()
    (folder / "office.der").write_bytes(OFFICE.der)
    return str(folder)


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, dict[str, Any], str]:
    status = main(["token", "check", *words])
    printed = capsys.readouterr()
    return status, json.loads(printed.out) if printed.out else {}, printed.err


def test_a_good_token_is_printed_with_its_steps_and_claims(
    capsys: pytest.CaptureFixture[str], trust: str
) -> None:
    status, outcome, errors = run(capsys, GREEN, "--trust", trust, *AT)
    assert (status, errors) == (0, "")
    assert outcome["result"] == "OK"
    assert outcome["colour"] == "green"
    assert list(outcome["steps"]) == (
        "prefix base45 zlib cose cbor signature key_usage expiry schema".split()
    )
    assert set(outcome["steps"].values()) == {True}
    assert outcome["claims"]["name"] == "张*"
    assert outcome["claims"]["last_four"] == "3018"
    assert outcome["claims"]["expires_at"] == print_instant(NOW + 11 * HOUR)


def test_every_other_result_is_printed_and_ends_with_one(
    capsys: pytest.CaptureFixture[str], trust: str
) -> None:
    for words, result in (
        ((GREEN, *AT), "UNKNOWN_KEY"),
        ((GREEN, "--trust", trust), "EXPIRED"),
        ((GREEN[:-3], "--trust", trust, *AT), "UNREADABLE"),
        (("hello", "--trust", trust, *AT), "UNREADABLE"),
        (("", "--trust", trust, *AT), "UNREADABLE"),
        ((RED, "--trust", trust, *AT), "UNPROVEN"),
    ):
        status, outcome, errors = run(capsys, *words, "--json")
        assert (status, outcome["result"], outcome["colour"]) == (1, result, None)
        assert errors == ""


def test_a_specimen_says_its_colour_only_when_asked(
    capsys: pytest.CaptureFixture[str], trust: str
) -> None:
    status, outcome, _ = run(capsys, RED, "--trust", trust, *AT, "--specimen")
    assert (status, outcome["result"], outcome["colour"]) == (0, "OK", "red")
    assert outcome["specimen"] is True


@pytest.mark.parametrize("name", ["code.png", "CODE.PNG", "code"])
def test_a_picture_is_read(
    capsys: pytest.CaptureFixture[str], trust: str, tmp_path: Path, name: str
) -> None:
    (tmp_path / name).write_bytes(draw_code(GREEN))
    status, outcome, _ = run(capsys, str(tmp_path / name), "--trust", trust, *AT)
    assert (status, outcome["result"]) == (0, "OK")


@pytest.mark.parametrize("content", [GREEN.encode() + b"\r\n", draw_code(GREEN)])
def test_standard_input_is_a_text_or_a_picture(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    trust: str,
    content: bytes,
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
    status, outcome, _ = run(capsys, "-", "--trust", trust, *AT)
    assert (status, outcome["result"]) == (0, "OK")


def test_a_text_file_is_read(
    capsys: pytest.CaptureFixture[str], trust: str, tmp_path: Path
) -> None:
    (tmp_path / "code.txt").write_text(GREEN + "\n")
    assert run(capsys, str(tmp_path / "code.txt"), "--trust", trust, *AT)[0] == 0
    (tmp_path / "code.txt").write_bytes(b"\xff\xfe\x00")
    status, outcome, _ = run(capsys, str(tmp_path / "code.txt"), "--trust", trust, *AT)
    assert (status, outcome["result"]) == (1, "UNREADABLE")


def test_a_broken_picture_is_unreadable_not_an_error(
    capsys: pytest.CaptureFixture[str], trust: str, tmp_path: Path
) -> None:
    (tmp_path / "code.png").write_bytes(draw_code(GREEN)[:300])
    status, outcome, _ = run(capsys, str(tmp_path / "code.png"), "--trust", trust, *AT)
    assert (status, outcome["reasons"]) == (1, ["picture.unreadable"])


def test_what_cannot_be_opened_ends_with_two_and_names_the_file(
    capsys: pytest.CaptureFixture[str], trust: str, tmp_path: Path
) -> None:
    for words, slug in (
        ((str(tmp_path / "none.png"), "--trust", trust), "token.file_unreadable"),
        ((str(tmp_path / "NONE.PNG"), "--trust", trust), "token.file_unreadable"),
        ((str(tmp_path), "--trust", trust), None),
        ((GREEN, "--trust", str(tmp_path / "none")), "keys.unreadable"),
        ((GREEN, "--trust", trust, "--at", "yesterday"), "time.not_an_instant"),
    ):
        status, outcome, errors = run(capsys, *words)
        if slug is None:  # a folder is no file: then it is a text, and no token
            assert (status, outcome["result"]) == (1, "UNREADABLE")
            continue
        assert (status, outcome) == (2, {})
        assert errors.startswith(f"{slug}: ")
        assert errors.count("\n") == 1


def test_lists_that_cannot_be_read_yet_are_named_and_change_nothing(
    capsys: pytest.CaptureFixture[str], trust: str
) -> None:
    status, outcome, errors = run(capsys, GREEN, "--trust", trust, *AT, "--lists", "lists")
    assert (status, outcome["result"]) == (0, "OK")
    assert "no status lists" in errors
    listed = issue(status_with_list(), OFFICE.kid, OFFICE.sign)
    status, outcome, _ = run(capsys, listed, "--trust", trust, *AT, "--lists", "lists")
    assert (status, outcome["result"], outcome["colour"]) == (1, "STALE_LISTS", "green")
    assert outcome["ages"] == {"status": None}


def status_with_list() -> Any:
    return status(flags=Flags.PAPER, index=3)


def test_a_file_without_a_certificate_is_a_warning(
    capsys: pytest.CaptureFixture[str], trust: str
) -> None:
    (Path(trust) / "notes").write_text("weekly")
    status, _, errors = run(capsys, GREEN, "--trust", trust, *AT)
    assert status == 0
    assert errors.startswith("warning: ")
