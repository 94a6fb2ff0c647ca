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
from mingma.evidence.record import digest_of
from mingma.flows.context import Context
from mingma.flows.cosigned import COSIGNED, COSIGNED_MLDSA, GRACE, cosigned_size, size_id
from mingma.flows.decide import verdicts_of
from mingma.flows.emergency import INSTANCE, declaration
from mingma.flows.kept_appeals import fallen_for
from mingma.flows.publish_policy import POLICY
from mingma.flows.receive_evidence import AHEAD
from mingma.flows.reconcile_appeals import leaf_fits, without_leaf
from mingma.flows.renew_everyone import BASIS, basis_of
from mingma.flows.seal import EVERYTHING, last_heads, stored_head
from mingma.flows.standing_evidence import links_of, standing_evidence
from mingma.kernel.errors import Broken, Malformed, Problem
from mingma.kernel.times import HOUR, Instant, day_of
from mingma.ledger.audit_tags import Suspects
from mingma.ledger.checkpoint import parse_checkpoint
from mingma.ledger.commitment import ENROLMENT, commitment, enrolment, nonce, tag
from mingma.ledger.frontier import Frontier
from mingma.ledger.leaf import Kind, Leaf, LeafUnreadable, parse, parse_unsealed
from mingma.ledger.note import parse_note
from mingma.ledger.policy import Policy
from mingma.ledger.succession import begins_a_log, verify_beginning
from mingma.people.provisional import Links
from mingma.ports import ERASED, Emergency, Notice, Outgoing, Person, Record, Unit
from mingma.rules.assess import known_since

PAGE: Final = 1000  # leaves, or people, that are looked at together
LOOKED_AT: Final = 10_000  # newest leaves that are looked at before a start: some seconds
AROUND_MIDNIGHT: Final = 60  # seconds: an act just before midnight may be sealed just after it
WAITS: Final = HOUR  # longer no leaf waits for its seal
CLOCKS: Final = 120  # seconds by which an honest witness's clock may be ahead of ours
LOSS: Final = "loss"  # the kind of records that are signed statements of a loss, by its first leaf
LOST: Final = "lost:"  # whose act a leaf is that came back from the published files


class Amiss(StrEnum):
    """What does not fit. A closed list (docs/guides/audit.md)."""

    HEAD = "head"
    COSIGNED = "cosigned_head"
    NOT_COSIGNED = "not_cosigned"
    EMERGENCY = "emergency_differs"
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
    APPEAL_DIFFERS = "appeal_differs"
    APPEAL_WITHOUT_LEAF = "appeal_without_leaf"
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
    WAITING_DIFFERS = "waiting_differs"


# What honest operation can bring about: said, and no reason to refuse a start.
HARMLESS: Final = frozenset(
    {Amiss.BACK_DATED, Amiss.NOT_COMPARABLE, Amiss.NOT_COSIGNED, Amiss.WAITS_LONG}
)


@dataclass(frozen=True, slots=True)
class Found:
    """What is amiss: at which leaf, with whose which event, and in what.

    What has no leaf of its own is named by one of the same person's: that of a decision that cites
    it, else of the last event, else of the enrolment.
    """

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
    walk = _Log(unit, Suspects(size), context.policy)
    yield from walk.all(size, head)
    yield from _check_emergencies(unit)
    if context.policy is not None:
        yield from _not_cosigned(unit, size, now)
    yield from _People(unit, context, now, walk.nobody_s).all()
    yield from _waiting(unit, now)


def look_at_the_newest(unit: Unit, leaves: int) -> Iterator[Found]:
    """What does not fit among so many newest leaves: the look before a start."""
    size, head = unit.head()
    yield from _check_head(size, head, None, None)
    yield from _check_beyond(unit, size)
    yield from _check_emergencies(unit)
    walk = _Log(unit, Suspects(0), None)
    for start in range(max(0, size - leaves), size, PAGE):
        yield from walk.page(start, min(start + PAGE, size))


def look_at_what_waits(unit: Unit, context: Context, now: Instant) -> Iterator[Found]:
    """What does not fit among the leaves that wait: looked at before anything seals them.

    A leaf that somebody put there beside the acts must not become the log's, and no head larger
    than the log may say that whatever comes was cosigned.
    """
    size, _ = unit.head()
    yield from _check_beyond(unit, size)
    pool = unit.pool(EVERYTHING)
    if not pool:
        return
    people = unit.people({one.subject for one in pool})
    yield from _waiting_misfits(unit, pool, people)
    yield from _People(unit, context, now, Suspects(0)).some(sorted(people))


def must_fit(found: Iterator[Found]) -> None:
    """Raise RowsDoNotFit if anything but the harmless was found."""
    grave = [one for one in found if one.word not in HARMLESS]
    if grave:
        first = grave[0]
        index = "–" if first.index is None else first.index
        raise RowsDoNotFit(count=len(grave), word=first.word, index=index)


def _check_head(size: int, head: bytes, root: bytes | None, fits: int | None) -> Iterator[Found]:
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


def _check_beyond(unit: Unit, size: int) -> Iterator[Found]:
    """No leaf and no cosigned head stands beyond the head: an older one was put in its place."""
    if unit.leaves(size, size + 1):
        yield Found(Amiss.HEAD, size, what="leaves beyond")
    if unit.first_record(COSIGNED, size_id(size + 1)) is not None:
        yield Found(Amiss.COSIGNED, size, what="beyond")


def _check_emergencies(unit: Unit) -> Iterator[Found]:
    """Each declaration on record is the one its leaf tells of, and ends no later than it says."""
    for emergency in unit.emergencies():
        subject = f"{INSTANCE}:{emergency.id}"
        index = unit.index_of(subject, 0)
        if index is None:
            if not any(one.subject == subject for one in unit.pool(EVERYTHING)):
                yield Found(Amiss.EMERGENCY, what="leaf")
            continue
        why = _emergency_differs(emergency, unit.leaves(index, index + 1))
        ended = unit.index_of(subject, 1)
        if not why and ended is not None:
            index, why = ended, _end_taken_back(emergency, unit.leaves(ended, ended + 1))
        if why:
            yield Found(Amiss.EMERGENCY, index, what=why)


def _emergency_differs(emergency: Emergency, entries: Sequence[bytes]) -> str:
    """In what a declaration is another than its leaf's; nothing if it is not."""
    try:
        leaf, _ = parse(entries[0])
    except (LeafUnreadable, IndexError):
        return "leaf"
    if leaf.kind is not Kind.EMERGENCY_DECLARE or leaf.digest != declaration(emergency):
        return "declaration"
    return "until" if day_of(emergency.ends) > (leaf.until or 0) else ""


def _end_taken_back(emergency: Emergency, entries: Sequence[bytes]) -> str:
    """Whether an emergency goes on after the day on which a leaf ended it."""
    try:
        leaf, sealed_on = parse(entries[0])
    except (LeafUnreadable, IndexError):
        return "leaf"
    goes_on = day_of(emergency.ends - AROUND_MIDNIGHT) > sealed_on
    return "ended" if leaf.kind is Kind.EMERGENCY_END and goes_on else ""


def _not_cosigned(unit: Unit, size: int, now: Instant) -> Iterator[Found]:
    """The first decision that no head which met the policy covers in time; it is void for worse."""
    for start in range(cosigned_size(unit), size, PAGE):
        acts = unit.acts(start, min(start + PAGE, size))
        for index, (subject, number) in enumerate(acts, start):
            for one in _decided(unit, subject):
                if one.number == number and one.decided_at + GRACE < now:
                    yield Found(Amiss.NOT_COSIGNED, index, subject, number)
                    return


def _decided(unit: Unit, subject: str) -> Sequence[Decision]:
    """A person's decisions; none where one of them cannot be read, which is said elsewhere."""
    try:
        return unit.decisions_of(subject)
    except Problem:
        return ()


class _Log:
    """The walk over the leaves: each has the row it speaks of, and that row is what it commits to.

    Leaves brought back from the published files have no rows. Those of people who were erased have
    none either, and there are no more such people than `erase.batch` leaves say.
    """

    def __init__(self, unit: Unit, nobody_s: Suspects, policy: Policy | None) -> None:
        self.nobody_s = nobody_s  # tags of leaves that have no person
        self._unit = unit
        self._policy = policy  # None: what witnesses signed is not looked at
        self._policy_since = _policy_since(unit) if policy is not None else 0
        self._fits: int | None = None  # so many leaves have the root that witnesses cosigned
        self._misfits = False  # … and a larger head than that has another
        self._losses = _losses(unit)
        self._beside: set[tuple[str, int]] = set()  # few
        self._begun: dict[int, bytes] = {}  # the first leaves of years' logs, but of the first
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
        yield from _check_head(size, head, frontier.root(), self._fits)
        yield from _check_beyond(self._unit, size)
        yield from self._check_removed()
        yield from self._check_handed_over()
        if self._erased is not None and self._gone > self._said_erased:
            yield self._erased

    def _cosigned(
        self, frontier: Frontier, entries: Sequence[bytes]
    ) -> Generator[Found, None, Frontier]:
        """Grow the frontier; the roots that witnesses cosigned on the way are its own."""
        end, done = frontier.size + len(entries), frontier.size
        for size, record in _cosigned_heads(self._unit, frontier.size + 1, end):
            frontier = frontier.grown(entries[frontier.size - done : size - done])
            why = self._objection(size, record, frontier.root())
            if not why:
                self._fits = self._fits if self._misfits else size
            elif (
                why != "root" or not self._misfits
            ):  # one wrong leaf has made all later roots wrong
                yield Found(Amiss.COSIGNED, size - 1, what=why)
            self._misfits = self._misfits or why == "root"
        return frontier.grown(entries[frontier.size - done :])

    def _objection(self, size: int, record: Record, root: bytes) -> str:
        """Why a kept head is none that the witnesses cosigned then; nothing if it is."""
        try:
            note = parse_note(record.body)
            head = parse_checkpoint(note.text)
        except Malformed:
            return "form"
        if (head.size, head.root) != (size, root):
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

    def _check_removed(self) -> Iterator[Found]:
        """A head whose post-quantum lines are kept is kept itself."""
        after = ""
        while (record := self._unit.first_record(COSIGNED_MLDSA, after)) is not None:
            head = self._unit.first_record(COSIGNED, record.id)
            if head is None or head.id != record.id:
                index = int(record.id) - 1 if record.id.isdecimal() else None
                yield Found(Amiss.COSIGNED, index, what="removed")
            after = f"{record.id}!"

    def _check_handed_over(self) -> Iterator[Found]:
        """The last heads that are kept of earlier years' logs are those this log goes on from."""
        kept = dict(last_heads(self._unit))
        for index in sorted(kept.keys() | self._begun.keys()):
            try:
                _, final = stored_head(kept.get(index, b""), index)
                verify_beginning(self._begun.get(index, b""), index, final)
            except Problem as problem:
                yield Found(Amiss.HEAD, index, what=problem.slug)

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
            if begins_a_log(entry):
                self._begun[index] = entry
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
            if not leaf_fits(self._unit, leaf, person, number) and not self._is_lost(index):
                yield Found(Amiss.APPEAL_DIFFERS, index, subject, number)

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
        """No decision stands beside the person's events, or before one that it followed."""
        numbers = list(decided)  # as they stand in the table
        for number in numbers:
            if any(later < number for later in numbers[numbers.index(number) :]):
                yield from self._once(person, number, Amiss.DECISION_DIFFERS, number)
        for number in decided.keys() - range(ENROLMENT + 1, person.events + 1):
            yield from self._once(person, number, Amiss.DECISION_WITHOUT_LEAF, person.events)

    def _once(self, person: Person, number: int, word: Amiss, at: int) -> Iterator[Found]:
        """Say something of a decision once, by the leaf of one of the person's events."""
        if (person.ref, number) not in self._beside:
            self._beside.add((person.ref, number))
            yield Found(word, self._unit.index_of(person.ref, at), person.ref, number)

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


def _check_leaf(
    leaf: Leaf,
    sealed_on: int | None,
    person: Person,
    number: int,
    decided: Mapping[int, Decision] | None,
) -> Iterator[Amiss]:
    """What is amiss between a person's leaf and her rows; a day of None: it waits for its seal."""
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
    elif sealed_on is not None and sealed_on not in _days_of(decision.decided_at):
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
        yield from self._check_count()
        yield from self._check_hidden()

    def some(self, refs: Sequence[str]) -> Iterator[Found]:
        """These people alone."""
        yield from self._page(refs, comparable=self._comparable())

    def _check_count(self) -> Iterator[Found]:
        """As much is stored as came in."""
        receipts = self._unit.statistics()["facts"]
        if receipts > self._facts:
            yield Found(Amiss.FACTS_MISSING, what=str(receipts - self._facts))

    def _comparable(self) -> bool:
        """Whether everybody was decided on the packs, areas and emergency of now."""
        last = self._unit.last_record(BASIS, "")
        return last is None or last.body == basis_of(self._unit, self._context, self._now)

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
        for one in _decided(self._unit, fact.subject):
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
        if comparable and decisions:
            yield from self._replay(person, decisions[-1], facts)

    def _check_events(self, person: Person) -> Iterator[Found]:
        """Each event has a leaf, sealed or waiting."""
        for number in range(person.events + 1):
            if self._unit.index_of(person.ref, number) is None:
                self._waiting = self._waiting or _acts_waiting(self._unit)
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

    def _replay(self, person: Person, decision: Decision, facts: Sequence[Fact]) -> Iterator[Found]:
        """Deciding anew on what is stored would change nothing."""
        if decision.packs != self._context.book.refs or decision.emergency != (
            self._cover.id if self._cover else None
        ):
            return  # another edition or emergency: `renew_everyone` is for that
        verdict = verdicts_of(self._context, {person.ref: facts}, self._now)[person.ref]
        # What an appeal took away counts no more, whether or not that is on record yet.
        decision = decision.without(fallen_for(self._unit, person.ref, self._now))
        if decide(verdict, decision, person.events + 1, self._cover) is not None:
            index = self._leaf_of(person.ref, decision.number)
            yield Found(Amiss.REPLAY_DIFFERS, index, person.ref, decision.number)


def _acts_waiting(unit: Unit) -> set[tuple[str, int]]:
    return {(one.subject, one.number) for one in unit.pool(EVERYTHING)}


def _waiting(unit: Unit, now: Instant) -> Iterator[Found]:
    """What waits for the seal can be sealed, and has not waited long."""
    pool = unit.pool(PAGE)
    yield from _waiting_misfits(unit, pool, unit.people({one.subject for one in pool}))
    for one in pool:
        if not now - WAITS <= one.committed_at <= now + AROUND_MIDNIGHT:
            yield Found(Amiss.WAITS_LONG, None, one.subject, one.number)


def _waiting_misfits(
    unit: Unit, pool: Sequence[Outgoing], people: Mapping[str, Person]
) -> Iterator[Found]:
    """What waits can be sealed, and is what its person's rows commit to."""
    for one in pool:
        try:
            leaf = parse_unsealed(one.unsealed)
        except LeafUnreadable:
            yield Found(Amiss.OUTBOX_UNREADABLE, None, one.subject, one.number)
            continue
        if leaf.tag is None:
            continue  # of nobody: what it tells of is looked at once it is sealed
        if not _fits_her(unit, leaf, people.get(one.subject), one.number):
            index = unit.index_of(one.subject, ENROLMENT)
            yield Found(Amiss.WAITING_DIFFERS, index, one.subject, one.number, leaf.kind.value)


def _fits_her(unit: Unit, leaf: Leaf, person: Person | None, number: int) -> bool:
    """Whether a waiting leaf is what the rows of its person commit to."""
    if person is None:
        return False
    decided = {one.number: one for one in _decided(unit, person.ref)}
    return not any(_check_leaf(leaf, None, person, number, decided))
