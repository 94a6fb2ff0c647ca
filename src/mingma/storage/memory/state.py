"""What the memory store holds at one moment."""

from __future__ import annotations

from dataclasses import dataclass, field

from mingma.codes.decision import Decision
from mingma.evidence.model import Fact
from mingma.kernel.times import Instant
from mingma.records import Batch, Emergency, Notice, Outgoing, Person, Record, Source, Turned


@dataclass(slots=True)
class State:
    """Every table as a dictionary.

    INVARIANT: once it is the store's, neither it nor a dictionary in it changes any more. A unit
    takes a copy of the state and copies a dictionary before it first writes to it.
    """

    people: dict[str, Person] = field(default_factory=dict)
    receipts: dict[tuple[str, str], bytes] = field(default_factory=dict)  # by source, id
    facts: dict[str, tuple[tuple[str, Fact], ...]] = field(default_factory=dict)  # with source
    batches: dict[tuple[str, str], tuple[Batch, tuple[Turned, ...]]] = field(default_factory=dict)
    channels: dict[str, Instant] = field(default_factory=dict)
    decisions: dict[str, dict[int, Decision]] = field(default_factory=dict)
    notices: dict[str, dict[int, Notice]] = field(default_factory=dict)
    waiting: dict[tuple[str, int], Outgoing] = field(default_factory=dict)
    sealed: dict[tuple[str, int], int] = field(default_factory=dict)
    leaves: tuple[bytes, ...] = ()
    head: bytes = b""
    sources: dict[str, Source] = field(default_factory=dict)
    emergencies: dict[str, tuple[Emergency, int | None]] = field(default_factory=dict)
    records: dict[tuple[str, str], Record] = field(default_factory=dict)
