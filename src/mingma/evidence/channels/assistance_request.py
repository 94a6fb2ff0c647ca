"""A request for assistance that names this person, by reference."""

from __future__ import annotations

from typing import ClassVar, Literal

from mingma.evidence.channels.channel import Channel, Intake, Text


class AssistanceRequest(Channel, frozen=True, kw_only=True):
    """`at` is the assignment; `reference` the request's own number."""

    kind: ClassVar[str] = "assistance_request"
    zh: ClassVar[str] = "协查请求"
    en: ClassVar[str] = "request for assistance"
    intake: ClassVar[Intake] = Intake.ACT

    reference: Text
    ground: Literal["companion", "area", "transport", "venue", "cold_chain"] | None = None
