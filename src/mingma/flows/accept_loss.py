"""Accept a loss: go on from an older copy of the database without a second history of the log.

An older copy beside newer published heads is refused at the start: sealing on top of it would fork
the log. Where the newer database is gone for good, two organs sign a statement that says so. The
lost leaves then come back, byte for byte, from the published files, proven under the newest signed
head; the rows that belonged to them do not. Decisions among them are void and made anew, sources
send again what they sent, and a public leaf names the range and the statement. Nobody's code gets
worse without a new decision, sealed and cosigned as any other.

INVARIANT: the log that goes on begins with every head that was ever signed and is known here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from mingma.flows.emergency import INSTANCE
from mingma.flows.reconcile import LOSS, LOST
from mingma.kernel.errors import Problem, Refused
from mingma.kernel.times import Instant
from mingma.ledger.checkpoint import Checkpoint
from mingma.ledger.commitment import tag
from mingma.ledger.cosignature import verify_checkpoint
from mingma.ledger.files import LogFiles, Read, check_log
from mingma.ledger.frontier import Frontier
from mingma.ledger.leaf import Kind, Leaf, parse
from mingma.ledger.note import Note, NoteNotTrusted, VerifierKey, parse_key, parse_note, verify
from mingma.ledger.published import SameAgain, entries_of
from mingma.ledger.text import write_base64
from mingma.ledger.tree import verify_consistency
from mingma.ports import Unit
from mingma.records import Outgoing, Record

FORM: Final = "mingma-loss/1"
ORGANS: Final = 2  # that sign
PAGE: Final = 1000  # leaves, or people, that are read together
WAITING: Final = 2**31 - 1  # leaves that waited when the copy was made: all of them
MAX_REASON: Final = 500  # characters


class NothingLost(Refused):
    """A database that has every leaf of the heads that are known: there is nothing to accept."""

    slug = "loss.nothing"
    zh = "数据库有 {size} 片叶,已公布 {published} 片:没有丢失"
    en = "the database has {size} leaves and {published} are published: nothing is lost"
    remedy_zh = "请直接启动"
    remedy_en = "start the instance as it is"


class LossNotSigned(Refused):
    """A statement that two organs have not signed, or of another loss.

    `why` is one of statement, signature, organs.
    """

    slug = "loss.not_signed"
    zh = "认损声明未由两个机关签署(`{why}`)"
    en = "the statement of the loss is not signed by two organs (`{why}`)"
    remedy_zh = "请由登记于 loss-signers 的两个不同机关对同一声明签名"
    remedy_en = "have two organs that are listed in loss-signers sign the very same statement"


class LossNotProven(Refused):
    """Published files that do not hold, or do not continue what is known of the log.

    `why` is one of head, files, database, smaller, history.
    """

    slug = "loss.not_proven"
    zh = "所公布的文件不足以接续日志(`{why}`)"
    en = "the published files do not carry the log on (`{why}`)"
    remedy_zh = "请另取完整的公开文件(镜像、见证方或审计方的副本);切勿另起历史"
    remedy_en = "fetch whole files elsewhere (a mirror, a witness, an auditor); never start anew"


@dataclass(frozen=True, slots=True)
class Loss:
    """What was lost: the leaves [start, end) up to a published head, and why."""

    head: Checkpoint
    start: int
    reason: str

    def statement(self) -> str:
        """The text that the organs sign."""
        size, root = self.head.size, write_base64(self.head.root)
        return f"{FORM}\n{self.head.origin}\n{self.start} {size}\n{root}\n{self.reason}\n"


@dataclass(frozen=True, slots=True)
class Published:
    """The published log as it was proven: its files, its head, and the head's note."""

    read: Read
    head: Checkpoint
    note: bytes  # under the log's own lines


def published_log(
    read: Read, note: bytes, keys: Sequence[VerifierKey], known: Collection[bytes] = ()
) -> Published:
    """The log in published files, whole, signed, and a continuation of the known signed heads."""
    read = SameAgain(read)
    try:
        signed = parse_note(note)
        head, lines = verify_checkpoint(signed, keys)
    except Problem:
        raise LossNotProven(why="head") from None
    if keys[0] not in {one.key for one in lines} or head.origin != keys[0].name:
        raise LossNotProven(why="head")
    if check_log(read, head) is not None:
        raise LossNotProven(why="files")
    files = LogFiles(read, head)
    for one in known:
        _must_continue(files, head, one, keys)
    own = [line for line in signed.signatures if any(line.is_by(key) for key in keys)]
    return Published(read, head, bytes(Note(signed.text, tuple(own))))


def loss_of(unit: Unit, published: Published, reason: str) -> Loss:
    """What a database lacks of a published log that it is the beginning of; raises Refused."""
    size, _ = unit.head()
    head = published.head
    if size >= head.size:
        raise NothingLost(size=size, published=head.size)
    entries = entries_of(published.read, head.size)
    for start in range(0, size, PAGE):
        for row in unit.leaves(start, min(start + PAGE, size)):
            if row != next(entries):
                raise LossNotProven(why="database")
    reason = " ".join(reason.split())[:MAX_REASON]
    return Loss(head, size, reason or "–")


def read_signers(text: str) -> tuple[VerifierKey, ...]:
    """The keys in a file of signers: one a line, an organ each; raises KeyUnreadable."""
    lines = (line.strip() for line in text.splitlines())
    return tuple(parse_key(line) for line in lines if line and not line.startswith("#"))


def must_be_signed(loss: Loss, signed: bytes, signers: Sequence[VerifierKey]) -> None:
    """Two organs signed the statement of this very loss; raises LossNotSigned."""
    try:
        note = parse_note(signed)
        lines = verify(note, signers)
    except NoteNotTrusted:
        raise LossNotSigned(why="signature") from None
    if note.text != loss.statement():
        raise LossNotSigned(why="statement")
    organs = {key.name.partition("/")[0] for key, _ in lines}
    if len(organs) < ORGANS or len({key.public for key, _ in lines}) < ORGANS:
        raise LossNotSigned(why="organs")


def accept_loss(
    unit: Unit,
    published: Published,
    loss: Loss,
    signed: bytes,
    signers: Sequence[VerifierKey],
    *,
    organ: str,
    now: Instant,
) -> set[str]:
    """Bring the lost leaves back and put the loss on record; whose decisions are to be made anew.

    The caller decides anew for them under a log that was loaded after this.
    """
    # (1) Two organs say that it is lost.
    must_be_signed(loss, signed, signers)
    # (2) Whose the lost leaves are, as far as the copy can tell.
    lost = list(_lost(published, loss.start))
    acts = _acts(unit, lost, loss.start)
    # (3) The leaves, each at its index, under the head that was signed over them.
    outgoing = [_outgoing(acts.get(index), index, entry, now)
                for index, entry in enumerate(lost, loss.start)]  # fmt: skip
    waiting = {(one.subject, one.number) for one in unit.pool(WAITING)}
    unit.add_leaves(one for one in outgoing if (one.subject, one.number) not in waiting)
    unit.add_acts(loss.start, outgoing)
    unit.seal(loss.start, lost, published.note)
    # (4) No number of an event is given twice.
    counts: dict[str, int] = {}
    for subject, number in acts.values():
        counts[subject] = max(number, counts.get(subject, 0))
    people = unit.people(counts)
    raised = {ref: n for ref, n in counts.items() if ref in people and n > people[ref].events}
    unit.count_events(raised)
    # (5) The statement, and the leaf that tells everybody of it.
    unit.add_record(Record(LOSS, f"{loss.start:019}", now, signed))
    leaf = Leaf(
        kind=Kind.LOSS_ACCEPT,
        digest=sha256(loss.statement().encode()).digest(),
        index=loss.start,
        end=loss.head.size,
        organ=organ,
    )
    unit.add_leaves([Outgoing(f"{INSTANCE}:{LOSS}", loss.start, leaf.unsealed(), now)])
    return set(raised)


def _must_continue(
    files: LogFiles, head: Checkpoint, note: bytes, keys: Sequence[VerifierKey]
) -> None:
    """The published log begins with a head that the log signed before."""
    try:
        old, _ = verify_checkpoint(parse_note(note), keys)
    except Problem:
        raise LossNotProven(why="head") from None
    if old.size > head.size:
        raise LossNotProven(why="smaller")
    try:
        proof = files.consistency_proof(old.size)
        verify_consistency(old.size, old.root, head.size, head.root, proof)
    except Problem:
        raise LossNotProven(why="history") from None


def _lost(published: Published, start: int) -> Iterator[bytes]:
    """The entries from an index on; the whole of them has the head's root."""
    frontier = Frontier()
    entries = entries_of(published.read, published.head.size)
    for index, entry in enumerate(entries):
        frontier = frontier.grown([entry])
        if index >= start:
            yield entry
    if frontier.root() != published.head.root:
        raise LossNotProven(why="files")


def _acts(unit: Unit, lost: Sequence[bytes], start: int) -> Mapping[int, tuple[str, int]]:
    """Whose act each lost leaf is: of those that waited, and of people whose key the copy has."""
    leaves = {index: parse(entry)[0] for index, entry in enumerate(lost, start)}
    by_bytes = {leaf.unsealed(): index for index, leaf in leaves.items()}
    by_tag = {leaf.tag: index for index, leaf in leaves.items() if leaf.tag is not None}
    acts = {
        by_bytes[one.unsealed]: (one.subject, one.number)
        for one in unit.pool(WAITING)
        if one.unsealed in by_bytes
    }
    after = ""
    while page := unit.refs(after, PAGE):
        after = page[-1]
        for ref, person in unit.people(page).items():
            number = person.events + 1
            while (index := by_tag.get(tag(person.key, number))) is not None:
                acts[index] = (ref, number)
                number += 1
    return acts


def _outgoing(act: tuple[str, int] | None, index: int, entry: bytes, now: Instant) -> Outgoing:
    """A lost leaf as it goes back: as its act's, or as nobody's that the copy knows."""
    subject, number = act or (f"{LOST}{index}", index)
    return Outgoing(subject, number, parse(entry)[0].unsealed(), now)
