"""The ways in which people of several provinces had a code converted, and what each is here.

线上转码, 线下转码, 异地转码 and 自动转码 were forms of one request, decided at somebody's
discretion. Here each is an appeal with a clock, or needs no request at all; 解释 and 解除 likewise.
docs/guides/appeals.md prints the table, and a test holds them equal.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from mingma.appeals.appeal import Filed, State
from mingma.appeals.terms import Channel


class Way(StrEnum):
    """How an appeal counts among conversions. Each counts once, in the first that fits."""

    AUTOMATIC = "automatic"  # nobody answered, and it fell by itself
    ELSEWHERE = "elsewhere"  # another province is involved
    ONLINE = "online"
    OFFLINE = "offline"


@dataclass(frozen=True, slots=True)
class Known:
    """What a word of the field is here."""

    zh: str
    en: str
    here: str


KNOWN: Final = (
    Known("线上转码", "conversion online", "an appeal on the code page, `channel` = `online`"),
    Known(
        "线下转码", "conversion offline",
        "an appeal at the counter, by hotline or on paper; filed for the person who asks",
    ),
    Known(
        "异地转码", "conversion from elsewhere",
        "an appeal where another province is involved: 24 hours; a withdrawal there clears here",
    ),
    Known(
        "自动转码", "automatic conversion",
        "no request: a colour ends at its second, and an unanswered appeal falls at its own",
    ),
    Known("标记解释", "explanation of a mark", "the reasons on the code page; `ask_human` beside"),
    Known(
        "解除标记", "release of a mark",
        "by rule at its end; by an upheld appeal; by hand as an approved act with grounds",
    ),
)  # fmt: skip


def way_of(filed: Filed, at: int) -> Way:
    """As which conversion an appeal counts at an instant."""
    if filed.state_at(at) is State.LAPSED:
        return Way.AUTOMATIC
    if filed.appeal.elsewhere:
        return Way.ELSEWHERE
    return Way.ONLINE if filed.appeal.channel == Channel.ONLINE else Way.OFFLINE
