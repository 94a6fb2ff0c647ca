"""An order that ends what an earlier fact grounds."""

from __future__ import annotations

from typing import ClassVar

from mingma.evidence.channels.channel import Channel, Intake, Text


class Release(Channel, frozen=True, kw_only=True):
    """`at` is the order; `of` the fact's id."""

    kind: ClassVar[str] = "release"
    zh: ClassVar[str] = "解除"
    en: ClassVar[str] = "release order"
    intake: ClassVar[Intake] = Intake.ACT

    of: Text
