"""Direct contact with goods that tested positive."""

from __future__ import annotations

from typing import ClassVar, Literal

from mingma.evidence.channels.channel import Channel, Intake


class ColdChainContact(Channel, frozen=True, kw_only=True):
    """`at` is the last contact."""

    kind: ClassVar[str] = "cold_chain_contact"
    zh: ClassVar[str] = "阳性物品接触"
    en: ClassVar[str] = "contact with positive goods"
    intake: ClassVar[Intake] = Intake.ACT

    frequency: Literal["ordinary", "frequent"] | None = None
    goods: Literal["cold_chain", "other"] | None = None
