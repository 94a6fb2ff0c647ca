"""What our witnesses say and show against our own log, and whether it stops the signing.

What a witness last cosigned, under our own signature, proves the database an older copy where it
is larger, and a second history where its root is another: nothing more is signed. Its bare word for
either is an alarm, and it counts as silent. Bare words stop the signing only where those who give
them are the policy's quorum: fewer, lying, stop nothing.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from mingma.flows.stored_head import HeadBehind
from mingma.kernel.errors import Broken, Problem
from mingma.ledger.checkpoint import Checkpoint
from mingma.ledger.note import KeyType, VerifierKey
from mingma.ledger.policy import Policy
from mingma.ledger.tree import BeyondTheTree, Tree


class OlderThanPublished(Broken):
    """A witness cosigned a larger head of this log than the database has: it is an older copy."""

    slug = "ledger.older_than_published"
    zh = "数据库旧于已公布的日志:本库大小 {size},见证方已见证 {published}"
    en = "the database is older than the published log: {size} leaves here, {published} cosigned"
    remedy_zh = "停止封存;请用最新的数据库,切勿以旧备份继续"
    remedy_en = "seal nothing; start from the newest database, never from an older copy"


class ClaimNotShown(Broken):
    """A witness says that it cosigned more of this log than there is, and does not show it."""

    slug = "witness.claim_not_shown"
    zh = "见证方 `{url}` 声称已见证 {claimed} 片叶,却拿不出本日志签名的检查点"
    en = "the witness at `{url}` claims {claimed} leaves cosigned, and shows no checkpoint of ours"
    remedy_zh = "封存照常;请向该见证方查问,并与其他见证方核对"
    remedy_en = "sealing goes on; ask whoever runs it, and compare with the other witnesses"


class HistoryRefused(Broken):
    """A witness says that the log does not extend what it cosigned, and does not show it."""

    slug = "witness.history_refused"
    zh = "见证方 `{url}` 不认本日志延续其已见证的 {cosigned} 片叶,却拿不出本日志签名的检查点"
    en = (
        "the witness at `{url}` does not find the {cosigned} leaves it cosigned in this log,"
        " and shows no checkpoint of ours"
    )
    remedy_zh = "封存照常;请核对数据库是否旧备份,并向该见证方查问"
    remedy_en = "sealing goes on; make sure that the database is no older copy, and ask the witness"


@dataclass(frozen=True, slots=True)
class Word:
    """What a witness says against us: how much it cosigned, and whether of another history."""

    cosigned: int
    refused: bool = False

    def is_against(self, size: int) -> bool:
        """Whether a log of this size cannot be the one that the witness means."""
        return self.refused or self.cosigned > size

    def problem(self, url: str) -> Problem:
        """What the alarm says while it is one witness's bare word."""
        if self.refused:
            return HistoryRefused(url=url, cosigned=self.cosigned)
        return ClaimNotShown(url=url, claimed=self.cosigned)


class Against:
    """What each witness last said or showed against the log. Safe from several threads."""

    def __init__(self, policy: Policy, keys: Mapping[str, Sequence[VerifierKey]]) -> None:
        self._policy = policy
        self._keys = keys  # of each witness, by its address
        self._lock = threading.Lock()
        self._words: dict[str, Word] = {}  # said, and not shown
        self._alarms: dict[str, Problem] = {}  # what is to be put on record, by witness
        self._published = 0  # the largest size that was shown under our own signature
        self._forked = 0  # a size of which another root was shown under our own signature

    def __bool__(self) -> bool:
        return bool(self._forked or self._published or self._words)

    def hear(
        self, url: str, word: Word | None, shown: Checkpoint | None, stored: Checkpoint, tree: Tree
    ) -> None:
        """Hold what a witness says, and the last head it shows, against the stored one."""
        with self._lock:
            if shown is not None and shown.size > stored.size:
                self._published = max(self._published, shown.size)
            elif shown is not None and begins_with(tree, stored) and not begins_with(tree, shown):
                self._forked = shown.size
                self._alarms[url] = HeadBehind(size=stored.size, signed=shown.size, why="history")
            elif shown is not None and word is not None and shown.size >= word.cosigned:
                return  # it shows what it says it does not find: no word against us
            elif word is not None and word.is_against(stored.size):
                self._words[url] = word
                self._alarms[url] = word.problem(url)

    def drop(self, url: str) -> None:
        """The witness says no more what it said against us."""
        with self._lock:
            self._words.pop(url, None)

    def take_alarms(self) -> Mapping[str, Problem]:
        """What is to be put on record of each witness, once."""
        with self._lock:
            alarms, self._alarms = self._alarms, {}
        return alarms

    def contradiction(self, size: int) -> Problem | None:
        """What says that a log of this size is not the published one; None if nothing does."""
        said = self._said_by_quorum(size)
        published, forked = max(self._published, said), self._forked or said
        if published > size:
            return OlderThanPublished(size=size, published=published)
        return HeadBehind(size=size, signed=forked, why="history") if forked else None

    def _said_by_quorum(self, size: int) -> int:
        """How much they cosigned whose words against us are the policy's quorum; 0 if none are."""
        with self._lock:
            words = [
                (one.cosigned, url) for url, one in self._words.items() if one.is_against(size)
            ]
        keys: list[VerifierKey] = []
        for cosigned, url in sorted(words, reverse=True):
            keys += self._keys[url]
            if self._policy.is_met_by(classical(keys)):
                return cosigned
        return 0


def begins_with(tree: Tree, head: Checkpoint) -> bool:
    """Whether a tree, which may hold what was not kept after all, begins with a head."""
    try:
        return tree.root(head.size) == head.root
    except BeyondTheTree:
        return False


def classical(keys: Iterable[VerifierKey]) -> list[VerifierKey]:
    """Keys whose lines go under the head: what receipts carry, and what the quorum counts."""
    return [key for key in keys if key.type is KeyType.ED25519_COSIGNATURE]
