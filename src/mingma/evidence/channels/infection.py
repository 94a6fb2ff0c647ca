"""A hospital's or laboratory's record of an infection."""

from __future__ import annotations

from typing import ClassVar, Literal

import msgspec

from mingma.evidence.channels.channel import Channel, Text
from mingma.kernel.times import Instant


class Infection(Channel, frozen=True, kw_only=True):
    """`at` is admission or the first positive sampling.

    `excluded_at` is when a suspicion was ruled out. `sample` is the sample it rests on, by its
    number at the `laboratory` that examined it (none: the sender's own).
    """

    kind: ClassVar[str] = "infection"
    zh: ClassVar[str] = "感染记录"
    en: ClassVar[str] = "infection record"

    class_: Literal["confirmed", "asymptomatic", "recurrent", "suspected", "screen_positive"] = (
        msgspec.field(name="class")
    )
    onset_at: Instant | None = None
    isolation_ended_at: Instant | None = None
    discharged_at: Instant | None = None
    excluded_at: Instant | None = None
    sample: Text | None = None
    laboratory: Text | None = None
