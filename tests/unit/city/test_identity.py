"""Invented names and numbers: right in form, no two alike, issued to nobody."""

from __future__ import annotations

from mingma.city.identity import SURNAMES
from mingma.people.identity import read_identity
from mingma.people.mask import mask_name
from tests.unit.city.conftest import Made


def test_every_number_is_read_as_the_paper_it_is(made: Made) -> None:
    today = made.plan.first + made.plan.days
    for person in made.city.people():
        found = read_identity(person.id_type, person.id_number, today=today)
        assert found.number == person.id_number


def test_no_two_people_have_one_number(made: Made) -> None:
    numbers = [person.id_number for person in made.city.people()]
    assert len(set(numbers)) == len(numbers)


def test_numbers_are_of_forms_that_are_issued_to_nobody(made: Made) -> None:
    for person in made.city.people():
        head = "410100" if person.id_type == "resident_id" else "XX"
        assert person.id_number.startswith(head)
        assert person.name[0] in SURNAMES


def test_the_day_of_birth_and_the_sex_are_in_the_number(made: Made) -> None:
    population = made.population
    for index, person in enumerate(made.city.people()):
        if person.id_type == "resident_id":
            age = int(population.age[index])
            assert age - 1 <= 2022 - int(person.id_number[6:10]) <= age + 2
            assert int(person.id_number[16]) % 2 == int(not population.female[index])


def test_names_are_masked_as_a_gate_shows_them(made: Made) -> None:
    assert all(person.name_masked == mask_name(person.name) for person in made.city.people())
