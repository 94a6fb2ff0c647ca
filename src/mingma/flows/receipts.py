"""Receipts: that a leaf is in the log, under heads that the trust policy's witnesses cosigned.

The full receipt (docs/formats/receipt.md) leads to the newest such head and carries what opens the
leaf's commitment. The short one (docs/formats/short-receipt.md) leads to a landmark: the first
cosigned head at or after each full hour, or five minutes where no hour has come yet, or the newest
one (docs/formats/landmarks.md). Whoever issues a colour worse than green proves it here first (P1).

Files, rows and heads of the store are not trusted: what is edited in them can at most leave a
colour without its proof, and then no token is signed.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from mingma.codes.decision import Decision
from mingma.codes.receipt_frame import weakness, write_frame
from mingma.flows.cosigned import COSIGNED, size_id
from mingma.flows.publish_log import PublicLog
from mingma.flows.stored_head import HeadBroken, stored_head
from mingma.kernel.errors import Problem, Unavailable
from mingma.kernel.times import DAY, HOUR, Instant
from mingma.kernel.words import Colour
from mingma.ledger.checkpoint import Checkpoint, parse_checkpoint
from mingma.ledger.commitment import nonce, tag
from mingma.ledger.files import LogFiles
from mingma.ledger.landmarks import MAX_LANDMARKS, Landmarks
from mingma.ledger.leaf import parse
from mingma.ledger.note import Note, parse_note
from mingma.ledger.policy import Policy
from mingma.ledger.proof import Extra, Receipt, short_note
from mingma.ledger.short_receipt import ShortReceipt
from mingma.ports import Unit
from mingma.records import Person, Record

SERVED_FOR: Final = 14 * DAY  # of hourly landmarks: as long as a decision usually lives
LED_TO_FOR: Final = 7 * DAY  # a receipt leads to none older, so one loaded a week ago still serves
FINE: Final = 300  # seconds between landmarks where no hour has come yet …
FINE_FOR: Final = 2 * HOUR  # … and how long such a one is served
REMEMBERED: Final = 4096  # ways from a leaf to a landmark, 2 kB each


class NotCosignedYet(Unavailable):
    """A leaf that waits for its seal, or that no head which met the trust policy covers."""

    slug = "receipt.not_cosigned"
    zh = "此条目尚未由见证方签认,还没有回执"
    en = "no head cosigned as the trust policy asks covers this entry yet, so it has no receipt"
    remedy_zh = "请稍后再取;没有回执,变重的颜色不生效"
    remedy_en = "ask again later; without its receipt nothing gets worse"


@dataclass(frozen=True, slots=True)
class Landmark:
    """A head that receipts may lead to; the hourly ones are served longest."""

    size: int
    at: Instant
    hourly: bool
    note: Note


class Receipts:
    """The proofs of one log, out of its store. Safe from several threads.

    Without a trust policy (a specimen) a receipt leads to the head the log alone has signed, and
    there are no landmarks.
    """

    def __init__(self, log: PublicLog, policy: Policy | None) -> None:
        self._log = log
        self._policy = policy
        # The first head at or after an instant, for good; under minus the instant where not hourly.
        self._first: dict[int, Landmark] = {}
        self._believed: dict[int, bytes] = {}  # roots by size that the policy was seen to believe
        # What was chosen last, and for which newest head and instant.
        self._last: tuple[tuple[Record, int] | None, list[Landmark]] = (None, [])
        self._ways: dict[tuple[int, int], tuple[bytes, ...]] = {}  # by leaf and landmark, verified
        self._lock = threading.Lock()

    def receipt(self, unit: Unit, index: int, extra: Extra | None = None) -> Receipt:
        """The receipt of a leaf under the newest head; raises NotCosignedYet."""
        note, head = self._newest(unit)
        if index >= head.size:
            raise NotCosignedYet
        hashes = tuple(self._files(unit, head).inclusion_proof(index))
        return Receipt(index, hashes, note, bytes(extra) if extra is not None else None)

    def landmarks(self, unit: Unit, now: Instant) -> Landmarks:
        """What a checker loads beforehand."""
        return Landmarks(tuple(one.note for one in self._chosen(unit, now)))

    def roots(self, unit: Unit, now: Instant) -> Mapping[int, bytes]:
        """The landmarks' roots by size, of those that the trust policy believes."""
        try:
            found = {one.size: self._root(one) for one in self._chosen(unit, now)}
        except Problem:
            return {}  # a colour worse than green is unproven then, and every green still stands
        return {size: root for size, root in found.items() if root is not None}

    def proven(self, unit: Unit, index: int, now: Instant) -> ShortReceipt:
        """The short receipt of a leaf, verified; raises Problem."""
        landmark = self._landmark_over(unit, index, now)
        short = self._short(unit, index, landmark)
        root = self._root(landmark)
        short.verify({} if root is None else {landmark.size: root})
        with self._lock:
            if len(self._ways) >= REMEMBERED:
                self._ways.clear()
            self._ways[index, landmark.size] = short.hashes
        return short

    def _newest(self, unit: Unit) -> tuple[Note, Checkpoint]:
        if self._policy is not None:
            record = unit.last_record(COSIGNED, "")
            if record is None:
                raise NotCosignedYet
            note = parse_note(record.body)
            return short_note(note), parse_checkpoint(note.text)
        size, head = unit.head()
        if not size:
            raise NotCosignedYet
        stored_head(head, size)
        note = parse_note(self._log.completed(head))
        return short_note(note), parse_checkpoint(note.text)

    def _files(self, unit: Unit, head: Checkpoint) -> LogFiles:
        """The log under a head; every tile is checked against its root."""
        return LogFiles(lambda path: self._log.file_in(unit, path), head)

    def _landmark_over(self, unit: Unit, index: int, now: Instant) -> Landmark:
        """The landmark over a leaf that most gates have loaded; raises NotCosignedYet."""
        covering = [one for one in self._chosen(unit, now) if one.size > index]
        if not covering:
            raise NotCosignedYet
        hourly = (one for one in covering if one.hourly and one.at >= now - LED_TO_FOR)
        # One that an earlier policy believed, and this one does not, proves nothing any more.
        for one in (*hourly, *covering):
            if self._root(one) is not None:
                return one
        return covering[0]

    def _short(self, unit: Unit, index: int, landmark: Landmark) -> ShortReceipt:
        entries = unit.leaves(index, index + 1)
        if not entries:
            raise HeadBroken(size=index, why="size")  # its row is gone
        hashes = self._ways.get((index, landmark.size))
        if hashes is None:
            files = self._files(unit, parse_checkpoint(landmark.note.text))
            hashes = tuple(files.inclusion_proof(index))
        return ShortReceipt(entries[0], index, landmark.size, hashes)

    def _root(self, landmark: Landmark) -> bytes | None:
        """The root of a landmark, if the policy believes it; each is verified once."""
        if (known := self._believed.get(landmark.size)) is not None:
            return known
        if self._policy is None:
            return None
        root = Landmarks((landmark.note,)).verify(self._policy).get(landmark.size)
        if root is not None:
            with self._lock:
                self._believed[landmark.size] = root
        return root

    def _chosen(self, unit: Unit, now: Instant) -> list[Landmark]:
        """The landmarks at an instant, the smallest first."""
        newest = unit.last_record(COSIGNED, "")
        if newest is None or newest.id == size_id(0) or self._policy is None:
            return []  # the head over nothing proves nothing
        chosen_for = newest, _full(now, FINE)
        last_for, chosen = self._last
        if last_for == chosen_for:
            return chosen
        fine = self._steps(unit, newest, _full(now - FINE_FOR, FINE), FINE)
        hours = self._steps(unit, newest, _full(now - SERVED_FOR, HOUR), HOUR)
        last = _landmark(newest, hourly=False)
        # The hourly one wins where several are the same head.
        found = {one.size: one for one in (last, *fine, *hours)}
        self._forget(now)
        chosen = [found[size] for size in sorted(found)]
        self._last = chosen_for, chosen
        return chosen

    def _steps(self, unit: Unit, newest: Record, start: int, step: int) -> Iterator[Landmark]:
        """The first head at or after each full step from `start` on, each head once."""
        size, instant = 1, start
        while instant <= newest.at:
            found = self._first_at(unit, newest, instant, size, hourly=step == HOUR)
            yield found
            size, instant = found.size, max(instant, _full(found.at, step)) + step

    def _first_at(
        self, unit: Unit, newest: Record, instant: int, size: int, *, hourly: bool
    ) -> Landmark:
        """The first head that met the policy at or after an instant; `newest` did.

        Larger heads meet it later, so it is found by halving.
        """
        key = instant if hourly else -instant
        with self._lock:
            if key in self._first:
                return self._first[key]
        low, high = size, int(newest.id)
        while low < high:
            middle = (low + high) // 2
            record = unit.first_record(COSIGNED, size_id(middle))
            if record is not None and record.at < instant:
                low = int(record.id) + 1
            else:
                high = middle
        record = unit.first_record(COSIGNED, size_id(low)) or newest
        found = _landmark(record, hourly=hourly)
        with self._lock:
            self._first[key] = found
        return found

    def _forget(self, now: Instant) -> None:
        """Drop what is no longer served."""
        with self._lock:
            hour, fine = now - SERVED_FOR - HOUR, now - FINE_FOR - FINE
            for key in [one for one in self._first if abs(one) < (hour if one > 0 else fine)]:
                del self._first[key]
            if len(self._believed) > MAX_LANDMARKS:
                self._believed.clear()


def proven_frame(
    unit: Unit, receipts: Receipts, person: Person, number: int, colour: Colour, now: Instant
) -> str | None:
    """The second frame for a decision of a person, once its own receipt holds; else None.

    None is no proof, and without it no token of this colour is signed (P1).
    """
    try:
        # (1) What is stored of the decision, and the proof that the log makes of its leaf.
        stored = [one for one in unit.decisions_of(person.ref) if one.number == number]
        index = unit.index_of(person.ref, number)
        if not stored or index is None:
            return None
        # (2) The leaf is in the log, under a head that the policy believes.
        short = receipts.proven(unit, index, now)
        # (3) It is the leaf of this person's decision, whose body is the stored one.
        leaf, _ = parse(short.entry)
        extra = opening(short.entry, person, stored[0])
        if leaf.tag != tag(person.key, number) or extra.opened(leaf) is None:
            return None
        # (4) That decision can give this colour.
        if weakness(leaf, colour) is not None:
            return None
    except Problem:
        # No colour gets worse by this: the person is shown no token until the log is whole again.
        return None
    return write_frame(short)


def opening(entry: bytes, person: Person, decision: Decision) -> Extra:
    """What a person's own receipt carries: her entry, and what opens its commitment."""
    return Extra(entry, decision.body(), nonce(person.key, decision.number))


def _full(instant: int, step: int) -> int:
    """The last full step at or before an instant (UTC)."""
    return instant // step * step


def _landmark(record: Record, *, hourly: bool) -> Landmark:
    note = parse_note(record.body)
    size = parse_checkpoint(note.text).size
    if size != int(record.id):
        raise HeadBroken(size=size, why="size")
    return Landmark(size, record.at, hourly, short_note(note))
