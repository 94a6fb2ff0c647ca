"""Reading a list: whole, or refused with file, line and field."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mingma.evidence.areas.listings import (
    HEADER,
    Listing,
    list_instant,
    listing_digest,
    parse_listings,
)
from mingma.kernel.errors import Malformed
from mingma.kernel.times import NotAnInstant, parse_instant
from tests.unit.evidence.areas.samples import at, listing

GOOD = "H,福建省,厦门市,思明区,示例社区,2022-09-20,2022-09-30"
HEAD = ",".join(HEADER)


def lines(*rows: str) -> list[str]:
    return [row + "\n" for row in rows]


def test_a_row_becomes_a_listing() -> None:
    assert parse_listings(lines(HEAD, GOOD)) == (
        listing("H", "福建省/厦门市/思明区", "示例社区", "2022-09-20", "2022-09-30"),
    )


def test_an_empty_gone_by_is_still_listed() -> None:
    assert parse_listings(lines(HEAD, "M,甲,乙,丙,丁,2022-09-20,"))[0].ends is None


def test_empty_names_are_kept_as_published() -> None:
    row = parse_listings(lines(HEAD, "H,,,,,2022-09-10T16:13+08:00,2022-09-13T22:43+08:00"))[0]
    assert (row.province, row.community) == ("", "")


def test_a_quoted_name_may_hold_a_comma_and_a_line_end() -> None:
    text = [HEAD + "\n", 'H,甲,乙,丙,"1号楼,2号\n', '楼",2022-09-20,\n']
    assert parse_listings(text)[0].community == "1号楼,2号\n楼"


def test_a_list_may_be_empty() -> None:
    assert parse_listings(lines(HEAD)) == ()


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2022-04-15", "2022-04-15T00:00:00+08:00"),
        ("2022-04-15T19:20+08:00", "2022-04-15T19:20:00+08:00"),
        ("2022-04-15T11:20Z", "2022-04-15T19:20:00+08:00"),
        ("2022-04-15T19:20:30+08:00", "2022-04-15T19:20:30+08:00"),
        ("1969-12-31T23:59:59Z", "1970-01-01T07:59:59+08:00"),
    ],
)
def test_a_list_writes_instants_in_three_forms(text: str, instant: str) -> None:
    assert list_instant(text, "first_seen") == parse_instant(instant)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2022",
        "2022-02-30",
        "2022-4-15",
        "２０２２-04-15",
        "2022-04-15T19:20",
        "2022-04-15T24:20+08:00",
        "2022-04-15 19:20+08:00",
        "2022-04-15T19:20:30.5+08:00",
        "2022-04-15T19:20+8",
        "1899-12-31",
        "2101-01-01",
        " 2022-04-15",
        "2022-04-15\n",
        "1650000000",
    ],
)
def test_any_other_instant_is_refused_as_written(text: str) -> None:
    with pytest.raises(NotAnInstant) as refused:
        list_instant(text, "gone_by")
    assert refused.value.details["value"] == text
    assert refused.value.place.field == "gone_by"


@pytest.mark.parametrize(
    ("row", "slug", "field"),
    [
        (GOOD.replace("H", "X"), "areas.unknown_level", "level"),
        (GOOD.replace("H", "h"), "areas.unknown_level", "level"),
        (GOOD.replace("H,", ",", 1), "areas.unknown_level", "level"),
        (GOOD + ",more", "areas.wrong_column_count", None),
        ("H,福建省,厦门市,思明区,示例社区,2022-09-20", "areas.wrong_column_count", None),
        ("", "areas.wrong_column_count", None),
        (GOOD.replace("2022-09-30", "2022-09-19"), "areas.gone_before_seen", "gone_by"),
        (GOOD.replace("2022-09-20", "2022-09-31"), "time.not_an_instant", "first_seen"),
        (GOOD.replace("2022-09-20", ""), "time.not_an_instant", "first_seen"),
        (GOOD.replace("2022-09-30", "soon"), "time.not_an_instant", "gone_by"),
        (GOOD.replace("示例社区", "长" * 4097), "areas.text_too_long", "community"),
        (GOOD.replace("厦门市", "长" * 4097), "areas.text_too_long", "city"),
        (GOOD.replace("示例社区", '"示例"社区'), "areas.not_csv", None),
        (GOOD.replace("示例社区", '"示例社区'), "areas.not_csv", None),
    ],
)
def test_a_bad_row_is_refused_with_its_file_line_and_field(
    row: str, slug: str, field: str | None
) -> None:
    with pytest.raises(Malformed) as refused:
        parse_listings(lines(HEAD, GOOD, row), "areas.csv")
    assert refused.value.slug == slug
    assert refused.value.place.file == "areas.csv"
    assert refused.value.place.line == 3
    assert refused.value.place.field == field
    assert refused.value.sentence("zh")
    assert refused.value.remedy("zh")


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        GOOD,
        "level,province,city,county,community,first_seen",
        HEAD + ",note",
        HEAD.upper(),
        "\ufeff" + HEAD,
        HEAD.replace("first_seen,gone_by", "gone_by,first_seen"),
        '{"level":"H"}',
    ],
)
def test_another_header_is_refused_on_line_one(header: str | None) -> None:
    with pytest.raises(Malformed) as refused:
        parse_listings([] if header is None else lines(header, GOOD), "areas.csv")
    assert refused.value.slug == "areas.wrong_header"
    assert refused.value.place.line == 1


def test_equal_instants_are_a_listing_that_lasts_no_time() -> None:
    row = parse_listings(lines(HEAD, GOOD.replace("09-30", "09-20")))[0]
    assert row.starts == row.ends


def test_the_first_twenty_faults_are_named_and_nothing_is_kept() -> None:
    bad = GOOD.replace("H", "X")
    with pytest.raises(Malformed) as refused:
        parse_listings(lines(HEAD, *[GOOD, bad] * 30), "areas.csv")
    notes = refused.value.__notes__
    assert refused.value.place.line == 3
    assert len(notes) == 19
    assert "areas.csv, line 41, field `level`" in notes[-1]


ROWS = [
    listing("H", "福建省/厦门市/思明区", "甲", "2022-09-20", "2022-09-30"),
    listing("M", "福建省/厦门市/思明区", "甲", "2022-09-20", "2022-09-30"),
    listing("H", "福建省/厦门市/思明区", "甲", "2022-09-20"),
    listing("H", "福建省/厦门市/湖里区", "甲", "2022-09-20"),
    listing("H", "福建省/厦门市/湖里区", '甲","乙', "2022-09-20"),
    listing("H", "福建省/厦门市/湖里区", "", "1970-01-01T08:00+08:00", "1970-01-01T08:00+08:00"),
]


@given(st.permutations(ROWS), st.integers(0, len(ROWS)))
def test_the_digest_is_of_the_rows_whatever_their_order(rows: list[Listing], twice: int) -> None:
    assert listing_digest(rows + rows[:twice]) == listing_digest(ROWS)


@given(st.sets(st.sampled_from(ROWS)), st.sets(st.sampled_from(ROWS)))
def test_lists_with_other_rows_have_other_digests(one: set[Listing], other: set[Listing]) -> None:
    assert (listing_digest(one) == listing_digest(other)) is (one == other)


def test_the_digest_is_fixed() -> None:
    """Decisions cite it: a change of this value is a change of a published format."""
    row = Listing("H", "福建省", "厦门市", "思明区", "示例社区", at("2022-09-20"), None)
    line = '["H","福建省","厦门市","思明区","示例社区",1663603200,null]\n'
    assert listing_digest([row]) == hashlib.sha256(line.encode()).hexdigest()
