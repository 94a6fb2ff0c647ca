"""Dates in the shapes people write; what could be another day is refused."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mingma.evidence.linelist.faults import AmbiguousDate, NotADate, NoYear
from mingma.evidence.linelist.moments import read_moment
from mingma.evidence.linelist.reading import Note, Setting
from mingma.kernel.errors import Malformed
from mingma.kernel.times import parse_instant, print_instant

TODAY = (date(2022, 6, 14) - date(1970, 1, 1)).days
SETTING = Setting(TODAY, {})
AFTERNOON = "2022-03-05T14:30:00+08:00"
MIDNIGHT = "2022-03-05T00:00:00+08:00"


def read(text: str) -> object:
    return read_moment(text, SETTING).value


@pytest.mark.parametrize(
    "text",
    [
        "2022-03-05T14:30:00+08:00",
        "2022-03-05T06:30:00Z",
        "2022-03-05T06:30Z",
        "2022-03-05 14:30:00+0800",
        "2022-03-05 14:30 UTC+08:00",
        "2022-03-05T01:30:00-05:00",
        "2022-03-05 06:30 GMT",
        "2022-03-05 14:30:00",
        "2022-03-05 14:30:00.000",
        "2022/3/5 14:30",
        "2022/03/05 2:30 PM",
        "2022.3.5 14:30",
        "2022年3月5日 14:30",
        "2022年3月5日14:30",
        "2022年3月5日14时30分",
        "2022年3月5日14时30分00秒",
        "2022年3月5日14点30分",
        "2022年3月5日14点30",
        "2022年3月5日 下午2:30",
        "2022年03月05日星期六 14:30",
        "2022年3月5日(周六)14:30",
        "2022 年 3 月 5 日 14:30",
        "２０２２年３月５日　１４：３０",
        "20220305 14:30",
        "20220305143000",
        "202203051430",
        "44625.604166666664",
        "5-Mar-2022 14:30",
        "5 March 2022 14:30",
        "05MAR2022 14:30",
        "Mar 5, 2022 2:30 PM",
        "March 5 2022 14:30",
        "Sat 5 Mar 2022 14:30",
        "5-Mar-22 14:30",
        "22.3.5 14:30",
        "22/3/5 14:30",
    ],
)
def test_one_instant_is_read_in_every_shape(text: str) -> None:
    assert read(text) == AFTERNOON


@pytest.mark.parametrize(
    "text",
    ["2022-03-05", "2022/3/5", "2022年3月5日", "2022年3月5号", "20220305", "44625", "44625.0",
     "5-Mar-22", "2022-03-04 24:00", "2022年3月4日24时", "2022-03-05 0:00", "2022-03-05 12:00 AM",
     "2022年3月5日凌晨0点", "44624.999999"],
)  # fmt: skip
def test_the_first_second_of_a_day_is_read_in_every_shape(text: str) -> None:
    assert read(text) == MIDNIGHT


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2022-03-05 中午12:00", "2022-03-05T12:00:00+08:00"),
        ("2022-03-05 中午1:15", "2022-03-05T13:15:00+08:00"),
        ("2022-03-05 晚上8点", "2022-03-05T20:00:00+08:00"),
        ("2022-03-05 12:05 PM", "2022-03-05T12:05:00+08:00"),
        ("2022-03-05 12:05 AM", "2022-03-05T00:05:00+08:00"),
        ("2022-03-05 上午11:05", "2022-03-05T11:05:00+08:00"),
        ("2022-03-05 下午14:05", "2022-03-05T14:05:00+08:00"),
        ("2022-03-05 凌晨12:05", "2022-03-05T00:05:00+08:00"),
        ("13/5/2022", "2022-05-13T00:00:00+08:00"),
        ("5/13/2022", "2022-05-13T00:00:00+08:00"),
        ("5/5/2022", "2022-05-05T00:00:00+08:00"),
        ("13/5/21", "2021-05-13T00:00:00+08:00"),
        ("29-Feb-20", "2020-02-29T00:00:00+08:00"),
    ],
)
def test_what_can_be_only_one_instant_is_read(text: str, instant: str) -> None:
    assert read(text) == instant


@pytest.mark.parametrize(
    "text", ["3/5/2022", "03/05/2022 14:30", "3.5.2022", "3-5-2022", "3/5/22", "21-Mar-22",
             "20-Mar-19", "19/12/20"],
)  # fmt: skip
def test_a_date_that_could_be_two_days_is_refused_with_both(text: str) -> None:
    with pytest.raises(AmbiguousDate) as refusal:
        read(text)
    assert str(refusal.value.details["readings"]).count("/") >= 1


@pytest.mark.parametrize("text", ["3月5日", "3月5日 14:30", "3/5", "3-5 14:30", "5-Mar", "5 March"])
def test_a_date_without_a_year_is_refused_as_that(text: str) -> None:
    with pytest.raises(NoYear):
        read(text)


@pytest.mark.parametrize(
    "text",
    ["", "昨天", "2022-02-29", "2022/13/13", "2022-03-05 25:00", "2022-03-05 14:60", "1899-12-31",
     "2101-01-01", "2022-03", "2022年3月", "14:30", "2022-03-05 14", "2022-03-0514:3",
     "2022-3-114:30",
     "2022-03-05 14:30:00.5", "2022-03-05 14:305", "2022-03-05 9:00-10:00", "2022-03-05+08:00",
     "2022-03-05 14:30 左右", "2022-03-05-06", "2022-03-05 至 2022-03-08", "2022-03-05,2022-03-06",
     "12345", "99999", "123456", "1.5", "44625,5", "4.4625E+4", "#####", "20220305143", "202203",
     "2022-03-05 13:30 PM", "2022-03-05 0:30 AM", "2022-03-05 晚上12:00", "32/13/2022",
     "2022-03-05 晚上1点", "2022-03-05 上午12:05", "2022-03-05 下午0:30", "2022-03-05 凌晨9点",
     "410526199003070123", "2022-03-05T14:30:00+15:00", "5-Abc-22", "²⁰²²-03-05x", "31-Dec-99"],
)  # fmt: skip
def test_what_is_no_date_is_refused_and_nothing_guessed(text: str) -> None:
    with pytest.raises((NotADate, NoYear)):
        read(text)


def test_what_was_assumed_is_noted() -> None:
    def notes(text: str) -> set[Note]:
        return set(read_moment(text, SETTING).notes)

    assert notes("2022-03-05T14:30:00+08:00") == set()
    assert notes("2022-03-05 14:30") == {Note.NO_OFFSET}
    assert notes("2022-03-05") == {Note.NO_OFFSET, Note.NO_TIME}
    assert notes("44625") == {Note.SERIAL, Note.NO_OFFSET, Note.NO_TIME}
    assert notes("44625.5") == {Note.SERIAL, Note.NO_OFFSET}
    assert notes("5-Mar-22") == {Note.SHORT_YEAR, Note.NO_OFFSET, Note.NO_TIME}


def test_a_short_year_becomes_ambiguous_only_as_time_goes_on() -> None:
    later = Setting((date(2026, 1, 1) - date(1970, 1, 1)).days, {})
    assert read("26/2/20") == "2020-02-26T00:00:00+08:00"
    with pytest.raises(AmbiguousDate):
        read_moment("26/2/20", later)


def test_a_refusal_shows_no_long_number() -> None:
    with pytest.raises(NotADate) as refusal:
        read("410526199003070123")
    assert "410526" not in str(refusal.value)


SHAPES = [
    "{0:%Y-%m-%d %H:%M:%S}",
    "{0:%Y/%m/%d %H:%M:%S}",
    "{0.year}年{0.month}月{0.day}日 {0.hour}:{0:%M:%S}",
    "{0.year}年{0.month}月{0.day}日{0.hour}时{0.minute}分{0.second}秒",
    "{0:%Y%m%d%H%M%S}",
    "{0.year}.{0.month}.{0.day} {0:%H:%M:%S}",
    "{0:%d-%b-%Y %H:%M:%S}",
    "{0:%b} {0.day}, {0.year} {0:%I:%M:%S %p}",
]


@given(
    st.integers(-2_177_000_000, 4_133_900_000),
    st.sampled_from(SHAPES),
)
def test_every_instant_is_read_back_from_every_shape(instant: int, shape: str) -> None:
    local = datetime(1970, 1, 1, 8, tzinfo=UTC) + timedelta(seconds=instant)
    assert read(shape.format(local)) == print_instant(instant)


@given(st.integers(946_700_000, 4_102_300_000))
def test_a_spreadsheets_number_is_read_to_the_second(instant: int) -> None:
    days = 25_569 + (instant + 8 * 3600) / 86_400
    assert read(f"{days:.9f}") == print_instant(instant)


@given(st.dates(date(2001, 1, 1), date(2099, 12, 31)))
def test_day_and_month_are_never_silently_swapped(day: date) -> None:
    text = f"{day.day}/{day.month}/{day.year}"
    if day.day <= 12 and day.day != day.month:
        with pytest.raises(AmbiguousDate):
            read(text)
    else:
        assert read(text) == day.isoformat() + "T00:00:00+08:00"


@given(st.text() | st.text(alphabet="0123456789/-.: 年月日时分秒TZ+上下午amp周", max_size=24))
def test_any_text_is_an_instant_of_the_contract_or_refused(text: str) -> None:
    try:
        value = read(text)
    except Malformed:
        return
    assert isinstance(value, str)
    parse_instant(value)
