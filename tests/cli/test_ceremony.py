"""`mingma ceremony` on an empty database, and `mingma yields` after it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mingma.flows import offices
from mingma.flows.hold_ceremony import ceremony_digest
from mingma.kernel.times import print_instant
from mingma.storage import open_store
from tests.cli.files import Run
from tests.instances import NOW, stage
from tests.posts import Posts, ceremony_of


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A ceremony's file, and an instance's settings beside it."""
    with stage(tmp_path / "elsewhere") as made:
        said = ceremony_of(Posts(made))
    found = tmp_path / "ceremony.json"
    found.write_text(json.dumps(said), "utf-8")
    monkeypatch.setenv("MINGMA_DATABASE", f"sqlite:///{tmp_path / 'a.db'}")
    monkeypatch.setenv("MINGMA_KEYS", str(tmp_path / "keys"))
    monkeypatch.setenv("MINGMA_CLOCK", print_instant(NOW))
    return found


def test_the_ceremony_is_held_once_from_the_command_line(
    run: Run, file: Path, tmp_path: Path
) -> None:
    done = run("ceremony", "--file", str(file), "--json")
    assert done.status == 0, done.err
    store = open_store(f"sqlite:///{tmp_path / 'a.db'}")
    with store.read() as unit:
        given = [record.id for record in unit.records(offices.GRANT)]
    store.close()
    assert sorted(json.loads(done.out)["grants"]) == sorted(given)
    assert len(given) == 2
    again = run("ceremony", "--file", str(file))
    assert again.status == 1
    assert "grant.ceremony_over" in again.err


def test_the_digest_is_printed_and_nothing_changed(run: Run, file: Path, tmp_path: Path) -> None:
    said = json.loads(file.read_text("utf-8"))
    done = run("ceremony", "--file", str(file), "--digest")
    assert done.out.strip() == ceremony_digest(said).hex()
    assert not (tmp_path / "a.db").exists()


@pytest.mark.parametrize("text", [None, "[]", "{", "x" * 1_000_001])
def test_a_file_that_is_none_is_malformed(run: Run, file: Path, text: str | None) -> None:
    if text is None:
        file.unlink()
    else:
        file.write_text(text, "utf-8")
    assert run("ceremony", "--file", str(file)).status == 2


def test_without_an_emergency_there_is_nothing_to_reckon(run: Run, file: Path) -> None:
    done = run("yields")
    assert (done.status, done.out) == (0, "")
