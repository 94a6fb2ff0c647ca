"""What every kind of fact declares about itself.

A channel is a closed list entry: its word, its names for people, who may bring it in, and its
fields. There is no channel for a list of identities, and none may be added (PIPL art. 6, 28).
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Annotated, ClassVar

import msgspec

MAX_TEXT = 4096  # characters of any text field (CONTRACT, Bad input)

Text = Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_TEXT)]


class Region(str):
    """A GB/T 2260 division code of six digits; membership is checked against the table."""

    __slots__ = ()
    FORM: ClassVar[re.Pattern[str]] = re.compile(r"[1-9][0-9]{5}", re.ASCII)


class Intake(StrEnum):
    """Who brings a fact in (ARCHITECTURE, States and modes)."""

    SOURCE = "source"  # signed by a registered source key bound to the kind
    ACT = "act"  # an approved act: propose, approve, seal
    EXCHANGE = "exchange"  # another jurisdiction's signed statement


class Channel(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Base of every kind's data. Subclasses name their fields as CONTRACT's table does."""

    kind: ClassVar[str]
    zh: ClassVar[str]
    en: ClassVar[str]
    intake: ClassVar[Intake] = Intake.SOURCE
