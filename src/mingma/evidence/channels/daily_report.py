"""The person's own daily report; she can correct it herself."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

import msgspec

from mingma.evidence.channels.channel import Channel, Text

Symptom = Literal[
    "fever",
    "cough",
    "fatigue",
    "dyspnoea",
    "sore_throat",
    "runny_nose",
    "diarrhoea",
    "conjunctivitis",
    "myalgia",
    "loss_of_smell_or_taste",
    "other",
]


class DailyReport(Channel, frozen=True, kw_only=True):
    """`at` is the report; an empty list of symptoms means well. `temperature` in °C."""

    kind: ClassVar[str] = "daily_report"
    zh: ClassVar[str] = "每日健康打卡"
    en: ClassVar[str] = "daily report"

    symptoms: Annotated[tuple[Symptom, ...], msgspec.Meta(max_length=11)]
    temperature: Annotated[float, msgspec.Meta(ge=25, le=45)] | None = None
    high_area_stay: bool | None = None
    overseas: bool | None = None
    corrects: Text | None = None
