"""The commands and settings that documents name are those of the program."""

from __future__ import annotations

import re
from dataclasses import fields
from functools import cache
from pathlib import Path

import pytest

from mingma.cli import app, main
from mingma.settings import ELSEWHERE, PREFIX, Settings
from tests.docs.test_documents import DOCUMENTS, name

INLINE = re.compile(r"`mingma ([^`]+)`")
LINE = re.compile(r"^(?:\$ )?(?:\.venv/bin/)?mingma (.+?)(?:\s+#.*)?$", re.MULTILINE)
BLOCK = re.compile(r"```(?:sh|console)?\n(.*?)```", re.DOTALL)
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]*")
SETTING = re.compile(rf"\b{PREFIX}([A-Z_]+)\b")


def commands(text: str) -> list[str]:
    """What stands after `mingma` in a document, a command each."""
    joined = [block.replace("\\\n", " ") for block in BLOCK.findall(text)]
    return [*INLINE.findall(text), *(line for block in joined for line in LINE.findall(block))]


@cache
def help_of(path: tuple[str, ...]) -> str:
    """What the program says of a command; fails for one it does not have."""
    found = app
    for word in path:
        found = found[word]
    return "\n".join(
        part for argument in found.assemble_argument_collection() for part in argument.names
    )


def split(command: str) -> tuple[tuple[str, ...], list[str]]:
    """The words that are commands, and the options."""
    path: tuple[str, ...] = ()
    found = app
    for word in command.split():
        if not re.fullmatch("[a-z]+(-[a-z]+)*", word) or found.default_command is not None:
            break
        assert word in found, f"there is no command `mingma {' '.join((*path, word))}`"
        found, path = found[word], (*path, word)
    return path, OPTION.findall(command)


NAMED = [
    (name(path), command) for path in DOCUMENTS for command in commands(path.read_text("utf-8"))
]


@pytest.mark.parametrize(("document", "command"), NAMED, ids=[f"{d}: {c[:40]}" for d, c in NAMED])
def test_a_command_that_is_named_is_there_with_its_options(document: str, command: str) -> None:
    path, options = split(command)
    if options in (["--help"], ["--version"]):
        return
    assert path, f"there is no command `{command}`"
    assert [option for option in options if option not in help_of(path).split()] == []


def test_the_documents_name_commands() -> None:
    assert len(NAMED) > 5


@pytest.mark.parametrize("document", DOCUMENTS, ids=name)
def test_a_setting_that_is_named_is_there(document: Path) -> None:
    known = {field.name.upper() for field in fields(Settings)} | ELSEWHERE
    assert set(SETTING.findall(document.read_text("utf-8"))) - known == set()


def test_every_command_says_what_it_is_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    said = capsys.readouterr().out
    for word in (
        "evaluate",
        "explain",
        "packs",
        "token",
        "ledger",
        "receipt",
        "audit",
        "bundle",
        "city",
        "source",
        "serve",
        "demo",
        "bench",
    ):
        assert re.search(rf"^│ {word} +\S", said, re.MULTILINE), word
