"""Ask the trust policy's witnesses to cosign the newest head, and keep it once they are enough.

All are asked at once, each from the size it is known to have cosigned (c2sp.org/tlog-witness). A
line counts only if it verifies under that witness's key in the policy; anything else is no
cosignature, and so is silence. Nothing of this ever fails an act: without enough witnesses nothing
new gets worse, and the rest goes on (P11).

INVARIANT: a kept head meets the policy, and is larger than every head kept before.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Final

from mingma.flows.alarm import raise_alarm
from mingma.flows.cosigned import COSIGNED, COSIGNED_MLDSA, cosigned_size, size_id
from mingma.flows.full_head import Heads, SignerSilent
from mingma.flows.log_time import cosigned_by_witnesses, log_time
from mingma.flows.stored_head import stored_head
from mingma.flows.words_against import Against, Word, begins_with, classical
from mingma.kernel.canonical import canonical
from mingma.kernel.errors import Problem
from mingma.kernel.times import Instant
from mingma.ledger.checkpoint import Checkpoint, parse_checkpoint
from mingma.ledger.cosignature import verify_checkpoint
from mingma.ledger.note import Note, Signature, VerifierKey, parse_note
from mingma.ledger.policy import Policy
from mingma.ledger.text import read_decimal
from mingma.ledger.tree import Tree
from mingma.ledger.witnessing import origin_hash, submission, verified
from mingma.ports import Store, WitnessClient
from mingma.records import Record

AT_ONCE: Final = 64  # threads: more witnesses than that take turns
WAIT: Final = 15.0  # seconds to wait for the next answer about a head
COSIGNED_IT: Final = 200
SHOWN: Final = 200
HAS_ANOTHER_SIZE: Final = 409
IS_NO_EXTENSION: Final = 422
STOPPED: Final = "witnesses"  # why nothing is signed any more: they know another log than ours

Lines = Mapping[VerifierKey, Signature]  # signatures that were verified


class Witnesses:
    """The witnesses of our own log. Safe from several threads: one asks at a time."""

    def __init__(
        self,
        store: Store,
        policy: Policy,
        client: WitnessClient,
        tree: Callable[[], Tree],
        stop: Callable[[str], None],
        heads: Heads,
    ) -> None:
        self._store = store
        self._policy = policy
        self._client = client
        self._tree = tree  # of this moment
        self._stop = stop  # what is called when our database is not what was published
        self._heads = heads
        self._keys: dict[str, list[VerifierKey]] = {}
        for one in policy.witnesses:
            if one.url is not None:
                self._keys.setdefault(one.url, []).append(one.key)
        self._sizes: dict[str, int] = {}  # the last size each is known to have cosigned
        self._running: dict[str, Future[Lines]] = {}  # the last question to each
        self._asking = threading.Lock()
        self._pool: ThreadPoolExecutor | None = None
        self._against = Against(policy, self._keys)
        self._asked_before = False

    def ask(self, now: Instant) -> bool:
        """Ask for the newest head unless it is kept already; True if it now is kept."""
        with self._asking:
            if self._stopped(now):  # by an answer that came too late to be waited for
                return False
            # (1) The newest head of the store. Its tree may be another process's to prove.
            with self._store.read() as unit:
                size, head = unit.head()
                done = cosigned_size(unit)
            # At the start even for a head that is kept: a witness may know of a larger one.
            if not head or (size and size == done and self._asked_before):
                return False
            self._asked_before = True
            stored_head(head, size)
            try:
                note = parse_note(self._heads.of(head))
            except SignerSilent:
                return False  # it is asked for again
            size = parse_checkpoint(note.text).size
            # (2) Everybody at once, until they are enough.
            lines = self._gather(note, size, done)
            if self._stopped(now):
                return False
            # (3) Keep it before anything rests on it.
            return self._keep(note, size, lines, now)

    def must_not_be_older(self) -> None:
        """Raise OlderThanPublished or HeadBehind if the witnesses know another log than ours."""
        if (problem := self._contradiction()) is not None:
            raise problem

    def close(self) -> None:
        """Release threads and connections."""
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
        self._client.close()

    def _gather(self, note: Note, size: int, done: int) -> Lines:
        """Lines that verify, as soon as they are enough; else all that came."""
        found: dict[VerifierKey, Signature] = {}
        asked: set[Future[Lines]] = set()
        # Who was not waited for may still be at an earlier head: it is asked when that is done.
        late: dict[Future[Lines], str] = {}
        for url in self._keys:
            running = self._running.get(url)
            if running is None or running.done():
                asked.add(self._start(url, note, size, done))
            else:
                late[running] = url
        while (asked or late) and not self._policy.is_met_by(classical(found)):
            answered, _ = wait({*asked, *late}, WAIT, FIRST_COMPLETED)
            if not answered:
                break
            for one in answered:
                if (free := late.pop(one, None)) is not None:
                    asked.add(self._start(free, note, size, done))
                else:
                    asked.discard(one)
                    found |= one.result()
        return found

    def _start(self, url: str, note: Note, size: int, done: int) -> Future[Lines]:
        if self._pool is None:
            threads = max(1, min(AT_ONCE, len(self._keys)))
            self._pool = ThreadPoolExecutor(threads, thread_name_prefix="witness")
        self._running[url] = self._pool.submit(self._line, url, note, size, done)
        return self._running[url]

    def _line(self, url: str, note: Note, size: int, done: int) -> Lines:
        """The witness's lines that verify; none where it is silent or says anything else."""
        try:
            return self._asked(url, note, size, self._sizes.get(url, done), again=True)
        except (Problem, ValueError):
            return {}  # no cosignature: the last decisions cosigned and their ends stay in force

    def _asked(self, url: str, note: Note, size: int, old: int, *, again: bool) -> Lines:
        tree = self._tree()
        request = submission(old, tree.consistency_proof(old, size), note)
        status, answer = self._client.add_checkpoint(url, request)
        if status == COSIGNED_IT:
            self._sizes[url] = size
            self._against.drop(url)
            return verified(answer, note, self._keys[url])
        word = None
        if status == HAS_ANOTHER_SIZE:
            known = read_decimal(answer.decode("ascii").removesuffix("\n"))
            self._against.drop(url)
            if known <= size and again:
                self._sizes[url] = known
                return self._asked(url, note, size, known, again=False)
            if size < known <= self._stored_size():
                return {}  # a newer head was stored meanwhile
            word = Word(known)
        elif status == IS_NO_EXTENSION and 0 < old < size:
            # What the tree does not prove, no witness can be blamed for.
            word = Word(old, refused=begins_with(tree, parse_checkpoint(note.text)))
        self._look(url, word)
        return {}

    def _look(self, url: str, word: Word | None) -> None:
        """Hold what a witness that refused us last cosigned against what is stored."""
        shown = self._shown(url)
        with self._store.read() as unit:  # read last: what is shown may have been sealed just now
            size, head = unit.head()
        _, stored = stored_head(head, size)
        self._against.hear(url, word, shown, stored, self._tree())

    def _shown(self, url: str) -> Checkpoint | None:
        """The last checkpoint there under our own signature; None if there is none."""
        ours = self._heads.keys
        try:
            status, answer = self._client.checkpoint(url, origin_hash(ours[0].name))
            checkpoint, _ = verify_checkpoint(parse_note(answer), ours)
        except Problem:
            return None
        named = checkpoint.origin == ours[0].name
        return checkpoint if status == SHOWN and named else None

    def _stopped(self, now: Instant) -> bool:
        """Put on record what speaks against a witness or us; stop if the log is not ours alone."""
        self._alarm(now)
        if self._contradiction() is None:
            return False
        self._stop(STOPPED)
        return True

    def _contradiction(self) -> Problem | None:
        """What says that our log is not the published one; None if nothing does."""
        return self._against.contradiction(self._stored_size()) if self._against else None

    def _stored_size(self) -> int:
        with self._store.read() as unit:
            return unit.head()[0]

    def _alarm(self, now: Instant) -> None:
        """Put on record, once for each witness, what it claimed, or showed against us."""
        alarms = self._against.take_alarms()
        if alarms:
            with self._store.write() as unit:
                for url, problem in alarms.items():
                    raise_alarm(unit, problem, url, now)

    def _keep(self, note: Note, size: int, lines: Lines, now: Instant) -> bool:
        quantum = [line for key, line in lines.items() if key not in classical(lines)]
        cosigned = Note(
            note.text,
            (*note.signatures, *(lines[key] for key in self._in_order(classical(lines)))),
        )
        try:
            self._policy.verify(cosigned)
        except Problem:
            return False  # too few, or too many for one note
        with self._store.write() as unit:
            # Whoever asks for this in a writing unit is alone with it: heads are kept in order.
            last = unit.last_record(COSIGNED, "")
            if last is not None and int(last.id) >= size:
                return False
            # A clock that was put back makes no late head one in time (P11).
            at = max([log_time(unit, now), *cosigned_by_witnesses(bytes(cosigned))])
            unit.add_record(Record(COSIGNED, size_id(size), at, bytes(cosigned)))
            if quantum:
                body = canonical([str(line) for line in quantum])
                unit.add_record(Record(COSIGNED_MLDSA, size_id(size), at, body))
        return True

    def _in_order(self, keys: Sequence[VerifierKey]) -> list[VerifierKey]:
        """As the policy lists them: who answered first leaves no trace."""
        return [one.key for one in self._policy.witnesses if one.key in keys]
