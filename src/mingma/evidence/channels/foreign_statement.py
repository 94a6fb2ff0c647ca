"""Another jurisdiction's statement about this person: its colour is never copied."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

import msgspec

from mingma.evidence.channels.channel import Channel, Intake, Region, Text


class ForeignStatement(Channel, frozen=True, kw_only=True):
    """`at` is the issuer's decision. By itself it gives the notice `foreign` at most."""

    kind: ClassVar[str] = "foreign_statement"
    zh: ClassVar[str] = "外省认定"
    en: ClassVar[str] = "another province's statement"
    intake: ClassVar[Intake] = Intake.EXCHANGE

    issuer: Region
    rule: Text
    colour: Literal["red", "orange", "yellow", "blue", "grey", "green"]
    evidence: Annotated[tuple[Text, ...], msgspec.Meta(max_length=1000)] = ()
