"""What flows need from outside, as promises.

Each sentence here is the name of a test in tests/storage, run against every adapter.
Nothing here has, or may get, a method that sets a colour.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Protocol, TypeAlias

from mingma.codes.decision import Decision
from mingma.evidence.model import Fact
from mingma.kernel.times import Instant
from mingma.records import (
    Batch,
    Emergency,
    Notice,
    Outgoing,
    Passkey,
    Person,
    Proved,
    Received,
    Record,
    Source,
    Turned,
)


class Unit(Protocol):
    """One transaction, for one thread; it ends with its `with` block, and later use is refused.

    Everything written is durable when the block ends, or nothing is. A unit sees what it wrote.
    Once a write is refused nothing of the unit is kept, even where the refusal is caught.
    """

    # -- people
    def people(self, refs: Collection[str]) -> Mapping[str, Person]:
        """Those of the people that exist, by pseudonym.

        Until a writing unit ends nobody else writes about people it asked for, new ones included.
        """

    def add_people(self, people: Iterable[Person]) -> None:
        """Adding a person that exists raises AlreadyThere and changes nothing."""

    def refs(self, after: str, limit: int) -> Sequence[str]:
        """References of people in order, those after a given one, at most so many."""

    def count_events(self, counts: Mapping[str, int]) -> None:
        """Raise each person's event count to the given one; a lower or equal one raises Stale.

        So does a count for a person never added.
        """

    def erase(self, refs: Collection[str]) -> int:
        """Destroy people's keys, facts, decisions and notices; returns how many people it were.

        Their sealed leaves stay, as acts of nobody. A person of whom a leaf waits raises Stale.
        Erasing whom there is not changes nothing. An erased person can be added anew, and has
        nothing of before.

        A record of a person's own goes with her, and so does one that names her. A record that
        several people share goes with the last of them. A record of any other kind stays.
        """

    # -- evidence
    def known(self, source: str, ids: Collection[str]) -> Mapping[str, bytes]:
        """The content digest of those ids of a source that were admitted before.

        Until a writing unit ends nobody else admits from a source it asked for.
        """

    def add_facts(self, received: Iterable[tuple[Received, bytes]]) -> None:
        """Facts with their content digest; a fact is stored once by source and id.

        The same source and id again raise AlreadyThere. A fact about a person not added by the
        end of the unit raises NotThere there.
        """

    def facts_of(self, subjects: Collection[str]) -> Mapping[str, Sequence[Fact]]:
        """Every fact of each subject, ordered by at, then id; an empty sequence where none.

        Two sources' facts of one instant and id stand in order of source.
        """

    def digests(self, subjects: Collection[str]) -> Mapping[str, Collection[bytes]]:
        """The content digests kept with the facts of subjects, by the fact's id."""

    def add_batch(self, batch: Batch, turned: Iterable[Turned]) -> None:
        """The counts and the refused records; the same batch again adds nothing."""

    def batch(self, source: str, id: str) -> Batch | None:
        """The counts of a batch, or None."""

    def turned(self, source: str, batch: str) -> Sequence[Turned]:
        """The refused records of a batch in order of line."""

    def erase_turned(self, before: Instant) -> int:
        """Destroy the refused records of batches received before an instant; how many it were.

        The counts of those batches stay.
        """

    def channel_ages(self) -> Mapping[str, Instant]:
        """When each kind last arrived."""

    # -- decisions
    def decisions_in_force(self, subjects: Collection[str]) -> Mapping[str, Decision]:
        """The latest decision of each subject that has one."""

    def decisions_of(self, subject: str) -> Sequence[Decision]:
        """All decisions of a subject, oldest first."""

    def add_decisions(
        self, decisions: Iterable[Decision], notices: Iterable[Notice], leaves: Iterable[Outgoing]
    ) -> None:
        """Decision, notice and leaf are written together or not at all.

        An event number twice raises AlreadyThere. A decision on a person never added, or a
        notice without its decision, raises NotThere.
        """

    def notices_of(self, subject: str) -> Sequence[Notice]:
        """The notices of a subject, newest first."""

    # -- ledger
    def add_leaves(self, leaves: Iterable[Outgoing]) -> None:
        """Leaves of acts that are no decision (an emergency, an enrolment).

        An act's second leaf raises AlreadyThere, at the latest when the unit ends.
        """

    def pool(self, limit: int) -> Sequence[Outgoing]:
        """At most `limit` leaves waiting for the seal, oldest first, then by subject and number."""

    def waiting(self) -> int:
        """How many leaves wait for the seal."""

    def seal(self, size: int, entries: Sequence[bytes], head: bytes) -> None:
        """Append entries at indices size, size+1 … and move the head.

        If the tree's size is not `size` it raises Stale and writes nothing. Sealing no entry gives
        the tree another head of the same size.
        """

    def add_acts(self, start: int, leaves: Sequence[Outgoing]) -> None:
        """Say whose act each leaf from `start` on is, and clear them from the pool.

        An act that is not waiting raises Stale. So does a leaf that has its act.
        """

    def head(self) -> tuple[int, bytes]:
        """The sealed size and the stored head; (0, b"") before the first seal."""

    def leaves(self, start: int, end: int) -> Sequence[bytes]:
        """Sealed entries of [start, end) in order, up to the first that is missing."""

    def index_of(self, subject: str, number: int) -> int | None:
        """The leaf index of an act, or None while it waits."""

    def acts(self, start: int, end: int) -> Sequence[tuple[str, int]]:
        """Whose act each leaf of [start, end) is, up to the first of which that is missing."""

    # -- the instance
    def add_source(self, source: Source) -> None:
        """Register a source; the same id again raises AlreadyThere."""

    def sources(self) -> Mapping[str, Source]:
        """All registered sources by id."""

    def add_emergency(self, emergency: Emergency) -> None:
        """Declare an emergency; the same id again raises AlreadyThere."""

    def end_emergency(self, id: str, at: Instant) -> None:
        """An emergency ends at its declared end or earlier, never later.

        Ending one never declared raises NotThere.
        """

    def emergencies(self) -> Sequence[Emergency]:
        """Every declared emergency with its end as ended, by start, then id."""

    def emergency_at(self, instant: Instant) -> Emergency | None:
        """The declared emergency in force at an instant, its end as ended, or None.

        Of several it is the one that ends last.
        """

    def add_record(self, record: Record) -> None:
        """Append a record; kind and id again raise AlreadyThere."""

    def records(self, kind: str) -> Sequence[Record]:
        """Records of a kind by at, then id."""

    def last_record(self, kind: str, prefix: str) -> Record | None:
        """Of a kind's records whose id begins with a prefix, the one with the last id, or None.

        Until a writing unit ends nobody else asks in one for a kind and prefix it asked for.
        """

    def newest_record(self, kind: str) -> Record | None:
        """Of all records of a kind the last id's, or None; asking takes nobody's turn."""

    def first_record(self, kind: str, id: str) -> Record | None:
        """Of a kind's records whose id is a given one or sorts after it, the first, or None."""

    def records_under(self, kind: str, prefix: str) -> Sequence[Record]:
        """A kind's records whose id begins with a prefix, by id."""

    def statistics(self) -> Mapping[str, int]:
        """Counts for health pages: people, facts, decisions, leaves, waiting."""


Last: TypeAlias = Callable[[Unit], object]


class Store(Protocol):
    """Units of work, from several threads at once; writers about one person take turns.

    Reading never waits for a writer. A writer that waits too long for its turn gets Unavailable.
    """

    def write(self, last: Last | None = None) -> AbstractContextManager[Unit]:
        """A transaction that commits at the end of the block, or leaves nothing if it raises.

        A second one inside the first, in the same thread, is refused.

        What is named as last sees all that was written and commits with it. Writers who share a
        transaction and name the same have it done once. If it raises, nothing is kept.
        """

    def read(self) -> AbstractContextManager[Unit]:
        """A snapshot: what it shows stays the same from the first look on.

        A write through it raises Misused.
        """

    @property
    def one_writer(self) -> bool:
        """Whether every second writer waits for the end of the first, whoever it writes about."""

    def close(self) -> None:
        """Release files and connections; later use raises."""


class Signer(Protocol):
    """A signing key held elsewhere."""

    @property
    def kid(self) -> bytes:
        """The key id that tokens carry."""

    def sign(self, message: bytes) -> bytes:
        """The raw signature (ES256: r ‖ s, 64 bytes)."""


class Passkeys(Protocol):
    """Verifies what officers' authenticators sign."""

    def verify(self, assertion: Mapping[str, object], passkey: Passkey, challenge: bytes) -> Proved:
        """What the assertion proves: this key, this challenge, this site, a person at the key.

        Anything else raises PasskeyRefused. The counter is the caller's to compare.
        """


class WitnessClient(Protocol):
    """Witnesses, asked over the network from several threads at once."""

    def add_checkpoint(self, url: str, request: bytes) -> tuple[int, bytes]:
        """The status and body that the witness at a URL answers with, whatever they are.

        No answer within a few seconds raises WitnessSilent.
        """

    def checkpoint(self, url: str, origin_hash: str) -> tuple[int, bytes]:
        """What it answers when asked for the last checkpoint it cosigned of a log; as above."""

    def close(self) -> None:
        """Release connections; asking again opens new ones."""
