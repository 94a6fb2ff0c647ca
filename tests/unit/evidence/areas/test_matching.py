"""Which listings match a stay: never wider than the list says."""

from __future__ import annotations

from itertools import pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mingma.evidence.areas.listings import Listing
from mingma.evidence.areas.matching import AreaHistory, AreaMatch, NoMatch, PlaceMatch
from mingma.evidence.areas.words import normalised
from mingma.kernel.times import DAY, HOUR, Instant
from tests.unit.evidence.areas.samples import DIVISIONS, at, history, listing

SIMING, HULI, CHAOYANG, DONGGUAN = "350203", "350206", "110105", "441900"
IN_SIMING = "福建省/厦门市/思明区"
REST = "除高、中风险区以外的其他区域"


def high(starts: str, ends: str | None = None) -> AreaMatch:
    return AreaMatch("high", at(starts), at(ends) if ends else None, wide=False, rest=False)


def test_an_equal_place_in_the_same_county_matches() -> None:
    known = history(listing("H", IN_SIMING, "鹭江街道示例社区", "2022-09-20", "2022-09-30"))
    assert known.match(SIMING, "鹭江街道示例社区") == (high("2022-09-20", "2022-09-30"),)
    assert known.match(SIMING, "鹭江街道 （示例社区）") == (high("2022-09-20", "2022-09-30"),)


@pytest.mark.parametrize(
    "place",
    [
        "鹭江街道",
        "示例社区",
        "鹭江街道示例社区1号楼",
        "思明区",
        "思明区鹭江街道示例社区",
        "全域",
        REST,
    ],
)
def test_a_place_that_is_not_equal_matches_nothing(place: str) -> None:
    known = history(listing("H", IN_SIMING, "鹭江街道示例社区", "2022-09-20"))
    assert known.match(SIMING, place) == ()
    assert known.unmatched(SIMING, place) is NoMatch.PLACE_NOT_LISTED


def test_an_equal_place_in_another_county_matches_nothing() -> None:
    known = history(listing("H", IN_SIMING, "示例社区", "2022-09-20"))
    assert known.match(HULI, "示例社区") == ()
    assert known.unmatched(HULI, "示例社区") is NoMatch.COUNTY_NOT_LISTED


@pytest.mark.parametrize("place", [None, "", " ", "、"])
def test_an_empty_place_matches_nothing_not_even_a_county_row(place: str | None) -> None:
    known = history(
        listing("H", IN_SIMING, "思明区", "2022-09-20"),
        listing("H", IN_SIMING, "", "2022-09-20"),
        listing("L", IN_SIMING, "其他区域", "2022-09-20"),
    )
    assert known.match(SIMING, place) == ()
    assert known.unmatched(SIMING, place) is NoMatch.NO_PLACE


@pytest.mark.parametrize("community", ["", "  ", "。"])
def test_an_empty_community_matches_nothing(community: str) -> None:
    known = history(listing("H", IN_SIMING, community, "2022-09-20"))
    assert known.match(SIMING, "示例社区") == ()
    assert known.match(SIMING, community) == ()


@pytest.mark.parametrize("community", ["思明区", "全域", "全区", "思明区全域", "厦门市思明区"])
def test_a_county_row_matches_every_place_of_the_county_and_says_so(community: str) -> None:
    known = history(listing("M", IN_SIMING, community, "2022-09-20"))
    wide = AreaMatch("medium", at("2022-09-20"), None, wide=True, rest=False)
    assert known.match(SIMING, "任何社区") == (wide,)
    assert known.match(SIMING, community) == (wide,)
    assert known.match(HULI, "任何社区") == ()


def test_the_rest_of_the_county_is_what_no_high_or_medium_row_names() -> None:
    known = history(
        listing("H", IN_SIMING, "甲社区", "2022-09-20"),
        listing("M", IN_SIMING, "乙社区", "2022-09-20"),
        listing("L", IN_SIMING, "丙社区", "2022-09-20"),
        listing("L", IN_SIMING, REST, "2022-09-20"),
    )
    rest = AreaMatch("low", at("2022-09-20"), None, wide=False, rest=True)
    levels = [[m.level for m in known.match(SIMING, place)] for place in ("甲社区", "乙社区")]
    assert levels == [["high"], ["medium"]]
    assert known.match(SIMING, "丙社区") == (rest._replace(rest=False), rest)
    assert known.match(SIMING, "丁社区") == (rest,)
    assert known.match(HULI, "丁社区") == ()


def test_the_rest_of_a_county_that_is_high_as_a_whole_is_nothing() -> None:
    known = history(
        listing("H", IN_SIMING, "全域", "2022-09-20"), listing("L", IN_SIMING, REST, "2022-09-20")
    )
    assert [m.level for m in known.match(SIMING, "丁社区")] == ["high"]


def test_a_high_row_of_another_time_does_not_take_a_place_out_of_the_rest() -> None:
    known = history(
        listing("H", IN_SIMING, "甲社区", "2022-05-01", "2022-05-08"),
        listing("L", IN_SIMING, REST, "2022-05-08", "2022-05-20"),
    )
    assert [(m.level, m.rest) for m in known.match(SIMING, "甲社区")] == [
        ("high", False),
        ("low", True),
    ]


def test_a_rest_row_at_another_level_is_only_a_place() -> None:
    known = history(listing("M", IN_SIMING, REST, "2022-09-20"))
    assert known.match(SIMING, "丁社区") == ()


def test_the_row_of_a_town_never_reaches_the_county() -> None:
    town = "北京市/朝阳区/酒仙桥街道"
    known = history(
        listing("H", town, "二街坊", "2022-04-15"),
        listing("H", town, "全域", "2022-04-15"),
        listing("H", town, "酒仙桥街道", "2022-04-15"),
        listing("H", town, "朝阳区", "2022-04-15"),
        listing("L", town, "除高风险区以外的其他区域", "2022-04-15"),
        listing("L", town, "酒仙桥街道（除高风险区外的其他地区）", "2022-04-15"),
        listing("H", "广东省/东莞市/塘厦镇", "全域", "2022-04-15"),
    )
    assert known.match(CHAOYANG, "二街坊") == (high("2022-04-15"),)
    assert known.match(CHAOYANG, "三街坊") == ()
    assert known.match(DONGGUAN, "某社区") == ()


def test_a_row_of_no_division_matches_nothing_and_is_counted() -> None:
    zone = "福建省/厦门市/高新区"
    known = history(*[listing("H", zone, "示例社区", "2022-09-20")] * 2)
    assert [
        known.match(code, "示例社区") for code in DIVISIONS if known.match(code, "示例社区")
    ] == []
    assert known.unlocated == {("福建省", "厦门市", "高新区"): 2}


@pytest.mark.parametrize(
    ("region", "why"),
    [
        (None, NoMatch.NO_REGION),
        ("", NoMatch.NO_REGION),
        ("350299", NoMatch.UNKNOWN_REGION),
        ("350200", NoMatch.REGION_TOO_WIDE),
        ("350000", NoMatch.REGION_TOO_WIDE),
        ("110100", NoMatch.REGION_TOO_WIDE),
    ],
)
def test_why_a_stay_matches_nothing_is_said(region: str | None, why: NoMatch) -> None:
    known = history(listing("H", IN_SIMING, "思明区", "2022-09-20"))
    assert known.match(region, "示例社区") == ()
    assert known.unmatched(region, "示例社区") is why
    assert known.unmatched(SIMING, "示例社区") is None


def test_every_reason_has_a_sentence_in_both_languages() -> None:
    assert all(why.sentence("zh") != why.sentence("en") != "" for why in NoMatch)


# --- times ---------------------------------------------------------------------------------------


def test_a_gap_under_a_day_between_equal_listings_is_joined() -> None:
    known = history(
        listing("H", IN_SIMING, "甲", "2022-09-20", "2022-09-22T10:00+08:00"),
        listing("H", IN_SIMING, "甲", "2022-09-23T09:59:59+08:00", "2022-09-25"),
    )
    assert known.match(SIMING, "甲") == (high("2022-09-20", "2022-09-25"),)


def test_a_gap_of_a_day_is_a_gap() -> None:
    known = history(
        listing("H", IN_SIMING, "甲", "2022-09-20", "2022-09-22T10:00+08:00"),
        listing("H", IN_SIMING, "甲", "2022-09-23T10:00+08:00", "2022-09-25"),
    )
    assert known.match(SIMING, "甲") == (
        high("2022-09-20", "2022-09-22T10:00+08:00"),
        high("2022-09-23T10:00+08:00", "2022-09-25"),
    )


def test_levels_are_not_joined_to_each_other() -> None:
    known = history(
        listing("H", IN_SIMING, "甲", "2022-09-20", "2022-09-30"),
        listing("M", IN_SIMING, "甲", "2022-09-30", "2022-10-08"),
    )
    assert [(m.level, m.starts, m.ends) for m in known.match(SIMING, "甲")] == [
        ("high", at("2022-09-20"), at("2022-09-30")),
        ("medium", at("2022-09-30"), at("2022-10-08")),
    ]


def test_an_open_listing_takes_in_what_follows() -> None:
    known = history(
        listing("H", IN_SIMING, "甲", "2022-09-20"),
        listing("H", IN_SIMING, "甲", "2022-10-20", "2022-10-21"),
    )
    assert known.match(SIMING, "甲") == (high("2022-09-20"),)


def test_a_listing_within_another_does_not_shorten_it() -> None:
    known = history(
        listing("H", IN_SIMING, "甲", "2022-09-20", "2022-09-30"),
        listing("H", IN_SIMING, "甲", "2022-09-22", "2022-09-25"),
    )
    assert known.match(SIMING, "甲") == (high("2022-09-20", "2022-09-30"),)


def test_a_listing_that_lasts_no_time_matches_nothing() -> None:
    known = history(listing("H", IN_SIMING, "甲", "2022-09-20", "2022-09-20"))
    assert known.match(SIMING, "甲") == ()


def test_what_was_known_drops_later_rows_and_opens_later_ends() -> None:
    known = history(
        listing("H", IN_SIMING, "甲", "2022-09-20", "2022-09-22"),
        listing("H", IN_SIMING, "甲", "2022-09-22T10:00+08:00", "2022-09-25"),
    )
    assert known.known_at(at("2022-09-20") - 1).match(SIMING, "甲") == ()
    assert known.known_at(at("2022-09-20")).match(SIMING, "甲") == (high("2022-09-20"),)
    assert known.known_at(at("2022-09-21")).match(SIMING, "甲") == (high("2022-09-20"),)
    # Nobody knew yet that it would be listed again.
    assert known.known_at(at("2022-09-22")).match(SIMING, "甲") == (
        high("2022-09-20", "2022-09-22"),
    )
    assert known.known_at(at("2022-09-23")).match(SIMING, "甲") == (high("2022-09-20"),)
    assert known.known_at(at("2022-09-25")).match(SIMING, "甲") == known.match(SIMING, "甲")


def test_what_was_known_is_not_known_better_later() -> None:
    known = history(listing("H", IN_SIMING, "甲", "2022-09-20", "2022-09-22"))
    early = known.known_at(at("2022-09-19"))
    assert early.known_at(at("2022-12-01")).match(SIMING, "甲") == ()
    assert (early.listings, early.digest) == ((), history().digest)


# --- versions ------------------------------------------------------------------------------------


def test_a_newer_list_makes_a_new_version_with_its_own_digest() -> None:
    still = listing("H", IN_SIMING, "甲", "2022-09-20")
    ended = listing("H", IN_SIMING, "甲", "2022-09-20", "2022-09-30")
    more = listing("M", IN_SIMING, "乙", "2022-09-21")
    first = history(still)
    second = first.newer([ended, more])
    assert (first.version, second.version) == (1, 2)
    assert first.digest != second.digest
    changes = second.changes(first)
    assert changes.added == (ended, more)
    assert changes.removed == (still,)
    assert first.match(SIMING, "甲") == (high("2022-09-20"),)


def test_the_same_list_again_is_the_same_version() -> None:
    rows = [
        listing("H", IN_SIMING, "甲", "2022-09-20"),
        listing("M", IN_SIMING, "乙", "2022-09-21"),
    ]
    first = history(*rows)
    assert first.newer(reversed(rows)) is first


# --- any list, any stay --------------------------------------------------------------------------

# Often the same county and place, so that listings meet.
COUNTIES = [
    IN_SIMING
] * 5 + "福建省/厦门市/湖里区 福建省/厦门市/高新区 北京市/朝阳区/酒仙桥街道".split()
TEXTS = ["甲"] * 16 + "乙 甲、 1-2号 12号 思明区 全域 其他区域 湖里区".split() + ["", "甲 乙", REST]
PLACES = [*TEXTS, None, "丙", "１－２号"]
REGIONS = [SIMING] * 4 + [HULI, CHAOYANG, "350200", "110100", None]
START = at("2022-09-01")
END = 12 * 24  # hours the lists of this test span


@st.composite
def rows(draw: st.DrawFn) -> Listing:
    province, city, county = draw(st.sampled_from(COUNTIES)).split("/")
    starts = draw(st.integers(0, END - 1))
    ends = draw(st.none() | st.integers(starts, END))
    return Listing(
        draw(st.sampled_from(["H", "M", "L"])),
        province,
        city,
        county,
        draw(st.sampled_from(TEXTS)),
        Instant(START + starts * HOUR),
        None if ends is None else Instant(START + ends * HOUR),
    )


LISTS = st.lists(rows(), max_size=16)
LEVELS = {"H": "high", "M": "medium", "L": "low"}


def hours(starts: int, ends: int | None) -> set[int]:
    last = END if ends is None else (ends - START) // HOUR
    return set(range((starts - START) // HOUR, last))


def listed(found: list[Listing], level: str) -> set[int]:
    """The hours at a level, with every gap under 24 of them filled."""
    covered = sorted(set().union(*(hours(r.starts, r.ends) for r in found if r.level == level)))
    filled = set(covered)
    for one, other in pairwise(covered):
        if other - one - 1 < DAY // HOUR:
            filled |= set(range(one, other))
    return filled


def runs(covered: set[int]) -> list[list[int]]:
    """The hours as unbroken runs."""
    found: list[list[int]] = []
    for hour in sorted(covered):
        if found and found[-1][-1] == hour - 1:
            found[-1].append(hour)
        else:
            found.append([hour])
    return found


def own_rows(found: list[Listing], region: str | None) -> list[Listing]:
    where = {SIMING: ["思明区"], HULI: ["湖里区"], CHAOYANG: ["酒仙桥街道"]}.get(region or "", [])
    return [row for row in found if row.county in where]


@given(LISTS, st.sampled_from(REGIONS), st.sampled_from(PLACES))
def test_no_match_ever_widens(found: list[Listing], region: str | None, place: str | None) -> None:
    """The matches are, hour by hour, those of the rows of the county that say the place."""
    key = normalised(place or "")
    own = own_rows(found, region) if key else []
    town = region == CHAOYANG
    county_texts = set() if town else {"全域", "思明区" if region == SIMING else "湖里区"}
    rest_texts = set() if town else {"其他区域", REST}
    exact = [r for r in own if normalised(r.community) == key and r.community not in county_texts]
    wide = [r for r in own if r.community in county_texts]
    exact = [r for r in exact if not (r.level == "L" and r.community in rest_texts)]

    matches = AreaHistory.of(found, DIVISIONS).match(region, place)
    for letter, level in LEVELS.items():
        for rows_, is_wide in ((exact, False), (wide, True)):
            spans = [m for m in matches if m.level == level and m.wide is is_wide and not m.rest]
            said = [hours(m.starts, m.ends) for m in spans]
            assert set().union(*said) == listed(rows_, letter)
            assert sum(map(len, said)) == len(listed(rows_, letter))  # none twice

    rest = [m for m in matches if m.rest]
    worse = set().union(*(hours(m.starts, m.ends) for m in matches if m.level != "low"))
    allowed = listed([r for r in own if r.level == "L" and r.community in rest_texts], "L")
    assert all(match.level == "low" and not match.wide for match in rest)
    said = [hours(match.starts, match.ends) for match in rest]
    assert sorted(map(sorted, said)) == [
        run for run in runs(allowed) if not worse.intersection(run)
    ]


@given(LISTS, st.sampled_from(REGIONS), st.sampled_from(PLACES))
def test_a_stay_either_matches_or_is_told_why_not(
    found: list[Listing], region: str | None, place: str | None
) -> None:
    known = AreaHistory.of(found, DIVISIONS)
    assert bool(known.match(region, place)) is (known.unmatched(region, place) is None)


@given(LISTS, st.randoms(use_true_random=False), st.sampled_from(REGIONS), st.sampled_from(PLACES))
def test_the_order_of_a_list_changes_nothing(
    found: list[Listing], chance: Random, region: str | None, place: str | None
) -> None:
    other = list(found)
    chance.shuffle(other)
    known, again = AreaHistory.of(found, DIVISIONS), AreaHistory.of(other + other, DIVISIONS)
    assert known.match(region, place) == again.match(region, place)
    assert known.digest == again.digest


@given(LISTS, st.integers(-1, END), st.sampled_from(REGIONS), st.sampled_from(PLACES))
def test_what_was_known_is_what_the_list_of_that_time_says(
    found: list[Listing], hour: int, region: str | None, place: str | None
) -> None:
    then = START + hour * HOUR
    known = AreaHistory.of(found, DIVISIONS).known_at(then)
    afresh = AreaHistory.of(known.listings, DIVISIONS)
    assert known.match(region, place) == afresh.match(region, place)
    assert known.digest == afresh.digest
    assert all(row.starts <= then for row in known.listings)
    assert all(row.ends is None or row.ends <= then for row in known.listings)


@given(LISTS, st.lists(st.tuples(st.sampled_from(REGIONS), st.sampled_from(PLACES)), max_size=8))
def test_the_rows_for_an_engine_are_the_matches_of_each_distinct_pair(
    found: list[Listing], pairs: list[tuple[str | None, str | None]]
) -> None:
    known = AreaHistory.of(found, DIVISIONS)
    assert sorted(known.place_matches(pairs), key=str) == sorted(
        (
            PlaceMatch(region, place, *match)
            for region, place in set(pairs)
            if region is not None and place is not None
            for match in known.match(region, place)
        ),
        key=str,
    )
