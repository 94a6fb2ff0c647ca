"""File an appeal: it is acknowledged at once, with a leaf, a due instant and who is asked.

Every colour worse than green, every notice and every code not issued can be objected to, and a
human be asked about any decision. What comes of a laboratory's finding and what does not are two
appeals, since they have different terms. The same again is answered with the appeal there is. The
leaf answers the decision's; the filing itself is under its commitment, for the person's eyes.

INVARIANT: nobody is asked to answer who took part in what is objected to.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from mingma.appeals.appeal import Appeal, Filed, Helper, State
from mingma.appeals.form import Form
from mingma.appeals.terms import Asked, Channel, Ground, term_of
from mingma.authority.organs import OrganKind, covers
from mingma.codes.decision import Decision, Outcome
from mingma.codes.effect import in_effect
from mingma.evidence.model import Fact
from mingma.flows.context import Context
from mingma.flows.cosigned import standing_decisions
from mingma.flows.decide import verdicts_of
from mingma.flows.kept_appeals import keep_appeal, own_appeals
from mingma.flows.lapse import withdrawal_of
from mingma.flows.log_time import log_time
from mingma.flows.offices import organs
from mingma.flows.personal_leaf import Events
from mingma.flows.show_code import NoSuchPerson
from mingma.flows.standing_evidence import standing_evidence
from mingma.flows.took_part import took_part
from mingma.kernel.errors import Refused, Unavailable
from mingma.kernel.times import Instant
from mingma.kernel.words import SEVERITY, Colour
from mingma.ledger.leaf import Kind
from mingma.ports import Unit
from mingma.rules.verdict import Span, live

# Organs whose officers answer appeals (authority.posts); a laboratory's finding goes to health.
ANSWERING: Final = (OrganKind.HEADQUARTERS, OrganKind.HEALTH_COMMISSION)
REVIEWING: Final = (OrganKind.HEALTH_COMMISSION,)


class NothingToObject(Refused):
    """A person with a green code and no notice."""

    slug = "appeal.nothing_to_object"
    status = 409
    zh = "您的码为绿码且没有提示,没有可申诉的决定"
    en = "your code is green and there is no notice: there is nothing to object to"
    remedy_zh = "可改为申请人工复核;绿码被拒绝进入的,可向热线投诉"
    remedy_en = "ask for a human's review instead, or call the hotline if you were turned away"


class AnsweredAlready(Refused):
    """The same objection again after it was rejected, with nothing new."""

    slug = "appeal.answered_already"
    status = 409
    zh = "同一事项已经答复(申诉 {number})"
    en = "this very matter was answered (appeal {number})"
    remedy_zh = "附上新的证据再提;不服答复的,可凭本人证据包申请行政复议或者起诉"
    remedy_en = "file again with new evidence, or take your bundle of proof to a court"


class NotSealedYet(Unavailable):
    """The decision's leaf waits for its seal; it shows no worse colour until then."""

    slug = "appeal.not_sealed_yet"
    zh = "该决定尚未封存入日志,暂不生效"
    en = "the decision is not in the log yet, and counts for nothing until then"
    remedy_zh = "一分钟后再试"
    remedy_en = "try again in a minute"


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """The appeals that a filing made, or that were there; `fresh` if it made any."""

    filed: tuple[Filed, ...]
    fresh: bool


def file_appeal(
    unit: Unit,
    context: Context,
    ref: str,
    form: Form,
    now: Instant,
    *,
    channel: Channel = Channel.ONLINE,
    helper: Helper | None = None,
) -> Acknowledged:
    """Object to what shows about a person now; raises a Problem where there is nothing."""
    # (1) Read: the person, the decision that shows, what it rests on.
    person = unit.people([ref]).get(ref)
    if person is None:
        raise NoSuchPerson
    at = log_time(unit, now)
    shows = in_effect(standing_decisions(unit, context, ref, at), at)
    if shows is None:
        raise NothingToObject
    decision = shows.decision
    leaf = unit.index_of(ref, decision.number)
    if leaf is None:
        raise NotSealedYet
    asked = Asked(form.asked)
    facts = standing_evidence(unit, [ref], at)[ref]
    shown = _behind(decision.spans, facts, at)
    held = _held_back(context, decision, shown, facts, at)
    contested = _by_id([*shown.values(), *held.values()])
    if not contested and decision.outcome is Outcome.ISSUED and asked is not Asked.ASK_HUMAN:
        raise NothingToObject

    # (2) Decide: which of it is under appeal, and which appeals there are to be.
    known = own_appeals(unit, ref)
    parts = _parts(contested, asked, held.values())
    there = [(facts, laboratory, _same(known, form, decision, facts, at))
             for laboratory, facts in parts]  # fmt: skip
    found = tuple(one for _, _, one in there if one is not None)
    basis = _Basis(ref, form, channel, helper, decision.number, leaf, at)
    made = [
        basis.appeal(unit, context, person.events + n, facts, laboratory=laboratory)
        for n, (facts, laboratory) in enumerate(
            ((facts, laboratory) for facts, laboratory, one in there if one is None), start=1
        )
    ]

    # (3) Write: each with its leaf.
    events = Events(unit, {ref: person})
    for appeal in made:
        events.leaf(ref, Kind.APPEAL_OPEN, appeal.body(), answers=leaf, organ=context.organ)
        keep_appeal(unit, appeal)
    if made:
        events.write(now)
    fresh = tuple(Filed(appeal=appeal) for appeal in made)
    return Acknowledged((*found, *fresh), bool(made))


@dataclass(frozen=True, slots=True)
class _Basis:
    """What every appeal of one filing has in common."""

    ref: str
    form: Form
    channel: Channel
    helper: Helper | None
    decision: int
    leaf: int
    at: Instant

    def appeal(
        self, unit: Unit, context: Context, number: int, facts: Sequence[Fact], *, laboratory: bool
    ) -> Appeal:
        """The appeal over these facts, with its term and whom it asks."""
        part = took_part(unit, facts)
        ground = Ground(self.form.ground) if self.form.ground else None
        elsewhere = any(_of_elsewhere(fact, context.region) for fact in facts)
        term = term_of(Asked(self.form.asked), ground, laboratory=laboratory, elsewhere=elsewhere)
        region = _region_of(facts, context.region)
        asked_of = may_answer(unit, region, part.organs, laboratory=laboratory)
        return Appeal(
            subject=self.ref,
            number=number,
            asked=self.form.asked,
            ground=self.form.ground,
            channel=self.channel.value,
            helper=self.helper,
            evidence=self.form.evidence,
            decision=self.decision,
            leaf=self.leaf,
            contested=() if ground else tuple(fact.id for fact in facts),
            laboratory=laboratory,
            elsewhere=elsewhere,
            region=region,
            maker=part.maker,
            organs=tuple(sorted(part.organs)),
            officers=tuple(sorted(part.officers)),
            asked_of=asked_of[0] if asked_of else None,
            opened_at=self.at,
            due=self.at + term.seconds,
        )


def may_answer(unit: Unit, region: str, part: Collection[str], *, laboratory: bool) -> list[str]:
    """The organs that may answer, in the order of asking: nobody who took part, nobody's choice."""
    kinds = REVIEWING if laboratory else ANSWERING
    fitting = [
        one.id
        for one in organs(unit).values()
        if one.kind in kinds and one.id not in part and covers(one.region, region)
    ]
    return sorted(fitting, key=lambda id: sha256(f"{id}|{sorted(part)}".encode()).digest())


def _region_of(facts: Iterable[Fact], own: str) -> str:
    """The prefecture where it happened, if that is in our region; else all of our region."""
    for fact in facts:
        if fact.region and covers(own, fact.region):
            return own if fact.region[2:4] == "00" else f"{fact.region[:4]}00"
    return own


def _behind(spans: Iterable[Span], facts: Iterable[Fact], now: Instant) -> dict[str, Fact]:
    """The facts behind spans that show or are still to show.

    A mark falls with the evidence offered for it; company of other findings is no finding itself,
    and what a laboratory found is under appeal only where it is the trigger.
    """
    there = {fact.id: fact for fact in facts}
    found: dict[str, Fact] = {}
    for span in spans:
        if span.until is not None and span.until <= now:
            continue
        trigger = there.get(span.evidence[0]) if span.evidence else None
        behind = span.evidence if trigger and trigger.kind == "mark" else span.evidence[:1]
        for id in behind:
            fact = there.get(id)
            if fact is not None and (fact is trigger or not laboratory_found(fact)):
                found[id] = fact
    return found


def _held_back(
    context: Context,
    decision: Decision,
    shown: Collection[str],
    facts: Sequence[Fact],
    now: Instant,
) -> dict[str, Fact]:
    """The facts that these held back: without them something worse than now would come up.

    They are contested too, since no answer may leave anybody worse off than she was.
    """
    who, held = decision.subject, dict[str, Fact]()
    while True:
        gone = sorted({*shown, *held})
        without = [withdrawal_of(f"if/{n}", who, now, id, "if") for n, id in enumerate(gone)]
        spans = verdicts_of(context, {who: [*facts, *without]}, now)[who].spans
        edges = {edge for one in (*spans, *decision.spans) for edge in (one.starts, one.until)}
        worse = [
            span
            for at in {now, *(edge for edge in edges if edge is not None and edge > now)}
            for span in live(spans, at)
            if _weight(span.colour) > _weight(decision.colour_at(at))
        ]
        fresh = _behind(worse, facts, now)
        if fresh.keys() <= held.keys():
            return held
        held |= fresh


def _weight(colour: Colour | None) -> int:
    return SEVERITY.get(colour, 0) if colour else 0


def _by_id(facts: Iterable[Fact]) -> list[Fact]:
    return [fact for _, fact in sorted({fact.id: fact for fact in facts}.items())]


def laboratory_found(fact: Fact) -> bool:
    """Whether a fact is an infection that a laboratory confirmed."""
    if fact.kind == "infection":
        return getattr(fact.data, "class_", "") != "suspected"
    data = fact.data
    return (
        fact.kind == "test"
        and getattr(data, "result", "") == "positive"
        and getattr(data, "tube", None) != "mixed"
    )


def _parts(
    contested: Sequence[Fact], asked: Asked, held: Iterable[Fact]
) -> list[tuple[bool, list[Fact]]]:
    """What a laboratory found apart from the rest; an urgent matter is one, whatever is behind.

    So is one that holds a laboratory's finding back: else silence on it would bring that up.
    """
    confirmed = [fact for fact in contested if laboratory_found(fact)]
    if asked is Asked.URGENT or any(map(laboratory_found, held)):
        return [(bool(confirmed), list(contested))]
    rest = [fact for fact in contested if fact not in confirmed]
    if not confirmed:
        return [(False, rest)]
    return [(True, confirmed), *([(False, rest)] if rest else [])]


def _same(
    known: Iterable[Filed], form: Form, decision: Decision, facts: Sequence[Fact], at: Instant
) -> Filed | None:
    """The appeal that already says this; raises AnsweredAlready where it was rejected."""
    ids = {fact.id for fact in facts}
    for one in known:
        appeal = one.appeal
        if (appeal.asked, appeal.ground) != (form.asked, form.ground):
            continue
        about = ids <= set(appeal.contested) if ids and not form.ground else None
        if about is None:
            about = bool(form.ground) or appeal.decision == decision.number
        state = one.state_at(at)
        if about and state is State.OPEN:
            return one
        if about and state is State.REJECTED and not form.evidence and not form.ground:
            raise AnsweredAlready(number=appeal.number)
        if about and form.ground and one.pass_until(at) is not None:
            return one
    return None


def _of_elsewhere(fact: Fact, region: str) -> bool:
    """Whether another province is involved in a fact."""
    foreign = fact.kind == "foreign_statement"
    return foreign or (fact.region is not None and fact.region[:2] != region[:2])
