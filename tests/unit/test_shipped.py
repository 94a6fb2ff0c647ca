"""The shipped data is there and whole; a bad file is refused by name."""

from __future__ import annotations

import gzip
from collections import Counter
from pathlib import Path

import pytest

from mingma import shipped
from mingma.evidence.areas.listings import HEADER
from mingma.evidence.areas.matching import AreaHistory
from mingma.kernel.errors import Malformed
from mingma.kernel.times import parse_instant
from tests.paths import SOURCE, published

NATIONAL = "risk-areas/risk_areas_2022-04-15_2023-01-07_intervals.csv.gz"
GOOD = f"{','.join(HEADER)}\nH,河南省,郑州市,中原区,示例社区,2022-10-01,\n".encode()


def test_the_shipped_listings_are_henan_from_august_to_november_2022() -> None:
    rows = shipped.demo_area_listings()
    assert Counter(row.level for row in rows) == {"H": 8120, "M": 531, "L": 134}
    assert {row.province for row in rows} == {"河南省"}
    first, last = (parse_instant(f"2022-{month}-01T00:00:00+08:00") for month in ("08", "12"))
    assert all(row.starts < last and (row.ends is None or row.ends > first) for row in rows)


def test_the_shipped_listings_match_stays() -> None:
    history = AreaHistory.of(shipped.demo_area_listings(), shipped.divisions())
    assert sum(history.unlocated.values()) == 1863
    assert {county for _, _, county in history.unlocated} >= {"航空港区", "高新区", "经开区"}
    placed = [
        (found.code, row.community)
        for row in history.listings
        if (found := shipped.divisions().locate(row.province, row.city, row.county))
    ]
    assert len(placed) == 8785 - 1863
    assert [pair for pair in placed if pair[1] and not history.match(*pair)] == []


def test_the_readme_beside_the_data_names_every_file_and_its_script() -> None:
    readme = (SOURCE / "data" / "README.md").read_text(encoding="utf-8")
    assert sorted(
        path.name for path in (SOURCE / "data").iterdir() if f"## {path.name}" in readme
    ) == [
        shipped.DEMO_AREAS,
        shipped.DIVISIONS,
        "oversight.json",
    ]
    assert "scripts/make_divisions.py" in readme
    assert "scripts/make_demo_areas.py" in readme


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("name", ["areas.csv", "areas.csv.gz", "areas"])
def test_a_list_is_read_packed_or_not_whatever_its_name(
    tmp_path: Path, name: str, packed: bool
) -> None:
    (tmp_path / name).write_bytes(gzip.compress(GOOD, mtime=0) if packed else GOOD)
    assert len(shipped.read_area_list(tmp_path / name)) == 1


@pytest.mark.parametrize(
    ("data", "slug", "line"),
    [
        (gzip.compress(GOOD, mtime=0)[:-6], "file.truncated_gzip", None),
        (gzip.compress(GOOD, mtime=0)[:12], "file.truncated_gzip", None),
        (gzip.compress(GOOD, mtime=0)[:-8] + b"\0" * 8, "file.truncated_gzip", None),
        (b"\x1f\x8b\x08\x00 no gzip at all", "file.truncated_gzip", None),
        (gzip.compress(GOOD, mtime=0) + b"more", "file.truncated_gzip", None),
        (GOOD.decode().encode("gb18030"), "file.not_utf8", 2),
        (GOOD + "示例".encode("utf-16"), "file.not_utf8", 3),
        (gzip.compress(GOOD + b"\xff", mtime=0), "file.not_utf8", 3),
        (b"", "areas.wrong_header", 1),
        (b"\x00" * 64, "areas.wrong_header", 1),
        (GOOD.replace(b"H,", b"X,"), "areas.unknown_level", 2),
        (GOOD.replace(b"\n", b"\r\n").replace(b"H,", b"X,"), "areas.unknown_level", 2),
    ],
)
def test_a_bad_file_is_refused_with_its_name(
    tmp_path: Path, data: bytes, slug: str, line: int | None
) -> None:
    path = tmp_path / "areas.csv"
    path.write_bytes(data)
    with pytest.raises(Malformed) as refused:
        shipped.read_area_list(path)
    assert (refused.value.slug, refused.value.place.line) == (slug, line)
    assert refused.value.place.file == str(path)
    assert str(path) in str(refused.value)


def test_a_file_that_is_not_there_is_the_callers_to_report(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        shipped.read_area_list(tmp_path / "none.csv")


@pytest.mark.slow
def test_the_national_list_loads_whole() -> None:
    rows = shipped.read_area_list(published(NATIONAL))
    assert len(rows) == 274_144
    assert Counter(row.level for row in rows) == {"H": 232_706, "M": 29_038, "L": 12_400}
    keys = {(row.level, row.province, row.city, row.county, row.community) for row in rows}
    assert len(keys) == 195_601
    assert sum(not row.community for row in rows) == 865

    history = AreaHistory.of(rows, shipped.divisions())
    # Special zones, the production corps, and one row without any name.
    assert (len(history.unlocated), sum(history.unlocated.values())) == (176, 13_800)
    pairs = {
        (found.code, row.community)
        for row in rows
        if (found := shipped.divisions().locate(row.province, row.city, row.county))
    }
    matches = list(history.place_matches(pairs))
    assert {match.region for match in matches} <= set(shipped.divisions())
    wide = Counter(match.level for match in matches if match.wide)
    assert "high" not in wide  # no row of the list put a whole county at high risk
