"""An arrival from abroad, from the border's own register."""

from __future__ import annotations

from typing import Annotated, ClassVar

import msgspec

from mingma.evidence.channels.channel import Channel, Region
from mingma.kernel.times import Instant

# The length too: `$` also stands before a line feed at the end.
Country = Annotated[str, msgspec.Meta(pattern=r"^[A-Z]{2}$", max_length=2)]


class Entry(Channel, frozen=True, kw_only=True):
    """`at` is the arrival; `from` an ISO 3166-1 two-letter country."""

    kind: ClassVar[str] = "entry"
    zh: ClassVar[str] = "入境记录"
    en: ClassVar[str] = "border entry record"

    from_: Country = msgspec.field(name="from")
    entered_via: Region
    destination: Region
    isolation_started_at: Instant | None = None
    isolation_ended_at: Instant | None = None
