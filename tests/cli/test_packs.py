"""`mingma packs`: list, show, check."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from mingma.shelf import load_pack, pack_ids, shelf
from tests.cli.files import PACK, Run


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """One shipped pack, its lock and the shared examples, in a folder of its own."""
    shutil.copytree(shelf() / PACK, tmp_path / PACK)
    for name in ("never-red.yaml", "editions.lock"):
        shutil.copy(shelf() / name, tmp_path / name)
    return tmp_path


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


def test_list_names_every_pack(run: Run) -> None:
    done = run("packs", "list")
    assert [line.split()[0] for line in done.out.splitlines()] == pack_ids()
    rows = json.loads(run("packs", "list", "--json").out)
    assert [row["pack"] for row in rows] == pack_ids()
    assert rows[0]["digest"] == load_pack(rows[0]["pack"]).digest


def test_show_has_the_law_beside_the_phases_and_what_is_less_than_published(run: Run) -> None:
    out = run("packs", "show", PACK).out
    assert "HA-R4  密接的密接 / contact of a close contact  [S]" in out
    assert "末次暴露后第0至7天集中隔离,红码" in out
    assert "HA-R4: red, days 0–7 of at" in out
    assert "HA-Y1.b: narrowed, published as yellow: its only ground is a telecom match" in out
    assert "silent: " in out


def test_show_as_json_has_every_clause(run: Run) -> None:
    value = json.loads(run("packs", "show", PACK, "--json").out)
    assert [c["id"] for c in value["clauses"]] == [c.id for c in load_pack(PACK).clauses]


def test_show_of_no_pack_names_the_packs(run: Run) -> None:
    done = run("packs", "show", "cn-nowhere")
    assert (done.status, done.out) == (2, "")
    assert PACK in done.err


def test_check_counts_examples_and_lists_what_is_refused_and_narrowed(
    run: Run, folder: Path
) -> None:
    done = run("packs", "check", folder)
    assert done.status == 0
    assert done.out.startswith(f"ok   {PACK}")
    assert "narrowed: HA-Y1.b" in done.out
    [report] = json.loads(run("packs", "check", folder, "--json").out)
    assert (report["failed"], report["missing"]) == ([], [])
    assert report["passed"] > 40


def test_an_example_that_fails_is_an_honest_no(run: Run, folder: Path) -> None:
    change(
        folder / PACK / "examples" / "HA-R4.yaml", "expect: {colour: red", "expect: {colour: blue"
    )
    done = run("packs", "check", folder)
    assert done.status == 1
    assert f"failed: {PACK}/examples/HA-R4.yaml: 末次暴露后第3天为红码: colour red" in done.out
    assert "wanted colour blue" in done.out


def test_an_example_that_is_owed_is_an_honest_no(run: Run, folder: Path) -> None:
    change(folder / PACK / "examples" / "HA-R4.yaml", "case: near_miss", "case: other")
    done = run("packs", "check", folder)
    assert (done.status, "owed: HA-R4: near_miss" in done.out) == (1, True)


def test_a_changed_edition_is_an_honest_no(run: Run, folder: Path) -> None:
    change(folder / PACK / "rules" / "HA-R4.yaml", "measure: 集中隔离", "measure: 居家隔离")
    done = run("packs", "check", folder)
    assert done.status == 1
    assert "owed: edition 1 was changed after it was published; make a new edition" in done.out


def test_a_pack_that_cannot_be_loaded_is_named_and_the_others_are_checked(
    run: Run, folder: Path
) -> None:
    broken = folder / "cn-broken"
    shutil.copytree(folder / PACK, broken)
    change(broken / "pack.yaml", f"pack: {PACK}", "pack: cn-broken")
    change(
        broken / "rules" / "HA-R4.yaml",
        "kind: contact_finding, relation: secondary",
        "kind: check_in",
    )
    done = run("packs", "check", folder)
    assert done.status == 1
    assert "FAIL cn-broken" in done.out
    assert (
        "pack.rule_refused: cn-broken/rules/HA-R4.yaml: the rule HA-R4 cannot be loaded" in done.out
    )
    assert f"ok   {PACK}" in done.out


def test_a_folder_that_is_not_there_cannot_be_opened(run: Run, tmp_path: Path) -> None:
    done = run("packs", "check", tmp_path / "nothing")
    assert (done.status, done.out) == (2, "")
    assert done.err.startswith("file.unreadable: ")


def test_a_folder_without_packs_is_no_good_folder(run: Run, tmp_path: Path) -> None:
    assert run("packs", "check", tmp_path).status == 1
