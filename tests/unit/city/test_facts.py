"""What a city's facts are: admitted, complete in kinds, in order, and of the columns promised."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from mingma.city import generate, plan_city, read_city
from mingma.city.facts import COLUMNS
from mingma.evidence.admit import admit
from mingma.evidence.channels import KINDS
from mingma.kernel.times import day_of, parse_instant
from mingma.shipped import divisions
from tests.unit.city.conftest import Made


def test_every_fact_is_admitted(made: Made) -> None:
    known = divisions()
    admitted = [admit(fact, known) for fact in made.facts]
    assert len(admitted) == made.city.manifest["counts"]["facts"]


@pytest.mark.parametrize("region", ["350100", "350200", "411600"])
def test_every_fact_of_another_prefecture_is_admitted(region: str, tmp_path: Path) -> None:
    generate(plan_city(people=1_000, days=7, seed=3, region=region), tmp_path)
    known = divisions()
    assert all(admit(fact, known) for fact in read_city(tmp_path).facts())


def test_every_kind_of_fact_occurs(made: Made) -> None:
    sent = set(KINDS) - {"interview"}  # what an investigator writes down about a case here
    assert {fact["kind"] for fact in made.facts} == sent
    assert set(made.city.manifest["counts"]["kinds"]) == sent


def test_every_relation_and_infection_class_occurs(made: Made) -> None:
    relations = {fact["data"]["relation"] for fact in made.of_kind("contact_finding")}
    assert relations == {
        "close",
        "secondary",
        "companion_enclosed",
        "companion",
        "potential",
        "general",
        "venue_exposed",
        "same_flight",
        "same_coach",
        "same_carriage",
    }
    classes = {fact["data"]["class"] for fact in made.of_kind("infection")}
    assert {"confirmed", "asymptomatic", "suspected", "screen_positive"} <= classes


def test_no_two_facts_have_one_id(made: Made) -> None:
    assert len({fact["id"] for fact in made.facts}) == len(made.facts)


def test_what_a_fact_refers_to_is_an_earlier_fact_of_the_same_person(made: Made) -> None:
    seen = {fact["id"]: fact for fact in made.facts}
    referring = 0
    for fact in made.facts:
        data = fact["data"]
        named = [data[key] for key in ("of", "corrects") if key in data]
        if fact["kind"] == "mark":
            named += data["evidence"]
        for name in named:
            referring += 1
            assert seen[name]["subject"] == fact["subject"]
            assert recorded(seen[name]) <= recorded(fact)
    assert referring > 20


def test_marks_have_two_organs_and_older_evidence(made: Made) -> None:
    seen = {fact["id"]: fact for fact in made.facts}
    for mark in made.of_kind("mark"):
        assert len(set(mark["data"]["approved_by"])) == 2
        assert all(seen[name]["at"] < mark["at"] for name in mark["data"]["evidence"])


def test_nothing_is_recorded_before_it_happens_or_after_the_last_day(made: Made) -> None:
    for fact in made.facts:
        assert parse_instant(fact["at"]) <= recorded(fact) < made.plan.closes


def test_facts_come_in_the_order_of_the_days_they_were_recorded_on(made: Made) -> None:
    days = [max(day_of(recorded(fact)) - made.plan.first, -1) for fact in made.facts]
    assert days == sorted(days)
    assert set(days) == set(range(-1, made.plan.days))


def test_parquet_has_the_columns_of_the_contract_as_text(made: Made) -> None:
    for path in made.city.fact_files:
        schema = pq.read_schema(path)
        assert schema.names == list(COLUMNS)
        assert {str(kind) for kind in schema.types} == {"string"}


def test_everyone_has_a_home_that_is_still_open(made: Made) -> None:
    homes = [fact for fact in made.of_kind("area_stay") if "until" not in fact and not fact["data"]]
    assert len(homes) == made.plan.people
    residents = {person.subject: person for person in made.city.people()}
    for home in homes:
        assert home["place"] == residents[home["subject"]].community
        assert home["region"] == residents[home["subject"]].region


def test_some_live_in_places_that_were_really_listed(made: Made) -> None:
    homes = made.population.homes
    named = list(zip(homes.names.to_pylist(), homes.levels, strict=True))
    lived_in = {fact["place"] for fact in made.of_kind("area_stay")}
    for wanted in ("high", "medium"):
        assert lived_in & {name for name, level in named if level == wanted}


def test_a_mixed_tube_is_positive_as_a_whole_and_sampled_again_singly(made: Made) -> None:
    mixed = [fact for fact in made.of_kind("test") if fact["data"]["tube"] == "mixed"]
    results: dict[str, set[str]] = {}
    members: dict[str, set[str]] = {}
    for fact in mixed:
        results.setdefault(fact["data"]["group"], set()).add(fact["data"]["result"])
        members.setdefault(fact["data"]["group"], set()).add(fact["subject"])
    assert all(len(found) == 1 for found in results.values())
    assert max(map(len, members.values())) == 10
    positive = [group for group, found in results.items() if found == {"positive"}]
    assert positive
    single = {
        (fact["subject"], day_of(parse_instant(fact["at"])))
        for fact in made.of_kind("test")
        if fact["data"]["tube"] == "single"
    }
    for group in positive:
        day = next(
            day_of(parse_instant(fact["at"])) for fact in mixed if fact["data"]["group"] == group
        )
        if day + 1 < made.plan.first + made.plan.days:
            assert all((person, day + 1) in single for person in members[group])


def test_no_two_scans_of_one_person_overlap_unless_planted(made: Made) -> None:
    visits: dict[str, list[tuple[int, int]]] = {}
    for fact in made.of_kind("check_in"):
        if fact["id"].count("-") == 3:
            end = parse_instant(fact.get("until", fact["at"]))
            visits.setdefault(fact["subject"], []).append((parse_instant(fact["at"]), end))
    for spans in visits.values():
        spans.sort()
        assert all(one[1] <= two[0] for one, two in pairwise(spans))
    assert {fact["data"]["grade"] for fact in made.of_kind("check_in")} == set("ABCD")


def recorded(fact: dict[str, str]) -> int:
    """When a fact became known."""
    return parse_instant(fact.get("recorded_at", fact["at"]))
