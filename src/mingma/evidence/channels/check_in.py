"""A scan of a venue code: a presence of grade A–D, which grounds nothing."""

from __future__ import annotations

from typing import ClassVar, Literal

from mingma.evidence.channels.channel import Channel, Text


class CheckIn(Channel, frozen=True, kw_only=True):
    """`at` is the scan, `until` the leaving. A photo is not a presence (grade D)."""

    kind: ClassVar[str] = "check_in"
    zh: ClassVar[str] = "扫码登记"
    en: ClassVar[str] = "check-in"

    venue: Text
    grade: Literal["A", "B", "C", "D"]
