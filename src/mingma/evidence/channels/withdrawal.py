"""A record that an earlier fact should not have been made."""

from __future__ import annotations

from typing import ClassVar

from mingma.evidence.channels.channel import Channel, Intake, Text


class Withdrawal(Channel, frozen=True, kw_only=True):
    """`at` is the record; `of` the fact's id. From then on that fact is dead for good."""

    kind: ClassVar[str] = "withdrawal"
    zh: ClassVar[str] = "撤回"
    en: ClassVar[str] = "withdrawal"
    intake: ClassVar[Intake] = Intake.ACT

    of: Text
    reason: Text
