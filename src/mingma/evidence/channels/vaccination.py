"""A dose given."""

from __future__ import annotations

from typing import Annotated, ClassVar

import msgspec

from mingma.evidence.channels.channel import Channel, Text


class Vaccination(Channel, frozen=True, kw_only=True):
    """`at` is the dose; `dose` counts from 1."""

    kind: ClassVar[str] = "vaccination"
    zh: ClassVar[str] = "接种记录"
    en: ClassVar[str] = "vaccination record"

    dose: Annotated[int, msgspec.Meta(ge=1, le=20)]
    product: Text
