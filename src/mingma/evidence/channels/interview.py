"""What a person said to an investigator, about her own exposure to a named case."""

from __future__ import annotations

from typing import ClassVar, Literal

from mingma.evidence.channels.channel import Channel, Text


class Interview(Channel, frozen=True, kw_only=True):
    """`at` is the interview; `index` is the case's id. One person's words; no rule reads them.

    It backs a finding for who never scanned anything, and alone never backs more than yellow.
    """

    kind: ClassVar[str] = "interview"
    zh: ClassVar[str] = "流调询问"
    en: ClassVar[str] = "investigator's interview"

    index: Text
    setting: Literal["household", "work", "school", "meal", "journey", "venue", "care", "other"]
    by: Literal["phone", "in_person"]
