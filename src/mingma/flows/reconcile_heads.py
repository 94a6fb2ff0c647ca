"""Hold the leaves against the heads over them: the stored one, and those that witnesses cosigned.

Which leaf was edited no root can tell; what is named is the first leaf that no cosigned head is
known to prove.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from mingma.flows.cosigned import COSIGNED, COSIGNED_MLDSA, GRACE, cosigned_size, size_id
from mingma.flows.emergency import INSTANCE
from mingma.flows.exact_record import exact_record
from mingma.flows.publish_policy import POLICY
from mingma.flows.reconcile_found import PAGE, Amiss, Found, decisions_of
from mingma.flows.stored_head import last_heads, stored_head
from mingma.kernel.errors import Malformed, Problem
from mingma.kernel.times import Instant
from mingma.ledger.checkpoint import parse_checkpoint
from mingma.ledger.frontier import Frontier
from mingma.ledger.note import parse_note
from mingma.ledger.policy import Policy
from mingma.ledger.succession import begins_a_log, verify_beginning
from mingma.ports import Unit
from mingma.records import Record

CLOCKS: Final = 120  # seconds by which an honest witness's clock may be ahead of ours


class Heads:
    """The roots of a growing log, beside the heads that are kept of it.

    Without a policy what witnesses signed is not looked at.
    """

    def __init__(self, unit: Unit, policy: Policy | None) -> None:
        self._unit = unit
        self._policy = policy
        self._policy_since = _policy_since(unit) if policy is not None else 0
        self._frontier = Frontier()
        self._fits: int | None = None  # so many leaves have the root that witnesses cosigned
        self._misfits = False  # … and a larger head than that has another
        self._begun: dict[int, bytes] = {}  # the first leaves of years' logs, but of the first

    def grow(self, entries: Sequence[bytes]) -> Iterator[Found]:
        """Take the next leaves; the roots that witnesses cosigned on the way are the log's own."""
        done = self._frontier.size
        end = done + len(entries)
        self._begun |= {i: one for i, one in enumerate(entries, done) if begins_a_log(one)}
        for size, record in _cosigned_heads(self._unit, done + 1, end):
            have = self._frontier.size
            self._frontier = self._frontier.grown(entries[have - done : size - done])
            why = self._objection(size, record)
            if not why:
                self._fits = self._fits if self._misfits else size
            elif why != "root" or not self._misfits:
                # One wrong leaf has made all later roots wrong: said once.
                yield Found(Amiss.COSIGNED, size - 1, what=why)
            self._misfits = self._misfits or why == "root"
        self._frontier = self._frontier.grown(entries[self._frontier.size - done :])

    def check_stored(self, size: int, head: bytes) -> Iterator[Found]:
        """The stored head is of this size, and of the root of all leaves that were taken."""
        return check_head(size, head, self._frontier.root(), self._fits)

    def check_removed(self) -> Iterator[Found]:
        """A head whose post-quantum lines are kept is kept itself."""
        after = ""
        while (record := self._unit.first_record(COSIGNED_MLDSA, after)) is not None:
            head = exact_record(self._unit, COSIGNED, record.id)
            if head is None:
                index = int(record.id) - 1 if record.id.isdecimal() else None
                yield Found(Amiss.COSIGNED, index, what="removed")
            after = f"{record.id}!"

    def check_handed_over(self) -> Iterator[Found]:
        """The last heads that are kept of earlier years' logs are those this log goes on from."""
        kept = dict(last_heads(self._unit))
        for index in sorted(kept.keys() | self._begun.keys()):
            try:
                _, final = stored_head(kept.get(index, b""), index)
                verify_beginning(self._begun.get(index, b""), index, final)
            except Problem as problem:
                yield Found(Amiss.HEAD, index, what=problem.slug)

    def _objection(self, size: int, record: Record) -> str:
        """Why a kept head is none that the witnesses cosigned then; nothing if it is."""
        try:
            note = parse_note(record.body)
            head = parse_checkpoint(note.text)
        except Malformed:
            return "form"
        if (head.size, head.root) != (size, self._frontier.root()):
            return "root"
        # What was kept under an earlier policy cannot be judged by this one.
        if self._policy is None or size <= self._policy_since:
            return ""
        try:
            _, lines = self._policy.verify(note)
        except Problem:
            return "signatures"
        known = record.at + CLOCKS
        in_time = {one.key for one in lines if one.time is None or one.time <= known}
        return "" if self._policy.is_met_by(in_time) else "time"


def check_head(
    size: int, head: bytes, root: bytes | None = None, fits: int | None = None
) -> Iterator[Found]:
    """The stored head is of this size and, where it was reckoned, of this root.

    `fits` is the first leaf that no cosigned head is known to prove.
    """
    if not size and not head:
        return
    try:
        _, checkpoint = stored_head(head, size)
    except Problem as problem:
        yield Found(Amiss.HEAD, fits, what=problem.slug)
        return
    if root is not None and checkpoint.root != root:
        yield Found(Amiss.HEAD, fits, what="root")


def check_beyond(unit: Unit, size: int) -> Iterator[Found]:
    """No leaf and no cosigned head stands beyond the head: an older one was put in its place."""
    if unit.leaves(size, size + 1) or unit.acts(size, size + 1):
        yield Found(Amiss.HEAD, size, what="leaves beyond")
    if unit.first_record(COSIGNED, size_id(size + 1)) is not None:
        yield Found(Amiss.COSIGNED, size, what="beyond")


def not_cosigned(unit: Unit, size: int, now: Instant) -> Iterator[Found]:
    """The first decision that no head which met the policy covers in time; it is void for worse."""
    for start in range(cosigned_size(unit), size, PAGE):
        acts = unit.acts(start, min(start + PAGE, size))
        for index, (subject, number) in enumerate(acts, start):
            for one in decisions_of(unit, subject) or ():
                if one.number == number and one.decided_at + GRACE < now:
                    yield Found(Amiss.NOT_COSIGNED, index, subject, number)
                    return


def _cosigned_heads(unit: Unit, first: int, last: int) -> Iterator[tuple[int, Record]]:
    """The kept heads of these sizes."""
    while first <= last:
        record = unit.first_record(COSIGNED, size_id(first))
        if record is None or not record.id.isdecimal() or int(record.id) > last:
            return
        yield int(record.id), record
        first = int(record.id) + 1


def _policy_since(unit: Unit) -> int:
    """How many leaves the log had when it told of the trust policy in force; 0 if it never did."""
    last = unit.last_record(POLICY, "")
    index = unit.index_of(f"{INSTANCE}:policy", int(last.id)) if last else None
    return 0 if index is None else index
