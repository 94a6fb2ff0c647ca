"""A risk notice that names this person, by reference."""

from __future__ import annotations

from typing import ClassVar, Literal

from mingma.evidence.channels.channel import Channel, Intake, Text


class RiskNotice(Channel, frozen=True, kw_only=True):
    """`at` is the assignment; `reference` the request's own number."""

    kind: ClassVar[str] = "risk_notice"
    zh: ClassVar[str] = "风险提示"
    en: ClassVar[str] = "risk notice"
    intake: ClassVar[Intake] = Intake.ACT

    reference: Text
    ground: Literal["companion", "area", "transport", "venue", "cold_chain"] | None = None
