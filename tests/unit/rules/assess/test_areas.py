"""Stays: a level an organ stated, else the published list; only as long and as wide as it says."""

from __future__ import annotations

import pytest

from mingma.evidence.model import Fact
from tests.unit.rules.tiny import areas, contact, course, fact, now, pack, verdict

OPEN = """\
when: {kind: area_stay, area: {levels: [high], stay: open}}
phases:
  - {colour: red, inside: yes}
"""
LEFT = """\
when: {kind: area_stay, area: {levels: [high], stay: ended}}
phases:
  - {colour: red, after: until, days: [0, 7]}
"""
LOOK_BACK = """\
when: {kind: area_stay, area: {levels: [high], stay: ended, look_back: 7}}
phases:
  - {colour: red, after: until, days: [0, 7]}
"""
MEDIUM = """\
when: {kind: area_stay, area: {levels: [medium], stay: ended}}
phases:
  - {colour: yellow, after: until, days: [0, 7]}
"""
LOW = """\
when: {kind: area_stay, area: {levels: [low], stay: ended}}
phases:
  - {notice: area, after: until, days: [0, 3]}
"""


def stay(at: str, until: str | None = None, place: str = "一号社区", **fields: object) -> Fact:
    ends = {"until": until} if until else {}
    return fact("area_stay", at, region="350203", place=place, **ends, **fields)


def listed(first: str, gone: str = "", level: str = "H", place: str = "一号社区") -> str:
    return f"{level},福建省,厦门市,思明区,{place},{first},{gone}"


def test_an_open_stay_is_red_while_its_place_is_listed() -> None:
    history = areas(listed("2022-10-03", "2022-10-10T12:00:00+08:00"))
    found = verdict(pack(OPEN), [stay("2022-10-01 10:00")], "2022-10-04", history)
    assert course(found) == [("red", "2022-10-03", "2022-10-10 12:00")]
    assert now(verdict(pack(OPEN), [stay("2022-10-01")], "2022-10-10 12:00", history)) == ["green"]


def test_a_place_still_listed_has_no_known_end() -> None:
    found = verdict(
        pack(OPEN), [stay("2022-10-05 10:00")], "2022-10-06", areas(listed("2022-10-03"))
    )
    assert course(found) == [("red", "2022-10-05 10:00", None)]


def test_a_listing_ahead_is_not_known_yet() -> None:
    history = areas(listed("2022-10-03"))
    assert now(verdict(pack(OPEN), [stay("2022-10-01")], "2022-10-02", history)) == ["green"]


def test_leaving_before_the_listing_counts_only_where_the_rule_looks_back() -> None:
    left = [stay("2022-10-01", "2022-10-02 18:00")]
    assert now(verdict(pack(LEFT), left, "2022-10-04", areas(listed("2022-10-03")))) == ["green"]
    assert now(verdict(pack(LOOK_BACK), left, "2022-10-04", areas(listed("2022-10-03")))) == ["red"]


def test_the_look_back_ends_at_the_midnight_after_its_last_day() -> None:
    left = [stay("2022-10-01", "2022-10-02 18:00")]
    last = areas(listed("2022-10-09T23:59:59+08:00"))
    assert now(verdict(pack(LOOK_BACK), left, "2022-10-09 23:59:59", last)) == ["red"]
    assert now(verdict(pack(LOOK_BACK), left, "2022-10-10", last)) == ["green"]
    after = areas(listed("2022-10-10"))
    assert now(verdict(pack(LOOK_BACK), left, "2022-10-10", after)) == ["green"]


def test_the_end_counts_from_leaving_and_the_begin_from_the_listing() -> None:
    left = [stay("2022-10-01", "2022-10-02 18:00")]
    found = verdict(pack(LOOK_BACK), left, "2022-10-06", areas(listed("2022-10-05")))
    assert course(found) == [("red", "2022-10-05", "2022-10-10")]


@pytest.mark.parametrize(
    ("first", "gone", "colour"),
    [
        ("2022-09-20", "2022-10-01T10:00:00+08:00", "green"),  # gone as the stay begins
        ("2022-09-20", "2022-10-01T10:00:01+08:00", "red"),
        ("2022-10-02T17:59:59+08:00", "", "red"),
        ("2022-10-02T18:00:00+08:00", "", "green"),  # listed as the stay ends
    ],
)
def test_listing_and_stay_overlap_or_they_do_not(first: str, gone: str, colour: str) -> None:
    left = [stay("2022-10-01 10:00", "2022-10-02 18:00")]
    found = verdict(pack(LEFT), left, "2022-10-03", areas(listed(first, gone)))
    assert found.colour.value == colour


def test_a_level_an_organ_stated_needs_no_list_and_asks_none() -> None:
    stated = stay("2022-10-01 10:00", level="high")
    found = verdict(pack(OPEN), [stated], "2022-10-02", areas(listed("2022-09-01", "2022-09-02")))
    assert course(found) == [("red", "2022-10-01 10:00", "2022-10-16")]
    low = stay("2022-10-01 10:00", level="low")
    assert now(verdict(pack(OPEN), [low], "2022-10-02", areas(listed("2022-09-01")))) == ["green"]


def test_a_stated_level_holds_days_0_to_14_unless_stated_anew() -> None:
    first = stay("2022-10-01 10:00", level="high")
    again = stay("2022-10-10 10:00", level="high")
    assert now(verdict(pack(OPEN), [first], "2022-10-16")) == ["green"]
    both = [first, fact("area_stay", "2022-10-10 10:00", "f2", region="350203", level="high")]
    assert now(verdict(pack(OPEN), both, "2022-10-16")) == ["red"]
    assert course(verdict(pack(OPEN), [again], "2022-10-16")) == [
        ("red", "2022-10-10 10:00", "2022-10-25")
    ]


def test_a_county_s_row_gives_yellow_where_the_rule_gives_red() -> None:
    history = areas(listed("2022-10-01", place="思明区"))
    found = verdict(pack(LEFT), [stay("2022-10-02", "2022-10-03")], "2022-10-04", history)
    assert course(found) == [("yellow", "2022-10-03", "2022-10-11")]


def test_the_rest_of_a_county_is_low_and_only_where_no_other_row_matches() -> None:
    history = areas(
        listed("2022-10-01"),
        listed("2022-10-01", level="L", place="除高风险区以外的其他区域"),
    )
    book = pack(LEFT, LOW)
    other = verdict(book, [stay("2022-10-02", "2022-10-03", "别处")], "2022-10-04", history)
    assert now(other) == ["green", "area"]
    same = verdict(book, [stay("2022-10-02", "2022-10-03")], "2022-10-04", history)
    assert now(same) == ["red"]


@pytest.mark.parametrize("place", ["二号社区", "一号", "一号社区东", "　"])
def test_no_failed_match_widens(place: str) -> None:
    history = areas(listed("2022-10-01"))
    assert now(
        verdict(pack(LEFT), [stay("2022-10-02", "2022-10-03", place)], "2022-10-04", history)
    ) == (["green"])


def test_a_stay_without_a_place_matches_nothing() -> None:
    bare = fact("area_stay", "2022-10-02", until="2022-10-03", region="350203")
    assert now(verdict(pack(LEFT), [bare], "2022-10-04", areas(listed("2022-10-01")))) == ["green"]


def test_a_place_listed_at_two_levels_gives_both_findings() -> None:
    history = areas(
        listed("2022-10-01", "2022-10-03"),
        listed("2022-10-03", "2022-10-05", level="M"),
    )
    found = verdict(pack(LEFT, MEDIUM), [stay("2022-10-02", "2022-10-04")], "2022-10-04", history)
    assert [(s.rule, s.colour) for s in found.findings] == [("T-1", "red"), ("T-2", "yellow")]


def test_no_list_means_only_what_organs_state() -> None:
    assert now(verdict(pack(LEFT), [stay("2022-10-02", "2022-10-03")], "2022-10-04")) == ["green"]


def test_the_list_says_nothing_of_other_kinds() -> None:
    facts = [contact("2022-10-02", region="350203", place="一号社区")]
    assert now(verdict(pack(LEFT), facts, "2022-10-04", areas(listed("2022-10-01")))) == ["green"]
