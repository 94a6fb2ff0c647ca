"""`mingma evaluate`: what it writes, what it refuses, and with which exit status."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from mingma.cli import app
from tests.cli.files import AREAS, AT, OTHER, PACK, Run, finding, write

PROBLEM = "type title status detail slug file line field".split()


@pytest.fixture
def words(facts: Path) -> list[object]:
    return ["evaluate", "--pack", PACK, "--facts", facts, "--at", AT]


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


# -- what it writes


def test_one_record_a_subject_that_has_facts_sorted_by_subject(
    run: Run, words: list[object]
) -> None:
    done = run(*words)
    assert (done.status, done.err) == (0, "")
    assert [(r["subject"], r["colour"]) for r in done.records] == [
        ("a", "green"), ("b", "green"), ("乙", "red"),
    ]  # fmt: skip
    assert done.records[2]["rule"] == "HA-R3"


def test_both_engines_write_the_same_bytes(run: Run, words: list[object], tmp_path: Path) -> None:
    for engine in ("python", "duckdb"):
        assert run(*words, "--engine", engine, "--out", tmp_path / f"{engine}.ndjson").status == 0
    written = (tmp_path / "python.ndjson").read_bytes()
    assert (tmp_path / "duckdb.ndjson").read_bytes() == written
    assert run(*words).out.encode() == written


def test_parquet_has_the_same_records(run: Run, words: list[object], tmp_path: Path) -> None:
    out = tmp_path / "out.parquet"
    assert run(*words, "--out", out).status == 0
    rows = pq.read_table(out).to_pylist()
    for row in rows:
        for name in ("notices", "next", "findings"):
            row[name] = None if row[name] is None else json.loads(row[name])
    records = run(*words).records
    assert rows == records
    assert list(rows[0]) == list(records[0])


def test_records_go_to_the_file_and_not_to_the_screen(
    run: Run, words: list[object], tmp_path: Path
) -> None:
    out = tmp_path / "out.ndjson"
    done = run(*words, "--out", out)
    assert (done.out, len(lines(out))) == ("", 3)


def test_several_packs_are_asked_at_once_and_each_once(run: Run, facts: Path) -> None:
    done = run("evaluate", "--pack", PACK, "--pack", OTHER, "--pack", PACK, "--facts", facts,
               "--at", AT)  # fmt: skip
    packs = {r["subject"]: r["pack"] for r in done.records}
    assert packs["a"] == PACK  # green: the first given
    findings = done.records[2]["findings"]
    assert [f["rule"] for f in findings] == ["HA-R3", "FJ-R3"]


def test_without_an_emergency_everybody_is_unknown(run: Run, words: list[object]) -> None:
    done = run(*words, "--no-emergency")
    assert done.status == 0
    assert {r["colour"] for r in done.records} == {"unknown"}
    assert all(r["findings"] == [] and r["notices"] == [] for r in done.records)
    assert run(*words, "--no-emergency", "--engine", "duckdb").out == done.out


def test_an_area_list_matches_stays(run: Run, tmp_path: Path) -> None:
    stay = {
        "id": "s", "kind": "area_stay", "subject": "p", "at": "2021-10-01T10:00:00+08:00",
        "until": "2021-10-05T10:00:00+08:00", "region": "350203", "place": "某社区", "data": {},
    }  # fmt: skip
    facts = write(tmp_path / "facts.ndjson", stay)
    listed = tmp_path / "areas.csv"
    listed.write_text(AREAS + "H,福建省,厦门市,思明区,某社区,2021-10-03,\n", "utf-8")
    words = ("evaluate", "--pack", PACK, "--facts", facts, "--at", AT)
    assert run(*words).records[0]["colour"] == "green"
    assert run(*words, "--areas", listed).records[0]["rule"] == "HA-R6"
    (tmp_path / "areas.csv.gz").write_bytes(gzip.compress(listed.read_bytes()))
    assert run(*words, "--areas", tmp_path / "areas.csv.gz").records[0]["rule"] == "HA-R6"


def test_outside_the_window_it_answers_all_the_same_and_warns(run: Run, facts: Path) -> None:
    at = "2020-01-01T00:00:00+08:00"
    done = run("evaluate", "--pack", PACK, "--facts", facts, "--at", at)
    assert done.status == 0
    assert len(done.records) == 3
    assert done.err == (
        f"warning: {at} is outside the window of {PACK} edition 1 (2021-08 to now); "
        "evaluated all the same\n"
    )


# -- what it refuses


def test_one_malformed_line_refuses_the_file(run: Run, tmp_path: Path) -> None:
    facts = write(tmp_path / "facts.ndjson", finding("f"), finding("g", colour="red"))
    done = run("evaluate", "--pack", PACK, "--facts", facts, "--at", AT)
    assert (done.status, done.out) == (2, "")
    first, last = done.err.splitlines()
    assert first.startswith(f"record.unknown_field: {facts}, line 2, field `data.colour`: ")
    assert last.startswith(f"file.refused: {facts}: the file has 1 faulty lines; nothing was kept")


def test_with_json_the_refusal_is_an_object_naming_file_line_and_field(
    run: Run, tmp_path: Path
) -> None:
    facts = write(tmp_path / "facts.ndjson", finding("f"), "{", finding("g", colour="red"))
    problem = run("evaluate", "--json", "--pack", PACK, "--facts", facts, "--at", AT).problem
    assert (problem["slug"], problem["type"]) == ("file.refused", "urn:mingma:file.refused")
    assert (problem["status"], problem["file"], problem["line"]) == (400, str(facts), 2)
    assert [(e["slug"], e["line"], e["field"]) for e in problem["errors"]] == [
        ("record.not_json", 2, None), ("record.unknown_field", 3, "data.colour"),
    ]  # fmt: skip
    assert all(list(e) == PROBLEM for e in problem["errors"])


REFUSED = {
    "an unknown pack": ({"--pack": "cn-nowhere"}, 2, "pack.unknown"),
    "facts that are not there": ({"--facts": "nothing.ndjson"}, 2, "file.unreadable"),
    "facts that are a folder": ({"--facts": "."}, 2, "file.unreadable"),
    "an area list that is not there": ({"--areas": "nothing.csv"}, 2, "file.unreadable"),
    "an instant that is none": ({"--at": "2021-10-12"}, 2, "time.not_an_instant"),
    "an engine that is none": ({"--engine": "abacus"}, 2, "cli.bad_command"),
    "an engine that is not installed": ({"--engine": "spark"}, 3, "engine.missing"),
    "a folder that is not there": ({"--out": "nowhere/out.ndjson"}, 2, "file.unreadable"),
    "an option that is none": ({"--colour": "red"}, 2, "cli.bad_command"),
}  # fmt: skip


@pytest.mark.parametrize(("changed", "status", "slug"), REFUSED.values(), ids=REFUSED.keys())
def test_refused_with_its_exit_status_and_slug(
    run: Run, facts: Path, changed: dict[str, str], status: int, slug: str
) -> None:
    options = {"--pack": PACK, "--facts": facts, "--at": AT, **changed}
    words = ["evaluate", *(word for pair in options.items() for word in pair)]
    done = run(*words)
    assert (done.status, done.out) == (status, "")
    [line] = done.err.splitlines()
    assert line.startswith(f"{slug}: ")
    again = run(*words, "--json")
    assert (again.status, again.problem["slug"]) == (status, slug)
    assert list(again.problem) == PROBLEM


@pytest.mark.parametrize(
    "words", [["evaluate"], ["evaluate", "--pack", PACK], ["colour"], ["packs", "set"]]
)
def test_a_command_line_that_is_none_is_said_in_one_line(run: Run, words: list[str]) -> None:
    done = run(*words)
    assert (done.status, done.out) == (2, "")
    assert len(done.err.splitlines()) == 1
    assert done.err.startswith("cli.bad_command: the command line is wrong: ")


@pytest.mark.parametrize("name", ["out.ndjson", "out.parquet"])
@pytest.mark.parametrize("engine", ["python", "duckdb"])
def test_nothing_is_written_when_the_facts_are_refused(
    run: Run, tmp_path: Path, name: str, engine: str
) -> None:
    facts = write(tmp_path / "facts.ndjson", finding("f"), finding("f", relation="secondary"))
    out = tmp_path / name
    words = ("evaluate", "--pack", PACK, "--facts", facts, "--at", AT, "--engine", engine,
             "--out", out)  # fmt: skip
    assert run(*words).status == 2
    assert list(tmp_path.iterdir()) == [facts]
    out.write_bytes(b"what was there before")
    assert run(*words).status == 2
    assert out.read_bytes() == b"what was there before"


def test_a_fault_of_ours_leaves_nothing_half_written_and_is_not_an_honest_no(
    run: Run, words: list[object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> bytes:
        raise ZeroDivisionError

    monkeypatch.setattr("mingma.engines.evaluation.line_of", broken)
    out = tmp_path / "out.ndjson"
    out.write_bytes(b"what was there before")
    done = run(*words, "--out", out)
    assert done.status == 4
    assert done.err.splitlines()[-1].startswith(
        "cli.crashed: the program failed: ZeroDivisionError"
    )
    assert out.read_bytes() == b"what was there before"
    assert list(tmp_path.glob("*.part")) == []


def test_the_help_answers_with_0(run: Run) -> None:
    for words in ([], ["--help"], ["evaluate", "--help"]):
        assert run(*words).status == 0
    assert run("--version").out.strip() == app.version


# -- as a program


def test_the_program_itself_exits_so_and_says_so(facts: Path) -> None:
    def program(*words: object) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [sys.executable, "-m", "mingma", *map(str, words)],
            capture_output=True, check=False, env={**os.environ, "LC_ALL": "C"},
        )  # fmt: skip

    done = program("evaluate", "--pack", PACK, "--facts", facts, "--at", AT)
    assert (done.returncode, done.stderr) == (0, b"")
    assert [json.loads(line)["subject"] for line in done.stdout.splitlines()] == ["a", "b", "乙"]
    refused = program("evaluate", "--pack", PACK, "--facts", facts, "--at", "soon")
    assert refused.returncode == 2
    assert refused.stderr.startswith(b"time.not_an_instant: field `at`: ")
