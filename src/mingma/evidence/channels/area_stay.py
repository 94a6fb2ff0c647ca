"""A stay in a place, with a level where an organ states one, else matched to the area list."""

from __future__ import annotations

from typing import ClassVar, Literal

from mingma.evidence.channels.channel import Channel
from mingma.kernel.times import Instant

Level = Literal["high", "medium", "low", "special"]
Zone = Literal["sealed", "controlled", "surrounding", "case_county", "border_county"]


class AreaStay(Channel, frozen=True, kw_only=True):
    """`at` begins the stay, `until` ends it (none: still there)."""

    kind: ClassVar[str] = "area_stay"
    zh: ClassVar[str] = "旅居记录"
    en: ClassVar[str] = "stay record"

    level: Level | None = None
    zone: Zone | None = None
    community_spread: bool | None = None
    isolation_started_at: Instant | None = None
    isolation_ended_at: Instant | None = None
