"""An administrator's approved mark: never a colour, and nothing without evidence of its own."""

from __future__ import annotations

from typing import Annotated, ClassVar

import msgspec

from mingma.evidence.channels.channel import Channel, Intake, Text


class Mark(Channel, frozen=True, kw_only=True):
    """`at` is the approval; `evidence` are ids of facts of the same subject, older than it.

    Counts only with two distinct organs in `approved_by` and live evidence the rule admits.
    """

    kind: ClassVar[str] = "mark"
    zh: ClassVar[str] = "管理员标记"
    en: ClassVar[str] = "administrator's mark"
    intake: ClassVar[Intake] = Intake.ACT

    rule: Text
    approved_by: Annotated[tuple[Text, ...], msgspec.Meta(max_length=100)]
    evidence: Annotated[tuple[Text, ...], msgspec.Meta(max_length=1000)]
