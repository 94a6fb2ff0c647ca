"""Reconcile: hold the rows of the database against the leaves of its log, both ways.

Whoever can write to the database can edit, insert, delete or bring back rows; the log shows which.
Read in one snapshot, page by page, so a million people take no more memory than a thousand. What
is found is named by its leaf where it has one; whose it is stands apart, for the operator's auditor
alone. Nothing is mended here, and nothing found makes anybody's code worse.
"""

from __future__ import annotations

import contextlib
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import Final

from mingma.codes.decide import Cover, decide
from mingma.codes.decision import Decision
from mingma.codes.notice import notice_of
from mingma.evidence.model import Fact
from mingma.flows.context import Context
from mingma.flows.cosigned import COSIGNED, size_id
from mingma.flows.decide import verdicts_of
from mingma.flows.emergency import INSTANCE
from mingma.flows.receive_evidence import AHEAD, digest_of
from mingma.flows.renew_everyone import BASIS, basis_of
from mingma.flows.seal import EVERYTHING, stored_head
from mingma.flows.standing_evidence import links_of, standing_evidence
from mingma.kernel.errors import Broken, Malformed, Problem
from mingma.kernel.times import HOUR, Instant, day_of
from mingma.ledger.audit_tags import Suspects
from mingma.ledger.checkpoint import parse_checkpoint
from mingma.ledger.commitment import ENROLMENT, commitment, enrolment, nonce, tag
from mingma.ledger.frontier import Frontier
from mingma.ledger.leaf import Kind, Leaf, LeafUnreadable, parse, parse_unsealed
from mingma.ledger.note import parse_note
from mingma.people.provisional import Links
from mingma.ports import ERASED, Notice, Person, Unit
from mingma.rules.assess import known_since

PAGE: Final = 1000  # leaves, or people, that are looked at together
LOOKED_AT: Final = 10_000  # newest leaves that are looked at before a start: some seconds
AROUND_MIDNIGHT: Final = 60  # seconds: an act just before midnight may be sealed just after it
WAITS: Final = HOUR  # longer no leaf waits for its seal
LOSS: Final = "loss"  # the kind of records that are signed statements of a loss, by its first leaf
LOST: Final = "lost:"  # whose act a leaf is that came back from the published files


class Amiss(StrEnum):
    """What does not fit. A closed list (docs/guides/audit.md)."""

    HEAD = "head"
    COSIGNED = "cosigned_head"
    LEAF_UNREADABLE = "leaf_unreadable"
    ACT_MISSING = "act_missing"
    PERSON_MISSING = "person_missing"
    KEY_DIFFERS = "key_differs"
    TAG_DIFFERS = "tag_differs"
    DECISION_MISSING = "decision_missing"
    DECISION_UNREADABLE = "decision_unreadable"
    DECISION_DIFFERS = "decision_differs"
    DECISION_WITHOUT_LEAF = "decision_without_leaf"
    OTHER_KIND = "other_kind"
    BACK_DATED = "back_dated"
    EVENT_MISSING = "event_missing"
    EVENT_HIDDEN = "event_hidden"
    NOTICE_MISSING = "notice_missing"
    NOTICE_DIFFERS = "notice_differs"
    FACT_UNREADABLE = "fact_unreadable"
    FACT_DIFFERS = "fact_differs"
    FACT_WITHOUT_RECEIPT = "fact_without_receipt"
    FACTS_MISSING = "facts_missing"
    EVIDENCE_MISSING = "evidence_missing"
    EVIDENCE_LATER = "evidence_later"
    REPLAY_DIFFERS = "replay_differs"
    NOT_COMPARABLE = "not_comparable"
    WAITS_LONG = "waits_long"
    OUTBOX_UNREADABLE = "outbox_unreadable"


# What honest operation can bring about: said, and no reason to refuse a start.
HARMLESS: Final = frozenset({Amiss.BACK_DATED, Amiss.NOT_COMPARABLE, Amiss.WAITS_LONG})


@dataclass(frozen=True, slots=True)
class Found:
    """What is amiss: at which leaf, with whose which event, and in what."""

    word: Amiss
    index: int | None = None
    subject: str | None = None
    number: int | None = None
    what: str = ""


class RowsDoNotFit(Broken):
    """Rows of the database that are not those of its log. Nothing starts on them."""

    slug = "ledger.rows_do_not_fit"
    zh = "数据库的记录与日志不符({count} 处,第一处:`{word}`,第 {index} 片叶)"
    en = (
        "the database's rows do not fit its log ({count} places; the first: `{word}`, leaf {index})"
    )
    remedy_zh = "请用 mingma audit --database 查明;恢复正确的数据库之后再启动"
    remedy_en = "run mingma audit --database, and start again once the right database is back"


def reconcile(unit: Unit, context: Context, now: Instant) -> Iterator[Found]:
    """Everything that does not fit, in one snapshot: the log, the people, what waits."""
    size, head = unit.head()
    walk = _Log(unit, Suspects(size))
    yield from walk.all(size, head)
    yield from _People(unit, context, now, walk.nobody_s).all()
    yield from _waiting(unit, now)


def look_at_the_newest(unit: Unit, leaves: int) -> Iterator[Found]:
    """What does not fit among so many newest leaves: the look before a start."""
    size, head = unit.head()
    yield from _check_head(size, head, None)
    walk = _Log(unit, Suspects(0))
    for start in range(max(0, size - leaves), size, PAGE):
        yield from walk.page(start, min(start + PAGE, size))


def must_fit(found: Iterator[Found]) -> None:
    """Raise RowsDoNotFit if anything but the harmless was found."""
    grave = [one for one in found if one.word not in HARMLESS]
    if grave:
        first = grave[0]
        index = "–" if first.index is None else first.index
        raise RowsDoNotFit(count=len(grave), word=first.word, index=index)


def _check_head(size: int, head: bytes, root: bytes | None) -> Iterator[Found]:
    """The stored head is of this size and, where it was reckoned, of this root."""
    if not size and not head:
        return
    try:
        _, checkpoint = stored_head(head, size)
    except Problem as problem:
        yield Found(Amiss.HEAD, what=problem.slug)
        return
    if root is not None and checkpoint.root != root:
        yield Found(Amiss.HEAD, what="root")


class _Log:
    """The walk over the leaves: each has the row it speaks of, and that row is what it commits to.

    Leaves brought back from the published files have no rows. Those of people who were erased have
    none either, and there are no more such people than `erase.batch` leaves say.
    """

    def __init__(self, unit: Unit, nobody_s: Suspects) -> None:
        self.nobody_s = nobody_s  # tags of leaves that have no person
        self._unit = unit
        self._losses = _losses(unit)
        self._beside: set[tuple[str, int]] = set()  # few
        self._said_erased = 0
        self._erased: Found | None = None  # the first enrolment of somebody who was erased
        self._gone = 0

    def all(self, size: int, head: bytes) -> Iterator[Found]:
        """Every leaf, and every head over them."""
        frontier = Frontier()
        for start in range(0, size, PAGE):
            end = min(start + PAGE, size)
            entries = self._unit.leaves(start, end)
            if len(entries) != end - start:
                yield Found(Amiss.HEAD, start, what="leaves")
                return
            frontier = yield from self._cosigned(frontier, entries)
            yield from self.page(start, end)
        yield from _check_head(size, head, frontier.root())
        if self._erased is not None and self._gone > self._said_erased:
            yield self._erased

    def _cosigned(
        self, frontier: Frontier, entries: Sequence[bytes]
    ) -> Generator[Found, None, Frontier]:
        """Grow the frontier; the roots that witnesses cosigned on the way are its own."""
        end, done = frontier.size + len(entries), frontier.size
        for size, root in _cosigned_heads(self._unit, frontier.size + 1, end):
            frontier = frontier.grown(entries[frontier.size - done : size - done])
            if frontier.root() != root:
                yield Found(Amiss.COSIGNED, size - 1, what="root")
        return frontier.grown(entries[frontier.size - done :])

    def page(self, start: int, end: int) -> Iterator[Found]:
        """The leaves [start, end) against the rows they speak of."""
        entries, acts = self._unit.leaves(start, end), self._unit.acts(start, end)
        if len(acts) != len(entries):
            yield Found(Amiss.ACT_MISSING, start)
            return
        refs = {subject for subject, _ in acts}
        people = self._unit.people(refs)
        decided: dict[str, dict[int, Decision] | None] = {}
        for index, (entry, (subject, number)) in enumerate(zip(entries, acts, strict=True), start):
            try:
                leaf, sealed_on = parse(entry)
            except LeafUnreadable:
                yield Found(Amiss.LEAF_UNREADABLE, index)
                continue
            if leaf.kind is Kind.ERASE_BATCH:
                self._said_erased += leaf.count or 0
            if self._is_nobody_s(subject, leaf, index):
                continue
            person = people.get(subject)
            if person is None:
                yield Found(Amiss.PERSON_MISSING, index, subject, number)
                continue
            if subject not in decided:
                decided[subject] = self._decisions(subject)
                yield from self._check_beside(person, decided[subject] or {})
            for word in _check_leaf(leaf, sealed_on, person, number, decided[subject]):
                if word is not Amiss.DECISION_MISSING or not self._is_lost(index):
                    yield Found(word, index, subject, number)

    def _is_nobody_s(self, subject: str, leaf: Leaf, index: int) -> bool:
        """Whether a leaf has no rows by right: of nobody, of somebody erased, or lost with them."""
        lost = subject.startswith(LOST) and self._is_lost(index)
        if leaf.tag is not None and (lost or subject == ERASED):
            self.nobody_s.see(leaf.tag)
        if subject == ERASED:
            if leaf.kind is Kind.ENROL:
                self._gone += 1
                self._erased = self._erased or Found(Amiss.PERSON_MISSING, index, what=ERASED)
            return True
        return lost or leaf.tag is None

    def _check_beside(self, person: Person, decided: Mapping[int, Decision]) -> Iterator[Found]:
        """No decision stands beside the person's events, or without a leaf; said once."""
        for number in decided.keys() - range(ENROLMENT + 1, person.events + 1):
            if (person.ref, number) not in self._beside:
                self._beside.add((person.ref, number))
                yield Found(Amiss.DECISION_WITHOUT_LEAF, None, person.ref, number)

    def _is_lost(self, index: int) -> bool:
        """Whether two organs have signed that the rows of this leaf were lost."""
        return any(start <= index < end for start, end in self._losses)

    def _decisions(self, subject: str) -> dict[int, Decision] | None:
        """A person's decisions by number; None where one of them cannot be read."""
        try:
            return {one.number: one for one in self._unit.decisions_of(subject)}
        except Problem:
            return None


def _losses(unit: Unit) -> list[tuple[int, int]]:
    """The ranges of leaves whose rows were lost: by statements that a leaf of the log tells of."""
    ranges = []
    for record in unit.records(LOSS):
        index = unit.index_of(f"{INSTANCE}:{LOSS}", int(record.id))
        if index is None:
            continue
        with contextlib.suppress(Malformed):
            leaf, _ = parse(unit.leaves(index, index + 1)[0])
            digest = sha256(parse_note(record.body).text.encode()).digest()
            if leaf.kind is Kind.LOSS_ACCEPT and leaf.digest == digest:
                ranges.append((leaf.index or 0, leaf.end or 0))
    return ranges


def _cosigned_heads(unit: Unit, first: int, last: int) -> Iterator[tuple[int, bytes]]:
    """Size and root of the cosigned heads of these sizes."""
    while first <= last:
        record = unit.first_record(COSIGNED, size_id(first))
        if record is None:
            return
        size, root = int(record.id), b""
        with contextlib.suppress(Malformed):  # then the root is nobody's
            root = parse_checkpoint(parse_note(record.body).text).root
        if size > last:
            return
        yield size, root
        first = size + 1


def _check_leaf(
    leaf: Leaf, sealed_on: int, person: Person, number: int, decided: Mapping[int, Decision] | None
) -> Iterator[Amiss]:
    """What is amiss between a person's leaf and her rows."""
    if leaf.tag is not None and leaf.tag != tag(person.key, number):
        yield Amiss.TAG_DIFFERS
    if leaf.kind is Kind.ENROL and (
        number != ENROLMENT or leaf.commitment != enrolment(person.key)
    ):
        yield Amiss.KEY_DIFFERS
    if decided is None:
        yield Amiss.DECISION_UNREADABLE
        return
    decision = decided.get(number)
    decides = leaf.kind in {Kind.DECISION, Kind.FALL}
    if decision is None:
        if decides:
            yield Amiss.DECISION_MISSING
        return
    if not decides:
        yield Amiss.OTHER_KIND
    elif leaf.commitment != commitment(nonce(person.key, number), decision.body()):
        yield Amiss.DECISION_DIFFERS
    elif sealed_on not in _days_of(decision.decided_at):
        yield Amiss.BACK_DATED


def _days_of(instant: int) -> set[int]:
    return {day_of(instant - AROUND_MIDNIGHT), day_of(instant), day_of(instant + AROUND_MIDNIGHT)}


class _People:
    """The walk over the people: events, their leaves and notices, evidence, and the code of it."""

    def __init__(self, unit: Unit, context: Context, now: Instant, nobody_s: Suspects) -> None:
        self._unit = unit
        self._nobody_s = nobody_s
        self._hidden: dict[bytes, tuple[str, int]] = {}  # next tags that may be nobody's leaf
        self._context = context
        self._now = now
        self._links: Links = links_of(unit)
        self._facts = 0
        self._waiting: set[tuple[str, int]] = set()  # read when it is first asked for
        emergency = unit.emergency_at(now)
        self._cover = Cover(emergency.id, emergency.ends) if emergency else None

    def all(self) -> Iterator[Found]:
        """Everybody, in order of reference."""
        comparable = self._comparable()
        if not comparable:
            yield Found(Amiss.NOT_COMPARABLE, what="packs, area list or emergency have changed")
        after = ""
        while page := self._unit.refs(after, PAGE):
            after = page[-1]
            yield from self._page(page, comparable=comparable)
        receipts = self._unit.statistics()["facts"]
        if receipts > self._facts:
            yield Found(Amiss.FACTS_MISSING, what=str(receipts - self._facts))
        yield from self._check_hidden()

    def _comparable(self) -> bool:
        """Whether everybody was decided on the packs, areas and emergency of now."""
        last = self._unit.last_record(BASIS, "")
        return last is None or last.body == basis_of(self._unit, self._context, self._now)

    def _page(self, page: Sequence[str], *, comparable: bool) -> Iterator[Found]:
        people = self._unit.people(page)
        own, unreadable = self._own_facts(page)
        for subject in unreadable:
            yield Found(Amiss.FACT_UNREADABLE, subject=subject)
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
        except Problem:
            pass
        own: dict[str, Sequence[Fact]] = {}
        unreadable = set()
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
                if fact.id not in known:
                    yield Found(Amiss.FACT_WITHOUT_RECEIPT, subject=fact.subject, what=fact.kind)
                elif known[fact.id] != digest_of(fact):
                    yield Found(Amiss.FACT_DIFFERS, subject=fact.subject, what=fact.kind)

    def _check_person(
        self, person: Person, facts: Sequence[Fact], *, comparable: bool
    ) -> Iterator[Found]:
        try:
            decisions = self._unit.decisions_of(person.ref)
            notices = {one.number: one for one in self._unit.notices_of(person.ref)}
        except Problem:
            return  # the walk over the leaves named it
        yield from self._check_events(person)
        for at, decision in enumerate(decisions):
            yield from self._check_notice(decision, decisions[:at], notices)
            yield from self._check_evidence(decision, facts)
        if comparable and decisions:
            yield from self._replay(person, decisions[-1], facts)

    def _check_events(self, person: Person) -> Iterator[Found]:
        """Each event has a leaf, sealed or waiting."""
        for number in range(person.events + 1):
            if self._unit.index_of(person.ref, number) is None:
                self._waiting = self._waiting or _acts_waiting(self._unit)
                if (person.ref, number) not in self._waiting:
                    yield Found(Amiss.EVENT_MISSING, None, person.ref, number)
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
        index = self._unit.index_of(decision.subject, decision.number)
        if told is None and None not in owed:
            yield Found(Amiss.NOTICE_MISSING, index, decision.subject, decision.number)
        elif told is not None and told.body not in {*owed, notice_of(None, decision)}:
            yield Found(Amiss.NOTICE_DIFFERS, index, decision.subject, decision.number)

    def _check_evidence(self, decision: Decision, facts: Sequence[Fact]) -> Iterator[Found]:
        """What a decision cites is there, and was known when it was made."""
        there = {fact.id: fact for fact in facts}
        index = self._unit.index_of(decision.subject, decision.number)
        for id in sorted({id for span in decision.spans for id in span.evidence}):
            fact = there.get(id)
            if fact is None:
                if not self._links.records:  # a merge or split moves what stands for a person
                    yield Found(Amiss.EVIDENCE_MISSING, index, decision.subject, decision.number)
            elif known_since(fact) > decision.decided_at + AHEAD:
                yield Found(Amiss.EVIDENCE_LATER, index, decision.subject, decision.number)

    def _replay(self, person: Person, decision: Decision, facts: Sequence[Fact]) -> Iterator[Found]:
        """Deciding anew on what is stored would change nothing."""
        if decision.packs != self._context.book.refs or decision.emergency != (
            self._cover.id if self._cover else None
        ):
            return  # another edition or emergency: `renew_everyone` is for that
        verdict = verdicts_of(self._context, {person.ref: facts}, self._now)[person.ref]
        if decide(verdict, decision, person.events + 1, self._cover) is not None:
            index = self._unit.index_of(person.ref, decision.number)
            yield Found(Amiss.REPLAY_DIFFERS, index, person.ref, decision.number)


def _acts_waiting(unit: Unit) -> set[tuple[str, int]]:
    return {(one.subject, one.number) for one in unit.pool(EVERYTHING)}


def _waiting(unit: Unit, now: Instant) -> Iterator[Found]:
    """What waits for the seal can be sealed, and has not waited long."""
    for one in unit.pool(PAGE):
        try:
            parse_unsealed(one.unsealed)
        except LeafUnreadable:
            yield Found(Amiss.OUTBOX_UNREADABLE, None, one.subject, one.number)
        if not now - WAITS <= one.committed_at <= now + AROUND_MIDNIGHT:
            yield Found(Amiss.WAITS_LONG, None, one.subject, one.number)
