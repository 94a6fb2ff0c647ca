"""Whom one can be in the demo: the green one has check-ins to look at, where anybody has."""

from __future__ import annotations

import json

from mingma.city.read import Resident
from mingma.demo.people import demo_people
from mingma.people.identity import IdentityType
from tests.instances import NOW, Stage, sample


def resident(ref: str) -> Resident:
    return Resident(
        subject=ref, household="h", school_class=None, team=None, age_band="30-39",
        region="410103", community="c", id_type=IdentityType.PASSPORT, id_number="E1",
        name="甲乙", name_masked="甲*",
    )  # fmt: skip


def test_the_green_one_is_somebody_with_check_ins_where_there_is_one(scene: Stage) -> None:
    refs = ("p-ann", "p-bob")
    scene.send(*(sample(f"t-{ref}", ref, result="negative") for ref in refs))
    with scene.instance.store.read() as unit:
        decisions = unit.decisions_in_force(list(refs))
    residents = {ref: resident(ref) for ref in refs}
    for checked_in, chosen in (({"p-bob"}, "p-bob"), (set[str](), "p-ann")):
        people = demo_people(decisions, residents, NOW, checked_in.__contains__)
        assert [json.loads(one.body)["ref"] for one in people] == [chosen]
