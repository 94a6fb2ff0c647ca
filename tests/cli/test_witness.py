"""A witness alone: it cosigns, remembers, and knows nothing of people."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from mingma.cli import main
from mingma.cli.witness import DATABASE, Alone, BuildsUnreadable, NothingToWatch, open_witness
from mingma.ledger.cosignature import verify_checkpoint
from mingma.ledger.note import Note, parse_key, parse_signature
from mingma.ledger.witnessing import origin_hash
from mingma.serving import create_witness_app
from tests.instances import NOW
from tests.unit.ledger.hierarchies import ONE_EACH, policy
from tests.witnessing import LOG, ORIGIN

ORGAN = "witness.henan.example/office"


def watching(folder: Path, builds: Path | None = None) -> Alone:
    (folder / "witnessed").mkdir(parents=True, exist_ok=True)
    (folder / "witnessed" / "henan.vkey").write_text(f"{LOG.key}\n{LOG.quantum_key}\n")
    return open_witness(folder, ORGAN, lambda: NOW, builds)


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[Litestar]:
    found = watching(tmp_path)
    yield create_witness_app(found)
    found.store.close()


def test_it_cosigns_and_remembers_over_a_restart(alone: Litestar, tmp_path: Path) -> None:
    with TestClient(alone) as http:
        answer = http.post("/witness/add-checkpoint", content=LOG.ask(0, 1000))
    assert answer.status_code == 200
    assert answer.headers["x-content-type-options"] == "nosniff"
    keys = [parse_key(one) for one in (tmp_path / "witness.vkey").read_text().splitlines()]
    lines = tuple(parse_signature(line) for line in answer.text.splitlines(keepends=True))
    _, signed = verify_checkpoint(Note(LOG.note(1000).text, lines), keys)
    assert [one.key for one in signed] == keys
    again = watching(tmp_path)
    with TestClient(create_witness_app(again)) as http:
        stale = http.post("/witness/add-checkpoint", content=LOG.ask(0, 2000))
        last = http.get(f"/witness/{origin_hash(ORIGIN)}/checkpoint")
        assert http.get(f"/witness/{origin_hash(ORIGIN)}/forks").json() == []
    again.store.close()
    assert (stale.status_code, stale.text) == (409, "1000\n")
    assert last.text.endswith(answer.text)


def test_it_serves_nothing_of_people(alone: Litestar, tmp_path: Path) -> None:
    paths = {route.path for route in alone.routes}
    assert paths == {
        "/healthz", "/witness/add-checkpoint",
        "/witness/{origin_hash:str}/checkpoint", "/witness/{origin_hash:str}/forks",
    }  # fmt: skip
    with TestClient(alone) as http:
        assert http.get("/healthz").status_code == 200
        refusal = http.get("/v1/me/code")
        assert (refusal.status_code, refusal.json()["status"]) == (404, 404)
        assert http.post("/witness/add-checkpoint", content=b"?").json()["slug"]
    with closing(sqlite3.connect(tmp_path / DATABASE)) as database:
        assert database.execute("select count(*) from person").fetchone() == (0,)
    assert not {"issuer.pem", "person.key", "log.key"} & {one.name for one in tmp_path.iterdir()}


def test_with_a_list_of_builds_it_reads_each_log_s_files(tmp_path: Path) -> None:
    listed = tmp_path / "builds"
    listed.write_text(f"build {'ab' * 32}\n\nlog {ORIGIN} {tmp_path / 'nowhere'}\n")
    found = watching(tmp_path, listed)
    with TestClient(create_witness_app(found)) as http:
        answer = http.post("/witness/add-checkpoint", content=LOG.ask(0, 1000))
        assert (answer.status_code, answer.json()["slug"]) == (403, "ledger.files_do_not_hold")
    assert found.witness.builds is not None
    assert found.witness.builds.builds == {bytes.fromhex("ab" * 32)}
    found.store.close()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "log"),
        ("log another.example/log nowhere\n", "log"),
        (f"log {ORIGIN} nowhere\nbuild ABAB\n", "line"),
        (f"log {ORIGIN}\n", "line"),
        (f"build {'ab' * 32} {'cd' * 32}\n", "line"),
    ],
)
def test_a_list_that_is_wrong_or_leaves_a_log_out_starts_no_witness(
    tmp_path: Path, text: str, why: str
) -> None:
    (tmp_path / "builds").write_text(text)
    with pytest.raises(BuildsUnreadable) as refused:
        watching(tmp_path, tmp_path / "builds")
    assert refused.value.details["why"] == why


def test_with_nothing_to_watch_it_does_not_start(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["witness", "run", "--keys", str(tmp_path)]) == NothingToWatch.exit_status
    assert "witness.nothing_to_watch" in capsys.readouterr().err


def test_keys_are_made_once_and_given_as_lines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MINGMA_KEYS", str(tmp_path / "keys"))
    monkeypatch.setenv("MINGMA_ORGAN", ORGAN)
    assert main(["witness", "keys"]) == 0
    lines = capsys.readouterr().out.splitlines()
    names = [parse_key(line).name for line in lines]
    assert names == ["ledger.specimen.example/codes"] * 2 + ["witness.witness.henan.example/w1"] * 2
    files = (tmp_path / "keys" / "log.vkey", tmp_path / "keys" / "witness.vkey")
    assert "".join(path.read_text() for path in files).splitlines() == lines
    (tmp_path / "keys" / "witness.vkey").write_text("half of")  # as a crash would leave it
    assert main(["witness", "keys"]) == 0
    assert capsys.readouterr().out.splitlines() == lines
    assert files[1].read_text().splitlines() == lines[2:]


def test_keys_that_cannot_be_kept_are_refused_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "keys").write_text("no folder")
    monkeypatch.setenv("MINGMA_KEYS", str(tmp_path / "keys"))
    assert main(["witness", "keys"]) == 4
    assert "keys.not_written" in capsys.readouterr().err


def test_a_policy_s_lack_of_independence_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "policy"
    file.write_bytes(policy(ONE_EACH, "4"))
    assert main(["witness", "policy", str(file)]) == 0
    assert capsys.readouterr().out == "the quorum needs independent witnesses\n"
    file.write_bytes(policy(ONE_EACH, "1"))
    assert main(["witness", "policy", str(file), "--json"]) == 1
    assert json.loads(capsys.readouterr().out) == {
        "independent": False,
        "lacks": ["quorum", "alone"],
    }
    file.write_text("log x")
    assert main(["witness", "policy", str(file)]) == 2
    assert str(file) in capsys.readouterr().err
