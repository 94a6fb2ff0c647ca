"""Seal: give waiting leaves their index in the log, under a head that the log's key signed.

A leaf counts from its seal. Where the store has one writer, an act's leaves are sealed in the act's
own transaction; elsewhere they wait for the sequencer. Leaves and signed head are one transaction
in both. The head moves by compare-and-swap, and what another process sealed is read first.

INVARIANT: nothing is signed that was not read back from the store and hashed a second way.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from operator import itemgetter
from typing import Final

from mingma.flows.signed_tree import Head, LogHasEnded, LogSigner, SignedTree
from mingma.flows.stored_head import HANDED_OVER, HeadBehind, HeadBroken
from mingma.kernel.errors import Refused, Unavailable
from mingma.kernel.times import Instant, day_of
from mingma.ledger.note import VerifierKey
from mingma.ledger.sealing import seal
from mingma.ledger.succession import ends_a_log
from mingma.ledger.tree import Tree
from mingma.ports import Last, Store, Unit
from mingma.records import Misused, Outgoing, Record, Stale

POOL: Final = 1000  # leaves of one seal by the sequencer (docs/formats/leaf.md)
EVERYTHING: Final = 2**31 - 1  # leaves: an act's own are sealed with it, however many they are
LONG_AGO: Final = Instant(0)
SEALING: Final = "sealing"  # asking for this record in a writing unit is taking the sealer's turn
# After these a commit is known not to have happened; after anything else only a restart knows.
NOT_COMMITTED: Final = (Refused, Stale, Misused)


class SealingStopped(Unavailable):
    """A disk failed, or the outcome of a commit is unknown: nothing is signed until a restart.

    Codes are shown as before, and none gets worse. `why` is one of commit, head, second_head,
    publish, signer, witnesses.
    """

    slug = "ledger.sealing_stopped"
    zh = "日志已停止封存(`{why}`),暂不受理写入;已有的码照常出示"
    en = "the log has stopped sealing (`{why}`): nothing is taken in; codes are shown as before"
    remedy_zh = "请检查磁盘与数据库后重新启动;重启时以数据库为准"
    remedy_en = "examine disk and database, then restart: the database is read anew"


@dataclass(slots=True)
class Act:
    """A unit of work and, after its end, the head it brought."""

    unit: Unit
    head: Head | None = None


@dataclass(slots=True)
class _End:
    """What the log does last in a transaction: for acts whose latest clock said `now`."""

    finish: Callable[[Unit, Instant], Head | None]
    now: Instant = LONG_AGO
    head: Head | None = None  # once it is stored

    def __call__(self, unit: Unit) -> None:
        self.head = self.finish(unit, self.now)


class Log:
    """The sealing of one log: who shares a seal, and when nothing is signed any more.

    Safe from several threads: the tree is touched by whoever has the sealer's turn.
    """

    def __init__(self, store: Store, *signers: LogSigner) -> None:
        self._store = store
        self._signed = SignedTree(*signers)
        self._shared = self._seal_of_all()  # of the acts that share a transaction
        self.stopped: str | None = None
        self._keeping = threading.Lock()
        with store.read() as unit:
            self._signed.load(unit, *unit.head())

    @property
    def origin(self) -> str:
        """The log's name."""
        return self._signed.origin

    @property
    def keys(self) -> tuple[VerifierKey, ...]:
        """What its heads verify under."""
        return self._signed.keys

    @property
    def tree(self) -> Tree:
        """The hashes of its leaves."""
        return self._signed.tree

    @property
    def newest(self) -> Head:
        """The newest head, as far as it is known to be kept."""
        return self._signed.newest

    @property
    def goes_on_at(self) -> str | None:
        """The next log's origin, once the last leaf names it."""
        return self._signed.goes_on_at

    def vouch(self, text: str) -> bytes:
        """A note under which the log stands; never a checkpoint, which only a seal signs."""
        if text.startswith(f"{self.origin}\n"):
            raise ValueError("a checkpoint is signed by a seal alone")
        return self._signed.note_over(text)

    def stop(self, why: str) -> None:
        """Sign nothing more before a restart."""
        self.stopped = self.stopped or why

    def must_go_on(self) -> None:
        """Raise SealingStopped if nothing is signed any more."""
        if self.stopped is not None:
            raise SealingStopped(why=self.stopped)

    def begin(self) -> None:
        """Sign the head of size 0 where there is none yet."""
        if not self._signed.note:
            self._write(self._first_head)

    @contextmanager
    def writing(self, clock: Callable[[], Instant]) -> Iterator[Act]:
        """A unit of work that ends with the seal of what waits, in the same transaction.

        Acts that share a transaction share its seal.
        """
        own = self._seal_of_all()
        if self._store.one_writer:
            ending = self._ending(self._end_shared, lambda: self._shared)
        else:
            ending = self._ending(own, lambda: own)
        with ending as (act, end):
            yield act
            end.now = max(end.now, clock())

    def seal(self, now: Instant) -> int:
        """Seal what waits, at most one pool; returns how many leaves were sealed."""
        with self._store.read() as unit:
            if not unit.pool(1):
                return 0

        def finish(unit: Unit) -> Head | None:
            unit.last_record(SEALING, "")  # of several sealers one hashes, the others wait
            return self.seal_within(unit, now, POOL)

        try:
            head = self._write(finish)
        except Stale:
            return 0
        return head.added if head else 0

    def seal_all(self, now: Instant) -> int:
        """Seal until nothing waits; returns how many leaves were sealed."""
        total = 0
        while sealed := self.seal(now):
            total += sealed
        return total

    def seal_within(self, unit: Unit, now: Instant, limit: int = EVERYTHING) -> Head | None:
        """Seal in a writing unit what waits there; the head that holds once the unit is kept."""
        pool = unit.pool(limit)
        if not pool:
            return None
        pool = _shuffled(pool)  # the order says nothing about whose leaf is which
        self._follow(unit)
        self.must_not_have_ended()
        if ends_a_log(b"".join([one.unsealed for one in pool])):  # looked for in all at once
            pool = sorted(pool, key=lambda one: ends_a_log(one.unsealed))  # it is the log's last
        # An act is done at log time, which a server's clock that was put back is behind.
        today = day_of(max(now, *(one.committed_at for one in pool)))
        unit.add_acts(self.tree.size, pool)
        return self._signed.append(unit, [seal(one.unsealed, today) for one in pool])

    def hand_over(
        self,
        signers: Sequence[LogSigner],
        first: Outgoing,
        now: Instant,
        complete: Callable[[bytes], bytes] = bytes,
    ) -> None:
        """Sign from here on with the next log's keys, its first leaf first; the tree goes on.

        Whoever has the keys of the log that ended, and no others, finds a head that is not his.
        `complete` gives that log's last head as it was published.
        """
        ours = self._signed.signers

        def finish(unit: Unit) -> Head:
            unit.last_record(SEALING, "")
            self._follow(unit)
            if self.goes_on_at != signers[0].key.name:
                raise HeadBroken(size=self.tree.size, why="origin")
            last = complete(self._signed.note)
            unit.add_record(Record(HANDED_OVER, f"{self.tree.size:019}", now, last))
            unit.add_leaves([first])
            self._signed.sign_with(signers)
            unit.add_acts(self.tree.size, [first])
            return self._signed.append(unit, [seal(first.unsealed, day_of(now))])

        try:
            self._write(finish)
        except BaseException:
            self._signed.sign_with(ours)
            raise

    def must_not_have_ended(self) -> None:
        """Raise LogHasEnded if the last leaf hands the log on."""
        if self.goes_on_at is not None:
            raise LogHasEnded(origin=self.goes_on_at)

    def _write(self, finish: Callable[[Unit], Head | None]) -> Head | None:
        """A unit of work of the log's own: the whole of it is how it ends."""
        own = _End(lambda unit, _: finish(unit))
        with self._ending(own, lambda: own):
            pass  # nothing comes before the end
        return own.head

    def _first_head(self, unit: Unit) -> Head | None:
        unit.last_record(SEALING, "")
        self._follow(unit)
        return self._signed.first_head(unit)

    def _follow(self, unit: Unit) -> None:
        """Bring the tree to the stored head; one that shrank stops the signing."""
        self.must_go_on()
        try:
            self._signed.follow(unit)
        except HeadBehind:
            self.stop("head")
            raise

    def _seal_of_all(self) -> _End:
        return _End(lambda unit, now: self.seal_within(unit, now, EVERYTHING))

    def _end_shared(self, unit: Unit) -> None:
        """End the acts that share a transaction; who comes later is of the next ones."""
        self._shared(unit)
        self._shared = self._seal_of_all()

    @contextmanager
    def _ending(self, last: Last, whose: Callable[[], _End]) -> Iterator[tuple[Act, _End]]:
        """A unit of work, and the end that it has; whose that is, is known in one's turn."""
        self.must_go_on()
        end: _End | None = None
        try:
            with self._store.write(last) as unit:
                act, end = Act(unit), whose()
                yield act, end
                self.must_go_on()
        except NOT_COMMITTED:
            raise  # the tree is ahead of the store, and read anew before the next seal
        except BaseException as error:
            if (end is not None and end.head) or isinstance(error, OSError):
                self.stop("commit")  # the outcome is unknown: only a restart finds it out
            raise
        if end.head is not None:
            act.head = end.head
            with self._keeping:  # whoever came later may be here first
                self._signed.newest = max(act.head, self.newest, key=lambda one: one.size)


def _shuffled(pool: Sequence[Outgoing]) -> Sequence[Outgoing]:
    """The leaves in an order that chance gives: sorted by as many random numbers of 128 bits.

    Those of one subject keep their order among each other: nobody is decided on before enrolled.
    """
    if len(pool) == 1:
        return pool
    noise = secrets.token_bytes(16 * len(pool))
    lots = [noise[at : at + 16] for at in range(0, len(noise), 16)]
    drawn = [one for _, one in sorted(zip(lots, pool, strict=True), key=itemgetter(0))]
    if len({one.subject for one in pool}) == len(pool):
        return drawn
    own: dict[str, list[Outgoing]] = {}
    for one in reversed(pool):
        own.setdefault(one.subject, []).append(one)
    return [own[one.subject].pop() for one in drawn]
