"""Dates and times as people write them, or a refusal that says why.

A day that could be another day is refused. A time without offset is Beijing time, a date without a
time its first second; both are noted, so that the preview says so.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from mingma.evidence.linelist.faults import AmbiguousDate, NotADate, NoYear
from mingma.evidence.linelist.reading import Note, Reading, Setting, shown
from mingma.kernel.times import (
    DAY,
    EARLIEST_YEAR,
    HOUR,
    LATEST_YEAR,
    OFFSET,
    midnight,
    print_instant,
)

MINUTE: Final = 60  # seconds

FIRST_SHORT_YEAR: Final = 2019  # no list of this epidemic is older
_EPOCH: Final = date(1970, 1, 1)
_SERIAL_EPOCH: Final = (date(1899, 12, 30) - _EPOCH).days
# Day numbers of 2000-01-01 and 2099-12-31: what else has five digits would be read as a date.
_SERIALS: Final = (36_526, 73_050)

_MONTHS: Final = {
    name: number
    for number, names in enumerate(
        "jan/january feb/february mar/march apr/april may jun/june jul/july aug/august"
        " sep/sept/september oct/october nov/november dec/december".split(),
        start=1,
    )
    for name in names.split("/")
}

_WEEKDAY: Final = re.compile(
    r"[(\[]?(?:星期|周|礼拜)[一二三四五六日天][)\]]?"
    r"|\b(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?\b[.,]?"
)
_NUMBER: Final = re.compile(r"([0-9]{5})(?:\.([0-9]{1,15}))?")
_COMPACT: Final = re.compile(
    r"([12][0-9]{3})([01][0-9])([0-3][0-9])(?:[ t]?([0-2][0-9])([0-5][0-9])([0-5][0-9])?)?(?![0-9])"
)
_YEAR_FIRST: Final = re.compile(
    r"([0-9]{4}) ?(?:([-/.])|年) ?([0-9]{1,2}) ?(?:\2|月) ?([0-9]{1,2}) ?(?:[日号]|(?![0-9]))"
)
_THREE: Final = re.compile(r"([0-9]{1,2})([-/.])([0-9]{1,2})\2([0-9]{4}|[0-9]{1,2})(?![0-9])")
_NAMED: Final = re.compile(
    r"([0-9]{1,2})(?:st|nd|rd|th)?[- /.]?([a-z]{3,9})[-/., ]*([0-9]{4}|[0-9]{2})(?![0-9])"
)
_NAMED_US: Final = re.compile(
    r"([a-z]{3,9})\.? ?([0-9]{1,2})(?:st|nd|rd|th)?(?:, ?| )([0-9]{4})(?![0-9])"
)
_NO_YEAR: Final = re.compile(
    r"(?:[0-9]{1,2}[-/.][0-9]{1,2}|[0-9]{1,2} ?月 ?[0-9]{1,2} ?[日号]?|[0-9]{1,2}[- ][a-z]{3,9})"
    r"(?![0-9/.-]).*"
)
_TIME: Final = re.compile(
    r"(上午|下午|晚上|晚|凌晨|早上|早|中午)? ?([0-9]{1,2})"
    r"(?::([0-9]{2})(?::([0-9]{2})(?:\.0+)?)?"
    r"|[时点](?:[钟整]|([0-9]{1,2})(?:分(?:([0-9]{1,2})秒)?)?)?)"
    r" ?(am|pm)?"
)
# {part of the day: {hour written: hour of 24}}. 上午12 is noon to some and midnight to others,
# 晚上1点 is the next day's: such are refused.
_MORNING: Final = {hour: hour for hour in range(12)}
_AFTERNOON: Final = {hour: hour + 12 for hour in range(1, 12)} | {h: h for h in range(12, 24)}
_EVENING: Final = {hour: hour + 12 for hour in range(5, 12)} | {h: h for h in range(17, 24)}
_SMALL_HOURS: Final = {hour: hour for hour in range(7)} | {12: 0}
_PARTS: Final = {
    "上午": _MORNING,
    "早上": _MORNING,
    "早": _MORNING,
    "凌晨": _SMALL_HOURS,
    "中午": {11: 11, 12: 12, 13: 13, 14: 14, 1: 13, 2: 14},
    "下午": _AFTERNOON,
    "晚上": _EVENING,
    "晚": _EVENING,
    "am": {hour: hour for hour in range(1, 12)} | {12: 0},
    "pm": {hour: hour + 12 for hour in range(1, 12)} | {12: 12},
}
_OFFSET: Final = re.compile(r" ?(?:(?:utc|gmt)?([+-])([0-9]{2}):?([0-9]{2})|z|utc|gmt)$")
# `9:00-10:00` is a stretch of time, `09:00:00-10:00` an offset.
_TO_THE_SECOND: Final = re.compile(r".*:[0-9]{2}:[0-9]{2}(?:\.0+)?")


def read_moment(text: str, setting: Setting) -> Reading:
    """The RFC 3339 instant a cell means; raises NotADate, AmbiguousDate or NoYear."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    if number := _NUMBER.fullmatch(folded):
        return _from_serial(number, text)
    days, rest, short = _day(_WEEKDAY.sub(" ", folded), text, setting.today)
    notes = [Note.SHORT_YEAR] if short else []
    offset, rest = _offset(rest, text)
    seconds = _seconds(rest, text)
    if seconds is None:
        if offset is not None:
            raise NotADate(value=shown(text))
        notes.append(Note.NO_TIME)
    if offset is None:
        notes.append(Note.NO_OFFSET)
    # `midnight` is local; an offset of its own moves the instant.
    instant = midnight(days) + (seconds or 0) + (OFFSET - offset if offset is not None else 0)
    return Reading(_printed(instant, text), tuple(notes))


def _from_serial(number: re.Match[str], text: str) -> Reading:
    """A spreadsheet's day number; its fraction to the nearest second."""
    if not _SERIALS[0] <= int(number[1]) <= _SERIALS[1]:
        raise NotADate(value=shown(text))
    seconds = int((Decimal(f"0.{number[2] or 0}") * DAY).to_integral_value())
    notes = [Note.SERIAL, Note.NO_OFFSET] + ([] if seconds else [Note.NO_TIME])
    return Reading(_printed(midnight(int(number[1]) + _SERIAL_EPOCH) + seconds, text), tuple(notes))


def _day(folded: str, text: str, today: int) -> tuple[int, str, bool]:
    """(local day, what stands behind it, whether the year was short)."""
    folded = _spread(" ".join(folded.split()))
    for shape, ways in _SHAPES:
        if (found := shape.match(folded)) and (possible := ways(found, today)):
            days, short = possible
            return _one(days, text), folded[found.end() :], short
    raise (NoYear if _NO_YEAR.fullmatch(folded) else NotADate)(value=shown(text))


def _spread(folded: str) -> str:
    """20220305143000 as 2022-03-05 14:30:00, any other text as it is."""
    found = _COMPACT.match(folded)
    if found is None:
        return folded
    time = f" {found[4]}:{found[5]}:{found[6] or '00'}" if found[4] else ""
    return f"{found[1]}-{found[2]}-{found[3]}{time}{folded[found.end() :]}"


# What a shape may mean: the days, a wrong one as None, and whether its year is short.
Ways = tuple[set[date | None], bool]


def _year_first(found: re.Match[str], _: int) -> Ways:
    return {_date(found[1], found[3], found[4])}, False


def _three(found: re.Match[str], today: int) -> Ways:
    """3/5/2022 and 3/5/22: month or day first, and of a short year perhaps the year."""
    first, second, third = found[1], found[3], found[4]
    if len(third) == 4:
        return {_date(third, first, second), _date(third, second, first)}, False
    orders = ((third, first, second), (third, second, first), (first, second, third))
    return {_short(*order, today) for order in orders}, True


def _named(found: re.Match[str], today: int) -> Ways | None:
    """5-Mar-2022 and 5-Mar-22: the day first, or of a short year perhaps the year."""
    month = str(_MONTHS.get(found[2], ""))
    if not month:
        return None
    if len(found[3]) == 4:
        return {_date(found[3], month, found[1])}, False
    orders = ((found[3], month, found[1]), (found[1], month, found[3]))
    return {_short(*order, today) for order in orders}, True


def _named_us(found: re.Match[str], _: int) -> Ways | None:
    month = _MONTHS.get(found[1])
    return ({_date(found[3], str(month), found[2])}, False) if month else None


_SHAPES: Final[tuple[tuple[re.Pattern[str], Callable[[re.Match[str], int], Ways | None]], ...]] = (
    (_YEAR_FIRST, _year_first),
    (_THREE, _three),
    (_NAMED, _named),
    (_NAMED_US, _named_us),
)


def _date(year: str, month: str, day: str) -> date | None:
    try:
        found = date(int(year), int(month), int(day))
    except ValueError:
        return None
    return found if EARLIEST_YEAR <= found.year <= LATEST_YEAR else None


def _short(year: str, month: str, day: str, today: int) -> date | None:
    """A day of a year of two digits, between 2019 and this year."""
    found = _date(f"20{year:0>2}", month, day)
    this_year = (_EPOCH + timedelta(days=today)).year
    return found if found and FIRST_SHORT_YEAR <= found.year <= this_year else None


def _one(readings: set[date | None], text: str) -> int:
    """The only day that is possible."""
    possible = sorted(day for day in readings if day is not None)
    if not possible:
        raise NotADate(value=shown(text))
    if len(possible) > 1:
        either = " / ".join(day.isoformat() for day in possible)
        raise AmbiguousDate(value=shown(text), readings=either)
    return (possible[0] - _EPOCH).days


def _offset(rest: str, text: str) -> tuple[int | None, str]:
    """(seconds east of UTC if written, what stands before it)."""
    found = _OFFSET.search(rest)
    if found is None or not rest[: found.start()].strip(" t,"):
        return None, rest
    time = rest[: found.start()]
    if found[1] is None:
        return 0, time
    hours, minutes = int(found[2]), int(found[3])
    bare = found[0].strip()[0] in "+-"
    if hours > 14 or minutes > 59 or (bare and found[1] == "-" and not _TO_THE_SECOND.match(time)):
        raise NotADate(value=shown(text))
    east = hours * HOUR + minutes * MINUTE
    return (east if found[1] == "+" else -east), time


def _seconds(rest: str, text: str) -> int | None:
    """The second of the day, None where no time is written; 24:00 is the next day's 00:00."""
    rest = rest.strip(" t,")
    if not rest:
        return None
    found = _TIME.fullmatch(rest)
    if found is None:
        raise NotADate(value=shown(text))
    hour = _hour(int(found[2]), found[1] or found[7], text)
    minute, second = int(found[3] or found[5] or 0), int(found[4] or found[6] or 0)
    whole = (hour, minute, second) == (24, 0, 0)
    if not whole and (hour > 23 or minute > 59 or second > 59):
        raise NotADate(value=shown(text))
    return hour * HOUR + minute * MINUTE + second


def _hour(hour: int, half: str | None, text: str) -> int:
    """The hour of 24 for an hour with its part of the day; refused where people differ."""
    if half is None:
        return hour
    found = _PARTS[half].get(hour)
    if found is None:
        raise NotADate(value=shown(text))
    return found


def _printed(instant: int, text: str) -> str:
    """The instant as RFC 3339, where the contract knows its year."""
    printed = print_instant(instant)
    if not EARLIEST_YEAR <= int(printed[:4]) <= LATEST_YEAR:
        raise NotADate(value=shown(text))
    return printed
