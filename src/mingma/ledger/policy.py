"""Whose word makes a checkpoint believable: logs, witnesses, a quorum (c2sp.org/tlog-policy).

A verifier ships with the policy. Names of witnesses and groups mean nothing outside it. Stricter
than the specification: the last line must end (a policy cut short is none), and a key may not be
both a log's and a witness's.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Final

from mingma.kernel.errors import Malformed, Place, Refused
from mingma.ledger.checkpoint import Checkpoint
from mingma.ledger.cosignature import Cosignature, verify_checkpoint
from mingma.ledger.note import KeyType, KeyUnreadable, Note, VerifierKey, parse_key

MAX_POLICY: Final = 1_000_000  # bytes
NONE: Final = "none"  # the quorum that asks for nobody
_LOG_TYPES: Final = frozenset({KeyType.ED25519, KeyType.MLDSA44_COSIGNATURE})
_WITNESS_TYPES: Final = frozenset({KeyType.ED25519_COSIGNATURE, KeyType.MLDSA44_COSIGNATURE})
_CONTROL: Final = re.compile(rb"[\x00-\x08\x0b-\x1f\x7f]")
_COUNT: Final = re.compile(r"[1-9][0-9]{0,5}", re.ASCII)


class PolicyUnreadable(Malformed):
    """Bytes that are no trust policy.

    `why` is one of bytes, size, ending, words, key, key_type, same_key, name, member, count,
    quorum.
    """

    slug = "ledger.policy_unreadable"
    zh = "不是合格的信任策略(`{why}`)"
    en = "not a trust policy (`{why}`)"
    remedy_zh = "请照 docs/formats/checkpoint.md 书写;组与法定数只能引用前面的行"
    remedy_en = "write it as docs/formats/checkpoint.md says; groups and quorum name earlier lines"


class NoQuorum(Refused):
    """A checkpoint that the policy's log did not sign, or too few of its witnesses cosigned.

    `why` is one of log, witnesses.
    """

    slug = "ledger.no_quorum"
    zh = "来源 `{origin}` 的检查点未达到信任策略的要求(`{why}`)"
    en = "the checkpoint of `{origin}` is not what the trust policy asks for (`{why}`)"
    remedy_zh = "请勿采信;待见证方补签后另取"
    remedy_en = "do not rely on it; fetch it again when more witnesses have cosigned"


@dataclass(frozen=True, slots=True)
class Log:
    """A log that is accepted. Its origin is the name of its key."""

    key: VerifierKey
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Witness:
    """A witness, by the name it has in the policy."""

    name: str
    key: VerifierKey
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """Witnesses and earlier groups, so many of which speak for it."""

    name: str
    needs: int
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Policy:
    """Logs, witnesses and the quorum. Built by `parse_policy`, in the order of its lines."""

    logs: tuple[Log, ...]
    witnesses: tuple[Witness, ...]
    groups: tuple[Group, ...]
    quorum: str

    def is_met_by(self, keys: Collection[VerifierKey]) -> bool:
        """Whether the witnesses with these keys, their signatures verified, are the quorum."""
        if self.quorum == NONE:
            return True
        spoken = {one.name for one in self.witnesses if one.key in keys}
        for group in self.groups:  # members stand on earlier lines
            if sum(member in spoken for member in group.members) >= group.needs:
                spoken.add(group.name)
        return self.quorum in spoken

    def verify(self, note: Note) -> tuple[Checkpoint, tuple[Cosignature, ...]]:
        """The checkpoint that a log signed and the quorum cosigned, or a refusal.

        Keys of logs with another origin are unknown keys here. One known key whose signature does
        not hold refuses the note, however many others do.
        """
        origin = note.text.split("\n", maxsplit=1)[0]
        logs = {one.key for one in self.logs if one.key.name == origin}
        witnesses = {one.key for one in self.witnesses}
        checkpoint, cosignatures = verify_checkpoint(note, logs | witnesses)
        keys = {one.key for one in cosignatures}
        if not keys & logs:
            raise NoQuorum(why="log", origin=origin)
        if not self.is_met_by(keys & witnesses):
            raise NoQuorum(why="witnesses", origin=origin)
        return checkpoint, cosignatures


def parse_policy(data: bytes) -> Policy:
    """The policy in a file; PolicyUnreadable, with the line, if it is none."""
    if len(data) > MAX_POLICY:
        raise PolicyUnreadable(why="size")
    if _CONTROL.search(data):
        raise PolicyUnreadable(why="bytes")
    if not data.endswith(b"\n"):
        raise PolicyUnreadable(why="ending")
    reading = _Reading()
    # Bytes beyond ASCII are opaque in names: each keeps a character of its own.
    for number, line in enumerate(data.decode("utf-8", "surrogateescape").split("\n"), start=1):
        words = [one for one in re.split("[ \t]+", line) if one]
        if words and not words[0].startswith("#"):
            try:
                reading.line(words)
            except PolicyUnreadable as refused:
                raise refused.at(line=number) from None
    return reading.policy()


@dataclass(slots=True)
class _Reading:
    """What the lines up to here have said."""

    logs: list[Log] = field(default_factory=list)
    witnesses: list[Witness] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)
    quorum: str | None = None
    names: set[str] = field(default_factory=set)
    grouped: set[str] = field(default_factory=set)
    publics: set[bytes] = field(default_factory=set)

    def policy(self) -> Policy:
        if self.quorum is None:
            raise PolicyUnreadable(why="quorum")
        return Policy(tuple(self.logs), tuple(self.witnesses), tuple(self.groups), self.quorum)

    def line(self, words: list[str]) -> None:
        match words:
            case ["log", key, *url] if len(url) < 2:
                self.logs.append(Log(self._key(key, _LOG_TYPES), *url))
            case ["witness", name, key, *url] if len(url) < 2:
                known = self._key(key, _WITNESS_TYPES)
                self.witnesses.append(Witness(self._define(name), known, *url))
            case ["group", name, needs, *members] if members:
                self._group(name, needs, members)
            case ["quorum", name]:
                if self.quorum is not None or name not in self.names | {NONE}:
                    raise _unreadable("quorum")
                self.quorum = name
            case _:
                raise _unreadable("words")

    def _group(self, name: str, needs: str, members: list[str]) -> None:
        for member in members:
            # Each speaks in one way only: it is defined, and in no group yet.
            if member not in self.names or member in self.grouped:
                raise _unreadable("member")
            self.grouped.add(member)
        count = _needed(needs, len(members))
        self.groups.append(Group(self._define(name), count, tuple(members)))

    def _define(self, name: str) -> str:
        if name == NONE or name in self.names:
            raise _unreadable("name")
        self.names.add(name)
        return name

    def _key(self, text: str, types: Iterable[KeyType]) -> VerifierKey:
        try:
            key = parse_key(text)
        except KeyUnreadable:
            raise _unreadable("key") from None
        if key.type not in types:
            raise _unreadable("key_type")
        if key.public in self.publics:
            raise _unreadable("same_key")
        self.publics.add(key.public)
        return key


def _needed(text: str, members: int) -> int:
    """How many of so many members `any`, `all` or a number asks for."""
    if text == "any":
        return 1
    if text == "all":
        return members
    if _COUNT.fullmatch(text) is None or int(text) > members:
        raise _unreadable("count")
    return int(text)


def _unreadable(why: str) -> PolicyUnreadable:
    return PolicyUnreadable(Place(), why=why)
