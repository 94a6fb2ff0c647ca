"""Nights on which 300 contacts are proposed at two o'clock, over the real door, lot and roster.

Three cases bring fifteen batches of twenty. Of the night's roster three in ten never answer; who is
awake opens a batch, takes two minutes for it and goes on to the next, as the list of what waits has
them (`flows/lot.waiting_for`: first what nobody else has before him). What somebody else decided
meanwhile is two minutes lost. Times are of the log's clock, which stands wherever the next thing
happens: nothing sleeps.
"""

from __future__ import annotations

import heapq
import random
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count
from statistics import quantiles

from mingma.authority.matters import Status
from mingma.authority.posts import Post
from mingma.authority.roster import WANTED, Drawn
from mingma.kernel.times import DAY, HOUR, Instant
from tests.instances import NOW
from tests.posts import Posts, checker_ids

# On duty at night: as many at each of the two levels as a lot wants (authority/roster.WANTED).
ROSTER = {"zz-hq": WANTED, "ha-hq": WANTED}
SILENT = 0.3
REVIEW = 120  # seconds for a batch of twenty
GLANCE = 30  # seconds between two looks at the list of what waits
BATCHES, PEOPLE, CASES = 15, 20, 3
TWO = 14 * HOUR  # 02:00, from the noon at which the roster is put


@dataclass(slots=True)
class Night:
    """One night: who is silent, what everybody else has before him, and what happens next."""

    here: Posts
    silent: frozenset[str]
    begun: Instant = NOW
    asked: dict[str, Mapping[str, Drawn]] = field(default_factory=dict)  # of what is open
    desks: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    busy: dict[str, str] = field(default_factory=dict)  # who has what before him
    events: list[tuple[int, int, str, str]] = field(default_factory=list)
    numbers: Iterator[int] = field(default_factory=count)
    took: list[int] = field(default_factory=list)  # seconds, a batch

    def ask(self, proposal: str) -> None:
        """Everybody the lot falls on now finds it on the desk; at the round's end it falls anew."""
        drawn = {each.officer.id: each for each in self.here.asked(proposal)}
        before = self.asked.get(proposal, {})
        self.asked[proposal] = drawn
        self.at(min(each.until for each in drawn.values()), proposal, "")
        for officer in drawn.keys() - before.keys() - self.silent:
            self.desks[officer].append(proposal)
        for officer in sorted(drawn.keys() - self.silent - self.busy.keys()):
            now = self.here.stage.clock()
            self.at(now + -now % GLANCE, "", officer)

    def sit_down(self, officer: str) -> None:
        """Whoever is free begins with what he is first in and can still be done in time."""
        now, desk = self.here.stage.clock(), self.desks[officer]
        turns = [(self.asked.get(one, {}).get(officer), one) for one in desk]
        mine = [(each, one) for each, one in turns if each and now + REVIEW < each.until]
        desk[:] = [one for _, one in mine]
        if mine and officer not in self.busy:
            _, proposal = min(mine, key=lambda one: (self.before_another(*one), one[0].place))
            desk.remove(proposal)
            self.busy[officer] = proposal
            self.at(now + REVIEW, proposal, officer)

    def before_another(self, mine: Drawn, proposal: str) -> bool:
        """Whether somebody else of the same lot has it open."""
        drawn = self.asked[proposal].items()
        return any(self.busy.get(o) == proposal for o, each in drawn if each.high == mine.high)

    def at(self, when: int, proposal: str, officer: str) -> None:
        heapq.heappush(self.events, (when, next(self.numbers), proposal, officer))

    def sign(self, proposal: str, officer: str) -> None:
        """The approval, unless somebody else gave it meanwhile."""
        if officer not in self.asked.get(proposal, {}):
            return
        if self.here.approve(proposal, officer).answer["status"] == Status.APPROVED:
            self.took.append(self.here.stage.clock() - self.begun)
            del self.asked[proposal]
        else:
            still = {each.officer.id for each in self.here.asked(proposal)}
            was = self.asked[proposal]
            self.asked[proposal] = {one: each for one, each in was.items() if one in still}

    def run(self) -> None:
        """Until everything is decided."""
        while self.asked:
            at, _, proposal, officer = heapq.heappop(self.events)
            self.here.stage.clock.now = Instant(at)
            if not proposal:
                self.sit_down(officer)
            elif officer:
                self.busy.pop(officer, None)
                self.sign(proposal, officer)
                self.sit_down(officer)
            elif proposal in self.asked:
                self.ask(proposal)


def night(here: Posts, number: int, chance: random.Random) -> list[int]:
    """One night, from the roster at noon to the last decision; how long each batch took."""
    noon = Instant(NOW + number * DAY)
    here.stage.clock.now = noon
    on_duty = []
    for organ, many in ROSTER.items():
        officers = [f"{organ}-checker-{n}" for n in range(many)]
        here.put(organ, officers, noon + 12 * HOUR, noon + 24 * HOUR)
        on_duty += officers
    made = Night(here, frozenset(chance.sample(on_duty, round(SILENT * len(on_duty)))))
    here.stage.clock.now = made.begun = Instant(noon + TWO)
    proposals = []
    for batch in range(BATCHES):
        refs = [f"p-{number}-{batch}-{n}" for n in range(PEOPLE)]
        proposals.append(here.propose(*refs, case=f"case-{number}-{batch % CASES}"))
    for proposal in proposals:
        made.ask(proposal)
    made.run()
    return made.took


def appoint(here: Posts) -> None:
    """The checkers that the roster has and the office has not."""
    for organ, many in ROSTER.items():
        for officer in {f"{organ}-checker-{n}" for n in range(many)} - set(checker_ids(organ)):
            here.give(officer, organ, Post.CHECKER)


def share_within(took: list[int], minutes: int) -> float:
    """The share decided within so many minutes."""
    return sum(one <= minutes * 60 for one in took) / len(took)


def ninety_fifth(took: list[int]) -> float:
    """The 95th percentile in minutes."""
    return quantiles(took, n=20)[-1] / 60
