"""A unit of work in SQL: what SQLite's and PostgreSQL's have in common.

Promises what `ports.Unit` says. How statements are run is `transaction`'s, leaves `ledger_unit`'s.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Collection, Iterable, Mapping, Sequence

from mingma.codes.decision import Decision
from mingma.evidence.model import Fact
from mingma.evidence.record import stored_id, stored_to_fact
from mingma.kernel.times import Instant
from mingma.records import (
    ERASED,
    Batch,
    Emergency,
    Notice,
    Outgoing,
    Person,
    Received,
    Record,
    Source,
    Stale,
    Turned,
)
from mingma.storage import rows
from mingma.storage.ledger_unit import LedgerUnit
from mingma.storage.personal import NAMING, SHARED, going
from mingma.storage.statements import Statements


class SqlUnit(LedgerUnit):
    """A unit of work: people, evidence and decisions beside the log, and the instance's own."""

    def __init__(self, sql: Statements, *, writes: bool) -> None:
        super().__init__(sql, writes=writes)
        self.erased = False  # whether anything was

    # -- what an adapter adds

    @abstractmethod
    def _hold_new(self, refs: Collection[str]) -> Mapping[str, Person]:
        """Wait until people not there are this unit's to add; those that came meanwhile."""

    @abstractmethod
    def _hold_source(self, source: str) -> None:
        """Wait until nobody else admits from the source."""

    @abstractmethod
    def _hold_records(self, kind: str, prefix: str) -> None:
        """Wait until nobody else has asked for the last of these records."""

    # -- people

    def people(self, refs: Collection[str]) -> Mapping[str, Person]:
        if not self._writes:
            return self._people(self._sql.people, refs)
        found = self._people(self._sql.people_held, refs)
        new = set(refs) - found.keys()
        return {**found, **self._hold_new(new)} if new else found

    def _people(self, text: str, refs: Collection[str]) -> dict[str, Person]:
        return {row[0]: Person(*row) for row in self._read_of(text, refs)}

    def add_people(self, people: Iterable[Person]) -> None:
        self._write("person", self._sql.add_person, [rows.person_row(one) for one in people])

    def refs(self, after: str, limit: int) -> Sequence[str]:
        return [row[0] for row in self._read(self._sql.refs, after, limit, 0)]

    def count_events(self, counts: Mapping[str, int]) -> None:
        raised = [(count, ref, count) for ref, count in sorted(counts.items())]
        done = self._write("event count", self._sql.count_events, raised)
        self._insist(done, len(raised), Stale, "event count")

    def erase(self, refs: Collection[str]) -> int:
        self._check_writing()
        gone = list(self._people(self._sql.people_held, refs))
        if not gone:
            return 0
        among = self._among(gone)
        # (1) A leaf that waits would bring the pseudonym into the log's table again.
        waiting = len(self._read(self._sql.waiting_of, among)) + self._born.of(gone)
        self._insist(waiting, 0, Stale, "leaf")
        # (2) What refers to the person first, the person with K last.
        for what, statement in self._sql.erase.items():
            self._write(what, statement, [(among,)])
        # (3) The leaves stay and say nobody's name any more.
        self._write("leaf", self._sql.unname_leaves, [(ERASED, among)])
        # (4) Records of other kinds that name them.
        self._erase_records(frozenset(gone))
        self.erased = True
        return len(gone)

    def _erase_records(self, gone: frozenset[str]) -> None:
        self._write("record", self._sql.erase_own, [(self._among(gone),)])
        named = (one for kind in sorted(NAMING | SHARED) for one in self.records(kind))
        going_too = going(named, gone, lambda names: self._people(self._sql.people, names))
        self._write("record", self._sql.erase_record, [(one.kind, one.id) for one in going_too])

    # -- evidence

    def known(self, source: str, ids: Collection[str]) -> Mapping[str, bytes]:
        if self._writes:
            self._hold_source(source)
        keys = {rows.key_of(id): id for id in ids}
        found = self._read_of(self._sql.known, keys, source)
        return {keys[key]: digest for key, digest in found}

    def add_facts(self, received: Iterable[tuple[Received, bytes]]) -> None:
        given = list(received)
        receipts = sorted(rows.receipt_row(one, digest) for one, digest in given)
        self._write("fact", self._sql.add_receipt, receipts)
        # Sorted, rows of one person meet one page of the table.
        self._write("fact", self._sql.add_fact, sorted(rows.fact_row(one) for one, _ in given))
        self._write("channel", self._sql.touch_channel, rows.latest(one for one, _ in given))

    def facts_of(self, subjects: Collection[str]) -> Mapping[str, Sequence[Fact]]:
        found: dict[str, list[Fact]] = {subject: [] for subject in subjects}
        for subject, body in self._read_of(self._sql.facts_of, subjects):
            found[subject].append(stored_to_fact(body))
        for facts in found.values():
            facts.sort(key=_order)  # a long id's key does not sort as the id does
        return found

    def digests(self, subjects: Collection[str]) -> Mapping[str, Collection[bytes]]:
        found: dict[str, set[bytes]] = {}
        for body, digest in self._read_of(self._sql.digests, subjects):
            found.setdefault(stored_id(body), set()).add(digest)
        return found

    def add_batch(self, batch: Batch, turned: Iterable[Turned]) -> None:
        self._check_writing()
        counts = (batch.received, batch.admitted, batch.repeated, batch.refused)
        row = (batch.source, rows.key_of(batch.id), batch.received_at, *counts)
        if self._read(self._sql.add_batch, *row):
            self._write("line", self._sql.add_turned, rows.turned_rows(turned))

    def batch(self, source: str, id: str) -> Batch | None:
        for row in self._read(self._sql.batch, source, rows.key_of(id)):
            _, _, received_at, *counts = row
            return Batch(source, id, Instant(received_at), *counts)
        return None

    def turned(self, source: str, batch: str) -> Sequence[Turned]:
        found = self._read(self._sql.turned, source, rows.key_of(batch))
        return [rows.read_turned(source, batch, row) for row in found]

    def erase_turned(self, before: Instant) -> int:
        gone = self._write("line", self._sql.erase_turned, [(before,)])
        self.erased |= gone > 0
        return gone

    def channel_ages(self) -> Mapping[str, Instant]:
        return {kind: Instant(last) for kind, last in self._read(self._sql.channels)}

    # -- decisions

    def decisions_in_force(self, subjects: Collection[str]) -> Mapping[str, Decision]:
        found = self._read_of(self._sql.in_force, subjects)
        return {subject: rows.read_decision(body) for subject, body in found}

    def decisions_of(self, subject: str) -> Sequence[Decision]:
        return [rows.read_decision(body) for (body,) in self._read(self._sql.decisions_of, subject)]

    def add_decisions(
        self, decisions: Iterable[Decision], notices: Iterable[Notice], leaves: Iterable[Outgoing]
    ) -> None:
        decided = sorted(rows.decision_row(one) for one in decisions)
        self._write("decision", self._sql.add_decision, decided)
        told = sorted(rows.notice_row(one) for one in notices)
        self._write("notice", self._sql.add_notice, told)
        self.add_leaves(leaves)

    def notices_of(self, subject: str) -> Sequence[Notice]:
        return [rows.read_notice(row) for row in self._read(self._sql.notices_of, subject)]

    # -- the instance

    def add_source(self, source: Source) -> None:
        self._write("source", self._sql.add_source, [rows.source_row(source)])

    def sources(self) -> Mapping[str, Source]:
        return {row[0]: rows.read_source(row) for row in self._read(self._sql.sources)}

    def add_emergency(self, emergency: Emergency) -> None:
        self._write("emergency", self._sql.add_emergency, [rows.emergency_row(emergency)])

    def end_emergency(self, id: str, at: Instant) -> None:
        self._write("emergency", self._sql.end_emergency, [(id, at)])

    def emergencies(self) -> Sequence[Emergency]:
        return rows.as_ended(self._emergencies())

    def emergency_at(self, instant: Instant) -> Emergency | None:
        return rows.in_force(self._emergencies(), instant)

    def _emergencies(self) -> list[tuple[Emergency, int | None]]:
        return [
            (Emergency(id, basis, organ, Instant(starts), Instant(ends)), ended)
            for id, basis, organ, starts, ends, ended in self._read(self._sql.emergencies)
        ]

    def add_record(self, record: Record) -> None:
        row = (record.kind, record.id, record.at, record.body)
        self._write("record", self._sql.add_record, [row])

    def records(self, kind: str) -> Sequence[Record]:
        found = self._read(self._sql.records, kind)
        return [Record(kind, id, Instant(at), body) for id, at, body in found]

    def last_record(self, kind: str, prefix: str) -> Record | None:
        if self._writes:
            self._hold_records(kind, prefix)
        found = self._read(self._sql.last_record, kind, prefix, rows.after(prefix))
        for id, at, body in found:
            return Record(kind, id, Instant(at), body)
        return None

    def newest_record(self, kind: str) -> Record | None:
        for id, at, body in self._read(self._sql.newest_record, kind):
            return Record(kind, id, Instant(at), body)
        return None

    def first_record(self, kind: str, id: str) -> Record | None:
        for found, at, body in self._read(self._sql.first_record, kind, id):
            return Record(kind, found, Instant(at), body)
        return None

    def records_under(self, kind: str, prefix: str) -> Sequence[Record]:
        found = self._read(self._sql.records_under, kind, prefix, rows.after(prefix))
        return [Record(kind, id, Instant(at), body) for id, at, body in found]

    def statistics(self) -> Mapping[str, int]:
        (counts,) = self._read(self._sql.counts)
        found = dict(zip(self._sql.counted, counts, strict=True))
        return {**found, "waiting": found["waiting"] + len(self._born)}


def _order(fact: Fact) -> tuple[int, str]:
    return fact.at, fact.id
