"""Any history of a province: everybody does anything, and every promise is asked after each step.

Deeds are what people do, well or ill; one that must be refused says so itself. What happens by
chance is chosen by Hypothesis, what an instance draws follows from a seed that it chooses too, and
deep states are near because a history follows plots (`plots.py`). `REACHED` counts them over a run,
so that a machine that grew blind is found out.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import cycle
from typing import Any, Final

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from mingma.appeals.appeal import State as Stands
from mingma.appeals.form import read_form
from mingma.authority.acts import Act, Group, acts_in
from mingma.authority.matters import Status
from mingma.authority.organs import POWERLESS
from mingma.authority.places import PROTECTED, PlaceClass
from mingma.authority.roster import NobodyEligible
from mingma.codes.decision import Decision
from mingma.flows.act_case import Done
from mingma.flows.added_areas import areas, standing_of_area
from mingma.flows.cosigned import COSIGNED
from mingma.flows.delegate import Delegate, give
from mingma.flows.file_appeal import file_appeal
from mingma.flows.kept_appeals import own_appeals
from mingma.flows.lot import LotNotYet
from mingma.flows.objection import NothingToPause, ProposalPaused
from mingma.flows.order_isolation import own_orders
from mingma.flows.place_policy import NO_CHECK
from mingma.flows.proposal_sums import proposals_since
from mingma.flows.proposals import kept
from mingma.flows.reconcile import HARMLESS, RowsDoNotFit
from mingma.flows.stored_head import HeadBehind, HeadBroken
from mingma.flows.tickets import open_call
from mingma.flows.withdraw_appeal import withdraw_appeal
from mingma.kernel.errors import Problem
from mingma.kernel.times import DAY, HOUR, Instant, print_instant
from mingma.kernel.words import SEVERITY, Colour
from mingma.records import AlreadyThere
from mingma.shipped import place_policy
from tests.invariants.holds import (
    Model,
    everything_holds,
    p3_replaying_what_is_stored_finds_nothing,
)
from tests.invariants.plots import ENDINGS, PLOTS, Plot
from tests.invariants.world import World, new_world, paper
from tests.posts import BY_ID, CHECKERS, ORGANS, checker_ids
from tests.rule_changes import EXECUTOR, changed

REACHED: Counter[str] = Counter()
CROWD: Final = tuple(f"p-crowd-{n:03}" for n in range(101))
NAMED: Final = 5
PACK: Final = "cn-henan-2021-08"
WHY: Final = "核对了轨迹与购票记录,当日并不在场,依据不成立"
STANDS: Final = "复核了流调轨迹与同场时间记录,依据成立,维持原决定"
HEARERS: Final = tuple(
    f"{organ}-appeal_officer{n}"
    for organ in ("ha-hq", "zz-hq", "ha-hc", "zz-hc")
    for n in ("", "-1")
)
MAKERS: Final = ("zz-cdc-investigator", "zz-cdc-investigator-1", "ha-cdc-investigator")
OBJECTORS: Final = (*MAKERS, "zz-hc-investigator", "zz-hq-checker-3", "zz-hq-checker-4")
LATE: Final = 42  # the step from which on a history may end
SOON: Final = (1, 30, 599, 601, 3600, 2 * HOUR, 8 * HOUR)
LATER: Final = (DAY, 3 * DAY, 8 * DAY, 16 * DAY)


@dataclass(frozen=True, slots=True)
class Deed:
    """Something that can happen: how often, when at all, and what is left to chance."""

    name: str
    weight: int
    when: Callable[[Any], object]
    chance: Mapping[str, st.SearchStrategy[Any]]


DEEDS: Final[list[Deed]] = []


def deed(
    weight: int,
    *,
    when: Callable[[Any], object] = lambda _: True,
    **chance: st.SearchStrategy[Any],
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Put a method on the list of what can happen."""

    def listed(method: Callable[..., None]) -> Callable[..., None]:
        DEEDS.append(Deed(method.__name__, weight, when, chance))
        return method

    return listed


AUTHOR, APPROVER = "ha-hc-rule_author", "ha-hq-rule_approver"
SHORTER: Final = changed("days: [0, 14]", "days: [0, 3]")  # the second edition: HA-R3 of three days
unprotected = st.sampled_from(sorted(set(PlaceClass) - PROTECTED))
places = st.sets(unprotected, min_size=1, max_size=4)
protected = st.sets(st.sampled_from(sorted(PROTECTED)), max_size=1)
people = st.integers(0, NAMED - 1)
minutes = st.sampled_from(SOON)


def shipped_places() -> frozenset[str]:
    """The places that the shipped policy names."""
    return frozenset(json.loads(place_policy())["may_ask"])


class Province(RuleBasedStateMachine):
    """One history."""

    def __init__(self) -> None:
        super().__init__()
        self.visits: dict[str, list[str]] = {}

    def begin(self, seed: int) -> None:
        """The first day; all that an instance draws by chance follows from the seed."""
        self.world: World = new_world(seed)
        named = [self.world.instance.identify(paper(n)) for n in range(NAMED)]
        self.papers = {ref: paper(n) for n, ref in enumerate(named)}
        self.model = Model(named, ("p-twin-a", "p-twin-b"))
        self.proposals: list[str] = []
        self.orders: list[tuple[str, str]] = []
        self.areas: list[str] = []
        self.glasses: list[str] = []
        # Place policies by the instant from which each counts, and the edition that waits for it.
        self.named: list[tuple[int, frozenset[str]]] = [(0, shipped_places())]
        self.edition = ""
        self.steps = 0
        self.hundred = False
        # Every plot comes once before one comes again; Hypothesis would repeat what it likes.
        order = random.Random(seed)
        self.deck = cycle(order.sample(PLOTS, len(PLOTS)))
        self.endings = cycle(order.sample(ENDINGS, len(ENDINGS)))
        self.plot: Plot = ()

    # -- what rules share

    @property
    def here(self) -> Any:
        return self.world.here

    def ref(self, n: int) -> str:
        return self.model.people[n % len(self.model.people)]

    def reach(self, what: str) -> None:
        self.model.reached[what] += 1
        REACHED[what] += 1

    def act(self, officer: str, act: Act, body: dict[str, Any]) -> Done | None:
        """The act, done or refused; what it let somebody see is remembered."""
        at = self.world.log_time()
        try:
            done: Done = self.here.act(officer, act, body)
        except Problem:
            return None
        self.saw(officer, act, body, done, at)
        return done

    def saw(self, officer: str, act: Act, body: dict[str, Any], done: Done, at: Instant) -> None:
        """A look is remembered by whom it was at, an objection by when the proposal goes on."""
        if act is Act.OBJECT:
            last = self.here.standing(body["proposal"]).proposal.made_at + DAY - HOUR
            until = Instant(max(at, min(at + 2 * HOUR, last)))
            self.model.rests.setdefault(body["proposal"], until)
            return
        if act is Act.SEE_PROPOSAL:
            with self.world.instance.store.read() as unit:
                rows = kept(unit, body["proposal"]).proposal.rows
            about = [row.subject for row in rows]
        elif act in acts_in(Group.LOOK) and done.answer != NO_CHECK and "identity" in body:
            about = [self.world.instance.identify(body["identity"])]
            if done.answer.get("issued_at", "") is None and not self.enrolled(about[0]):
                about = []
        elif act in acts_in(Group.LOOK) and "subject" in body:
            about = [body["subject"]]
        else:
            return
        organ = next(o.id for o in sorted(ORGANS, key=lambda o: -len(o.id))
                     if officer.startswith(f"{o.id}-"))  # fmt: skip
        for ref in about:
            self.model.looks.setdefault(ref, []).append((organ, act.value, int(at)))
        self.reach("looked")

    def refused(
        self, officer: str, act: Act, body: dict[str, Any], by: type[Problem] = Problem
    ) -> None:
        """It must be refused, whoever asks."""
        try:
            done = self.here.act(officer, act, body)
        except by:
            return
        except Problem as other:
            raise AssertionError(f"{act} by {officer} was refused by {other}") from other
        raise AssertionError(f"{act} by {officer} was done: {done.answer}")

    def enrolled(self, ref: str) -> bool:
        with self.world.instance.store.read() as unit:
            return ref in unit.people([ref])

    def send(self, *records: dict[str, Any], source: str = "lab-1") -> None:
        self.here.stage.send(*records, source=source)

    def record(self, kind: str, subject: str, hours: float, **data: Any) -> dict[str, Any]:
        return {
            "id": f"{kind}-{self.world.next()}", "kind": kind, "subject": subject,
            "at": print_instant(Instant(self.world.now - int(hours * HOUR))),
            "region": "410100", "data": data,
        }  # fmt: skip

    def colour(self, ref: str) -> Colour:
        return self.world.instance.show(ref, "en").colour

    def somebody_worse(self, n: int) -> str:
        """Somebody whose code is worse than green, if anybody's is."""
        marked = [ref for ref in self.model.people if self.colour(ref) is Colour.RED]
        return (marked or self.model.people)[n % len(marked or self.model.people)]

    def on_duty(self) -> None:
        """The commanders see to tomorrow's roster where nobody stands on it."""
        for organ, (day, _) in CHECKERS.items():
            now = self.world.log_time()  # each roster has a leaf, and whoever cosigns it a clock
            with suppress(AlreadyThere):  # log time stands still while the server's clock is behind
                self.here.put(organ, checker_ids(organ)[:day], now, now + DAY)

    def carried_on(self, digest: str) -> str | None:
        """The approval by whom the lot fell on; the proposal's status after it."""
        for _ in range(2):
            try:
                return str(self.here.approve(digest).answer["status"])
            except NobodyEligible:
                self.on_duty()
                self.world.forward(1)
            except Problem:
                return None
        return None

    def open_proposals(self) -> list[str]:
        with self.world.instance.store.read() as unit:
            there = set(proposals_since(unit, Instant(self.world.now - DAY)))
        states = (Status.DRAFT, Status.FIRST)
        return [one for one in self.proposals
                if one in there and self.here.standing(one).status in states]  # fmt: skip

    def open_appeals(self) -> list[tuple[str, int]]:
        """The appeals that wait, by whom."""
        now = self.world.now
        with self.world.instance.store.read() as unit:
            return [
                (ref, one.appeal.number)
                for ref in self.model.people
                for one in own_appeals(unit, ref)
                if one.state_at(now) is Stands.OPEN
            ]

    def goes_on(self, there: Mapping[str, Deed]) -> bool:
        """Whether a plot's next deed can be done now: of this one, or of one that follows it."""
        for _ in (*PLOTS, *ENDINGS):
            if self.plot and self.plot[0].deed in there:
                return True
            self.plot = next(self.endings if self.steps > LATE else self.deck)
        return False

    @rule(data=st.data())
    def something_happens(self, data: st.DataObject) -> None:
        """The plot's next deed, or one of those that can happen now, the likelier more often."""
        there = {one.name: one for one in DEEDS if one.when(self)}
        fixed: Mapping[str, Any] = {}
        if self.goes_on(there) and data.draw(st.sampled_from((True, True, False)), label="plotted"):
            name, fixed = self.plot[0].deed, self.plot[0].fixed
            self.plot = self.plot[1:]
            data.draw(st.just(name), label="deed")
        else:
            names = [one.name for one in there.values() for _ in range(one.weight)]
            name = data.draw(st.sampled_from(names), label="deed")
        drawn = {key: data if key == "data" else data.draw(how, label=key)
                 for key, how in there[name].chance.items() if key not in fixed}  # fmt: skip
        try:
            getattr(self, name)(**drawn, **fixed)
        except AlreadyThere:
            # A row written in beside us can stop what comes after it: that withholds, no more.
            assert self.world.tampered

    # -- evidence arrives

    @initialize(seed=st.integers(0, 2**32 - 1))
    def everybody_is_known(self, seed: int) -> None:
        self.begin(seed)
        twins = self.model.twins
        for ref in (*self.model.people, *twins):
            self.send(self.record("test", ref, 2, assay="pcr", result="negative", tube="single",
                                  sample=f"first-{ref}", reported_at=print_instant(
                                      Instant(self.world.now - HOUR))))  # fmt: skip
        self.here.open_case()
        self.visits = {ref: self.here.visits(ref) for ref in self.model.people}
        self.send(*(self.record("check_in", "p-passer", 5, venue="v1", grade="A")
                    for _ in range(3)))  # fmt: skip
        self.world.forward(1)

    @deed(2, n=people, result=st.sampled_from(["positive", "negative"]), hours=st.integers(1, 60))
    def a_test(self, n: int, result: str, hours: int) -> None:
        reported = print_instant(Instant(self.world.now - HOUR // 2))
        self.send(self.record(
            "test", self.ref(n), hours, assay="pcr", result=result, tube="single",
            sample=f"s-{self.world.next()}", reported_at=reported,
        ))  # fmt: skip

    @deed(1, n=people)
    def an_infection(self, n: int) -> None:
        one = {"class": "confirmed", "sample": f"s-{self.world.next()}"}
        self.send(self.record("infection", self.ref(n), 2, **one))

    @deed(1, n=people, grade=st.sampled_from("ABCD"), many=st.integers(1, 4))
    def presences(self, n: int, grade: str, many: int) -> None:
        self.send(*(self.record("check_in", "p-passer", 1 + k, venue="v1", grade=grade)
                    for k in range(many)))  # fmt: skip
        self.visits[self.ref(n)] += self.here.visits(self.ref(n), grade=grade, hours=-3)
        self.reach("presence alone")

    @deed(1, source=st.sampled_from(["lab-1", "clerk"]), n=people)
    def a_daily_report(self, source: str, n: int) -> None:
        self.send(self.record("daily_report", self.ref(n), 1, symptoms=["fever"]), source=source)

    @deed(1, n=people)
    def a_source_says_what_only_acts_may(self, n: int) -> None:
        sent = self.here.stage.send(
            self.record("contact_finding", self.ref(n), 5, relation="close", index="case-7"),
            self.record("withdrawal", self.ref(n), 1, of="lab-1/x", reason="wrong person"),
            source="lab-1",
        )
        assert sent.admitted == 0

    @deed(
        1, kind=st.sampled_from(["test", "infection", "companion_match"]), hours=st.integers(3, 60)
    )
    def the_twins_get_the_same(self, kind: str, hours: int) -> None:
        data: dict[str, Any] = {
            "test": {"assay": "pcr", "result": "positive", "tube": "single",
                     "reported_at": print_instant(Instant(self.world.now - HOUR))},
            "infection": {"class": "asymptomatic"},
            "companion_match": {"overlap_minutes": 25, "cell": "c"},
        }[kind]  # fmt: skip
        own = {} if kind == "companion_match" else {"sample": ""}
        self.send(*(
            self.record(kind, ref, hours, **data, **{k: f"{ref}-{self.world.next()}" for k in own})
            for ref in self.model.twins
        ))  # fmt: skip

    # -- time, witnesses, restarts

    @deed(2, seconds=minutes)
    def time_passes(self, seconds: int) -> None:
        before = {ref: seen.colour for ref, seen in self.model.last.items()}
        self.world.forward(seconds)
        self._fallen(before)

    @deed(1, when=lambda self: self.steps > 10, seconds=st.sampled_from(LATER))
    def days_pass(self, seconds: int) -> None:
        before = {ref: seen.colour for ref, seen in self.model.last.items()}
        self.world.forward(seconds)
        self._fallen(before)

    def _fallen(self, before: dict[str, Colour]) -> None:
        for ref in self.model.people:
            if before.get(ref) is Colour.RED and self.colour(ref) is not Colour.RED:
                self.reach("fell by itself")

    @deed(
        1,
        when=lambda self: self.steps > 6 and not self.world.behind,
        seconds=st.sampled_from((60, 600, 5 * HOUR, 20 * HOUR)),
    )
    def the_clock_is_put_back(self, seconds: int) -> None:
        self.world.put_back(seconds)
        # Nothing runs here that writes down what time it is: what showed since it was last on
        # record may be taken back, and a term that ran out after that has not.
        said, model = self.world.log_time(), self.model
        model.last = {ref: one for ref, one in model.last.items() if one.at <= said}
        for known in (model.shield, *model.dead.values()):
            for key in [key for key, since in known.items() if since > said]:
                del known[key]
        self.reach("clock put back")

    @deed(4, when=lambda self: self.world.behind)
    def the_clock_is_put_right(self) -> None:
        self.world.put_back(0)

    @deed(2, when=lambda self: self.world.witnesses[0].awake, n=people)
    def the_witnesses_go_and_someone_would_get_worse(self, n: int) -> None:
        """Nothing shows of what is found while nobody watches."""
        self.world.witnesses.sleep()
        with self.world.instance.store.read() as unit:
            self.model.heads = len(unit.records(COSIGNED))
        was = SEVERITY.get(self.colour(self.ref(n)), 0)
        self.an_infection(n)
        assert SEVERITY.get(self.colour(self.ref(n)), 0) <= was
        self.reach("outage")

    @deed(6, when=lambda self: not self.world.witnesses[0].awake, seconds=minutes)
    def the_witnesses_come_back(self, seconds: int) -> None:
        self.world.forward(seconds)
        everything_holds(self.world, self.model, self.watched())
        before = {ref: seen.colour for ref, seen in self.model.last.items()}
        with self.world.instance.store.read() as unit:
            events = {ref: one.events for ref, one in unit.people(self.model.people).items()}
        self.world.witnesses.wake()
        self.world.instance.ask_witnesses()
        with self.world.instance.store.read() as unit:
            now = {ref: one.events for ref, one in unit.people(self.model.people).items()}
        for ref, colour in before.items():
            anew = ref in events and now[ref] > events[ref] and colour is Colour.GREEN
            if anew and self.colour(ref) is Colour.RED:
                self.reach("void, decided anew")

    @deed(1)
    def seal(self) -> None:
        self.world.instance.seal()

    @deed(1)
    def duties(self) -> None:
        self.world.instance.keep_duties()

    @deed(1, when=lambda self: self.world.witnesses[0].awake and not self.world.tampered)
    def restart(self) -> None:
        before = {ref: self.colour(ref) for ref in self.model.people}
        self.world.reopen()
        assert {ref: self.colour(ref) for ref in self.model.people} == before
        self.reach("restarted")

    # -- proposals and approvals

    @deed(
        5,
        ns=st.sets(people, min_size=1, max_size=3),
        maker=st.sampled_from(MAKERS),
        old=st.booleans(),
    )
    def propose(self, ns: set[int], maker: str, old: bool) -> None:
        refs = sorted({self.ref(n) for n in ns})
        cited = [self.visits[ref][0] if old else self.here.visits(ref, hours=-2)[0] for ref in refs]
        self.world.forward(1)
        done = self.act(maker, Act.PROPOSE_CONTACTS, self.here.contacts(refs, cited))
        if done is not None:
            self.proposals.append(str(done.answer["proposal"]))

    @deed(1, n=people, other=people, maker=st.sampled_from(MAKERS))
    def propose_without_ground(self, n: int, other: int, maker: str) -> None:
        """Evidence is each person's own: another's grounds nothing about her."""
        ref, cited = self.ref(n), [self.visits[self.ref(other)][0]]
        if n == other:
            cited = ["zz-venue/never-sent"]
        self.refused(maker, Act.PROPOSE_CONTACTS, self.here.contacts([ref], cited))
        self.reach("without ground, refused")

    @deed(
        9,
        when=lambda self: self.open_proposals(),
        k=st.integers(0, 9),
        seconds=st.sampled_from((1, 30, 600)),
    )
    def approve_as_drawn(self, k: int, seconds: int) -> None:
        there = self.open_proposals()
        digest = there[k % len(there)]
        self.world.forward(seconds)
        if self.rests(digest):
            self.nobody_approves(digest)
            return
        second = self.here.standing(digest).status is Status.FIRST
        if self.carried_on(digest) == Status.APPROVED:
            self.reach("approved")
            if digest in self.model.rests:
                self.reach("objected, and approved after two hours")
            if second:
                self.reach("approved twice")
            if any(self.colour(ref) is Colour.RED for ref in self.subjects(digest)):
                self.reach("approved and red")

    @deed(
        1,
        when=lambda self: self.open_proposals() and not self.world.tampered,
        k=st.integers(0, 9),
        officer=st.sampled_from(OBJECTORS),
        other=st.sampled_from(("zz-social-liaison", "zz-data-executor", *HEARERS)),
    )
    def an_objection(self, k: int, officer: str, other: str) -> None:
        """The first one lets the proposal rest; nobody learns of whom but an auditor."""
        there = self.open_proposals()
        digest = there[k % len(there)]
        body, since = {"proposal": digest}, print_instant(self.world.now)
        self.refused(other, Act.OBJECT, body)
        if self.act(officer, Act.OBJECT, body) is None:
            return  # her second one, or her shift is over
        self.refused(officer, Act.OBJECT, body, by=NothingToPause)
        self.refused(other, Act.READ_AUDIT, {"objections": since})
        read = self.act("ha-audit-auditor", Act.READ_AUDIT, {"objections": since})
        assert read is not None
        mine = [one for one in read.answer["objections"] if one["proposal"] == digest]
        assert officer in {one["officer"] for one in mine}
        self.reach("objected")

    @deed(3, when=lambda self: self.open_proposals(), k=st.integers(0, 9), data=st.data())
    def approve_as_not_drawn(self, k: int, data: st.DataObject) -> None:
        there = self.open_proposals()
        digest = there[k % len(there)]
        try:
            asked = {each.officer.id for each in self.here.asked(digest)}
        except Problem:
            return
        others = [one for one in sorted(self.here.keys) if one not in asked]
        other = data.draw(st.sampled_from(others))
        standing = self.here.standing(digest)
        body = {"proposal": digest, "seen": standing.state.hex(), "refused": []}
        second = standing.status is Status.FIRST
        self.refused(other, Act.APPROVE_SECOND if second else Act.APPROVE, body)
        colleagues = checker_ids(BY_ID["zz-hq"].id)
        for one in [one for one in colleagues if one not in asked][:2]:
            self.refused(one, Act.APPROVE_SECOND if second else Act.APPROVE, body)
        self.reach("not drawn, refused")

    def rests(self, digest: str) -> bool:
        """Whether somebody's objection to it is being looked at."""
        return self.world.log_time() < self.model.rests.get(digest, 0)

    def nobody_approves(self, digest: str) -> None:
        """Not even on whom the lot fell."""
        try:
            drawn = self.here.drawn(digest).officer.id
        except (LotNotYet, NobodyEligible):
            return
        standing = self.here.standing(digest)
        act = Act.APPROVE_SECOND if standing.status is Status.FIRST else Act.APPROVE
        body = {"proposal": digest, "seen": standing.state.hex(), "refused": []}
        self.refused(drawn, act, body, by=ProposalPaused)
        assert self.here.standing(digest) == standing
        self.reach("objected, rests")

    def subjects(self, digest: str) -> list[str]:
        with self.world.instance.store.read() as unit:
            return [row.subject for row in kept(unit, digest).proposal.rows]

    @deed(
        1, when=lambda self: not self.hundred and self.steps > 4, seconds=st.sampled_from((1, 30))
    )
    def a_hundred(self, seconds: int) -> None:
        """From the hundredth person on one organ's approval makes nobody worse."""
        self.hundred = True
        try:
            digest = self.here.propose(*CROWD[:100])
        except Problem:
            return
        self.proposals.append(digest)
        self.world.forward(seconds)
        status = self.carried_on(digest)
        assert self.colour(CROWD[0]) is not Colour.RED
        if status == Status.FIRST:
            self.reach("hundred, first approval")

    @deed(
        2,
        when=lambda self: self.proposals,
        k=st.integers(0, 9),
        n=people,
        maker=st.sampled_from(("zz-hc-investigator", *MAKERS)),
        approver=st.sampled_from(HEARERS),
    )
    def release(self, k: int, n: int, maker: str, approver: str) -> None:
        with self.world.instance.store.read() as unit:
            every = unit.facts_of(self.model.people)
        of = {ref: [fact.id for fact in facts if fact.kind == "contact_finding"]
              for ref, facts in every.items()}  # fmt: skip
        marked = [ref for ref in self.model.people if of.get(ref)]
        if not marked:
            return
        ref = marked[n % len(marked)]
        found = of[ref]
        [other] = self.here.visits(ref, hours=-1)
        self.world.forward(1)
        done = self.act(maker, Act.PROPOSE_RELEASE, {
            "kind": "release", "pack": PACK, "rule": "HA-R3", "region": "410100",
            "rows": [{"subject": ref, "evidence": [other], "data": {"of": found[k % len(found)]}}],
        })  # fmt: skip
        if done is None:
            return
        digest = str(done.answer["proposal"])
        body = {"proposal": digest, "seen": self.here.standing(digest).state.hex()}
        if approver.startswith(maker.rpartition("-investigator")[0]):
            self.refused(approver, Act.APPROVE_RELEASE, body)
        elif self.act(approver, Act.APPROVE_RELEASE, body):
            self.reach("released")

    # -- citizens

    @deed(6, n=people, asked=st.sampled_from(["object", "object", "ask_human"]))
    def appeal(self, n: int, asked: str) -> None:
        instance, ref = self.world.instance, self.somebody_worse(n)
        try:
            with instance.acting() as unit:
                file_appeal(
                    unit, instance.context, ref, read_form({"asked": asked}),
                    self.world.now,
                )  # fmt: skip
        except Problem:
            return
        self.reach("appealed")

    @deed(
        5,
        when=lambda self: self.open_appeals(),
        k=st.integers(0, 9),
        upheld=st.booleans(),
        first=st.integers(0, 7),
    )
    def answer(self, k: int, upheld: bool, first: int) -> None:
        there = self.open_appeals()
        ref, number = there[k % len(there)]
        said = {
            "subject": ref, "appeal": number, "outcome": "upheld" if upheld else "rejected",
            "reason": "evidence_wrong" if upheld else "evidence_stands",
            "text": WHY if upheld else STANDS,
        }  # fmt: skip
        with self.world.instance.store.read() as unit:
            filed = next(one for one in own_appeals(unit, ref) if one.appeal.number == number)
        act = Act.REVIEW_INFECTION if filed.appeal.laboratory else Act.ANSWER_APPEAL
        for officer in HEARERS[first:] + HEARERS[:first]:
            organ = officer.rpartition("-appeal")[0]
            if organ in filed.appeal.organs or officer in filed.appeal.officers:
                self.refused(officer, act, said)  # who took part does not answer
            elif self.act(officer, act, said):
                self._answered(ref, filed, upheld=upheld)
                return

    def _answered(self, ref: str, filed: Any, *, upheld: bool) -> None:
        if not upheld:
            self.reach("rejected")
            return
        self.killed(ref, filed, self.world.log_time())
        if filed.appeal.contested:
            self.model.shield[ref] = Instant(max(self.world.now, self.world.right()))
        self.reach("upheld")
        if filed.appeal.contested and self.colour(ref) is Colour.GREEN:
            self.reach("upheld and green")

    def killed(self, ref: str, filed: Any, since: Instant) -> None:
        """Remember what an appeal killed, from its first moment on."""
        dead = self.model.dead.setdefault(ref, {})
        for id in filed.appeal.contested:
            dead[id] = min(since, dead.get(id, since))

    @deed(3, when=lambda self: self.open_appeals(), k=st.integers(0, 9))
    def silence(self, k: int) -> None:
        """The term runs out; nobody answered, and nothing runs."""
        there = self.open_appeals()
        red = [one for one in there if self.colour(one[0]) is Colour.RED]
        ref, number = (red or there)[k % len(red or there)]
        with self.world.instance.store.read() as unit:
            filed = next(one for one in own_appeals(unit, ref) if one.appeal.number == number)
        was = self.colour(ref)
        self.world.forward(max(0, filed.appeal.due - self.world.now))
        if filed.appeal.lapses and not self.world.behind:
            self.killed(ref, filed, filed.appeal.due)
            if filed.appeal.contested:
                self.model.shield[ref] = Instant(filed.appeal.due)
            if was is Colour.RED and self.colour(ref) is not Colour.RED:
                self.reach("lapsed and better")

    @deed(1, when=lambda self: self.open_appeals(), k=st.integers(0, 9))
    def withdraw(self, k: int) -> None:
        there = self.open_appeals()
        ref, number = there[k % len(there)]
        instance = self.world.instance
        try:
            with instance.acting() as unit:
                withdraw_appeal(unit, instance.context, ref, number, self.world.now)
        except Problem:
            return
        self.reach("withdrawn")

    @deed(
        4,
        when=lambda self: self.model.shield and not self.world.tampered,
        k=st.integers(0, 9),
        maker=st.sampled_from(MAKERS),
    )
    def marked_again(self, k: int, maker: str) -> None:
        """After a won appeal nothing older than it grounds a finding for fourteen days."""
        ref, since = sorted(self.model.shield.items())[k % len(self.model.shield)]
        if self.world.now >= since + 14 * DAY or self.world.behind:
            return
        self.world.forward(1)
        self.refused(maker, Act.PROPOSE_CONTACTS, self.here.contacts([ref], self.visits[ref][:1]))
        self.reach("re-mark refused")

    @deed(1, n=people, to=people)
    def delegate(self, n: int, to: int) -> None:
        instance, now = self.world.instance, self.world.now
        try:
            with instance.acting() as unit:
                give(
                    unit, self.ref(n), next(iter(Delegate)), self.papers[self.ref(to)],
                    Instant(now + DAY), now, identify=instance.holder,
                    chance=instance.desk.chance,
                )  # fmt: skip
        except Problem:
            return

    # -- looks, gates, orders

    @deed(
        2,
        n=people,
        officer=st.sampled_from(
            ["zz-hotline-hotline_agent", "erqi-community-community_worker", "zz-cdc-investigator"]
        ),
        honest=st.booleans(),
    )
    def see_reason(self, n: int, officer: str, honest: bool) -> None:
        ref, digits = self.ref(n), "00000000"
        if honest:
            instance = self.world.instance
            with instance.acting() as unit:
                digits = open_call(unit, ref, self.world.now, instance.desk.chance).digits
        self.act(officer, Act.SEE_REASON, {
            "subject": ref, "purpose": "answering_caller", "ticket": {"call": digits},
        })  # fmt: skip

    @deed(1, n=people)
    def break_glass(self, n: int) -> None:
        done = self.act(
            "ha-cdc-investigator", Act.BREAK_GLASS, {"subject": self.ref(n), "reason": "fainted"}
        )
        if done is not None:
            self.glasses.append(done.answer["glass"])
            self.reach("glass broken")

    @deed(2, when=lambda self: self.glasses, upheld=st.booleans())
    def review_glass(self, upheld: bool) -> None:
        id = self.glasses.pop()
        self.refused("ha-cdc-investigator", Act.REVIEW_LOOK, {"glass": id, "upheld": upheld})
        if self.act("ha-audit-auditor", Act.REVIEW_LOOK, {"glass": id, "upheld": upheld}):
            self.reach("glass reviewed")

    @deed(2, n=people, place=st.sampled_from(sorted(PlaceClass)))
    def gate(self, n: int, place: PlaceClass) -> None:
        """P17: where the policy of this instant names nobody, or may not, nobody is asked."""
        body = {"identity": self.papers[self.ref(n)], "card_read": True, "place": place.value,
                "region": "410103"}  # fmt: skip
        at = self.world.log_time()
        done = self.act("zz-gate-gate_guard", Act.CARD_LOOKUP, body)
        if done is None:
            return
        named = [places for since, places in self.named if since <= at][-1]
        assert (done.answer == NO_CHECK) is (place in PROTECTED or place not in named), place
        if place in PROTECTED:
            self.reach("protected place")

    @deed(1, when=lambda self: len(self.named) == 1, places=places, protected=protected)
    def place_policy(self, places: set[str], protected: set[str]) -> None:
        """Drafted by one organ and approved by another; nobody's names a protected place."""

        def document(named: set[str]) -> dict[str, Any]:
            words = {"zh": f"清单{self.world.next()}", "en": "a list"}
            return {"policy": {"v": 1, "title": words, "basis": "法", "may_ask": sorted(named)}}

        if protected:
            self.refused(AUTHOR, Act.DRAFT_PLACE_POLICY, document(places | protected))
        drafted = self.act(AUTHOR, Act.DRAFT_PLACE_POLICY, document(places))
        if drafted is None:
            return
        body = {"digest": drafted.answer["digest"]}
        for other in (AUTHOR, EXECUTOR, *MAKERS, *HEARERS[:2]):
            self.refused(other, Act.APPROVE_PLACE_POLICY, body)
        at = self.world.log_time()
        if self.act(APPROVER, Act.APPROVE_PLACE_POLICY, body):
            self.named.append((at + DAY, frozenset(places)))

    @deed(3, when=lambda self: self.waits_for_places(), n=people)
    def the_place_policy_counts(self, n: int) -> None:
        """From its second on, with nothing running; not one second earlier."""
        _, (since, places) = self.named
        changed = sorted(places ^ self.named[0][1])
        self.world.forward(max(0, since - 1 - self.world.log_time()))
        for _ in range(2):
            for place in changed:
                self.gate(n, PlaceClass(place))
            self.world.forward(1)
        if changed and self.world.log_time() >= since:
            self.reach("place policy counts")

    def waits_for_places(self) -> bool:
        return self.named[-1][0] > self.world.log_time()

    # -- rules

    @deed(1, when=lambda self: not self.edition and not self.world.tampered)
    def rule_published(self) -> None:
        """A change is public with its impact, and approved by another organ."""
        drafted = self.act(AUTHOR, Act.DRAFT_RULE, {"files": SHORTER})
        if drafted is None:
            return
        body = {"edition": drafted.answer["edition"]}
        self.refused(EXECUTOR, Act.ACTIVATE_RULE, body)
        for other in (AUTHOR, EXECUTOR, *MAKERS, *HEARERS[:2]):
            self.refused(other, Act.APPROVE_RULE, body)
        if self.act(APPROVER, Act.APPROVE_RULE, body):
            self.edition = body["edition"]
            self.published = self.world.log_time()
            self.reach("rule published")

    @deed(4, when=lambda self: self.edition and self.edition_counts() == 1)
    def rule_activated(self) -> None:
        """After a day in public, and no second earlier."""
        body = {"edition": self.edition}
        self.world.forward(max(0, self.published + DAY - 60 - self.world.log_time()))
        if self.world.log_time() < self.published + DAY - 30:
            self.refused(EXECUTOR, Act.ACTIVATE_RULE, body)
        self.world.forward(61)
        if self.act(EXECUTOR, Act.ACTIVATE_RULE, body):
            self.world.instance.keep_duties()
            assert self.edition_counts() == 2
            self.reach("rule in force")

    def edition_counts(self) -> int:
        """The edition that the instance works with."""
        with self.world.instance.store.read() as unit:
            self.world.instance.know_rules(unit)
        return self.world.instance.context.packs[0].edition

    @deed(3, n=people, maker=st.sampled_from(MAKERS))
    def order(self, n: int, maker: str) -> None:
        ref = self.somebody_worse(n)
        shown = self.world.instance.show(ref, "en")
        if shown.decision is None:
            return
        body = {"subject": ref, "decision": shown.decision.number, "site": "lab-1",
                "community": "clerk"}  # fmt: skip
        if shown.colour is not Colour.RED:
            self.refused(maker, Act.ORDER_ISOLATION, body)
            return
        done = self.act(maker, Act.ORDER_ISOLATION, body)
        if done is not None:
            self.orders.append((ref, str(done.answer["order"])))
            self.reach("ordered")

    @deed(3, when=lambda self: self.orders, k=st.integers(0, 9), hearer=st.sampled_from(HEARERS))
    def end_order(self, k: int, hearer: str) -> None:
        ref, id = self.orders[k % len(self.orders)]
        if self.act(hearer, Act.END_ORDER, {"order": id}):
            assert self._over(ref, id)
            self.reach("order ended")

    def _over(self, ref: str, id: str) -> bool:
        instance = self.world.instance
        with instance.store.read() as unit:
            found = own_orders(unit, instance.context, ref, self.world.now)
            return next(one for one in found if one.order.id == id).over is not None

    @deed(1, county=st.sampled_from(["410102", "410103"]), approver=st.integers(0, 22))
    def area(self, county: str, approver: int) -> None:
        done = self.act("zz-cdc-investigator", Act.PROPOSE_AREA, {
            "region": county, "community": f"第{self.world.next()}小区", "level": "high",
            "residents": 900, "cases": ["case-7"], "days": 7,
        })  # fmt: skip
        if done is not None:
            approval = {"area": (id := done.answer["area"]), "residents": 900}
            with self.world.instance.store.read() as unit:
                [one] = [one for one in areas(unit) if one.id == id]
                approval["seen"] = standing_of_area(unit, one).state.hex()
            self.act(f"zz-hq-checker-{approver}", Act.APPROVE_AREA, approval)

    # -- anybody tries anything

    @deed(4, data=st.data(), act=st.sampled_from(sorted(Act)))
    def anybody_tries_anything(self, data: st.DataObject, act: Act) -> None:
        officer = data.draw(st.sampled_from(sorted(self.here.keys)))
        body = data.draw(st.sampled_from(self.bodies()))
        before = {ref: self.colour(ref) for ref in self.model.people}
        done = self.act(officer, act, body)
        powerless = officer.endswith("-liaison")
        assert done is None or not (powerless or act in acts_in(Group.NEVER)), (officer, act)
        if done is None:  # a refusal changes nobody's colour
            assert {ref: self.colour(ref) for ref in self.model.people} == before
        self.reach("tried")

    @deed(1, act=st.sampled_from(sorted(acts_in(Group.NEVER))), data=st.data())
    def nobody_has_this(self, act: Act, data: st.DataObject) -> None:
        officer = data.draw(st.sampled_from(sorted(self.here.keys)))
        self.refused(officer, act, data.draw(st.sampled_from(self.bodies())))
        self.reach("never")

    def bodies(self) -> list[dict[str, Any]]:
        """Bodies that one act or another might take, of what there is just now."""
        ref, now = self.model.people[0], self.world.now
        digest = self.proposals[-1] if self.proposals else "00" * 32
        ends = print_instant(Instant(now + 20 * DAY))
        return [
            {}, {"subject": ref, "colour": "red"}, {"proposal": digest},
            {"objections": print_instant(Instant(now - DAY))},
            {"proposal": digest, "seen": "00" * 32, "refused": []},
            self.here.contacts([ref], self.visits[ref][:1]),
            {"basis": "法", "starts": print_instant(now), "ends": ends},
            {"emergency": "e-1", "basis": "法", "ends": ends},
            {"grant": "zz-hq-checker-0|1"}, {"policy": {}}, {"digest": digest}, {"edition": digest},
            {"files": {}}, {"day": "2022-06-14"}, {"leaf": 3}, {"organ": "zz-hq", "shifts": []},
            {"officer": "mole", "organ": "zz-police", "post": "checker", "region": "410100",
             "acts": ["*"], "starts": print_instant(now), "ends": ends},
            {"subject": ref, "reason": "because"},
            {"subject": ref, "purpose": "investigation", "ticket": {"case": "case-7"}},
            {"case": "case-7", "purpose": "case_visits"},
            {"case": f"case-{self.world.next()}", "evidence": self.visits[ref][0],
             "region": "410100", "subject": ref},
        ]  # fmt: skip

    @deed(
        1,
        giver=st.sampled_from(("ha-hq-registrar", "ha-hc-registrar")),
        organ=st.sampled_from([o.id for o in ORGANS if o.kind in POWERLESS]),
    )
    def a_grant_to_whom_nothing_is_given(self, giver: str, organ: str) -> None:
        now = self.world.now
        self.refused(giver, Act.GIVE_GRANT, {
            "officer": f"{organ}-liaison", "organ": organ, "post": "checker", "region": "410100",
            "acts": ["*"], "starts": print_instant(now),
            "ends": print_instant(Instant(now + DAY)),
        })  # fmt: skip

    @deed(2, when=lambda self: self.steps > 40)
    def the_emergency_ends(self) -> None:
        with self.world.instance.store.read() as unit:
            found = unit.emergency_at(self.world.now)
        if found and self.act("ha-hq-commander", Act.END_EMERGENCY, {"emergency": found.id}):
            left = {Colour.UNKNOWN}
            if self.world.tampered:  # rows can make a page better until the audit names them (P3)
                left.add(Colour.GREEN)
            assert {self.colour(ref) for ref in self.model.people} <= left
            self.reach("emergency ended")

    # -- a database administrator

    @deed(
        1,
        when=lambda self: self.steps > 25 and not self.world.tampered,
        data=st.data(),
        deed=st.sampled_from(["edit", "insert", "delete", "fact", "event"]),
    )
    def a_row_is_changed(self, data: st.DataObject, deed: str) -> None:
        """It makes nobody worse, and it is found."""
        ref = self.ref(data.draw(people))
        before = {one: self.page(one) for one in self.model.people}
        change = getattr(self, f"_{deed}")(ref)
        if change is None:
            return
        self.world.tampered = True
        self.world.put(**change)
        for one, was in before.items():
            assert self.page(one) <= was, deed
        found = [one for one in self.world.instance.reconcile() if one.word not in HARMLESS]
        assert found, deed
        self.reach("row changed")
        if self.world.witnesses[0].awake:
            try:
                self.world.reopen()
                self.world.instance.must_fit()
            except (RowsDoNotFit, HeadBroken, HeadBehind):
                self.reach("refused to start")

    def page(self, ref: str) -> int:
        """How bad the page is; one that cannot be shown is not."""
        try:
            return SEVERITY.get(self.colour(ref), 0)
        except Problem:
            return 0

    def _worse(self, one: Decision) -> Decision:
        spans = tuple(replace(span, until=Instant(span.starts + 300 * DAY)) for span in one.spans)
        return replace(one, spans=spans, emergency=None) if not spans else replace(one, spans=spans)

    def _edit(self, ref: str) -> dict[str, Any] | None:
        rows = dict(self.world.state.decisions)
        newest = max(rows[ref])
        worse = self._worse(rows[ref][newest])
        if worse == rows[ref][newest]:
            return None  # it says so already
        return {"decisions": {**rows, ref: {**rows[ref], newest: worse}}}

    def _insert(self, ref: str) -> dict[str, Any]:
        rows = dict(self.world.state.decisions)
        worst = max(rows[ref].values(), key=lambda one: SEVERITY.get(one.worst_ahead(), 0))
        newest = max(rows[ref]) + 1
        made = replace(worst, number=newest, decided_at=self.world.now)
        return {"decisions": {**rows, ref: {**rows[ref], newest: made}}}

    def _delete(self, ref: str) -> dict[str, Any] | None:
        rows = dict(self.world.state.decisions)
        if len(rows[ref]) < 2:
            return None
        left = {number: one for number, one in rows[ref].items() if number != max(rows[ref])}
        return {"decisions": {**rows, ref: left}}

    def _fact(self, ref: str) -> dict[str, Any] | None:
        rows = dict(self.world.state.facts)
        return {"facts": {**rows, ref: rows[ref][1:]}} if rows.get(ref) else None

    def _event(self, ref: str) -> dict[str, Any] | None:
        """What happened to an appeal never happened."""
        rows = self.world.state.records
        gone = [key for key in rows if key[0] in ("appeal", "appeal_event")
                and key[1].startswith(ref)]  # fmt: skip
        left = {key: one for key, one in rows.items() if key not in gone}
        return {"records": left} if gone else None

    # -- after every step

    def watched(self) -> list[str]:
        return [*self.model.people, *self.model.twins, "p-passer", CROWD[self.steps % len(CROWD)]]

    @invariant()
    def every_promise_holds(self) -> None:
        if not self.visits:
            return  # nobody is there yet
        self.steps += 1
        everything_holds(self.world, self.model, self.watched())
        if self.steps % 6 == 0 and not self.world.tampered:
            p3_replaying_what_is_stored_finds_nothing(self.world)

    def teardown(self) -> None:
        try:
            if self.visits and not self.world.tampered:
                p3_replaying_what_is_stored_finds_nothing(self.world)
        finally:
            if hasattr(self, "world"):
                self.world.close()
