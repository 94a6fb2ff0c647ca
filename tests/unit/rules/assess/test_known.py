"""What is known at the instant, whose it is, and in which order it came."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mingma.engines.evaluation import plain_verdicts
from mingma.evidence.model import Fact
from mingma.kernel.times import parse_instant
from mingma.rules.assess import Rulebook, assess
from mingma.rules.output import record_of
from mingma.shelf import load_pack, pack_ids
from tests.packs.random_facts import random_people
from tests.unit.rules.tiny import (
    CLOSE,
    HEAD,
    contact,
    course,
    fact,
    now,
    pack,
    report,
    sample,
    verdict,
)

POSITIVE = """\
when: {kind: test, result: positive, tube: {not: mixed}}
phases:
  - {colour: red, after: reported_at, days: [0, 7]}
"""
NOW = parse_instant("2022-10-15T09:30:00+08:00")
EVERY = [load_pack(id) for id in pack_ids()]


def test_a_fact_that_lies_ahead_is_not_known_yet() -> None:
    facts = [contact("2022-10-05 10:00")]
    assert now(verdict(pack(CLOSE), facts, "2022-10-05 09:59:59")) == ["green"]
    assert now(verdict(pack(CLOSE), facts, "2022-10-05 10:00")) == ["red"]


def test_a_fact_counts_from_the_instant_it_was_recorded() -> None:
    facts = [contact("2022-10-01 10:00", recorded_at="2022-10-03 12:00")]
    assert now(verdict(pack(CLOSE), facts, "2022-10-03 11:59:59")) == ["green"]
    found = verdict(pack(CLOSE), facts, "2022-10-03 12:00")
    assert course(found) == [("red", "2022-10-01 10:00", "2022-10-09")]


def test_a_test_counts_from_its_report_and_begins_there() -> None:
    facts = [sample("2022-10-01 08:00", result="positive", reported_at="2022-10-02 02:00")]
    assert now(verdict(pack(POSITIVE), facts, "2022-10-02 01:59:59")) == ["green"]
    assert course(verdict(pack(POSITIVE), facts, "2022-10-02 02:00")) == [
        ("red", "2022-10-02 02:00", "2022-10-10")
    ]


def test_a_stay_that_ends_ahead_is_still_open() -> None:
    body = """\
    when: {kind: area_stay, area: {levels: high, stay: ended}}
    phases:
      - {colour: red, after: until, days: [0, 7]}
    """
    stay = fact("area_stay", "2022-10-01 10:00", until="2022-10-03 10:00", level="high")
    assert now(verdict(pack(body), [stay], "2022-10-03 09:59:59")) == ["green"]
    assert now(verdict(pack(body), [stay], "2022-10-03 10:00")) == ["red"]


def test_a_withdrawal_ahead_withdraws_nothing_yet() -> None:
    withdrawal = fact("withdrawal", "2022-10-04", "w", of="f", reason="wrong person")
    facts = [contact("2022-10-01 10:00"), withdrawal, sample("2022-10-01 12:00")]
    assert now(verdict(pack(CLOSE), facts, "2022-10-03 23:59:59")) == ["red"]
    assert now(verdict(pack(CLOSE), facts, "2022-10-04")) == ["green"]


# -- nothing to go by


def test_without_known_facts_a_person_is_green() -> None:
    assert now(verdict(pack(CLOSE), [contact("2022-10-05")], "2022-10-01")) == ["green"]


def test_a_person_whose_every_record_is_withdrawn_is_unknown() -> None:
    gone = fact("withdrawal", "2022-10-04", "w", of="f", reason="x")
    # The withdrawal itself stands: something is known of her, and she is green.
    found = verdict(pack(CLOSE), [contact("2022-10-01"), gone], "2022-10-06")
    assert found.colour.value == "green"
    itself = fact("withdrawal", "2022-10-04", "w", of="w", reason="x")
    assert verdict(pack(CLOSE), [itself], "2022-10-06").colour.value == "unknown"


def test_a_channel_that_is_stale_says_nothing_of_a_person_known_by_it_alone() -> None:
    head = HEAD + "stale_after_hours: {test: 24}\n"
    facts = [
        sample("2022-10-01 08:00", "t1", subject="p"),
        sample("2022-10-01 08:00", "t2", subject="q"),
        report("2022-10-02 08:00", "d", subject="q"),
    ]
    book = pack(CLOSE, head=head)
    assert now(verdict(book, facts, "2022-10-02 08:00")) == ["green"]  # exactly 24 h
    assert now(verdict(book, facts, "2022-10-02 08:00:01")) == ["unknown"]
    assert now(verdict(book, facts, "2022-10-02 08:00:01", subject="q")) == ["green"]


# -- equal facts, equal output (P4)


@given(seed=st.integers(0, 1 << 32), number=st.integers(0, len(EVERY) - 1))
def test_equal_facts_of_two_people_give_equal_output(seed: int, number: int) -> None:
    book = Rulebook([EVERY[number]])
    rules = [ground.rule for ground in EVERY[number].grounds] or ["X"]
    facts = random_people(seed, NOW, 1, rules)
    one = record_of(assess(book, "p", facts, NOW))
    other = record_of(assess(book, "q", facts, NOW))
    assert {**one, "subject": ""} == {**other, "subject": ""}


@given(seed=st.integers(0, 1 << 32), number=st.integers(0, len(EVERY) - 1), data=st.data())
def test_the_order_in_which_facts_came_changes_nothing(
    seed: int, number: int, data: st.DataObject
) -> None:
    rules = [ground.rule for ground in EVERY[number].grounds] or ["X"]
    facts = random_people(seed, NOW, 2, rules)
    shuffled = data.draw(st.permutations(facts))

    def records(some: list[Fact]) -> list[dict[str, object]]:
        return [record_of(v) for v in plain_verdicts([EVERY[number]], some, NOW, None)]

    assert records(facts) == records(shuffled)


def test_another_person_s_facts_say_nothing_of_one_s_own() -> None:
    facts = [contact("2022-10-01", "f1", subject="p"), report("2022-10-01 08:00", "d", subject="q")]
    assert now(verdict(pack(CLOSE), facts, "2022-10-02", subject="q")) == ["green"]
    withdrawal = fact("withdrawal", "2022-10-01 12:00", "w", "q", of="f1", reason="not mine")
    assert now(verdict(pack(CLOSE), [*facts, withdrawal], "2022-10-02")) == ["red"]
