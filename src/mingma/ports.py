"""What flows need from outside, as promises.

Each sentence here is the name of a test in tests/storage, run against every adapter.
Nothing here has, or may get, a method that sets a colour.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Final, NamedTuple, Protocol

from mingma.codes.decision import Decision
from mingma.evidence.model import Fact
from mingma.kernel.errors import Broken, Refused, Unavailable
from mingma.kernel.times import Instant

# Whose act a leaf is of which the person was erased; the number is then the leaf's own index.
ERASED: Final = "erased"


class AlreadyThere(Refused):
    """A record with this key was written before; nothing is ever edited."""

    slug = "store.already_there"
    status = 409
    zh = "已有此记录:{what}"
    en = "there is already such a record: {what}"
    remedy_zh = "如内容有误,请另报更正或撤回"
    remedy_en = "if its content is wrong, send a correction or a withdrawal"


class NotThere(Refused):
    """The record that another one refers to was never written."""

    slug = "store.not_there"
    status = 404
    zh = "没有所指的记录:{what}"
    en = "there is no such record: {what}"
    remedy_zh = "请先报所指的记录"
    remedy_en = "send the record it refers to first"


class Stale(Broken):
    """The writer's view of the store is old: somebody else wrote first."""

    slug = "store.stale"
    zh = "数据已被他人更新:{what}"
    en = "somebody else wrote first: {what}"
    remedy_zh = "请重新读取后再试"
    remedy_en = "read again and retry"


class Misused(Broken):
    """A unit or a store was used as it may not be; nothing of it is kept."""

    slug = "store.misused"
    zh = "存储的用法有误:{how}"
    en = "the store was used wrongly: {how}"
    remedy_zh = "这是程序的错误,请报告"
    remedy_en = "this is a fault of the program: please report it"


class WitnessSilent(Unavailable):
    """A witness that could not be reached, or gave no answer in time."""

    slug = "witness.silent"
    zh = "见证方 `{url}` 没有应答"
    en = "the witness at `{url}` gave no answer"
    remedy_zh = "稍后再试;在此之前新的转差不生效,其余照常"
    remedy_en = "try again later; until then nothing new gets worse, and the rest goes on"


class PasskeyRefused(Refused):
    """An assertion that is not this officer's passkey's over this act, or of nobody known here.

    One answer for all of them, so that asking tells nothing about who is an officer.
    """

    slug = "passkey.refused"
    status = 401
    zh = "通行密钥的签名不成立,或不是此人此事的签名"
    en = "no registered passkey of this officer signed this very act"
    remedy_zh = "用登记的硬件通行密钥对此行为重新签名;遗失的由两个机关更换"
    remedy_en = "sign this act with the registered hardware key; two organs replace a lost one"


@dataclass(frozen=True, slots=True)
class Passkey:
    """An officer's passkey: WebAuthn's credential id and public key (COSE) in bytes."""

    credential: bytes
    key: bytes


@dataclass(frozen=True, slots=True)
class Proved:
    """What a good assertion shows: the key's counter, and whether the key cannot be copied."""

    count: int
    hardware: bool


@dataclass(frozen=True, slots=True)
class Person:
    """A pseudonym with its random key K (32 bytes) and the number of its events so far.

    `name` (masked) and `last_four` are what a gate compares with the card.
    """

    ref: str
    key: bytes
    events: int
    name: str = "*"
    last_four: str = "0000"


@dataclass(frozen=True, slots=True)
class Source:
    """A registered source: its Ed25519 public key (32 bytes) and the kinds it may bring in."""

    id: str
    organ: str
    title: str
    key: bytes
    kinds: frozenset[str]
    demo: bool


@dataclass(frozen=True, slots=True)
class Emergency:
    """A declared emergency: legal basis, start, end (≤ 90 days), and who declared it (P14)."""

    id: str
    basis: str
    organ: str
    starts: Instant
    ends: Instant


@dataclass(frozen=True, slots=True)
class Received:
    """A fact as it came in: from which source, when, in which batch."""

    source: str
    fact: Fact
    received_at: Instant
    batch: str


@dataclass(frozen=True, slots=True)
class Turned:
    """A record turned away: its line in the batch, the refusal's slug and sentence, its text."""

    source: str
    batch: str
    line: int
    slug: str
    message: str
    record: str


@dataclass(frozen=True, slots=True)
class Batch:
    """The counts of one batch: received = admitted + refused.

    `repeated` of the admitted were there before with the same content.
    """

    source: str
    id: str
    received_at: Instant
    received: int
    admitted: int
    repeated: int
    refused: int


@dataclass(frozen=True, slots=True)
class Notice:
    """What a person is told with a decision: by its event number; texts are made when shown."""

    subject: str
    number: int
    at: Instant
    body: bytes


# Made by the thousand for each seal: a dataclass would take four times as long.
class Outgoing(NamedTuple):
    """A leaf waiting for the seal: the act's subject and event number, and the unsealed bytes."""

    subject: str
    number: int
    unsealed: bytes
    committed_at: Instant


@dataclass(frozen=True, slots=True)
class Record:
    """An append-only record of another kind (merge, split, area list …) by kind and id."""

    kind: str
    id: str
    at: Instant
    body: bytes


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


class Store(Protocol):
    """Units of work, from several threads at once; writers about one person take turns.

    Reading never waits for a writer. A writer that waits too long for its turn gets Unavailable.
    """

    def write(self) -> AbstractContextManager[Unit]:
        """A transaction that commits at the end of the block, or leaves nothing if it raises.

        A second one inside the first, in the same thread, is refused.
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
