"""Each infection is plausible, and is written down with the people around it."""

from __future__ import annotations

from collections import defaultdict

import pyarrow.parquet as pq

from mingma.city.facts import subject
from mingma.kernel.times import DAY, parse_instant
from tests.unit.city.conftest import Made


def test_an_infection_comes_from_somebody_infectious_and_not_yet_found(made: Made) -> None:
    cases = {case.person: case for case in made.cases}
    assert len(cases) == len(made.cases)
    caught = [case for case in made.cases if case.source is not None]
    assert caught
    for case in caught:
        source = cases[case.source]
        assert source.infectious_from <= case.infected_at < source.found_at


def test_an_infection_stays_in_its_layer(made: Made) -> None:
    population = made.population
    for case in made.cases:
        if case.layer in ("household", "class", "team"):
            of = {
                "household": population.household,
                "class": population.school_class,
                "team": population.team,
            }[case.layer]
            assert of[case.person] == of[case.source] >= 0


def test_every_infection_found_has_its_record_its_positive_test_and_contacts(made: Made) -> None:
    written = {(fact["subject"], parse_instant(fact["at"])) for fact in made.of_kind("infection")}
    positive = {
        (fact["subject"], parse_instant(fact["at"]))
        for fact in made.of_kind("test")
        if fact["data"]["result"] == "positive" and fact["data"]["tube"] == "single"
    }
    found = sorted((case.found_at, case.person) for case in made.cases)
    contacts = defaultdict(set)
    for fact in made.of_kind("contact_finding"):
        contacts[fact["data"]["index"]].add(fact["data"]["relation"])
    checked = 0
    for number, (at, person) in enumerate(found):
        if at + DAY < made.plan.closes:
            assert (subject(person), at) in written & positive
            assert contacts[f"case-{number + 1:05d}"]
            checked += 1
    assert checked >= 4


def test_every_infection_at_a_venue_has_two_scans_that_overlap(made: Made) -> None:
    scans = defaultdict(list)
    for fact in made.of_kind("check_in"):
        if "until" in fact:
            span = (parse_instant(fact["at"]), parse_instant(fact["until"]))
            scans[fact["subject"], fact["data"]["venue"]].append(span)
    venues = {venue for _, venue in scans}
    cases = {case.person: case for case in made.cases}
    for case in made.cases:
        if case.layer == "venue" and cases[case.source].found_at < made.plan.closes:
            assert any(
                max(one[0], two[0]) < min(one[1], two[1])
                for venue in venues
                for one in scans[subject(case.person), venue]
                for two in scans[subject(case.source), venue]
            )


def test_a_discharge_takes_the_place_of_the_first_record(made: Made) -> None:
    released = {fact["data"]["of"] for fact in made.of_kind("release")}
    records = defaultdict(list)
    for fact in made.of_kind("infection"):
        records[fact["subject"], fact["at"]].append(fact)
    twice = [found for found in records.values() if len(found) == 2]
    assert twice
    for first, second in twice:
        assert first["id"] in released
        ended = {"discharged_at", "isolation_ended_at", "excluded_at"}
        assert not ended & set(first["data"])
        assert ended & set(second["data"])


def test_the_truth_is_written_beside_the_facts(made: Made) -> None:
    rows = pq.read_table(made.city.folder / "infections.parquet").to_pylist()
    assert [row["subject"] for row in rows] == [subject(case.person) for case in made.cases]
    assert made.city.manifest["counts"]["infections"] == len(rows)
