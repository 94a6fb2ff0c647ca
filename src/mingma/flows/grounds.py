"""Whether a person of her own has the ground that a named clause asks for, for one assertion.

Every person named in a proposal needs evidence of her own: facts about that very person, standing,
known before the proposal, of a kind that the clause admits, with a link to the region that proposes
(Z34); and the asserted fact must be one that the clause gives something for now (Z1, Z5). A contact
is a case's that a laboratory's positive opened (Z16). Whether somebody is under fourteen is not
known here: no record has a date of birth. The end is what the rules make of it; nobody types it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from mingma.authority.organs import covers
from mingma.evidence.model import Fact
from mingma.flows.context import Context
from mingma.flows.decide import verdicts_of
from mingma.flows.open_case import case_of
from mingma.flows.standing_evidence import standing_evidence
from mingma.kernel.times import Instant
from mingma.kernel.words import SEVERITY, Colour
from mingma.ports import Unit
from mingma.rules.assess import assess, known_since
from mingma.rules.conditions import matcher
from mingma.rules.ground import Ground
from mingma.rules.met import meets
from mingma.rules.verdict import Span, shown

# What of a person's own can carry an assertion of each kind; a mark's clause says it itself, and a
# contact's record meets the case (rules/met). A scan, a journey, a dose, a negative test or another
# mark carries nothing by itself. docs/formats/facts.md has the table.
CARRIES: Final[dict[str, frozenset[str]]] = {
    "contact_finding": frozenset({"companion_match"}),  # for the companions that it can mean
    "cold_chain_contact": frozenset({"interview", "test", "infection", "clinic_visit"}),
    "assistance_request": frozenset(
        {"companion_match", "area_stay", "entry", "foreign_statement", "interview"}
    ),
    "risk_notice": frozenset(
        {"companion_match", "area_stay", "entry", "foreign_statement", "interview"}
    ),
}
COMPANIONS: Final = frozenset({"companion", "companion_enclosed", "potential", "general"})
MILD: Final = SEVERITY[Colour.YELLOW]  # what words that nobody bears out may give at most (Z88)
CORROBORATES: Final = 2  # organs that wrote down the same independently
FREES: Final = frozenset({"release", "withdrawal"})


@dataclass(frozen=True, slots=True)
class Claim:
    """What is asserted about one person: the fact as drafted, under which clause, on what."""

    fact: Fact
    pack: str
    rule: str
    evidence: tuple[str, ...]
    region: str = ""  # the proposal's
    case: str | None = None  # and the case that it names


@dataclass(frozen=True, slots=True)
class Patient:
    """A case on record as grounds see it: whose, where, and the patient's own facts."""

    subject: str
    region: str
    facts: Sequence[Fact]


@dataclass(frozen=True, slots=True)
class Sufficiency:
    """Whether the ground suffices; else why not, as a word; and the end that the rules give.

    `why` is one of clause, case, none, not_hers, later, dead, nexus, kind, gives_nothing,
    uncorroborated, alone, worsens.
    """

    sufficient: bool
    why: str = ""
    until: Instant | None = None


def ground_sufficient(
    context: Context,
    claim: Claim,
    facts: Sequence[Fact],
    now: Instant,
    cases: Mapping[str, Patient] | None = None,
) -> Sufficiency:
    """The answer for one person; `facts` is her standing evidence, withdrawals among it.

    `cases` are the cases on record that are named (`patients`).
    """
    # (1) The clause exists, and the evidence is hers, standing, and older than the proposal.
    grounds = _grounds(context, claim)
    if not grounds:
        return Sufficiency(sufficient=False, why="clause")
    patient = (cases or {}).get(claim.case or "")
    if claim.fact.kind == "contact_finding" and not _names(claim, patient):
        return Sufficiency(sufficient=False, why="case")
    hers = {fact.id: fact for fact in facts}
    cited = [hers[id] for id in claim.evidence if id in hers]
    if not claim.evidence:
        return Sufficiency(sufficient=False, why="none")
    if len(cited) < len(set(claim.evidence)):
        return Sufficiency(sufficient=False, why="not_hers")
    if any(known_since(fact) >= now for fact in cited):
        return Sufficiency(sufficient=False, why="later")
    ended = _ended(facts, now)
    if any(_dead(fact, ended) for fact in cited):
        return Sufficiency(sufficient=False, why="dead")

    # (2) A release names a standing fact of hers, rests on something besides it, and frees.
    if claim.fact.kind in FREES:
        return _frees(context, claim, facts, now)

    # (3) Of a kind that the clause admits, and the proposing region has to do with it.
    good = [
        fact for fact in cited if any(_admits(claim, ground, fact, patient) for ground in grounds)
    ]
    if not good:
        return Sufficiency(sufficient=False, why="kind")
    if not _nexus(claim, good, facts, patient, now):
        return Sufficiency(sufficient=False, why="nexus")

    # (4) The clause gives something for it now; on words alone, no more than yellow.
    spans = _given(context, claim, facts, now)
    if not spans:
        return Sufficiency(sufficient=False, why="gives_nothing")
    if _words_only(good) and any(_worse_than_mild(span) for span in spans):
        return Sufficiency(sufficient=False, why="uncorroborated")
    return Sufficiency(sufficient=True, until=_end(spans))


def _grounds(context: Context, claim: Claim) -> list[Ground]:
    """The grounds of the named clause that are about such a fact."""
    pack = next((one for one in context.packs if one.id == claim.pack), None)
    if pack is None:
        return []
    named = [ground for ground in pack.grounds if ground.rule == claim.rule]
    if claim.fact.kind in FREES:
        return named
    return [
        ground
        for ground in named
        if ground.when is not None
        and ground.when.kind == claim.fact.kind
        and matcher(ground.when)(claim.fact)
    ]


def _ended(facts: Sequence[Fact], now: Instant) -> frozenset[str]:
    """The facts that a withdrawal or release on record has ended."""
    ended: list[Any] = [fact for fact in facts if fact.kind in FREES and fact.at <= now]
    return frozenset(fact.data.of for fact in ended)


def _dead(fact: Fact, ended: Collection[str]) -> bool:
    excluded = getattr(fact.data, "excluded_at", None) is not None
    return fact.id in ended or excluded or fact.kind in FREES


def _frees(context: Context, claim: Claim, facts: Sequence[Fact], now: Instant) -> Sufficiency:
    """What ends a fact rests on another, and may make nobody worse, now or later."""
    data: Any = claim.fact.data
    of = next((fact for fact in facts if fact.id == data.of), None)
    if of is None or _dead(of, _ended(facts, now)):
        return Sufficiency(sufficient=False, why="not_hers")
    if set(claim.evidence) <= {data.of}:
        return Sufficiency(sufficient=False, why="alone")
    if _worsens(context, claim.fact, facts, now):
        return Sufficiency(sufficient=False, why="worsens")
    return Sufficiency(sufficient=True)


def _worsens(context: Context, draft: Fact, facts: Sequence[Fact], now: Instant) -> bool:
    """Whether the person would ever show a worse colour with the draft than without."""
    who = draft.subject
    before, after = (
        verdicts_of(context, {who: some}, now)[who].spans for some in (facts, [*facts, draft])
    )
    edges = {span.starts for span in (*before, *after)} | {span.until for span in before}
    instants = {now, *(edge for edge in edges if edge is not None and edge > now)}
    return any(SEVERITY[shown(after, at)] > SEVERITY[shown(before, at)] for at in instants)


def patients(unit: Unit, names: Iterable[str | None], now: Instant) -> dict[str, Patient]:
    """The cases on record among those named, with the patients' standing facts."""
    found = [one for name in sorted(set(filter(None, names))) if (one := case_of(unit, name))]
    facts = standing_evidence(unit, {one.subject for one in found}, now) if found else {}
    return {one.id: Patient(one.subject, one.region, facts.get(one.subject, ())) for one in found}


def _names(claim: Claim, patient: Patient | None) -> bool:
    """Whether a contact's finding names the proposal's case, which is open and another's."""
    data: Any = claim.fact.data
    return (
        patient is not None and data.index == claim.case and patient.subject != claim.fact.subject
    )


def _admits(claim: Claim, ground: Ground, fact: Fact, patient: Patient | None) -> bool:
    data: Any = fact.data
    if claim.fact.kind == "mark":
        return any(fact.kind == one.kind and matcher(one)(fact) for one in ground.admits)
    if fact.kind == "test" and (data.result != "positive" or data.tube == "mixed"):
        return False
    if claim.fact.kind == "contact_finding":
        said: Any = claim.fact.data
        met = patient is not None and meets(fact, claim.case or "", patient.facts)
        return met or (fact.kind == "companion_match" and said.relation in COMPANIONS)
    return fact.kind in CARRIES[claim.fact.kind]


def _nexus(
    claim: Claim,
    good: Sequence[Fact],
    facts: Sequence[Fact],
    patient: Patient | None,
    now: Instant,
) -> bool:
    """Whether the region that proposes has to do with her: its case, the evidence, or a home."""
    if patient is not None and covers(claim.region, patient.region):
        return True
    homes = [f for f in facts if f.kind == "area_stay" and f.at <= now and _lasts(f, now)]
    return any(covers(claim.region, region) for f in (*good, *homes) for region in _regions(f))


def _lasts(stay: Fact, now: Instant) -> bool:
    return stay.until is None or stay.until > now


def _regions(fact: Fact) -> Iterable[str]:
    """Every division a record names as its own."""
    names = ("destination", "entered_via")
    found = [fact.region, *(getattr(fact.data, name, None) for name in names)]
    return [str(one) for one in found if one is not None]


def _words_only(good: Sequence[Fact]) -> bool:
    """Whether nothing but interviews stands there, and all of them one organ's."""
    sources = {fact.id.partition("/")[0] for fact in good}
    return len(sources) < CORROBORATES and all(fact.kind == "interview" for fact in good)


def _worse_than_mild(span: Span) -> bool:
    return span.colour is not None and SEVERITY[span.colour] > MILD


def _given(context: Context, claim: Claim, facts: Sequence[Fact], now: Instant) -> list[Span]:
    """What the named clause would give for it from now on, if it were approved this instant."""
    verdict = assess(context.book, claim.fact.subject, [*facts, claim.fact], now, context.match)
    return [
        span
        for span in verdict.spans
        if (span.pack, span.rule) == (claim.pack, claim.rule) and claim.fact.id in span.evidence
    ]


def _end(spans: Sequence[Span]) -> Instant | None:
    """When the last of them ends; None where no end is known yet."""
    ends = [span.until for span in spans]
    return None if None in ends else Instant(max(end for end in ends if end is not None))
