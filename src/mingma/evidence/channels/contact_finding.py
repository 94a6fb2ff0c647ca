"""An investigator's finding that this person was exposed to a named case."""

from __future__ import annotations

from typing import ClassVar, Literal

from mingma.evidence.channels.channel import Channel, Intake, Text
from mingma.kernel.times import Instant

Relation = Literal[
    "close",
    "secondary",
    "companion_enclosed",
    "companion",
    "potential",
    "general",
    "venue_exposed",
    "same_flight",
    "same_coach",
    "same_carriage",
]


class ContactFinding(Channel, frozen=True, kw_only=True):
    """`at` is the last exposure; `index` is the case's id, never the case's name."""

    kind: ClassVar[str] = "contact_finding"
    zh: ClassVar[str] = "流调判定"
    en: ClassVar[str] = "investigation finding"
    intake: ClassVar[Intake] = Intake.ACT

    relation: Relation
    index: Text
    index_class: (
        Literal["confirmed", "asymptomatic", "recurrent", "suspected", "screen_positive"] | None
    ) = None
    first_exposure_at: Instant | None = None
    isolation_started_at: Instant | None = None
    isolation_ended_at: Instant | None = None
