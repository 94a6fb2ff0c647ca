"""A journey by manifest."""

from __future__ import annotations

from typing import ClassVar, Literal

import msgspec

from mingma.evidence.channels.channel import Channel, Region, Text


class Trip(Channel, frozen=True, kw_only=True):
    """`at` is the departure, `until` the arrival. A trip alone grounds no red."""

    kind: ClassVar[str] = "trip"
    zh: ClassVar[str] = "行程记录"
    en: ClassVar[str] = "journey record"

    mode: Literal["air", "rail", "coach", "ship", "car"]
    from_: Region = msgspec.field(name="from")
    to: Region
    number: Text | None = None
    carriage: Text | None = None
    seat: Text | None = None
