"""Names of places where people live, and of venues, which are none."""

from __future__ import annotations

import pytest

from mingma.evidence.areas.venues import DWELLINGS, VENUES, is_dwelling, venue_in
from mingma.shipped import demo_area_listings


@pytest.mark.parametrize(
    "name",
    ["某小区", "某小区3号楼", "某小区二期", "某镇某村", "文化路街道", "法院街", "法院街社区",
     "医院家属院", "大学路街道", "车站前街", "桐柏路街道 某社区"],
)  # fmt: skip
def test_where_people_live_is_an_area(name: str) -> None:
    assert is_dwelling(name)
    assert venue_in(name) is None


@pytest.mark.parametrize(
    ("name", "word"),
    [("某银行网点", "银行"), ("某 银·行 旁小区", "银行"), ("某银行所在小区", "银行"),
     ("省信访局", "信访局"), ("某商场、某小区", "商场"), ("Bank of X 小区", "bank")],
)  # fmt: skip
def test_a_venue_is_found_however_it_is_written_and_beside_a_dwelling(name: str, word: str) -> None:
    assert venue_in(name) == word


@pytest.mark.parametrize(
    "name",
    ["", "某路以东区域", "某村周边", "全域", "方圆三公里", "中原路1号", "高风险区外的区域"],
)
def test_lines_on_a_map_and_what_lies_around_are_no_dwelling(name: str) -> None:
    assert not is_dwelling(name)


@pytest.mark.parametrize("word", VENUES)
def test_each_word_is_a_venue_unless_a_dwelling_s_word_follows(word: str) -> None:
    assert venue_in(f"某{word}")
    assert venue_in(f"某{word}旁小区")
    assert any(venue_in(f"某{word}{dwelling}") is None for dwelling in DWELLINGS)


def test_the_words_refuse_few_of_the_dwellings_that_were_really_listed() -> None:
    listed = {row.community for row in demo_area_listings() if row.level != "L"}
    dwellings = [name for name in listed if is_dwelling(name)]
    refused = [name for name in dwellings if venue_in(name)]
    assert len(dwellings) > 2000
    assert len(refused) < len(dwellings) / 100
