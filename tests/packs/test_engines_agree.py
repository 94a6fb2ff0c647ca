"""The plain and the columnar definition give the same bytes on random facts."""

from __future__ import annotations

import random

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from mingma.engines.duckdb.evaluate import verdicts
from mingma.engines.evaluation import plain_verdicts
from mingma.evidence.areas.listings import parse_listings
from mingma.evidence.areas.matching import AreaHistory
from mingma.kernel.times import DAY, HOUR, midnight, print_instant
from mingma.rules.output import line_of
from mingma.shelf import load_pack, pack_ids
from mingma.shipped import divisions
from tests.packs.random_facts import PLACES, random_people

PEOPLE = 150  # a run; most of a run's cost is the engine's start
HEADER = "level,province,city,county,community,first_seen,gone_by\n"
COUNTIES = ("福建省,厦门市,思明区", "河南省,郑州市,中原区", "海南省,海口市,秀英区")


def some_areas(seed: int, at: int) -> AreaHistory:
    chance = random.Random(seed)
    rows = [HEADER]
    for place in (*PLACES, "思明区", "中原区"):
        for county in COUNTIES:
            level = chance.choice("HHML")
            starts = at - chance.choice([0, 1, 3, 8, 16, 40]) * DAY - chance.choice([0, HOUR])
            ends = starts + chance.choice([1, 2, 7, 20, 60]) * DAY
            gone = print_instant(ends) if chance.random() < 0.7 else ""
            rows.append(f"{level},{county},{place},{print_instant(starts)},{gone}\n")
    return AreaHistory.of(parse_listings(rows, "areas"), divisions())


@pytest.mark.parametrize("pack", pack_ids())
# A smaller seed is no smaller example: shrinking would only repeat the engine's start.
@settings(
    max_examples=3,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.reuse, Phase.generate),
)
@given(seed=st.integers(0, 1 << 32), hour=st.sampled_from([0, 1, 12 * HOUR, DAY - 1]))
def test_both_definitions_give_the_same_bytes(pack: str, seed: int, hour: int) -> None:
    packs = [load_pack(pack)]
    at = midnight(19_280) + hour  # 15 October 2022
    rules = [ground.rule for ground in packs[0].grounds] or ["X"]
    facts = random_people(seed, at, PEOPLE, rules)
    areas = some_areas(seed, at)
    plain = {v.subject: line_of(v) for v in plain_verdicts(packs, facts, at, areas)}
    columnar = {v.subject: line_of(v) for v in verdicts(packs, facts, at, areas)}
    assert plain.keys() == columnar.keys()
    for subject, line in plain.items():
        own = sorted((f for f in facts if f.subject == subject), key=lambda f: f.id)
        assert columnar[subject] == line, own
