"""A unit of work on a state of the memory store."""

from __future__ import annotations

import copy
from bisect import insort
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import takewhile
from typing import TypeVar

from mingma.codes.decision import Decision
from mingma.evidence.model import Fact
from mingma.kernel.errors import Problem
from mingma.kernel.times import Instant
from mingma.records import (
    ERASED,
    AlreadyThere,
    Batch,
    Emergency,
    Misused,
    Notice,
    NotThere,
    Outgoing,
    Person,
    Received,
    Record,
    Source,
    Stale,
    Turned,
)
from mingma.storage.memory.state import State
from mingma.storage.personal import NAMING, OWN, SHARED, going, whose
from mingma.storage.rows import as_ended, in_force

K = TypeVar("K")
V = TypeVar("V")


class MemoryUnit:
    """One transaction: reads the state it was given, writes to copies of its dictionaries."""

    def __init__(self, state: State, *, writes: bool) -> None:
        self._state = copy.copy(state)
        self._writes = writes
        self._own: set[str] = set()
        self._about: set[str] = set()  # people who must be there at the end
        self._open = True
        self._spoiled = False

    def kept(self) -> State:
        """The state to keep; refused where a part of the unit was refused."""
        if self._spoiled:
            raise Misused(how="a unit went on after one of its writes was refused")
        if not self._about <= self._state.people.keys():
            raise NotThere(what="person")
        return self._state

    def end(self) -> None:
        """Refuse any later use."""
        self._open = False

    @property
    def _now(self) -> State:
        if not self._open:
            raise Misused(how="a unit was used after its end")
        return self._state

    def _change(self, *names: str) -> State:
        """The state, with these dictionaries this unit's own."""
        now = self._now
        if not self._writes:
            raise Misused(how="a write through a unit that only reads")
        for name in names:
            if name not in self._own:
                setattr(now, name, dict(getattr(now, name)))
                self._own.add(name)
        return now

    def _refuse(self, problem: type[Problem], what: str) -> Problem:
        self._spoiled = True
        return problem(what=what)

    def _put(self, table: dict[K, V], key: K, value: V, what: str) -> None:
        if key in table:
            raise self._refuse(AlreadyThere, what)
        table[key] = value

    def _need_person(self, ref: str, what: str) -> None:
        if ref not in self._now.people:
            raise self._refuse(NotThere, what)

    # -- people

    def people(self, refs: Collection[str]) -> Mapping[str, Person]:
        people = self._now.people
        return {ref: people[ref] for ref in refs if ref in people}

    def add_people(self, people: Iterable[Person]) -> None:
        now = self._change("people")
        for person in people:
            self._put(now.people, person.ref, person, "person")

    def refs(self, after: str, limit: int) -> Sequence[str]:
        return sorted(ref for ref in self._now.people if ref > after)[:limit]

    def count_events(self, counts: Mapping[str, int]) -> None:
        now = self._change("people")
        for ref, count in counts.items():
            person = now.people.get(ref)
            if person is None or count <= person.events:
                raise self._refuse(Stale, "event count")
            now.people[ref] = replace(person, events=count)

    def erase(self, refs: Collection[str]) -> int:
        now = self._change(
            "people", "receipts", "facts", "decisions", "notices", "records", "sealed",
        )  # fmt: skip
        gone = set(refs) & now.people.keys()
        if any(subject in gone for subject, _ in now.waiting):
            raise self._refuse(Stale, "leaf")
        for ref in gone:
            for source, fact in now.facts.pop(ref, ()):
                del now.receipts[source, fact.id]
            now.decisions.pop(ref, None)
            now.notices.pop(ref, None)
            del now.people[ref]
        now.sealed = {
            (ERASED, index) if act[0] in gone else act: index for act, index in now.sealed.items()
        }
        self._erase_records(gone)
        return len(gone)

    def _erase_records(self, gone: Collection[str]) -> None:
        """What is kept of erased people in records of other kinds."""
        kept, people = self._now.records, self._now.people
        own = [one for one in kept.values() if one.kind in OWN and whose(one.id) in gone]
        named = [one for one in kept.values() if one.kind in NAMING | SHARED]
        for record in (*own, *going(named, gone, people.keys().__and__)):
            del kept[record.kind, record.id]

    # -- evidence

    def known(self, source: str, ids: Collection[str]) -> Mapping[str, bytes]:
        receipts = self._now.receipts
        return {id: receipts[source, id] for id in ids if (source, id) in receipts}

    def add_facts(self, received: Iterable[tuple[Received, bytes]]) -> None:
        now = self._change("receipts", "facts", "channels")
        fresh: dict[str, list[tuple[str, Fact]]] = {}
        for one, digest in received:
            fact = one.fact
            self._put(now.receipts, (one.source, fact.id), digest, "fact")
            self._about.add(fact.subject)
            if fact.subject not in fresh:
                fresh[fact.subject] = list(now.facts.get(fact.subject, ()))
            insort(fresh[fact.subject], (one.source, fact), key=_order)
            last = now.channels.get(fact.kind, one.received_at)
            now.channels[fact.kind] = max(last, one.received_at)
        now.facts.update({subject: tuple(facts) for subject, facts in fresh.items()})

    def facts_of(self, subjects: Collection[str]) -> Mapping[str, Sequence[Fact]]:
        facts = self._now.facts
        return {subject: [fact for _, fact in facts.get(subject, ())] for subject in subjects}

    def digests(self, subjects: Collection[str]) -> Mapping[str, Collection[bytes]]:
        receipts = self._now.receipts
        found: dict[str, set[bytes]] = {}
        for subject in subjects:
            for source, fact in self._now.facts.get(subject, ()):
                if (source, fact.id) in receipts:
                    found.setdefault(fact.id, set()).add(receipts[source, fact.id])
        return found

    def add_batch(self, batch: Batch, turned: Iterable[Turned]) -> None:
        now = self._change("batches")
        lines = tuple(sorted(turned, key=lambda one: one.line))
        now.batches.setdefault((batch.source, batch.id), (batch, lines))

    def batch(self, source: str, id: str) -> Batch | None:
        found = self._now.batches.get((source, id))
        return found[0] if found else None

    def turned(self, source: str, batch: str) -> Sequence[Turned]:
        found = self._now.batches.get((source, batch))
        return list(found[1]) if found else []

    def erase_turned(self, before: Instant) -> int:
        now, gone = self._change("batches"), 0
        for key, (batch, lines) in list(now.batches.items()):
            if batch.received_at < before:
                now.batches[key] = (batch, ())
                gone += len(lines)
        return gone

    def channel_ages(self) -> Mapping[str, Instant]:
        return dict(self._now.channels)

    # -- decisions

    def decisions_in_force(self, subjects: Collection[str]) -> Mapping[str, Decision]:
        decisions = self._now.decisions
        return {
            subject: decisions[subject][max(decisions[subject])]
            for subject in subjects
            if subject in decisions
        }

    def decisions_of(self, subject: str) -> Sequence[Decision]:
        return [one for _, one in sorted(self._now.decisions.get(subject, {}).items())]

    def add_decisions(
        self, decisions: Iterable[Decision], notices: Iterable[Notice], leaves: Iterable[Outgoing]
    ) -> None:
        now = self._change("decisions", "notices")
        for decision in decisions:
            self._need_person(decision.subject, "decision")
            decided = dict(now.decisions.get(decision.subject, {}))
            self._put(decided, decision.number, decision, "decision")
            now.decisions[decision.subject] = decided
        for notice in notices:
            if notice.number not in now.decisions.get(notice.subject, {}):
                raise self._refuse(NotThere, "notice")
            told = dict(now.notices.get(notice.subject, {}))
            self._put(told, notice.number, notice, "notice")
            now.notices[notice.subject] = told
        self.add_leaves(leaves)

    def notices_of(self, subject: str) -> Sequence[Notice]:
        told = self._now.notices.get(subject, {})
        return [notice for _, notice in sorted(told.items(), reverse=True)]

    # -- ledger

    def add_leaves(self, leaves: Iterable[Outgoing]) -> None:
        now = self._change("waiting")
        for leaf in leaves:
            act = (leaf.subject, leaf.number)
            if act in now.sealed:
                raise self._refuse(AlreadyThere, "leaf")
            self._put(now.waiting, act, leaf, "leaf")

    def pool(self, limit: int) -> Sequence[Outgoing]:
        waiting = self._now.waiting.values()
        return sorted(waiting, key=lambda one: (one.committed_at, one.subject, one.number))[:limit]

    def waiting(self) -> int:
        return len(self._now.waiting)

    def seal(self, size: int, entries: Sequence[bytes], head: bytes) -> None:
        now = self._change()
        if len(now.leaves) != size:
            raise self._refuse(Stale, "head of the log")
        now.leaves = (*now.leaves, *entries)
        now.head = head

    def add_acts(self, start: int, leaves: Sequence[Outgoing]) -> None:
        now = self._change("waiting", "sealed")
        taken = set(now.sealed.values())
        for index, leaf in enumerate(leaves, start):
            act = (leaf.subject, leaf.number)
            if index in taken or now.waiting.pop(act, None) is None:
                raise self._refuse(Stale, "leaf")
            now.sealed[act] = index

    def head(self) -> tuple[int, bytes]:
        return len(self._now.leaves), self._now.head

    def leaves(self, start: int, end: int) -> Sequence[bytes]:
        return list(self._now.leaves[start:end])

    def index_of(self, subject: str, number: int) -> int | None:
        return self._now.sealed.get((subject, number))

    def acts(self, start: int, end: int) -> Sequence[tuple[str, int]]:
        by_index = {index: act for act, index in self._now.sealed.items()}
        named = takewhile(by_index.__contains__, range(start, end))
        return [by_index[index] for index in named]

    # -- the instance

    def add_source(self, source: Source) -> None:
        self._put(self._change("sources").sources, source.id, source, "source")

    def sources(self) -> Mapping[str, Source]:
        return dict(self._now.sources)

    def add_emergency(self, emergency: Emergency) -> None:
        now = self._change("emergencies")
        self._put(now.emergencies, emergency.id, (emergency, None), "emergency")

    def end_emergency(self, id: str, at: Instant) -> None:
        now = self._change("emergencies")
        if id not in now.emergencies:
            raise self._refuse(NotThere, "emergency")
        emergency, ended = now.emergencies[id]
        now.emergencies[id] = (emergency, at if ended is None else min(at, ended))

    def emergencies(self) -> Sequence[Emergency]:
        return as_ended(list(self._now.emergencies.values()))

    def emergency_at(self, instant: Instant) -> Emergency | None:
        return in_force(list(self._now.emergencies.values()), instant)

    def add_record(self, record: Record) -> None:
        self._put(self._change("records").records, (record.kind, record.id), record, "record")

    def records(self, kind: str) -> Sequence[Record]:
        found = [record for record in self._now.records.values() if record.kind == kind]
        return sorted(found, key=lambda one: (one.at, one.id))

    def last_record(self, kind: str, prefix: str) -> Record | None:
        records = self._now.records
        found = [key for key in records if key[0] == kind and key[1].startswith(prefix)]
        return records[max(found)] if found else None

    def newest_record(self, kind: str) -> Record | None:
        return self.last_record(kind, "")

    def first_record(self, kind: str, id: str) -> Record | None:
        records = self._now.records
        found = [key for key in records if key[0] == kind and key[1] >= id]
        return records[min(found)] if found else None

    def records_under(self, kind: str, prefix: str) -> Sequence[Record]:
        records = self._now.records
        found = [key for key in records if key[0] == kind and key[1].startswith(prefix)]
        return [records[key] for key in sorted(found)]

    def statistics(self) -> Mapping[str, int]:
        now = self._now
        return {
            "people": len(now.people),
            "facts": len(now.receipts),
            "decisions": sum(map(len, now.decisions.values())),
            "leaves": len(now.leaves),
            "waiting": len(now.waiting),
        }


def _order(one: tuple[str, Fact]) -> tuple[int, str, str]:
    source, fact = one
    return fact.at, fact.id, source
