"""A telecom grid match with a case: probabilistic, a notice at most."""

from __future__ import annotations

from typing import Annotated, ClassVar

import msgspec

from mingma.evidence.channels.channel import Channel, Text


class CompanionMatch(Channel, frozen=True, kw_only=True):
    """`at` is the match. Signal drift makes it no ground for a colour by itself."""

    kind: ClassVar[str] = "companion_match"
    zh: ClassVar[str] = "时空伴随比对"
    en: ClassVar[str] = "telecom grid match"

    overlap_minutes: Annotated[int, msgspec.Meta(ge=0, le=100_000)]
    cell: Text
