"""Refusals: place, sentence, remedy, family."""

from __future__ import annotations

import pytest

from mingma.kernel.errors import Broken, Malformed, Place, Problem, Refused, Unavailable


class Wrong(Malformed):
    """For these tests."""

    slug = "test.wrong"
    zh = "`{value}` 有误"
    en = "`{value}` is wrong"
    remedy_zh = "请改正"
    remedy_en = "correct it"


def test_a_refusal_says_where_what_and_what_to_do() -> None:
    refusal = Wrong(Place("facts", 3, "data.at"), value="x")
    assert str(refusal) == ("test.wrong: facts, line 3, field `data.at`: `x` is wrong — correct it")
    assert (refusal.sentence("zh"), refusal.remedy("zh")) == ("`x` 有误", "请改正")


def test_file_and_line_are_filled_in_where_they_were_unknown() -> None:
    there = Wrong(Place(field="at"), value="x").at(file="facts", line=3)
    assert there.place == Place("facts", 3, "at")
    assert there.at(file="other", line=9).place == Place("facts", 3, "at")
    assert type(there) is Wrong


@pytest.mark.parametrize(
    ("family", "status", "exit_status"),
    [(Malformed, 400, 2), (Refused, 403, 1), (Unavailable, 503, 3), (Broken, 500, 4)],
)
def test_the_family_says_who_must_act(family: type[Problem], status: int, exit_status: int) -> None:
    assert (family.status, family.exit_status) == (status, exit_status)


def test_half_a_character_can_be_said_and_sent() -> None:
    refusal = Wrong(Place(field="\ud800"), value="\udfff")
    assert str(refusal).encode()
    assert refusal.sentence("zh").encode()
