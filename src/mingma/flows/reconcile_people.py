"""Hold each person's rows against the log: events, notices, evidence, and the code they give."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence

from mingma.codes.decision import Decision
from mingma.codes.notice import notice_of
from mingma.evidence.model import Fact
from mingma.evidence.record import digest_of
from mingma.flows.context import Context
from mingma.flows.kept_appeals import fallen_for
from mingma.flows.reconcile_appeals import without_leaf
from mingma.flows.reconcile_found import PAGE, Amiss, Found, decisions_of
from mingma.flows.reconcile_replay import Replay
from mingma.flows.record_door import AHEAD
from mingma.flows.seal import EVERYTHING
from mingma.flows.standing_evidence import links_of, standing_evidence
from mingma.kernel.errors import Problem
from mingma.kernel.times import Instant
from mingma.ledger.audit_tags import Suspects
from mingma.ledger.commitment import ENROLMENT, tag
from mingma.ledger.leaf import parse
from mingma.ledger.leaf_values import LeafUnreadable
from mingma.people.provisional import Links
from mingma.ports import Unit
from mingma.records import Notice, Person
from mingma.rules.assess import known_since


class People:
    """The walk over the people. `nobody_s` knows the tags of leaves that have no person."""

    def __init__(self, unit: Unit, context: Context, now: Instant, nobody_s: Suspects) -> None:
        self._unit = unit
        self._nobody_s = nobody_s
        self._hidden: dict[bytes, tuple[str, int]] = {}  # next tags that may be nobody's leaf
        self._context = context
        self._now = now
        self._links: Links = links_of(unit)
        self._facts = 0
        self._waiting: set[tuple[str, int]] = set()  # read when it is first asked for
        self._replay = Replay(unit, context, now)

    def by_page(self) -> Iterator[Sequence[Found]]:
        """Everybody, in order of reference."""
        comparable = self._replay.is_comparable()
        if not comparable:
            yield [Found(Amiss.NOT_COMPARABLE, what="packs, area list or emergency have changed")]
        after = ""
        while page := self._unit.refs(after, PAGE):
            after = page[-1]
            yield list(self._page(page, comparable=comparable))
        yield [*self._check_count(), *self._check_hidden()]

    def some(self, refs: Sequence[str]) -> Iterator[Found]:
        """These people alone."""
        yield from self._page(refs, comparable=self._replay.is_comparable())

    def _check_count(self) -> Iterator[Found]:
        """As much is stored as came in."""
        receipts = self._unit.statistics()["facts"]
        if receipts > self._facts:
            yield Found(Amiss.FACTS_MISSING, what=str(receipts - self._facts))

    def _page(self, page: Sequence[str], *, comparable: bool) -> Iterator[Found]:
        people = self._unit.people(page)
        own, unreadable = self._own_facts(page)
        for subject in unreadable:
            yield Found(Amiss.FACT_UNREADABLE, self._unit.index_of(subject, ENROLMENT), subject)
        readable = [subject for subject in page if subject not in unreadable]
        yield from self._check_facts(own)
        standing: Mapping[str, Sequence[Fact]] = {}
        try:
            standing = standing_evidence(self._unit, readable, self._now, self._links)
        except Problem:  # of somebody these are linked with, who is named in her own page
            comparable = False
        for subject in readable:
            facts = standing.get(subject, ())
            yield from self._check_person(people[subject], facts, comparable=comparable)

    def _own_facts(self, page: Sequence[str]) -> tuple[Mapping[str, Sequence[Fact]], set[str]]:
        """The facts of each, and whose cannot be read."""
        try:
            return self._unit.facts_of(page), set()
        except Problem:  # of somebody on this page: asking for each alone tells who
            own, unreadable = dict[str, Sequence[Fact]](), set[str]()
        for subject in page:
            try:
                own |= self._unit.facts_of([subject])
            except Problem:
                unreadable.add(subject)
        return own, unreadable

    def _check_facts(self, own: Mapping[str, Sequence[Fact]]) -> Iterator[Found]:
        """Each fact is the one that came in: known by source and id, with this very content."""
        by_source: dict[str, list[Fact]] = {}
        for facts in own.values():
            self._facts += len(facts)
            for fact in facts:
                by_source.setdefault(fact.id.partition("/")[0], []).append(fact)
        for source, facts in by_source.items():
            known = self._unit.known(source, {fact.id for fact in facts})
            for fact in facts:
                word = Amiss.FACT_WITHOUT_RECEIPT if fact.id not in known else Amiss.FACT_DIFFERS
                if not self._vouches(fact, known.get(fact.id)):
                    yield Found(word, self._leaf_about(fact), fact.subject, what=fact.kind)

    def _vouches(self, fact: Fact, digest: bytes | None) -> bool:
        """Whether the fact is the one admitted; without the key, whether any such was."""
        key = self._context.evidence_key
        return digest is not None and (not key or digest == digest_of(fact, key))

    def _leaf_of(self, subject: str, number: int) -> int | None:
        """The leaf of an event; that of the enrolment while it waits."""
        index = self._unit.index_of(subject, number)
        return self._unit.index_of(subject, ENROLMENT) if index is None else index

    def _leaf_about(self, fact: Fact) -> int | None:
        """The leaf of the first decision of hers that cites a fact, else of her enrolment."""
        for one in decisions_of(self._unit, fact.subject) or ():
            if any(fact.id in span.evidence for span in one.spans):
                return self._leaf_of(fact.subject, one.number)
        return self._unit.index_of(fact.subject, ENROLMENT)

    def _check_person(
        self, person: Person, facts: Sequence[Fact], *, comparable: bool
    ) -> Iterator[Found]:
        try:
            decisions = self._unit.decisions_of(person.ref)
            notices = {one.number: one for one in self._unit.notices_of(person.ref)}
        except Problem:
            return  # the walk over the leaves named it
        yield from self._check_events(person)
        for number in without_leaf(self._unit, person):
            yield Found(Amiss.APPEAL_WITHOUT_LEAF, None, person.ref, number)
        gone = fallen_for(self._unit, person.ref, self._now)
        for at, decision in enumerate(decisions):
            # What showed before was a decision as made, or what appeals had left of it.
            earlier = [*decisions[:at], *(one.without(gone) for one in decisions[:at] if gone)]
            yield from self._check_notice(decision, earlier, notices)
            yield from self._check_evidence(decision, facts)
        for number in sorted(notices.keys() - {one.number for one in decisions}):
            index = self._unit.index_of(person.ref, ENROLMENT)
            yield Found(Amiss.NOTICE_DIFFERS, index, person.ref, number, "no decision")
        if comparable and decisions and self._replay.differs(person, decisions[-1], facts, gone):
            index = self._leaf_of(person.ref, decisions[-1].number)
            yield Found(Amiss.REPLAY_DIFFERS, index, person.ref, decisions[-1].number)

    def _check_events(self, person: Person) -> Iterator[Found]:
        """Each event has a leaf, sealed or waiting."""
        for number in range(person.events + 1):
            if self._unit.index_of(person.ref, number) is None:
                self._waiting = self._waiting or {
                    (one.subject, one.number) for one in self._unit.pool(EVERYTHING)
                }
                if (person.ref, number) not in self._waiting:
                    index = self._unit.index_of(person.ref, ENROLMENT)
                    yield Found(Amiss.EVENT_MISSING, index, person.ref, number)
        following = tag(person.key, person.events + 1)
        if self._nobody_s.may_have(following):
            self._hidden[following] = (person.ref, person.events + 1)

    def _check_hidden(self) -> Iterator[Found]:
        """No leaf that is said to be nobody's is the next event of somebody who is here."""
        size, _ = self._unit.head()
        for start in range(0, size if self._hidden else 0, PAGE):
            for index, entry in enumerate(self._unit.leaves(start, start + PAGE), start):
                with contextlib.suppress(LeafUnreadable):
                    found = self._hidden.get(parse(entry)[0].tag or b"")
                    if found is not None:
                        yield Found(Amiss.EVENT_HIDDEN, index, *found)

    def _check_notice(
        self, decision: Decision, earlier: Sequence[Decision], notices: Mapping[int, Notice]
    ) -> Iterator[Found]:
        """A change that can be seen was told; a void decision's place may be an earlier one's."""
        owed = {notice_of(before, decision) for before in earlier} or {notice_of(None, decision)}
        told = notices.get(decision.number)
        index = self._leaf_of(decision.subject, decision.number)
        if told is None and None not in owed:
            yield Found(Amiss.NOTICE_MISSING, index, decision.subject, decision.number)
        elif told is not None and told.body not in {*owed, notice_of(None, decision)}:
            yield Found(Amiss.NOTICE_DIFFERS, index, decision.subject, decision.number)
        elif told is not None and told.at != decision.decided_at:
            yield Found(Amiss.NOTICE_DIFFERS, index, decision.subject, decision.number, "instant")

    def _check_evidence(self, decision: Decision, facts: Sequence[Fact]) -> Iterator[Found]:
        """What a decision cites is there, and was known when it was made."""
        there = {fact.id: fact for fact in facts}
        index = self._leaf_of(decision.subject, decision.number)
        for id in sorted({id for span in decision.spans for id in span.evidence}):
            fact = there.get(id)
            if fact is None:
                if not self._links.records:  # a merge or split moves what stands for a person
                    yield Found(Amiss.EVIDENCE_MISSING, index, decision.subject, decision.number)
            elif known_since(fact) > decision.decided_at + AHEAD:
                yield Found(Amiss.EVIDENCE_LATER, index, decision.subject, decision.number)
