"""The end of closed-loop work."""

from __future__ import annotations

from typing import ClassVar

from mingma.evidence.channels.channel import Channel


class ClosedLoopEnd(Channel, frozen=True, kw_only=True):
    """`at` is the end of the work; nothing else is said."""

    kind: ClassVar[str] = "closed_loop_end"
    zh: ClassVar[str] = "闭环作业结束"
    en: ClassVar[str] = "end of closed-loop work"
