"""Normalised place names, and the phrases that name a whole county or the rest of one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mingma.evidence.areas.words import Scope, normalised, scope_of

SIMING = ("福建省厦门市思明区", "福建省思明区", "厦门市思明区", "思明区")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("鹭江街道示例社区", "鹭江街道 示例社区"),
        ("鹭江街道示例社区", "鹭江街道、示例社区。"),
        ("示例小区Ａ区３栋", "示例小区A区3栋"),
        ("示例小区(A区)", "示例小区（A区）"),
        ("示例小区3－1号", "示例小区3-1号"),
        ("1、2、3号楼", "1，2，3号楼"),
        ("1~3号楼", "1—3号楼"),
        ("于家务　回族乡", "于家务回族乡"),
        ("·示例\u200b社区", "示例社区"),
    ],
)
def test_width_space_and_punctuation_tell_no_places_apart(one: str, other: str) -> None:
    assert normalised(one) == normalised(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1-2号楼", "12号楼"),
        ("1、2号楼", "12号楼"),
        ("1、2号楼", "1-2号楼"),
        ("大学路 1 2号楼", "大学路12号楼"),
        ("十、一号楼", "十一号楼"),
        ("3#楼", "3楼"),
        ("A+户型", "A户型"),
        ("示例社区", "示例小区"),
        ("A区", "a区"),
        ("ཀི", "ཀུ"),  # vowel signs are marks, not punctuation
    ],
)
def test_normalising_makes_no_two_places_one(one: str, other: str) -> None:
    assert normalised(one) != normalised(other)


@pytest.mark.parametrize("text", ["", " ", "　", "、", "()", "—", "\u200b", "_"])
def test_a_text_that_says_nothing_is_empty(text: str) -> None:
    assert normalised(text) == ""


@given(st.text(alphabet="一二AB12-、 （）#楼", max_size=12))
def test_the_letters_and_numerals_stay_in_order(text: str) -> None:
    kept = [c for c in text if c.isalnum()]
    assert [c for c in normalised(text) if c.isalnum()] == kept


@pytest.mark.parametrize(
    "text",
    [
        "思明区",
        "厦门市思明区",
        "福建省厦门市思明区",
        "思明区全域",
        "全域",
        "全区",
        "厦门市思明区(全域)",
    ],
)
@pytest.mark.parametrize("low", [True, False])
def test_a_county_row_names_the_county_and_nothing_else(text: str, low: bool) -> None:
    assert scope_of(normalised(text), SIMING, low=low) is Scope.COUNTY


@pytest.mark.parametrize(
    "text",
    [
        "其他区域",
        "其它区域",
        "其余地区",
        "除高风险区以外的其他地区",
        "除高风险区以外的其它地区",
        "除高、中风险区外其他区域",
        "除中高风险区以外区域",
        "除高风险地区以外区域",
        "高风险区以外的其他地区",
        "思明区除高风险区以外的其他区域",
        "厦门市思明区除高、中风险区外的其他区域",
        "思明区（除高风险区外）",
        "思明区高风险区除外",
        "思明区全域（除已公布的高风险区外）",
        "思明区辖区内除高风险区外的其他区域",
        "思明区的其他区域（高、中风险区除外）",
        "思明区除中高风险区外的区域为低风险区",
        "高风险区以外的思明区其他所有区域",
        "除思明区中高风险区以外地区",
        "全区全域（除高风险区外）",
        "除高风险区、中风险区以外的其他区域",
    ],
)
def test_a_low_row_for_the_rest_of_the_county_is_known(text: str) -> None:
    assert scope_of(normalised(text), SIMING, low=True) is Scope.REST
    assert scope_of(normalised(text), SIMING, low=False) is Scope.PLACE


@pytest.mark.parametrize(
    "text",
    [
        "鹭江街道",
        "鹭江街道全域",
        "鹭江街道除高风险区以外的其他区域",
        "湖里区",
        "湖里区除高风险区以外的其他区域",
        "湖里区全域",
        "厦门市",
        "思明",
        "思明区鹭江街道",
        "思明区主城区（高风险区除外）",
        "除高风险区及临时管控区以外的其他区域",
        "除上述点位以外的其他区域",
        "示例小区除3号楼外",
        "全镇除高风险区以外的其他区域",
        "除高风险区",
        "高风险区",
        "区域",
        "地区",
        "低风险区",
        "@除高风险区以外的思明区湖里区其他区域",
    ],
)
def test_a_row_for_less_than_the_county_is_only_a_place(text: str) -> None:
    assert scope_of(normalised(text), SIMING, low=True) is Scope.PLACE
