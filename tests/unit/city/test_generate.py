"""Making a city: reproducible, bounded, refused where it cannot be."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mingma.city import FROZEN, City, generate, plan_city, read_city, shipped_city, writer
from mingma.city.columns import digits, instants, joined
from mingma.city.generate import FolderInUse
from mingma.city.places import UnknownCity
from mingma.city.plan import NotInRange
from mingma.city.read import CityDamaged, NotACity
from mingma.cli import main
from mingma.evidence.admit import admit
from mingma.evidence.channels import KINDS
from mingma.evidence.lines import read_line
from mingma.kernel.times import NotAnInstant, print_instant
from mingma.shipped import DEMO_AREAS, divisions
from tests.folders import files_in
from tests.paths import SOURCE
from tests.unit.city.conftest import PLAN, Made


def test_the_same_seed_gives_the_same_files(made: Made, tmp_path: Path) -> None:
    again = generate(PLAN, tmp_path / "again")
    assert again == made.city.manifest
    assert files_in(tmp_path / "again") == files_in(made.city.folder)


def test_another_seed_gives_another_city(made: Made, tmp_path: Path) -> None:
    other = generate(plan_city(people=2_000, days=14, seed=1), tmp_path)
    assert other["files"] != made.city.manifest["files"]


def test_ndjson_says_the_same_as_parquet(made: Made, tmp_path: Path) -> None:
    generate(PLAN, tmp_path, "ndjson")
    city = read_city(tmp_path)
    assert list(city.facts()) == made.facts
    lines = city.fact_files[0].read_bytes().splitlines()
    assert [read_line(line) for line in lines] == made.facts


def test_memory_is_bounded_by_small_row_groups_and_parts(
    made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "GROUP_ROWS", 4_000)
    monkeypatch.setattr(writer, "PART_ROWS", 15_000)
    generate(PLAN, tmp_path)
    city = read_city(tmp_path)
    files = [pq.ParquetFile(path).metadata for path in city.fact_files]
    groups = [part.row_group(i).num_rows for part in files for i in range(part.num_row_groups)]
    most_at_once = 4_000 + PLAN.people * 3
    assert len(files) == -(-len(made.facts) // 15_000)
    assert len(made.facts) / most_at_once <= len(groups) <= len(made.facts) / 4_000 + 1
    assert max(groups) < most_at_once
    assert list(city.facts()) == made.facts


@pytest.mark.parametrize(
    ("field", "value", "refusal"),
    [
        ("people", 999, NotInRange),
        ("people", 1_000_001, NotInRange),
        ("days", 0, NotInRange),
        ("seed", -1, NotInRange),
        ("start", "1900-01-01", NotInRange),
        ("start", "2022-02-30", NotAnInstant),
        ("start", "soon", NotAnInstant),
        ("region", "110000", UnknownCity),
    ],
)
def test_a_plan_out_of_range_is_refused(field: str, value: Any, refusal: type[Exception]) -> None:
    with pytest.raises(refusal):
        plan_city(**{"people": 1_000, "days": 1, "seed": 1} | {field: value})


def test_a_folder_in_use_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("keep")
    with pytest.raises(FolderInUse):
        generate(PLAN, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_columns_print_as_the_kernel_does() -> None:
    moments = np.array([0, 1_665_000_000, 951_782_399, 1_582_991_999, 4_102_444_799])
    assert joined(instants(moments)).to_pylist() == [print_instant(int(m)) for m in moments]
    assert joined("a", digits(np.array([0, 42, 9_999_999]), 7), "b").to_pylist() == [
        "a0000000b",
        "a0000042b",
        "a9999999b",
    ]
    assert joined(digits(np.array([], dtype=np.int64), 3), "b").to_pylist() == []


# --- reading back ---------------------------------------------------------------------------


def test_a_folder_without_a_manifest_is_no_city(tmp_path: Path) -> None:
    with pytest.raises(NotACity):
        read_city(tmp_path)
    (tmp_path / "city.json").write_text("[]")
    with pytest.raises(NotACity):
        read_city(tmp_path)


def test_a_file_that_is_cut_short_is_noticed(tmp_path: Path) -> None:
    generate(plan_city(people=1_000, days=1, seed=1), tmp_path)
    people = tmp_path / "people.parquet"
    people.write_bytes(people.read_bytes()[:-1])
    with pytest.raises(CityDamaged):
        read_city(tmp_path)


def test_a_file_that_was_changed_fails_its_digest(tmp_path: Path) -> None:
    generate(plan_city(people=1_000, days=1, seed=1), tmp_path, "ndjson")
    path = read_city(tmp_path).fact_files[0]
    path.write_bytes(path.read_bytes().replace(b"p0000001", b"p0000002", 1))
    with pytest.raises(CityDamaged):
        read_city(tmp_path).verify()


# --- the shipped city -----------------------------------------------------------------------


def test_the_shipped_city_is_whole_small_and_admitted() -> None:
    city = shipped_city()
    city.verify()
    known = divisions()
    assert sum(1 for fact in city.facts() if admit(fact, known)) > 100_000
    assert set(city.manifest["counts"]["kinds"]) == set(KINDS) - {"interview"}
    assert sum(file["bytes"] for file in city.manifest["files"]) < 4_000_000


def test_the_shipped_city_is_what_its_seed_gives(tmp_path: Path) -> None:
    made = generate(FROZEN, tmp_path)
    shipped = shipped_city()
    if made["made_with"] == shipped.manifest["made_with"]:
        assert made == shipped.manifest
    for name in ("plan", "counts"):
        assert made[name] == shipped.manifest[name]
    for one, two in zip(parquet_of(read_city(tmp_path)), parquet_of(shipped), strict=True):
        assert one.equals(two)


@pytest.mark.slow
def test_the_shipped_city_has_people_of_every_answer(tmp_path: Path) -> None:
    city, out = shipped_city(), tmp_path / "out.ndjson"
    words = ["evaluate", "--pack", "cn-henan-2021-08", "--pack", "cn-fujian-2022-08-20"]
    words += ["--facts", str(city.fact_files[0]), "--at", "2022-10-22T12:00:00+08:00"]
    words += ["--areas", str(SOURCE / "data" / DEMO_AREAS), "--out", str(out)]
    assert main(words) == 0
    rows = [json.loads(line) for line in out.read_bytes().splitlines()]
    colours = Counter(row["colour"] for row in rows)
    assert set(colours) == {"green", "yellow", "red"}
    assert min(colours.values()) > 50
    assert 0.03 < 1 - colours["green"] / len(rows) < 0.08
    by_area = [row for row in rows if row["rule"] == "HA-R6"]
    assert len(by_area) > 100
    assert any(row["colour"] == "green" and row["notices"] for row in rows)


# --- the command ----------------------------------------------------------------------------


def test_the_command_prints_the_counts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["city", "generate", "--people", "1000", "--days", "2", "--seed", "9", "--out"]
    assert main([*words, str(tmp_path / "a")]) == 0
    shown = capsys.readouterr().out
    assert "daily_report" in shown
    assert "facts a second" in shown
    assert main([*words, str(tmp_path / "b"), "--json", "--format", "ndjson"]) == 0
    assert json.loads(capsys.readouterr().out)["counts"]["people"] == 1000


def test_the_command_refuses_with_status_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    words = ["city", "generate", "--days", "2", "--seed", "9"]
    assert main([*words, "--people", "5", "--out", str(tmp_path / "a")]) == 2
    assert capsys.readouterr().err.startswith("city.not_in_range: field `people`")
    assert main([*words, "--people", "1000", "--out", str(tmp_path / "file")]) == 2
    assert capsys.readouterr().err.startswith("city.folder_in_use")
    assert main([*words, "--people", "1000", "--out", str(tmp_path / "file" / "b")]) == 2
    assert capsys.readouterr().err.startswith("file.unreadable")


def parquet_of(city: City) -> list[pa.Table]:
    """Every table of a city."""
    return [pq.read_table(city.folder / file["name"]) for file in city.manifest["files"]]
