"""Instants and local days.

An instant is a whole number of seconds since 1970-01-01T00:00:00Z, read from and printed as
RFC 3339. A day is a local calendar day at +08:00, the offset of every pack's zone
(Asia/Shanghai has had no other since 1991), as a number of days since 1970-01-01.
Days are made from instants only here.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Final

from mingma.kernel.errors import Malformed, Place

HOUR: Final = 3600
DAY: Final = 86_400
ZONE: Final = "Asia/Shanghai"
OFFSET: Final = 8 * HOUR  # seconds east of UTC, for every pack's zone
_LOCAL: Final = timezone(timedelta(seconds=OFFSET))
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_RFC3339: Final = re.compile(
    r"(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})(Z|[+-]\d{2}:\d{2})", re.ASCII
)
EARLIEST_YEAR: Final = 1900
LATEST_YEAR: Final = 2100


class Instant(int):
    """Seconds since the epoch, UTC."""

    __slots__ = ()


class NotAnInstant(Malformed):
    """A text that is no RFC 3339 instant with offset and whole seconds, years 1900–2100."""

    slug = "time.not_an_instant"
    zh = "`{value}` 不是带时区的整秒时刻"
    en = "`{value}` is not an instant with an offset and whole seconds"
    remedy_zh = "请写成 2022-06-14T09:30:00+08:00 的形式,年份 1900 至 2100"
    remedy_en = "write it like 2022-06-14T09:30:00+08:00, years 1900 to 2100"


def parse_instant(text: object, field: str | None = None) -> Instant:
    """The instant an RFC 3339 text names; raises NotAnInstant."""
    match = _RFC3339.fullmatch(text) if isinstance(text, str) else None
    if match is None or not EARLIEST_YEAR <= int(match[1]) <= LATEST_YEAR:
        raise _refused(text, field)
    try:
        moment = datetime.fromisoformat(match[0])
    except ValueError:  # an impossible date, hour or offset
        raise _refused(text, field) from None
    return Instant((moment - _EPOCH) // timedelta(seconds=1))


def _refused(text: object, field: str | None) -> NotAnInstant:
    return NotAnInstant(Place(field=field), value=str(text)[:64])


def print_instant(instant: int) -> str:
    """RFC 3339 at +08:00, whole seconds."""
    moment = _EPOCH + timedelta(seconds=instant)
    return moment.astimezone(_LOCAL).isoformat()


def day_of(instant: int) -> int:
    """The local day an instant falls on."""
    return (instant + OFFSET) // DAY


def midnight(day: int) -> int:
    """The first second (00:00 local) of a day."""
    return day * DAY - OFFSET
