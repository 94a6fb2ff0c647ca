"""Ask the trust policy's witnesses to cosign the newest head, and keep it once they are enough.

All are asked at once, each from the size it is known to have cosigned (c2sp.org/tlog-witness). A
line counts only if it verifies under that witness's key in the policy; anything else is no
cosignature, and so is silence. Nothing of this ever fails an act: without enough witnesses nothing
new gets worse, and the rest goes on (P11).

What a witness last cosigned, under our own signature, proves the database an older copy where it
is larger, and a second history where its root is another: nothing more is signed. Its bare word for
either is an alarm, and it counts as silent. Bare words stop the signing only where those who give
them are the policy's quorum: fewer, lying, stop nothing.

INVARIANT: a kept head meets the policy, and is larger than every head kept before.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Final

from mingma.flows.alarm import raise_alarm
from mingma.flows.cosigned import COSIGNED, COSIGNED_MLDSA, cosigned_size, size_id
from mingma.flows.full_head import Heads, SignerSilent
from mingma.flows.log_time import cosigned_by_witnesses, log_time
from mingma.flows.stored_head import HeadBehind, stored_head
from mingma.kernel.canonical import canonical
from mingma.kernel.errors import Broken, Problem
from mingma.kernel.times import Instant
from mingma.ledger.checkpoint import Checkpoint, parse_checkpoint
from mingma.ledger.cosignature import verify_checkpoint
from mingma.ledger.note import KeyType, Note, Signature, VerifierKey, parse_note, parse_signature
from mingma.ledger.policy import Policy
from mingma.ledger.text import read_decimal, write_base64
from mingma.ledger.tree import BeyondTheTree, Tree
from mingma.ledger.witnessing import origin_hash
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
        self._asking, self._lock = threading.Lock(), threading.Lock()
        self._pool: ThreadPoolExecutor | None = None
        self._words: dict[str, Word] = {}  # what a witness last said against us and did not show
        self._alarms: dict[str, Problem] = {}  # what is to be put on record, by witness
        self._asked_before = False
        self.published = 0  # the largest size that a witness showed under our own signature
        self.forked = 0  # a size of which a witness showed another root under our own signature

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
        while (asked or late) and not self._policy.is_met_by(_classical(found)):
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
            self._forget(url)
            return verified(answer, note, self._keys[url])
        word = None
        if status == HAS_ANOTHER_SIZE:
            known = read_decimal(answer.decode("ascii").removesuffix("\n"))
            self._forget(url)
            if known <= size and again:
                self._sizes[url] = known
                return self._asked(url, note, size, known, again=False)
            if size < known <= self._stored_size():
                return {}  # a newer head was stored meanwhile
            word = Word(known)
        elif status == IS_NO_EXTENSION and 0 < old < size:
            # What the tree does not prove, no witness can be blamed for.
            word = Word(old, refused=_has(tree, parse_checkpoint(note.text)))
        self._look(url, word)
        return {}

    def _look(self, url: str, word: Word | None) -> None:
        """Hold what a witness that refused us last cosigned against what is stored."""
        shown = self._shown(url)
        with self._store.read() as unit:  # read last: what is shown may have been sealed just now
            size, head = unit.head()
        _, stored = stored_head(head, size)
        tree = self._tree()
        with self._lock:
            if shown is not None and shown.size > size:
                self.published = max(self.published, shown.size)
            elif shown is not None and _has(tree, stored) and not _has(tree, shown):
                self.forked = shown.size
                self._alarms[url] = HeadBehind(size=size, signed=shown.size, why="history")
            elif shown is not None and word is not None and shown.size >= word.cosigned:
                return  # it shows what it says it does not find: no word against us
            elif word is not None and word.is_against(size):
                self._words[url] = word
                self._alarms[url] = word.problem(url)

    def _forget(self, url: str) -> None:
        """The witness says no more what it said against us."""
        with self._lock:
            self._words.pop(url, None)

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
        if not (self.forked or self.published or self._words):
            return None
        size = self._stored_size()
        said = self._said_by_quorum(size)
        published, forked = max(self.published, said), self.forked or said
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
            if self._policy.is_met_by(_classical(keys)):
                return cosigned
        return 0

    def _stored_size(self) -> int:
        with self._store.read() as unit:
            return unit.head()[0]

    def _alarm(self, now: Instant) -> None:
        """Put on record, once for each witness, what it claimed, or showed against us."""
        with self._lock:
            alarms, self._alarms = self._alarms, {}
        if alarms:
            with self._store.write() as unit:
                for url, problem in alarms.items():
                    raise_alarm(unit, problem, url, now)

    def _keep(self, note: Note, size: int, lines: Lines, now: Instant) -> bool:
        quantum = [line for key, line in lines.items() if key not in _classical(lines)]
        cosigned = Note(
            note.text,
            (*note.signatures, *(lines[key] for key in self._in_order(_classical(lines)))),
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


def submission(old: int, proof: Sequence[bytes], note: Note) -> bytes:
    """The request to cosign a head: old size, proof, empty line, note."""
    lines = [f"old {old}", *(write_base64(one) for one in proof), "", ""]
    return "\n".join(lines).encode() + bytes(note)


def verified(
    answer: bytes, note: Note, keys: Sequence[VerifierKey]
) -> dict[VerifierKey, Signature]:
    """The lines in a witness's answer that these keys made over the note; others are dropped."""
    found: dict[VerifierKey, Signature] = {}
    for text in answer.decode().splitlines(keepends=True):
        try:
            line = parse_signature(text)
            _, signed = verify_checkpoint(Note(note.text, (line,)), keys)
        except Problem:
            continue
        found.setdefault(signed[0].key, line)
    return found


def _has(tree: Tree, head: Checkpoint) -> bool:
    """Whether a tree, which may hold what was not kept after all, begins with a head."""
    try:
        return tree.root(head.size) == head.root
    except BeyondTheTree:
        return False


def _classical(keys: Iterable[VerifierKey]) -> list[VerifierKey]:
    """Keys whose lines go under the head: what receipts carry, and what the quorum counts."""
    return [key for key in keys if key.type is KeyType.ED25519_COSIGNATURE]
