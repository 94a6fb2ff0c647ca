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

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from mingma.flows.emergency import INSTANCE
from mingma.flows.proven_log import LossNotProven, ProvenLog
from mingma.flows.reconcile import LOSS, LOST
from mingma.flows.stored_head import HANDED_OVER
from mingma.kernel.errors import Refused
from mingma.kernel.times import Instant
from mingma.ledger.checkpoint import Checkpoint
from mingma.ledger.commitment import tag
from mingma.ledger.frontier import Frontier
from mingma.ledger.leaf import Kind, Leaf, parse
from mingma.ledger.note import NoteNotTrusted, VerifierKey, parse_key, parse_note, verify
from mingma.ledger.published import entries_of
from mingma.ledger.text import write_base64
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


def loss_of(unit: Unit, published: ProvenLog, reason: str) -> Loss:
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
    published: ProvenLog,
    loss: Loss,
    signed: bytes,
    signers: Sequence[VerifierKey],
    *,
    organ: str,
    now: Instant,
    last_heads: Mapping[int, bytes],
) -> None:
    """Bring the lost leaves back and put the loss on record.

    `last_heads` are those of the logs that ended within the loss, by size. Who lost decisions is
    decided anew by `redo_lost`, under a log that was loaded after this.
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
    for size, note in last_heads.items():
        unit.add_record(Record(HANDED_OVER, f"{size:019}", now, note))
    # (4) No number of an event is given twice.
    counts: dict[str, int] = {}
    for subject, number in acts.values():
        counts[subject] = max(number, counts.get(subject, 0))
    people = unit.people(counts)
    unit.count_events(
        {ref: n for ref, n in counts.items() if ref in people and n > people[ref].events}
    )
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


def _lost(published: ProvenLog, start: int) -> Iterator[bytes]:
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
