"""Nights on which 300 contacts are proposed at two o'clock, over the real door, lot and roster.

Three cases bring fifteen batches of twenty. Of the night's roster three in ten never answer; who is
awake takes two minutes for a batch and does one after the other. Times are of the log's clock,
which stands wherever the next thing happens: nothing sleeps.
"""

from __future__ import annotations

import heapq
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from statistics import quantiles

from mingma.authority.matters import Status
from mingma.kernel.times import DAY, HOUR, Instant
from tests.instances import NOW
from tests.posts import Posts, checker_ids

ROSTER = {"zz-hq": 14, "ha-hq": 8}  # on duty at night: twenty and two more
SILENT = 0.3
REVIEW = 120  # seconds for a batch of twenty
BATCHES, PEOPLE, CASES = 15, 20, 3
TWO = 14 * HOUR  # 02:00, from the noon at which the roster is put


@dataclass(slots=True)
class Night:
    """One night: who is silent, until when everybody else is busy, and what waits."""

    here: Posts
    silent: frozenset[str]
    begun: Instant = NOW
    busy: dict[str, int] = field(default_factory=dict)
    waits: list[tuple[int, int, str, str]] = field(default_factory=list)
    numbers: Iterator[int] = field(default_factory=count)
    took: list[int] = field(default_factory=list)  # seconds, a batch

    def ask(self, proposal: str) -> None:
        """Whoever the lot fell on will answer, or be passed over."""
        clock = self.here.stage.clock
        drawn = self.here.drawn(proposal)
        officer = drawn.officer.id
        done = max(self.busy.get(officer, 0), clock()) + REVIEW
        if officer in self.silent or done >= drawn.until:
            heapq.heappush(self.waits, (drawn.until, next(self.numbers), proposal, ""))
        else:
            self.busy[officer] = done
            heapq.heappush(self.waits, (done, next(self.numbers), proposal, officer))

    def run(self) -> None:
        """Until everything is decided."""
        while self.waits:
            at, _, proposal, officer = heapq.heappop(self.waits)
            self.here.stage.clock.now = Instant(at)
            if officer:
                status = self.here.approve(proposal, officer).answer["status"]
                if status == Status.APPROVED:
                    self.took.append(at - self.begun)
                    continue
            self.ask(proposal)


def night(here: Posts, number: int, chance: random.Random) -> list[int]:
    """One night, from the roster at noon to the last decision; how long each batch took."""
    noon = Instant(NOW + number * DAY)
    here.stage.clock.now = noon
    on_duty = []
    for organ, many in ROSTER.items():
        officers = checker_ids(organ)[:many]
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


def share_within(took: list[int], minutes: int) -> float:
    """The share decided within so many minutes."""
    return sum(one <= minutes * 60 for one in took) / len(took)


def ninety_fifth(took: list[int]) -> float:
    """The 95th percentile in minutes."""
    return quantiles(took, n=20)[-1] / 60
