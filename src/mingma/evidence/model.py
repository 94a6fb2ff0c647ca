"""A fact: one record about one subject, of one kind, at one instant.

Facts are never edited: a later `withdrawal`, `release` or corrected report refers to an earlier
fact by id. A fact gives no colour; only a rule does. The shape is docs/formats/facts.md.
"""

from __future__ import annotations

import msgspec

from mingma.evidence.channels import FactData
from mingma.kernel.times import Instant


class Fact(msgspec.Struct, frozen=True, kw_only=True):
    """One admitted record.

    `at` is what the kind says it is; `until` ≥ `at` where given; `data` is of the kind's own type.
    INVARIANT: built only by `evidence.admit`, so nobody checks it again.
    """

    id: str
    kind: str
    subject: str
    at: Instant
    data: FactData
    until: Instant | None = None
    recorded_at: Instant | None = None
    region: str | None = None
    place: str | None = None
    organ: str | None = None
