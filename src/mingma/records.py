"""What passes over the ports: records that are kept, and refusals."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, NamedTuple

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
    key: bytes = field(repr=False)
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
