"""Samples of many people: campaigns in mixed tubes, and tests at one's own wish."""

from __future__ import annotations

from typing import Final

import numpy as np
import pyarrow as pa

from mingma.city.chance import Bools, Chance, Ints
from mingma.city.columns import Text, choose, digits, instants, joined, moments, subjects, table
from mingma.city.everyday import Everyday
from mingma.city.facts import LABORATORY, SCHEMA
from mingma.city.hospital import single_test
from mingma.kernel.times import HOUR

TUBE: Final = 10  # people in a mixed tube
FALSE_TUBES: Final = 2e-4  # tubes that are positive although nobody in them is; chosen
ANTIGEN: Final = 0.1  # of tests at one's own wish; chosen
REPORTED_AFTER: Final = {"pcr": 9 * HOUR, "antigen": 900}  # seconds; within the day; chosen


def campaign(city: Everyday, day: int, people: slice, chance: Chance, out: Bools) -> pa.Table:
    """Everyone is called; neighbours share a tube; a positive tube is sampled again singly."""
    planted = np.zeros(len(out), dtype=np.bool_)
    for person in city.in_campaign.get(day, []):
        if people.start <= person < people.stop:
            planted[person - people.start] = True
    queue = (out & (chance.random(len(out)) < city.plan.habits.campaign_share)) | planted
    who = np.flatnonzero(queue)
    tube = np.arange(len(who)) // TUBE
    positive = chance.random(len(who) // TUBE + 1) < FALSE_TUBES
    positive[tube[planted[who]]] = True
    if day == 1 and people.start == 0:
        positive[len(who) // TUBE // 2] = True  # in the smallest city, too, one tube is mistaken
    for index in who[positive[tube] & ~planted[who]]:
        person = people.start + int(index)
        again = city.plan.moment(day + 1, 7) + person % HOUR
        single_test(city.plan, city.agenda, person, again)
    date = city.date(day)
    return _tests(
        city,
        who + people.start,
        id_head=f"te-{date}-",
        at=city.plan.moment(day, 7) + (tube * 20) % (5 * HOUR),
        result=positive[tube].astype(np.int64),
        assay="pcr",
        tube=("mixed", f"tube-{date}-", digits(people.start // TUBE + tube + 1, 6)),
    )


def own_wish(
    city: Everyday, day: int, people: slice, chance: Chance, out: Bools, assay: str
) -> pa.Table:
    """Single tests, all negative: whoever is infected is found by epidemic.py."""
    share = ANTIGEN if assay == "antigen" else 1 - ANTIGEN
    wish = out & (chance.random(len(out)) < city.plan.habits.tested_daily * share)
    who = people.start + np.flatnonzero(wish)
    return _tests(
        city,
        who,
        id_head=f"t{assay[0]}-{city.date(day)}-",
        at=city.plan.moment(day, 8) + (who % 600) * 30,
        result=np.zeros(len(who), dtype=np.int64),
        assay=assay,
        tube=None,
    )


def _tests(
    city: Everyday,
    who: Ints,
    *,
    id_head: str,
    at: Ints,
    result: Ints,
    assay: str,
    tube: tuple[str, str, Text] | None,
) -> pa.Table:
    tail: tuple[str | Text, ...] = ('","tube":"single"}',)
    if tube is not None:
        tail = (f'","tube":"{tube[0]}","group":"{tube[1]}', tube[2], '"}')
    return table(
        len(who),
        SCHEMA,
        id=joined(id_head, digits(who + 1, 7)),
        kind="test",
        subject=joined(subjects(who)),
        at=moments(at),
        region=city.plan.region,
        organ=LABORATORY,
        data=joined(
            f'{{"assay":"{assay}","result":"',
            choose(("negative", "positive"), result),
            '","reported_at":"',
            instants(at + REPORTED_AFTER[assay]),
            *tail,
        ),
    )
