"""Instants and lengths of time as people read them: Beijing time, in either language."""

from __future__ import annotations

from typing import Final

from mingma.kernel.times import DAY, HOUR, print_instant

_MONTHS: Final = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
_MINUTE: Final = 60


def moment(instant: int, lang: str, *, seconds: bool = False) -> str:
    """A day and a time of day."""
    iso = print_instant(instant)
    clock = iso[11:19] if seconds else iso[11:16]
    return f"{day(instant, lang)} {clock}" if lang == "zh" else f"{day(instant, lang)}, {clock}"


def day(instant: int, lang: str) -> str:
    """A calendar day."""
    year, month, number = print_instant(instant)[:10].split("-")
    if lang == "zh":
        return f"{year}年{int(month)}月{int(number)}日"
    return f"{int(number)} {_MONTHS[int(month) - 1]} {year}"


def ago(seconds: int, lang: str) -> str:
    """How long ago something was, in its largest whole unit."""
    if seconds < _MINUTE:
        return "刚刚" if lang == "zh" else "just now"
    for unit, zh, en in ((DAY, "天", "day"), (HOUR, "小时", "hour"), (_MINUTE, "分钟", "minute")):
        count = seconds // unit
        if count:
            plural = "" if count == 1 else "s"
            return f"{count} {zh}前" if lang == "zh" else f"{count} {en}{plural} ago"
    raise AssertionError("a minute or more has a unit")
