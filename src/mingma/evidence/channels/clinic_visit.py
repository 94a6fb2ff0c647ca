"""A visit to a fever clinic."""

from __future__ import annotations

from typing import ClassVar, Literal

from mingma.evidence.channels.channel import Channel
from mingma.kernel.times import Instant


class ClinicVisit(Channel, frozen=True, kw_only=True):
    """`at` is the visit; `excluded_at` is when the clinic ruled the infection out."""

    kind: ClassVar[str] = "clinic_visit"
    zh: ClassVar[str] = "发热门诊就诊"
    en: ClassVar[str] = "fever clinic visit"

    department: Literal["fever"]
    finding: Literal["unexplained_fever"] | None = None
    excluded_at: Instant | None = None
    local_outbreak: bool | None = None
