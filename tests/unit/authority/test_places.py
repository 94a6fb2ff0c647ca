"""A place policy is a closed document over a closed list of classes."""

from __future__ import annotations

import pytest

from mingma.authority.places import (
    NOWHERE,
    PROTECTED,
    TITLES,
    PlaceClass,
    PlacePolicyMalformed,
    UnknownPlace,
    place_class,
    read_policy,
)

GOOD = {"v": 1, "title": {"zh": "甲", "en": "a"}, "basis": "law", "may_ask": ["airport", "school"]}


def test_a_policy_reads_back_what_it_publishes() -> None:
    policy = read_policy(GOOD)
    assert policy.document() == GOOD
    assert read_policy(policy.document()).digest() == policy.digest()
    assert read_policy({**GOOD, "may_ask": ["school", "airport"]}).digest() == policy.digest()
    assert read_policy({**GOOD, "may_ask": ["school"]}).digest() != policy.digest()


@pytest.mark.parametrize("place", list(PlaceClass))
def test_only_a_named_and_unprotected_class_asks(place: PlaceClass) -> None:
    everywhere = read_policy({**GOOD, "may_ask": list(PlaceClass)})
    assert everywhere.refuses_at_protected
    assert everywhere.asks(place) == (place not in PROTECTED)
    assert read_policy(GOOD).asks(place) == (place in ("airport", "school"))
    assert not read_policy(GOOD).refuses_at_protected


def test_without_a_policy_nobody_asks_anywhere() -> None:
    assert not any(NOWHERE.asks(place) for place in PlaceClass)


def test_the_protected_classes_are_those_of_the_promise() -> None:
    assert {
        "court", "hospital", "petition", "bank_counter", "polling", "police",
    } == PROTECTED  # fmt: skip
    assert TITLES.keys() == set(PlaceClass)


@pytest.mark.parametrize(
    "wrong",
    [
        None,
        [],
        {**GOOD, "more": 1},
        {key: value for key, value in GOOD.items() if key != "basis"},
        {**GOOD, "v": 2},
        {**GOOD, "v": True},
        {**GOOD, "title": "a"},
        {**GOOD, "title": {"zh": "", "en": "a"}},
        {**GOOD, "basis": " "},
        {**GOOD, "basis": "x" * 513},
        {**GOOD, "may_ask": "airport"},
        {**GOOD, "may_ask": ["airport", "airport"]},
    ],
)
def test_what_is_no_policy_is_refused(wrong: object) -> None:
    with pytest.raises(PlacePolicyMalformed):
        read_policy(wrong)


@pytest.mark.parametrize("word", ["", "court ", "palace", None, 3, ["court"]])
def test_a_place_of_no_class_is_refused(word: object) -> None:
    with pytest.raises(UnknownPlace):
        place_class(word)
    with pytest.raises(UnknownPlace):
        read_policy({**GOOD, "may_ask": [word]})
