"""Every abuse of the catalogue has its test, or the guide says why not."""

from __future__ import annotations

import re

import pytest

from tests.abuse.registry import WORST, by_abuse, catalogue, families, guide

MOST_MISSING = 0.1  # of those that are not the worst
MISSING = sorted(catalogue().keys() - by_abuse().keys(), key=lambda id: int(id[1:]))


def test_every_abuse_of_the_worst_kind_has_a_test() -> None:
    assert [id for id in MISSING if catalogue()[id].severity == WORST] == []


def test_of_the_others_nine_in_ten_have_one() -> None:
    others = [one for one in catalogue().values() if one.severity < WORST]
    assert len(MISSING) <= MOST_MISSING * len(others), MISSING


def test_no_test_is_of_an_abuse_that_is_not_in_the_catalogue() -> None:
    assert by_abuse().keys() - catalogue().keys() == set()


def test_no_two_cases_have_one_name() -> None:
    names = [case.what for cases in families().values() for case in cases]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("id", catalogue())
def test_the_guide_says_of_each_abuse_what_it_rests_on_and_which_tests_it_has(id: str) -> None:
    listed, told = catalogue()[id], guide()[id]
    assert (told.title, told.severity) == (listed.title, listed.severity)
    assert told.tests == {case.what for case in by_abuse().get(id, ())}
    assert told.control
    assert told.tests or len(told.left) > 1  # what has no test has its reason


def test_every_family_names_its_abuses_at_its_top() -> None:
    for name, cases in families().items():
        module = __import__(f"tests.abuse.{name}", fromlist=["x"])
        said = set(re.findall(r"Z\d+", module.__doc__ or ""))
        assert said == {id for case in cases for id in case.ids}, name
