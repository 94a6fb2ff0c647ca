"""The promises as questions to a world, asked after every step of a history.

Each function is one promise about one person's code page, or about the rows; it reads the store
itself and works colours out of stored bytes, so that what it asks is not asked of the code it
judges. `Model` is what a bystander remembers: what showed last, who looked, what an appeal killed.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from mingma.appeals.appeal import Filed, Happened
from mingma.authority.organs import Line
from mingma.codes.check import check
from mingma.codes.decision import Decision
from mingma.codes.results import Result
from mingma.evidence.model import Fact
from mingma.flows.approved_fact import behind
from mingma.flows.cosigned import COSIGNED, GRACE, size_id
from mingma.flows.kept_appeals import own_appeals
from mingma.flows.look import looks_at
from mingma.flows.offices import organs
from mingma.flows.reconcile import HARMLESS
from mingma.flows.show_code import Shown
from mingma.kernel.times import Instant
from mingma.kernel.words import SEVERITY, Colour
from mingma.ledger.commitment import commitment, nonce, tag
from mingma.ledger.leaf import Kind, parse
from mingma.ledger.note import parse_note
from mingma.ledger.tree import leaf_hash, verify_inclusion
from mingma.ports import Unit
from mingma.records import Record
from mingma.rules.assess import known_since
from tests.invariants.world import World

WORSE: Final = (Colour.YELLOW, Colour.RED)
PRESENCE: Final = {"check_in"}
Span = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Seen:
    """What a page showed, and when."""

    colour: Colour
    number: int
    at: Instant


@dataclass(slots=True)
class Model:
    """What a bystander remembers of one history."""

    people: list[str]
    twins: tuple[str, str]
    last: dict[str, Seen] = field(default_factory=dict)
    looks: dict[str, list[tuple[str, str, int]]] = field(default_factory=dict)
    # Evidence that appeals killed, by whom, and since when: before that second it counts.
    dead: dict[str, dict[str, Instant]] = field(default_factory=dict)
    shield: dict[str, Instant] = field(default_factory=dict)
    rests: dict[str, Instant] = field(default_factory=dict)  # proposals objected to, until when
    heads: int = 0  # cosigned heads when the witnesses went to sleep
    reached: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class View:
    """One person's page now, with the rows behind it as they are stored."""

    ref: str
    shown: Shown
    decisions: tuple[Decision, ...]
    facts: tuple[Fact, ...]
    filed: tuple[Filed, ...]
    unit: Unit
    world: World

    @property
    def worse(self) -> bool:
        return self.shown.colour in WORSE

    @property
    def now(self) -> Instant:
        return self.shown.at

    def stored(self, number: int) -> Decision:
        """The decision of this number as its row has it."""
        return next(one for one in self.decisions if one.number == number)

    def spans(self) -> list[Span]:
        """The spans that give the colour that shows, of the decision as it stands."""
        assert self.shown.decision is not None
        return coloured(self.shown.decision.body(), self.now)


def view_of(world: World, unit: Unit, ref: str) -> View:
    """The page and its rows."""
    shown = world.instance.show(ref, "en")
    return View(
        ref, shown, tuple(unit.decisions_of(ref)), tuple(unit.facts_of([ref])[ref]),
        tuple(own_appeals(unit, ref)), unit, world,
    )  # fmt: skip


# -- colours as anybody works them out from the bytes of a decision


def live_spans(body: bytes, instant: int) -> list[Span]:
    said = json.loads(body)
    instant = max(instant, said["decided_at"])  # a clock put back shows what was decided
    over = said["expires"] is not None and instant >= said["expires"]
    if said["outcome"] != "issued" or over:
        return []
    return [
        one
        for one in said["spans"]
        if one["starts"] <= instant and (one["until"] is None or instant < one["until"])
    ]


def coloured(body: bytes, instant: int) -> list[Span]:
    """The spans with a colour that no other one displaces."""
    there = [one for one in live_spans(body, instant) if one["colour"]]
    held = {(one["pack"], one["rule"]) for one in there}
    return [
        one for one in there
        if not any((one["pack"], rule) in held for rule in one["gives_way_to"])
    ]  # fmt: skip


def weight(body: bytes, instant: int) -> int:
    """How bad the colour is that a decision gives at an instant; 0 is green or none."""
    colours = [Colour(one["colour"]) for one in coloured(body, instant)]
    return max((SEVERITY[one] for one in colours), default=0)


def cosigned(view: View, decision: Decision) -> Record | None:
    """The first head over the decision's leaf that the witnesses cosigned in time."""
    index = view.unit.index_of(view.ref, decision.number)
    found = None if index is None else view.unit.first_record(COSIGNED, size_id(index + 1))
    return found if found is not None and found.at <= decision.decided_at + GRACE else None


# -- the promises about one page


def p1_a_worse_colour_is_proven_under_a_head_that_the_policy_accepts(view: View) -> None:
    if not view.worse:
        return
    instance, shows = view.world.instance, view.shown.decision
    assert shows is not None
    mine = [one for one in view.decisions if one.number <= shows.number]
    in_time = [(one, head) for one in mine if (head := cosigned(view, one)) is not None]
    assert in_time, "it shows and was not cosigned in time"
    ground, record = in_time[-1]
    index = view.unit.index_of(view.ref, ground.number)
    assert index is not None
    entry = view.unit.leaves(index, index + 1)[0]
    leaf, _ = parse(entry)
    key = view.shown.person.key
    assert leaf.kind is Kind.DECISION
    assert leaf.tag == tag(key, ground.number)
    assert leaf.commitment == commitment(nonce(key, ground.number), ground.body())
    assert SEVERITY[view.shown.colour] <= weight(ground.body(), view.now)
    assert SEVERITY[view.shown.colour] <= SEVERITY[Colour(leaf.after or "green")]
    assert instance.context.policy is not None
    head, _ = instance.context.policy.verify(parse_note(record.body))
    proof = instance.log.tree.inclusion_proof(index, head.size)
    verify_inclusion(leaf_hash(entry), index, head.size, proof, head.root)
    if ground.number != shows.number:
        assert view.shown.token is None


def p1_every_checker_believes_a_worse_token_only_with_its_receipt(view: View) -> None:
    token, instance = view.shown.token, view.world.instance
    if not view.worse or token is None:
        return
    now = view.world.now  # a gate's clock is compared with the server's
    bare = check(token, now, trust=instance.trust)
    if bare.reasons == ("certificate.dates",):  # by a clock before or after the issuer's own dates
        return
    assert bare.result is Result.UNPROVEN, bare
    full = check(
        token, now, trust=instance.trust,
        receipt=view.shown.frame, landmarks=instance.landmarks(),
    )  # fmt: skip
    assert full.result is Result.OK, full


def p2_it_names_clause_digest_own_older_evidence_source_end_and_objection(view: View) -> None:
    if not view.worse:
        return
    decision, own = view.shown.decision, {fact.id: fact for fact in view.facts}
    assert decision is not None
    digests = {pack.id: pack.digest for pack in view.world.instance.context.packs}
    spans = view.spans()
    assert spans
    for span in spans:
        assert span["rule"]
        assert {(one.id, one.digest) for one in decision.packs} >= {
            (span["pack"], digests[span["pack"]])
        }
        assert span["evidence"]
        for id in span["evidence"]:
            assert known_since(own[id]) <= decision.decided_at
            assert own[id].subject == view.ref
            _names_who_said_it(view.unit, id)
        assert span["until"] is not None
    for reason in view.shown.explanation.reasons:
        assert all((reason.clause, reason.until, reason.objection, reason.authority))


def _names_who_said_it(unit: Unit, id: str) -> None:
    """Its maker and another organ's approver; else the source that signed it."""
    who = behind(unit, id)
    if who is None:
        assert id.partition("/")[0] in unit.sources(), id
    else:
        assert len(who.organs) > 1
        assert len(who.officers) > 1


def p6_notice_and_receipt_were_there_before_it_showed(view: View) -> None:
    decision = view.shown.decision
    if not view.worse or decision is None or cosigned(view, decision) is None:
        return
    record = cosigned(view, decision)
    assert record is not None
    told = [
        one
        for one in view.unit.notices_of(view.ref)
        if one.number <= decision.number and json.loads(one.body)["to"] in WORSE
    ]
    if weight(view.stored(decision.number).body(), decision.decided_at):  # worse from the start on
        assert told
        assert min(one.at for one in told) <= record.at
    receipt = view.world.instance.own_receipt(view.ref, decision.number)
    assert view.world.instance.context.policy is not None
    index = view.unit.index_of(view.ref, decision.number)
    assert index is not None
    entry = view.unit.leaves(index, index + 1)[0]
    receipt.verify(entry, view.world.instance.context.policy)


def p7_it_shows_what_the_decision_says_of_this_instant(view: View) -> None:
    shows = view.shown.decision
    if shows is None or view.shown.colour is Colour.UNKNOWN:
        return
    now = SEVERITY[view.shown.colour]
    assert now <= weight(view.stored(shows.number).body(), view.now)


def p7_and_falls_at_the_second_of_its_end_with_nothing_running(view: View) -> None:
    """Asked of the same instance at that second; reading one's own code writes nothing (P9)."""
    if not view.worse:
        return
    world, ends = view.world, [one["until"] for one in view.spans()]
    shows, clock = view.shown.decision, world.here.stage.clock
    assert shows is not None
    before = clock.now
    try:
        clock.now = Instant(max(ends))
        later = world.instance.show(view.ref, "en")
        at = weight(view.stored(shows.number).body(), clock.now)
        assert SEVERITY.get(later.colour, 0) <= at, (
            "it did not end", world.behind, later.colour, later.decision, shows,
        )  # fmt: skip
        clock.now = Instant(max(ends) - 1)
        still = world.instance.show(view.ref, "en")
        if not view.filed and still.decision == shows and still.colour is not Colour.UNKNOWN:
            assert SEVERITY[still.colour] == weight(shows.body(), clock.now)
    finally:
        clock.now = before


def p8_no_appeal_is_past_its_due_time_without_an_outcome(view: View) -> None:
    ends = {Happened.ANSWERED, Happened.WITHDRAWN}
    for one in view.filed:
        silent = not any(event.happened in ends for event in one.events)
        if silent and one.appeal.lapses and one.appeal.due <= view.now and view.worse:
            for span in view.spans():
                assert set(one.appeal.contested).isdisjoint(span["evidence"])


def p8_rejected_evidence_is_never_in_a_colour_again(view: View, model: Model) -> None:
    if view.worse:
        for span in view.spans():
            dead = model.dead.get(view.ref, {})
            assert all(dead.get(id, view.now + 1) > view.now for id in span["evidence"])


def p9_every_look_is_in_her_access_log_and_nothing_else_is(view: View, model: Model) -> None:
    kept = looks_at(view.unit, view.ref)
    found = [(one.body["organ"], one.body["act"], int(one.at)) for one in kept]
    assert sorted(found) == sorted(model.looks.get(view.ref, []))


def p11_it_got_worse_only_by_a_decision_in_time_or_by_its_own_foretold_time(
    view: View, model: Model
) -> None:
    before, colour = model.last.get(view.ref), view.shown.colour
    was = SEVERITY.get(before.colour, 0) if before else 0
    if SEVERITY.get(colour, 0) <= was:
        return
    shows = view.shown.decision
    assert shows is not None
    body = view.stored(shows.number).body()
    if before and shows.number <= before.number:
        # Since it was last seen nothing was written, so nothing knows that the clock went back.
        assert view.now < before.at or weight(body, before.at) < weight(body, view.now), (
            "an older one is back", before, shows.number, view.now,
            [(one.number, one.decided_at, one.outcome, one.colour_at(view.now),
              cosigned(view, one) is not None) for one in view.decisions],
            [(one.appeal.contested, one.appeal.due, one.events) for one in view.filed],
        )  # fmt: skip
    else:
        record = cosigned(view, shows)
        assert record is not None, "not cosigned in time"
        if not view.world.witnesses[0].awake:
            assert len(view.unit.records(COSIGNED)) == model.heads


def p13_presence_alone_gives_no_colour(view: View) -> None:
    if {fact.kind for fact in view.facts} <= PRESENCE:
        assert view.shown.colour in (Colour.GREEN, Colour.UNKNOWN)


def p14_no_colour_without_a_declared_emergency(view: View) -> None:
    declared = [one for one in view.unit.emergencies() if one.starts <= view.now < one.ends]
    if not declared:
        assert view.shown.colour is Colour.UNKNOWN
        assert view.shown.token is None


def p15_a_notice_is_no_colour(view: View) -> None:
    if view.shown.decision is None or view.shown.colour is Colour.UNKNOWN:
        return
    if not view.spans():
        assert view.shown.colour is Colour.GREEN


def p16_who_has_no_code_has_a_decision_with_a_leaf(view: View) -> None:
    if view.shown.colour is Colour.UNKNOWN:
        assert view.decisions
        last = view.decisions[-1]
        assert view.unit.index_of(view.ref, last.number) is not None
        assert view.shown.lapsed == (view.shown.decision is not None
                                     and view.shown.decision.outcome.value == "issued")  # fmt: skip


# -- the promises about the rows


def p3_replaying_what_is_stored_finds_nothing(world: World) -> None:
    grave = [one for one in world.instance.reconcile() if one.word not in HARMLESS]
    assert not grave, grave


def p4_equal_evidence_gives_equal_colour(first: View, second: View) -> None:
    def says(view: View) -> Any:
        spans = view.shown.decision.spans if view.shown.decision else ()
        shown = sorted(
            (one.pack, one.rule, str(one.colour), one.starts, one.until or 0) for one in spans
        )
        return view.shown.colour, shown

    assert says(first) == says(second)


def p5_nobody_approved_his_own_or_his_organ_s_or_his_line_s(unit: Unit) -> None:
    known = organs(unit)
    made = {one.id: json.loads(one.body) for one in unit.records("proposal")}
    for record in unit.records("approval"):
        one, said = made[record.id.partition("/")[0]], json.loads(record.body)
        officer, organ, line = one["maker"]
        assert said["officer"] != officer
        assert said["organ"] != organ
        if one["kind"] not in ("release", "withdrawal"):
            assert known[said["organ"]].line is not Line(line)


def p11_no_head_is_cosigned_while_nobody_watches(world: World, unit: Unit, model: Model) -> None:
    if not world.witnesses[0].awake:
        assert len(unit.records(COSIGNED)) == model.heads


# What is asked of every page, of any history; and what only of rows that nobody changed.
ALWAYS: Final[tuple[Callable[[View], None], ...]] = (
    p1_a_worse_colour_is_proven_under_a_head_that_the_policy_accepts,
    p1_every_checker_believes_a_worse_token_only_with_its_receipt,
    p7_it_shows_what_the_decision_says_of_this_instant,
    p15_a_notice_is_no_colour,
)
UNTOUCHED: Final[tuple[Callable[[View], None], ...]] = (
    p2_it_names_clause_digest_own_older_evidence_source_end_and_objection,
    p6_notice_and_receipt_were_there_before_it_showed,
    p7_and_falls_at_the_second_of_its_end_with_nothing_running,
    p8_no_appeal_is_past_its_due_time_without_an_outcome,
    p13_presence_alone_gives_no_colour,
    p14_no_colour_without_a_declared_emergency,
    p16_who_has_no_code_has_a_decision_with_a_leaf,
)
REMEMBERED: Final[tuple[Callable[[View, Model], None], ...]] = (
    p8_rejected_evidence_is_never_in_a_colour_again,
    p9_every_look_is_in_her_access_log_and_nothing_else_is,
    p11_it_got_worse_only_by_a_decision_in_time_or_by_its_own_foretold_time,
)


def everything_holds(world: World, model: Model, refs: Iterable[str]) -> None:
    """Every promise, of these people; and then the model remembers what it saw."""
    with world.instance.store.read() as unit:
        there = unit.people(list(refs))
        views = {ref: view_of(world, unit, ref) for ref in there}
        for view in views.values():
            asked = ALWAYS if world.tampered else (*ALWAYS, *UNTOUCHED)
            for promise in asked:
                promise(view)
            if not world.tampered:
                for remembered in REMEMBERED:
                    remembered(view, model)
        if not world.tampered:
            first, second = model.twins
            if first in views and second in views:
                p4_equal_evidence_gives_equal_colour(views[first], views[second])
            p5_nobody_approved_his_own_or_his_organ_s_or_his_line_s(unit)
            p11_no_head_is_cosigned_while_nobody_watches(world, unit, model)
    for ref, view in () if world.behind else views.items():  # what a wrong clock showed is no past
        number = view.shown.decision.number if view.shown.decision else 0
        model.last[ref] = Seen(view.shown.colour, number, view.now)
