"""Decide anew for people whose evidence, rules, areas or emergency changed.

Every road to a colour ends in `redecide`: standing evidence → verdict → decision, notice and leaf,
written in the caller's one transaction. Nothing else writes a decision.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import partial

from mingma.codes.decide import Cover, decide
from mingma.codes.decision import Decision, Outcome
from mingma.codes.notice import notice_of
from mingma.evidence.model import Fact
from mingma.flows.alarm import raise_alarm
from mingma.flows.context import Context
from mingma.flows.cosigned import decision_in_effect
from mingma.flows.kept_appeals import appeals_of
from mingma.flows.kept_keys import Unopened
from mingma.flows.lapse import note_re_marks, settle_lapsed, taken_away
from mingma.flows.log_time import log_time
from mingma.flows.standing_evidence import concerned, links_of, standing_evidence
from mingma.flows.vouched import EvidenceNotVouched, unvouched
from mingma.kernel.times import Instant, day_of
from mingma.kernel.words import SEVERITY, Colour
from mingma.ledger.commitment import commitment, nonce, tag
from mingma.ledger.leaf import Kind, Leaf
from mingma.ports import Unit
from mingma.records import Notice, Outgoing, Person
from mingma.rules.assess import assess
from mingma.rules.foresee import foresee
from mingma.rules.verdict import Verdict, worst

_Made = tuple[Person, Decision | None, Decision]  # whose, what showed, what is made


def redecide(
    unit: Unit,
    context: Context,
    subjects: Collection[str],
    now: Instant,
    *,
    anew: Collection[str] = (),
) -> int:
    """Decide for the subjects, and for whom they were merged into; returns how many were made.

    For those in `anew` a decision is made even where it says the same as the one before, which is
    void: it follows the one that showed instead.
    """
    # (1) Read: who they are, what stands for or against them, what is in force.
    now = log_time(unit, now)
    links = links_of(unit)
    subjects = concerned(links, subjects, now)
    people = unit.people(subjects)
    filed = appeals_of(unit, subjects)
    if settle_lapsed(unit, context, people, filed, now):
        people = unit.people(subjects)  # each lapse was an event of hers
        filed = appeals_of(unit, subjects)
    in_force = unit.decisions_in_force(subjects)
    now = max([now, *(one.decided_at for one in in_force.values())])  # none precedes its forerunner
    facts = standing_evidence(unit, subjects, now, links, filed)
    gone = taken_away(unit, filed, now)
    emergency = unit.emergency_at(now)
    cover = Cover(emergency.id, emergency.ends) if emergency else None

    # (2) Decide, in the pure part.
    verdicts = verdicts_of(context, facts, now)
    made: list[_Made] = []
    for ref, person in people.items():
        again = ref in anew
        before = None if again else in_force.get(ref)
        decision = decide(verdicts[ref], before, person.events + 1, cover)
        if again:
            before = decision_in_effect(unit, context, ref, now)
        showed = before.without(gone.get(ref, ())) if before else None
        # Where her K does not open no leaf can say it: the last decision and its end stay in force.
        if decision is not None and not isinstance(person, Unopened):
            made.append((person, showed, decision))
    made = _on_what_came_in(unit, context, made, facts, now)

    # (3) Write: all of it, or nothing.
    unit.count_events({after.subject: after.number for _, _, after in made})
    unit.add_decisions(
        [after for _, _, after in made],
        [
            Notice(after.subject, after.number, now, body)
            for _, showed, after in made
            if (body := _told(in_force.get(after.subject), showed, after)) is not None
        ],
        [_outgoing(context, person, showed, after) for person, showed, after in made],
    )
    if gone:  # else nobody among them ever appealed
        worsened = [
            (after.subject, after.number) for _, showed, after in made if _worsens(showed, after)
        ]
        note_re_marks(unit, worsened, now)
    return len(made)


def verdicts_of(
    context: Context, facts: Mapping[str, Collection[Fact]], now: Instant
) -> dict[str, Verdict]:
    """Everybody's verdict, with what the facts say of later instants laid ahead."""

    def ask(ref: str, at: int) -> Verdict:
        return assess(context.book, ref, facts[ref], at, context.match)

    return {ref: foresee(ask(ref, now), facts[ref], partial(ask, ref)) for ref in facts}


def _worsens(before: Decision | None, after: Decision) -> bool:
    """Whether what a decision can show is worse than what showed."""
    was = before.colour_at(after.decided_at) if before else Colour.GREEN
    return SEVERITY.get(after.worst_ahead(), 0) > SEVERITY.get(was, 0)


def _on_what_came_in(
    unit: Unit,
    context: Context,
    made: Sequence[_Made],
    facts: Mapping[str, Collection[Fact]],
    now: Instant,
) -> list[_Made]:
    """All but worse decisions about people with facts that nobody sent: those are not made."""
    worse = {after.subject for _, showed, after in made if _worsens(showed, after)}
    strangers = unvouched(unit, context, [fact for ref in worse for fact in facts[ref]])
    if not strangers:
        return list(made)
    raise_alarm(unit, EvidenceNotVouched(count=len(strangers)), str(day_of(now)), now)
    forged = {ref for ref in worse if any(fact.id in strangers for fact in facts[ref])}
    return [one for one in made if one[2].subject not in forged]


def _told(last: Decision | None, showed: Decision | None, after: Decision) -> bytes | None:
    """The notice of a change from what showed, else from what was decided last and told."""
    told = notice_of(showed, after)
    return notice_of(last, after) if told is None and showed is not last else told


def _outgoing(
    context: Context, person: Person, before: Decision | None, after: Decision
) -> Outgoing:
    """The leaf of a decision: nothing in it can be turned into a person without her key."""
    now = after.decided_at
    first = after.finding_at(now) or worst(span for span in after.spans if span.starts > now)
    leaf = Leaf(
        kind=Kind.DECISION if after.outcome is Outcome.ISSUED or before is None else Kind.FALL,
        commitment=commitment(nonce(person.key, after.number), after.body()),
        organ=context.organ,
        rule=f"{first.pack}/{first.rule}" if first else None,
        tag=tag(person.key, after.number),
        before=before.colour_at(now).value if before else "none",
        after=after.worst_ahead().value,  # a checker lets no token be worse than this
    )
    return Outgoing(after.subject, after.number, leaf.unsealed(), now)
