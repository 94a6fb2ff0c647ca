"""Hold each leaf against the row it speaks of: it is there, and is what the leaf commits to.

Leaves brought back from the published files have no rows. Those of people who were erased have
none either, and there are no more such people than `erase.batch` leaves say.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Final

from mingma.codes.decision import Decision
from mingma.flows.area_list import tells_of_list
from mingma.flows.emergency import INSTANCE
from mingma.flows.erase import REFUSED_OVER
from mingma.flows.kept_keys import PERSON, Unopened
from mingma.flows.reconcile_appeals import leaf_fits
from mingma.flows.reconcile_areas import Told
from mingma.flows.reconcile_found import AROUND_MIDNIGHT, Amiss, Found, decisions_of, sealed_leaf
from mingma.flows.reconcile_offices import missing
from mingma.flows.vouched_rows import opens_keys
from mingma.kernel.errors import Malformed
from mingma.kernel.times import day_of
from mingma.ledger.audit_tags import Suspects
from mingma.ledger.commitment import ENROLMENT, commitment, enrolment, nonce, tag
from mingma.ledger.leaf import Kind, Leaf, parse
from mingma.ledger.leaf_values import LeafUnreadable
from mingma.ledger.note import parse_note
from mingma.ports import Unit
from mingma.records import ERASED, Person

LOSS: Final = "loss"  # the kind of records that are signed statements of a loss, by its first leaf
LOST: Final = "lost:"  # whose act a leaf is that came back from the published files


class Leaves:
    """The walk over the leaves. `nobody_s` takes the tags of those that have no person."""

    def __init__(self, unit: Unit, nobody_s: Suspects) -> None:
        self._unit = unit
        self._nobody_s = nobody_s
        self._losses = losses(unit)
        self._keyed = opens_keys(unit)
        self._unopened: set[str] = set()  # people whose K was edited; few
        self._beside: set[tuple[str, int]] = set()  # few
        self._said_erased = 0
        self._erased: Found | None = None  # the first enrolment of somebody who was erased
        self._gone = 0
        self.area_lists: list[Told] = []  # the leaves that published one; few

    def page(self, start: int, entries: Sequence[bytes]) -> Iterator[Found]:
        """The leaves from `start` on against the rows they speak of."""
        acts = self._unit.acts(start, start + len(entries))
        if len(acts) < len(entries):
            yield Found(Amiss.ACT_MISSING, start + len(acts))
        people = self._unit.people({subject for subject, _ in acts})
        decided: dict[str, dict[int, Decision] | None] = {}
        for index, (entry, (subject, number)) in enumerate(zip(entries, acts, strict=False), start):
            try:
                leaf, sealed_on = parse(entry)
            except LeafUnreadable:
                yield Found(Amiss.LEAF_UNREADABLE, index, subject, number)
                continue
            self._gather(leaf, index, subject, number)
            if self._is_nobody_s(subject, leaf, index):
                if not subject.startswith(LOST) and (what := missing(self._unit, leaf, subject)):
                    yield Found(Amiss.OFFICE_MISSING, index, what=what)
                continue
            person = people.get(subject)
            if person is None:
                yield Found(Amiss.PERSON_MISSING, index, subject, number)
                continue
            yield from self._check_key(person, index, number)
            if subject not in decided:
                decided[subject] = by_number(decisions_of(self._unit, subject))
                yield from self._check_beside(person, decided[subject] or {})
            for word in check_leaf(leaf, sealed_on, person, number, decided[subject]):
                if word is not Amiss.DECISION_MISSING or not self._is_lost(index):
                    yield Found(word, index, subject, number)
            if not leaf_fits(self._unit, leaf, person, number) and not self._is_lost(index):
                yield Found(Amiss.APPEAL_DIFFERS, index, subject, number)

    def check_erased(self) -> Iterator[Found]:
        """After the last leaf: no more people are gone than the log says were erased."""
        if self._erased is not None and self._gone > self._said_erased:
            yield self._erased

    def _gather(self, leaf: Leaf, index: int, subject: str, number: int) -> None:
        """Keep what is held against rows after the last leaf."""
        if leaf.kind is Kind.ERASE_BATCH and leaf.rule != REFUSED_OVER:
            self._said_erased += leaf.count or 0
        if tells_of_list(leaf) and not self._is_lost(index):
            self.area_lists.append(Told(index, subject, number, leaf.digest or b""))

    def _is_nobody_s(self, subject: str, leaf: Leaf, index: int) -> bool:
        """Whether a leaf has no rows by right: of nobody, of somebody erased, or lost with them."""
        lost = subject.startswith(LOST) and self._is_lost(index)
        if leaf.tag is not None and (lost or subject == ERASED):
            self._nobody_s.see(leaf.tag)
        if subject == ERASED:
            if leaf.kind is Kind.ENROL:
                self._gone += 1
                self._erased = self._erased or Found(Amiss.PERSON_MISSING, index, what=ERASED)
            return True
        return lost or leaf.tag is None

    def _check_key(self, person: Person, index: int, number: int) -> Iterator[Found]:
        """Say once of each person that what is kept of her K was edited."""
        if isinstance(person, Unopened) and self._keyed and person.ref not in self._unopened:
            self._unopened.add(person.ref)
            yield Found(Amiss.NOT_VOUCHED, index, person.ref, number, PERSON)

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


def by_number(decisions: Sequence[Decision] | None) -> dict[int, Decision] | None:
    """A person's decisions by number; None where one of them cannot be read."""
    return None if decisions is None else {one.number: one for one in decisions}


def check_leaf(
    leaf: Leaf,
    sealed_on: int | None,
    person: Person,
    number: int,
    decided: Mapping[int, Decision] | None,
) -> Iterator[Amiss]:
    """What is amiss between a person's leaf and her rows; a day of None: it waits for its seal.

    Where her K does not open, whatever hangs on it is not looked at.
    """
    is_open = not isinstance(person, Unopened)
    if is_open and leaf.tag is not None and leaf.tag != tag(person.key, number):
        yield Amiss.TAG_DIFFERS
    if leaf.kind is Kind.ENROL and (
        number != ENROLMENT or (is_open and leaf.commitment != enrolment(person.key))
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
    elif is_open and leaf.commitment != commitment(nonce(person.key, number), decision.body()):
        yield Amiss.DECISION_DIFFERS
    elif sealed_on is not None and sealed_on not in _days_of(decision.decided_at):
        yield Amiss.BACK_DATED


def _days_of(instant: int) -> set[int]:
    return {day_of(instant - AROUND_MIDNIGHT), day_of(instant), day_of(instant + AROUND_MIDNIGHT)}


def losses(unit: Unit) -> list[tuple[int, int]]:
    """The ranges of leaves whose rows were lost: by statements that a leaf of the log tells of."""
    ranges = []
    for record in unit.records(LOSS):
        index = unit.index_of(f"{INSTANCE}:{LOSS}", int(record.id))
        sealed = None if index is None else sealed_leaf(unit, index)
        if sealed is None:
            continue
        leaf, _ = sealed
        with contextlib.suppress(Malformed):
            digest = sha256(parse_note(record.body).text.encode()).digest()
            if leaf.kind is Kind.LOSS_ACCEPT and leaf.digest == digest:
                ranges.append((leaf.index or 0, leaf.end or 0))
    return ranges
