"""The facts of a block of people on one day: reports, samples, scans."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa

from mingma.city.chance import stream
from mingma.city.epidemic import is_campaign
from mingma.city.everyday import Everyday
from mingma.city.reports import reports
from mingma.city.samples import campaign, own_wish
from mingma.city.scans import scans


def day_facts(city: Everyday, day: int, block: int) -> Iterator[pa.Table]:
    """The facts made at once; may plan single facts of this day and the next."""
    people = city.block(block)
    chance = stream(city.plan.seed, "day", day, block)
    out = ~city.course.away(people, day)
    yield reports(city, day, people, chance)
    if is_campaign(city.plan.habits.campaign_every, day):
        yield campaign(city, day, people, chance, out)
    for assay in ("pcr", "antigen"):
        yield own_wish(city, day, people, chance, out, assay)
    yield scans(city, day, people, chance, out)
