"""Instants and local days."""

from __future__ import annotations

import contextlib
import datetime
import zoneinfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mingma.kernel.times import (
    DAY,
    ZONE,
    Instant,
    NotAnInstant,
    day_of,
    midnight,
    parse_instant,
    print_instant,
)

FIRST = parse_instant("1900-01-01T00:00:00Z")
LAST = parse_instant("2100-12-31T23:59:59Z")
MODERN = parse_instant("1992-01-01T00:00:00Z")  # the zone has had one offset since
instants = st.integers(FIRST, LAST - 8 * 3600)


@given(instants)
def test_an_instant_reads_back_as_it_was_printed(instant: int) -> None:
    assert parse_instant(print_instant(instant)) == instant
    assert type(parse_instant(print_instant(instant))) is Instant


@given(st.integers(MODERN, LAST - 8 * 3600))
def test_a_day_is_a_calendar_day_of_the_zone(instant: int) -> None:
    local = datetime.datetime.fromtimestamp(instant, zoneinfo.ZoneInfo(ZONE)).date()
    assert day_of(instant) == (local - datetime.date(1970, 1, 1)).days


@given(instants)
def test_a_day_runs_from_its_midnight_to_the_next(instant: int) -> None:
    day = day_of(instant)
    assert midnight(day) <= instant < midnight(day + 1) == midnight(day) + DAY
    assert day_of(midnight(day)) == day
    assert day_of(midnight(day) - 1) == day - 1


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("2022-06-14T01:30:00Z", "2022-06-14T09:30:00+08:00"),
        ("2022-06-13T20:00:00-05:30", "2022-06-14T09:30:00+08:00"),
        ("2022-06-14T16:00:00Z", "2022-06-15T00:00:00+08:00"),
    ],
)
def test_an_instant_is_printed_at_the_pack_s_offset(text: str, same: str) -> None:
    assert print_instant(parse_instant(text)) == same


@pytest.mark.parametrize("text", ["", "2022-06-14", "2022-06-14T09:30:00", None, 5, b"x", ["x"]])
def test_what_is_no_instant_is_refused(text: object) -> None:
    with pytest.raises(NotAnInstant) as refusal:
        parse_instant(text, "at")
    assert refusal.value.place.field == "at"


@given(st.text(max_size=30))
def test_any_text_is_an_instant_or_refused(text: str) -> None:
    with contextlib.suppress(NotAnInstant):
        assert FIRST - DAY <= parse_instant(text) <= LAST + DAY
