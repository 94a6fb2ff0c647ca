"""One instance's sealing: an act's leaves into the log, the head to the second head file, the
public files into their folder, and the word to whoever waits for a new head (the witnesses).

After COMMIT in this order. A crash in between leaves the database ahead, which the next start makes
good. An I/O error, or a commit whose outcome is unknown, stops the signing until a restart: nothing
is taken in any more, codes are shown as before, and no colour gets worse by it.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from mingma.flows.full_head import SignerSilent
from mingma.flows.publish_files import Publisher
from mingma.flows.seal import POOL, Log
from mingma.flows.second_head import SecondHead
from mingma.flows.sequencer import Sequencer
from mingma.flows.signed_tree import Head
from mingma.kernel.errors import Problem, Unavailable
from mingma.kernel.times import Instant
from mingma.ports import Store, Unit

FULL: Final = 4 * POOL  # leaves that may wait for the sequencer before writers are sent away

Clock = Callable[[], Instant]

_log = logging.getLogger(__name__)


class TooManyWaiting(Unavailable):
    """More leaves wait for the seal than the sequencer takes in a second. None is dropped."""

    slug = "ledger.too_many_waiting"
    zh = "等候封存的条目过多({waiting}),暂不受理写入"
    en = "too many leaves wait for their seal ({waiting}): nothing is taken in for the moment"
    remedy_zh = "请稍候数秒再试;本次未写入任何内容"
    remedy_en = "try again in a few seconds; nothing of this was written"


class FileFailed(Unavailable):
    """The second head file, or the folder of public files, cannot be written at the start."""

    slug = "ledger.file_failed"
    zh = "写不了 `{file}`:{why}"
    en = "`{file}` cannot be written: {why}"
    remedy_zh = "请核对文件夹、权限与磁盘空间"
    remedy_en = "check the folder, its rights and the space on the disk"


class Sealing:
    """What an act goes through on its way into the log. Safe from several threads.

    `second_head` is None where the store forgets everything when it goes. `complete` has the log's
    keys sign a head, where another process holds them: while that one is silent nothing is taken
    in. `after_seal` is called once for every new head or several, never by two threads at once, and
    may take its time while `start` has given it a thread of its own. What it raises is written down
    and changes nothing.
    """

    def __init__(
        self,
        store: Store,
        log: Log,
        second_head: SecondHead | None = None,
        publisher: Publisher | None = None,
        complete: Callable[[bytes], object] | None = None,
    ) -> None:
        self.log = log
        self.after_seal: Callable[[], object] | None = None
        self._store = store
        self._second_head = second_head
        self._publisher = publisher
        self._complete = complete
        self.unsigned: SignerSilent | None = None  # why the newest head has not the log's lines
        self._begun = publisher is None
        self._signed: Head | None = None
        self._remembered: Head | None = None
        self._told: Head | None = None
        self._remembering, self._publishing = threading.Lock(), threading.Lock()
        self._signing = threading.Lock()
        self._telling, self._landmarking = threading.Lock(), threading.Lock()
        self._sealer: Sequencer | None = None
        self._teller: Sequencer | None = None

    @property
    def stopped(self) -> str | None:
        """Why nothing is signed any more; None while all is well."""
        return self.log.stopped

    def open(self) -> None:
        """Sign the first head if there is none, and bring second head and folder up to date."""
        self.log.begin()
        try:
            if self._second_head is not None:
                self._second_head.write(self.log.newest.note)
            self._sign()
            if self.unsigned is None:
                self._begin()
        except OSError as error:
            raise FileFailed(file=error.filename, why=error.strerror or str(error)) from None

    @contextmanager
    def acting(self, clock: Clock) -> Iterator[Unit]:
        """A unit of work for an act; its leaves are sealed with it, or very soon after."""
        self._must_be_signed()
        if self._store.one_writer:
            with self.log.writing(clock) as act:
                yield act.unit
            self._follow_up()
            return
        self.log.must_go_on()
        with self._store.write() as unit:
            waiting = unit.waiting()
            if waiting > FULL:
                raise TooManyWaiting(waiting=waiting)
            yield unit
        if self._sealer is None:
            self.seal(clock())
        else:
            self._sealer.wake(waiting)

    def seal(self, now: Instant) -> int:
        """Seal what waits and follow it up; returns how many leaves were sealed."""
        self.log.must_go_on()
        sealed = self.log.seal_all(now)
        self._follow_up()
        return sealed

    def publish_landmarks(self, read: Callable[[], bytes]) -> bool:
        """Put landmarks into the folder, after the head that continues them; whether they are new.

        Nothing that is signed depends on them: raises FileFailed, and the sealing goes on.
        """
        if self._publisher is None:
            return False
        with self._landmarking:
            landmarks = read()
            self._publish()
            if self.stopped is not None or self.unsigned is not None:
                return False
            try:
                return self._publisher.publish_landmarks(landmarks)
            except OSError as error:
                raise FileFailed(file=error.filename, why=error.strerror or str(error)) from None

    def start(self, clock: Clock) -> None:
        """Seal, publish and tell from threads of their own from now on."""
        if self._sealer is None:
            self._teller = Sequencer("after-seal", self._tell)
            self._sealer = Sequencer("sequencer", lambda: self._round(clock))
            self._teller.start()
            self._sealer.start()
            self._sealer.wake()

    def close(self) -> None:
        """Let the threads finish what they do."""
        for thread in (self._sealer, self._teller):
            if thread is not None:
                thread.stop()
        self._sealer = self._teller = None

    def _follow_up(self) -> None:
        """What comes after COMMIT, in the caller's thread as far as nobody else does it."""
        self._remember()
        if self._sealer is not None:
            self._sealer.wake()
        else:
            self._have_signed()
            self._publish()
            self._tell()

    def _round(self, clock: Clock) -> None:
        """The sequencer's work: seal what waits, publish, wake who waits for a head."""
        if self.log.stopped is None:
            try:
                self.log.seal_all(clock())
            except Problem as problem:
                _log.error("nothing sealed: %s", problem)  # the next round tries again
        self._remember()
        self._have_signed()
        self._publish()
        if self._teller is not None and self._told != self.log.newest:
            self._teller.wake()

    def _must_be_signed(self) -> None:
        """Raise SignerSilent while the signer is; without threads it is asked once more."""
        if self.unsigned is not None and self._sealer is None:
            self._have_signed()
        if self.unsigned is not None:
            raise SignerSilent(why=self.unsigned.details["why"])

    def _have_signed(self) -> None:
        """Have the log's keys sign the newest head; what they refuse stops the sealing."""
        if self.stopped is not None:
            return
        try:
            self._sign()
        except Problem as error:
            self._stop("signer", error)

    def _sign(self) -> None:
        """Have the log's keys sign the newest head; of several waiting the last is enough."""
        if self._complete is None:
            return
        with self._signing:
            newest = self.log.newest
            if newest == self._signed:
                return
            try:
                self._complete(newest.note)
            except SignerSilent as problem:
                self.unsigned = problem
                _log.error("the newest head is not signed: %s", problem)
            else:
                self._signed, self.unsigned = newest, None

    def _remember(self) -> None:
        """The newest head into the second head file; of several waiting, the last is enough."""
        if self._second_head is None or self.stopped is not None:
            return
        with self._remembering:
            newest = self.log.newest
            if newest == self._remembered:
                return
            try:
                self._second_head.write(newest.note)
            except (OSError, Problem) as error:
                self._stop("second_head", error)
                return
            self._remembered = newest

    def _publish(self) -> None:
        if self._publisher is None or self.stopped is not None or self.unsigned is not None:
            return
        with self._publishing:
            try:
                if self._begun:
                    self._publisher.publish()
                else:
                    self._begin()
            except SignerSilent as problem:
                self.unsigned = problem
            except (OSError, Problem) as error:
                self._stop("publish", error)

    def _begin(self) -> None:
        if self._publisher is not None and not self._begun:
            self._publisher.begin()
            self._begun = True

    def _tell(self) -> None:
        """Call `after_seal` for the newest head; whoever is at it tells of later ones too."""
        while self.after_seal is not None and self._told != self.log.newest:
            if not self._telling.acquire(blocking=False):
                return
            try:
                self._told = self.log.newest
                self.after_seal()
            except Exception:  # noqa: BLE001 # what waits for heads is no reason to seal none
                _log.exception("after a seal")
            finally:
                self._telling.release()

    def _stop(self, why: str, error: Exception) -> None:
        # What was committed stays; the next start finds the database ahead and goes on from there.
        self.log.stop(why)
        _log.error("sealing stopped (%s): %s", why, error)
