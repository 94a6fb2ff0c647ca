"""Approve a proposal, row by row: by whom the lot fell on, or, for a release, by a health organ.

The checker signs the digest and the state he saw, and names the rows he refuses. With the last
approval that is needed the other rows become facts in the proposing organ's name, each with its
leaf, and everybody in them is decided anew: one transaction, and no other way. A row whose ground
fell meanwhile is left out. From the hundredth person on the province approves too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from mingma.authority.acts import Act
from mingma.authority.approval import (
    Approval,
    NotAnother,
    NotDrawn,
    Standing,
    after,
    approve,
    fits,
    matter,
)
from mingma.authority.matters import Colouring, Service, Status
from mingma.authority.organs import Organ
from mingma.authority.proposal import ActKind
from mingma.authority.refusal import refusal
from mingma.authority.request import Request
from mingma.authority.roster import Drawn
from mingma.evidence.model import Fact
from mingma.evidence.record import digest_of
from mingma.flows import offices
from mingma.flows.act_case import (
    Answer,
    Attempted,
    BodyMalformed,
    Case,
    Held,
    Prepared,
    fields,
    text,
)
from mingma.flows.approved_fact import approval_body, fact_of, mark_leaf
from mingma.flows.cosigned import cosigned_at
from mingma.flows.decide import redecide
from mingma.flows.found_error import find_errors
from mingma.flows.grounds import ground_sufficient, patients
from mingma.flows.lot import last_leaf, turns
from mingma.flows.objection import must_not_rest
from mingma.flows.personal_leaf import Events
from mingma.flows.proposals import (
    ADVICE,
    Kept,
    batch_index,
    keep_approval,
    keep_made,
    kept,
    standing_of,
    take_turn,
)
from mingma.flows.propose_act import circumstances, claim_of
from mingma.flows.record_door import under_source
from mingma.flows.shield import shielded
from mingma.flows.standing_evidence import appeals_about, links_of, standing_evidence
from mingma.kernel.errors import Place, Problem
from mingma.ledger.leaf import Kind
from mingma.records import Person, Received

FREEING: Final = frozenset({ActKind.RELEASE, ActKind.WITHDRAWAL})


@dataclass(frozen=True, slots=True)
class _Approving:
    """One approval being made: the proposal, where it stands, and where it would."""

    case: Case
    kept: Kept
    standing: Standing
    then: Standing
    good: tuple[int, ...]  # rows that would become facts
    facts: Mapping[str, Sequence[Fact]]


def prepare(case: Case) -> Prepared:
    """APPROVE, APPROVE_SECOND: `proposal`, `seen` (its state), `refused` (rows' digests)."""
    one, standing, approval = _read(case)
    if one.proposal.kind in FREEING:
        raise BodyMalformed(Place(field="body.proposal"), why="a release: approve_release")
    fits(standing, approval, case.now)
    must_not_rest(case.unit, one, case.now)
    drawn = turns(case.unit, case.context, case.desk.roots, one, standing, case.now)
    mine = is_drawn(case, drawn)
    try:
        then = approve(standing, approval, drawn, case.now)
    except (NotAnother, NotDrawn) as problem:
        return _refused(case, one, standing, problem, drawn=mine)
    return _prepared(case, one, standing, then, drawn=mine)


def prepare_release(case: Case) -> Prepared:
    """APPROVE_RELEASE: the same body. It frees, so no lot is drawn; another organ approves."""
    one, standing, approval = _read(case)
    if one.proposal.kind not in FREEING:
        raise BodyMalformed(Place(field="body.proposal"), why="no release: approve")
    fits(standing, approval, case.now)
    return _prepared(case, one, standing, after(standing, approval), drawn=False)


def state_of(case: Case, one: Kept) -> Standing:
    """Where a proposal stands."""
    return standing_of(case.unit, one)


def good_rows(case: Case, one: Kept, standing: Standing) -> tuple[int, ...]:
    """The rows nobody refused whose ground still suffices and whose people are still there."""
    refused = standing.refused
    people = case.unit.people([row.subject for row in one.proposal.rows])
    facts = standing_evidence(case.unit, people.keys(), case.now)
    return _good(case, one, refused, people, facts)


def _read(case: Case) -> tuple[Kept, Standing, Approval]:
    body = fields(case.body, "proposal seen", "refused")
    one = kept(case.unit, text(body, "proposal", most=64))
    take_turn(case.unit, one.id)  # of two approvals at once the second reads what the first wrote
    case.people = len(one.proposal.rows)
    return one, standing_of(case.unit, one), word_of(case, one.proposal.digest)


def word_of(case: Case, digest: bytes) -> Approval:
    """The approval as the officer signed it: `seen`, and `refused` where there are rows."""
    try:
        seen = bytes.fromhex(text(case.body, "seen", most=64))
        refused = frozenset(bytes.fromhex(digest) for digest in case.body.get("refused", []))
    except (ValueError, TypeError):
        raise BodyMalformed(Place(field="body"), why="digests are written in hex") from None
    actor = case.actor
    return Approval(digest, seen, actor.officer.id, actor.organ, refused, case.now)


def is_drawn(case: Case, drawn: Sequence[Drawn]) -> bool:
    """Whether a lot fell on this officer."""
    mine = (case.actor.officer.id, case.actor.organ.id)
    return any((each.officer.id, each.organ.id) == mine for each in drawn)


def _refused(
    case: Case, one: Kept, standing: Standing, problem: Problem, *, drawn: bool
) -> Prepared:
    """What the policies are asked about an approval that is none: they say no, and why."""
    asked = matter(standing, ground_sufficient=True, end_by_rule=True, shielded=False)
    seen = text(case.body, "proposal", most=64)
    around = circumstances(case, one.proposal.kind, seen, drawn=drawn)
    return Prepared(asked, one.id, around, refusing(problem))


def refusing(problem: Problem) -> Callable[[Held], Answer]:
    """What is done where the policies would allow what is refused: nothing."""

    def do(_: Held) -> Answer:
        raise problem

    return do


def _prepared(
    case: Case, one: Kept, standing: Standing, then: Standing, *, drawn: bool
) -> Prepared:
    people = case.unit.people([row.subject for row in one.proposal.rows])
    facts = standing_evidence(case.unit, people.keys(), case.now)
    good = _good(case, one, then.refused, people, facts)
    making = _Approving(case, one, standing, then, good, facts)
    void = then.status is Status.VOID  # refusing every row needs no ground
    asked = matter(
        standing,
        ground_sufficient=void or bool(good),
        end_by_rule=True,
        shielded=False,  # rows that are shielded by now are not among the good ones
    )
    seen = text(case.body, "proposal", most=64)
    if then.status is Status.APPROVED and one.proposal.worsens:
        _must_be_run(making)

    def do(held: Held) -> Answer:
        return _write(making, held)

    return Prepared(asked, one.id, circumstances(case, one.proposal.kind, seen, drawn=drawn), do)


def _good(
    case: Case,
    one: Kept,
    refused: frozenset[bytes],
    people: Mapping[str, Person],
    facts: Mapping[str, Sequence[Fact]],
) -> tuple[int, ...]:
    found = []
    cases = patients(case.unit, [one.proposal.case], case.now)
    filed = appeals_about(case.unit, links_of(case.unit), people, case.now)
    for number, row in enumerate(one.proposal.rows):
        if row.digest() in refused or row.subject not in people:
            continue
        own = facts.get(row.subject, ())
        cited = [fact for fact in own if fact.id in row.evidence]
        claim = claim_of(one, number)
        if not ground_sufficient(case.context, claim, own, case.now, cases).sufficient:
            continue
        own_filed = filed.get(row.subject, ())
        if one.proposal.worsens and shielded(case.unit, own_filed, own, cited, case.now):
            continue
        found.append(number)
    return tuple(found)


def _must_be_run(making: _Approving) -> None:
    """The executor's own question: approved, this digest, logged first, two organs where needed."""
    case, then = making.case, making.then
    if not making.good:
        return  # there is nothing to run; F09 says so
    asked = matter(then, ground_sufficient=True, end_by_rule=True, shielded=False)
    around = Colouring(
        emergency=case.unit.emergency_at(case.now) is not None,
        digest_seen=making.kept.id,
        cosigned=_cosigned(making),
        receipts=_told(making),
    )
    request = Request(Service.EXECUTOR, Act.EXECUTE, asked, making.kept.id, around)
    answer = case.desk.engine.decide(request)
    if not answer.allowed:
        raise Attempted(refusal(Act.EXECUTE, answer), answer.policies)


def _cosigned(making: _Approving) -> bool:
    """Whether every leaf of the proposal is in the log, and witnesses have seen it there."""
    case, last = making.case, last_leaf(making.case.unit, making.kept)
    if last is None or case.context.specimen:
        return last is not None
    return cosigned_at(case.unit, last) is not None


def _told(making: _Approving) -> bool:
    """Whether everybody of whom a row becomes a fact was told of the proposal.

    What they are told of the decision is written with it, or it is not made.
    """
    unit, one = making.case.unit, making.kept
    ids = [f"{one.proposal.rows[row].subject}/{one.numbers[row]:09}" for row in making.good]
    return all(unit.records_under(ADVICE, id) for id in ids)


def _write(making: _Approving, held: Held) -> Answer:
    case, one, then = making.case, making.kept, making.then
    keep_approval(case.unit, one.id, len(then.approvals), then.approvals[-1])
    made: tuple[int, ...] = ()
    if then.status is Status.APPROVED:
        made = making.good
        _make_real(making, held)
    return {
        "proposal": one.id,
        "status": then.status.value,
        "state": then.state.hex(),
        "approved": len(made),
        "refused": len(then.refused),
        "fallen": len(then.rows) - len(made) if then.status is Status.APPROVED else 0,
    }


def _make_real(making: _Approving, held: Held) -> None:
    """Rows become facts, each with its leaf, and everybody in them is decided anew."""
    case, one, unit = making.case, making.kept, making.case.unit
    organs = [approval.organ for approval in making.then.approvals]
    named = {*unit.sources(), *offices.organs(unit)}
    source = one.proposal.maker.organ
    facts = {
        row: under_source(fact_of(case.context, one, row, organs, case.now), source, named)
        for row in making.good
    }
    unit.add_facts(
        (Received(source, fact, case.now, one.id), digest_of(fact, case.context.evidence_key))
        for fact in facts.values()
    )
    subjects = {fact.subject for fact in facts.values()}
    events = Events(unit, unit.people(subjects))
    numbers = {row: _leaf(making, events, row, fact, organs, held) for row, fact in facts.items()}
    events.write(case.now)
    if one.proposal.kind is ActKind.WITHDRAWAL:
        for fact in facts.values():
            data: Any = fact.data
            find_errors(unit, fact.subject, {data.of}, case.now, case.desk.chance)
    keep_made(unit, one, numbers, case.now)
    redecide(unit, case.context, subjects, case.now)


def _leaf(
    making: _Approving,
    events: Events,
    row: int,
    fact: Fact,
    organs: Sequence[Organ],
    held: Held,
) -> int:
    """The leaf of one row's approval; 0 where a release ends what no leaf of a mark stands for."""
    case, one = making.case, making.kept
    body = approval_body(one, row, fact, organs)
    said = {**case.by(held), "rule": one.rule}
    if one.proposal.kind in FREEING:
        answers = _ended_leaf(making, fact)
        if answers is None:
            return 0
        return events.leaf(fact.subject, Kind.MARK_REVOKE, body, answers=answers, **said)
    answers = case.unit.index_of(fact.subject, one.numbers[row])
    batch = batch_index(case.unit, one)
    return events.leaf(fact.subject, Kind.MARK_APPROVE, body, answers=answers, batch=batch, **said)


def _ended_leaf(making: _Approving, fact: Fact) -> int | None:
    """The leaf of the mark that a release or withdrawal ends."""
    data: Any = fact.data
    own = making.facts.get(fact.subject, ())
    of = next((one for one in own if one.id == data.of), None)
    return mark_leaf(making.case.unit, of) if of else None
