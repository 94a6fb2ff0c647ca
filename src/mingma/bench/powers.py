"""Asking the policies: one question at a time, many at once, and a list of 1,317 people.

No two questions are the same, so nothing that could be remembered helps. Beside them stands a
table in plain Python from post and act to yes or no: the floor, which knows neither the matter nor
the circumstances and names no policy. The list goes the real way: signed by a passkey, each
person's evidence read and weighed, the policies asked, proposal and leaves written and sealed.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from mingma.authority.acts import Act
from mingma.authority.matters import Actor, Colouring, Made, ProposalMatter, Status
from mingma.authority.organs import Level, Line, Organ, OrganKind
from mingma.authority.posts import Officer, Post
from mingma.authority.powers import acts_of
from mingma.authority.request import PolicyEngine, Request
from mingma.bench.rows import Row, best_rates
from mingma.demo.staff import Offices, StageClock, take_office
from mingma.demo.zhengzhou.records import CASE, PACK, STARTS, contacts, positive, visit
from mingma.engines.cedar import CedarEngine
from mingma.kernel.times import DAY, HOUR, Instant, print_instant
from mingma.opening import open_instance
from mingma.settings import Settings
from mingma.storage import MEMORY

PEOPLE: Final = 1_317
A_SECOND: Final = 5_000.0  # answers, in one process
WITHIN: Final = 1.0  # second, for the whole list
LOOK_UPS: Final = 100  # a question: one alone is shorter than the clock's step
FLOOR: Final = "a table in Python"


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much of it is done."""

    questions: int = 5_000
    runs: int = 5
    people: int = PEOPLE


FULL: Final = Sizes()
QUICK: Final = Sizes(questions=50, runs=1, people=20)


def powers(sizes: Sizes = FULL) -> Iterator[Row]:
    """The rows of the table."""
    engine, asked = CedarEngine(), questions(sizes.questions)
    _check(engine, asked)
    table = {(post, act) for post in Post for act in acts_of(post)}
    found = best_rates(
        sizes.runs,
        {
            "floor": lambda: sum(_looked_up(table, one) for one in asked),
            "one": lambda: sum(engine.decide(one).allowed for one in asked),
            "many": lambda: sum(one.allowed for one in engine.decide_all(asked)),
        },
    )
    unit = "a CPU second"
    yield Row("answers, one question a call", unit, found["one"], FLOOR, found["floor"],
              limit=A_SECOND)  # fmt: skip
    yield Row("answers, many questions a call", unit, found["many"], FLOOR, found["floor"],
              limit=A_SECOND)  # fmt: skip
    yield proposed(sizes.people)


def questions(count: int) -> list[Request]:
    """A checker about to approve, each time another proposal."""
    organ = Organ("zz-hq", OrganKind.HEADQUARTERS, Level.CITY, "410100", "市指挥部", "command")
    checker = Actor(Officer("checker", organ.id, Post.CHECKER), organ, passkey=True, on_duty=True)
    around = Colouring(granted=True, step_up=True, emergency=True, drawn=True)
    asked = []
    for n in range(count):
        digest = f"{n:064x}"
        made = Made("maker", "zz-cdc", Line.HEALTH, Status.DRAFT, digest)
        matter = ProposalMatter(
            "410100", made, clause_digest=digest, people=1 + n % 99, worsens=True,
            ground_sufficient=True, end_by_rule=True, shielded=False, appellant=False,
        )  # fmt: skip
        around = replace(around, digest_seen=digest)
        asked.append(Request(checker, Act.APPROVE, matter, digest, around))
    return asked


def proposed(people: int) -> Row:
    """The seconds that a proposal of so many people takes, by the clock."""
    with tempfile.TemporaryDirectory(prefix="mingma-bench-") as folder:
        clock = StageClock(STARTS)
        instance = open_instance(_settings(Path(folder)))
        try:
            instance.clock = clock
            here = take_office(instance, clock)
            body = _list(here, [f"person-{n:05}" for n in range(people)])
            begun = time.perf_counter()
            done = here.act("zz-cdc-investigator", Act.PROPOSE_CONTACTS, body)
            taken = time.perf_counter() - begun
        finally:
            instance.close()
    assert done.answer["people"] == people
    why = "signed, each one's evidence weighed, asked, written, sealed; in memory"
    what = f"a list of {people:,} proposed"
    return Row(what, "seconds", taken, limit=WITHIN, at_most=True, why=why)


def _list(here: Offices, people: Sequence[str]) -> dict[str, Any]:
    """A proposal that everybody here is a close contact, each on a visit of her own."""
    now = here.clock()
    here.act("ha-hq-commander", Act.DECLARE_EMERGENCY, {
        "basis": "benchmark", "starts": print_instant(now),
        "ends": print_instant(Instant(now + 60 * DAY)),
    })  # fmt: skip
    here.send("lab-1", [positive(now)])
    stays = [visit("patient", "stay-patient", now - 3 * DAY, now + DAY)]
    stays += [visit(one, f"v-{one}", now - DAY, now - DAY + HOUR) for one in people]
    here.send("venues-1", stays)
    opened = {"case": CASE, "subject": "patient", "evidence": "lab-1/positive"}
    here.act("zz-cdc-investigator", Act.OPEN_CASE, {**opened, "region": "410100"})
    body = contacts(people, ())
    for row in body["rows"]:
        row["evidence"] = [f"venues-1/v-{row['subject']}"]
    here.clock.forward(1)
    return body


def _settings(folder: Path) -> Settings:
    return Settings(
        database=MEMORY, keys=str(folder / "keys"), organ="henan.example/command",
        region="410000", packs=PACK, clock=print_instant(STARTS),
    )  # fmt: skip


def _looked_up(table: set[tuple[Post, Act]], asked: Request) -> int:
    """The floor: whether a post has an act, so many times."""
    actor = asked.principal
    assert isinstance(actor, Actor)
    return sum((actor.post, asked.act) in table for _ in range(LOOK_UPS))


def _check(engine: PolicyEngine, asked: Sequence[Request]) -> None:
    """Nothing is measured that answers wrongly."""
    drawn, other = asked[0], replace(asked[0], circumstances=Colouring(granted=True))
    assert engine.decide(drawn).allowed
    assert not engine.decide(other).allowed
    assert [engine.decide(one) for one in asked[:20]] == list(engine.decide_all(asked[:20]))
