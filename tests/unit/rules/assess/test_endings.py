"""What ends a finding before its time: tests, reports, leaving, orders, withdrawal, exclusion."""

from __future__ import annotations

import pytest

from mingma.evidence.model import Fact
from tests.unit.rules.tiny import contact, course, fact, now, pack, report, sample, verdict

POTENTIAL = """\
when: {kind: contact_finding, relation: potential}
phases:
  - {colour: yellow, days: [0, 14]}
"""
TWO = POTENTIAL + "negatives: [{count: 2}]\n"
EXPOSED = contact("2022-10-01 10:00", relation="potential")


def after(*tests: Fact, body: str = TWO, at: str = "2022-10-08") -> str:
    return now(verdict(pack(body), [EXPOSED, *tests], at))[0]


# -- two negatives


@pytest.mark.parametrize(
    ("first", "second", "colour"),
    [
        ("2022-10-02 08:00", "2022-10-03 08:00:00", "green"),  # exactly 24 h
        ("2022-10-02 08:00", "2022-10-03 07:59:59", "yellow"),  # a second less
        ("2022-10-02 08:00", "2022-10-05 08:00:00", "green"),  # exactly 72 h
        ("2022-10-02 08:00", "2022-10-05 08:00:01", "yellow"),  # a second more
        ("2022-10-01 10:00", "2022-10-02 10:00", "green"),  # sampled at the anchor
        ("2022-10-01 09:59:59", "2022-10-02 10:00", "yellow"),  # sampled a second before it
    ],
)
def test_two_negatives_release_24_to_72_hours_apart_from_the_anchor_on(
    first: str, second: str, colour: str
) -> None:
    assert after(sample(first, "t1"), sample(second, "t2")) == colour


def test_a_positive_between_two_negatives_restarts_the_count() -> None:
    first, second = sample("2022-10-02 08:00", "t1"), sample("2022-10-04 08:00", "t2")
    positive = sample("2022-10-03 08:00", "t3", result="positive")
    assert after(first, second) == "green"
    assert after(first, second, positive) == "yellow"
    assert after(first, second, positive, sample("2022-10-05 08:00", "t4")) == "green"


@pytest.mark.parametrize("when", ["2022-10-02 08:00", "2022-10-04 08:00"])
def test_a_positive_sampled_with_one_of_them_is_not_between(when: str) -> None:
    positive = sample(when, "t3", result="positive")
    assert after(sample("2022-10-02 08:00", "t1"), sample("2022-10-04 08:00", "t2"), positive) == (
        "green"
    )


def test_a_mixed_tube_s_positive_is_nobody_s_own_and_restarts_nothing() -> None:
    mixed = sample("2022-10-03 08:00", "t3", result="positive", tube="mixed")
    assert after(sample("2022-10-02 08:00", "t1"), sample("2022-10-04 08:00", "t2"), mixed) == (
        "green"
    )


def test_the_release_takes_effect_at_the_later_report() -> None:
    tests = [
        sample("2022-10-02 08:00", "t1", reported_at="2022-10-04 20:00"),  # the slow laboratory
        sample("2022-10-03 08:00", "t2", reported_at="2022-10-03 18:00"),
    ]
    assert after(*tests, at="2022-10-04 19:59:59") == "yellow"
    assert after(*tests, at="2022-10-04 20:00") == "green"


def test_an_antigen_test_is_no_pcr() -> None:
    antigen = sample("2022-10-03 08:00", "t2", assay="antigen")
    assert after(sample("2022-10-02 08:00", "t1"), antigen) == "yellow"


def test_tests_in_between_do_not_hide_the_two_that_count() -> None:
    times = ["2022-10-02 08:00", "2022-10-02 20:00", "2022-10-03 07:00", "2022-10-03 08:30"]
    assert after(*(sample(at, f"t{n}") for n, at in enumerate(times))) == "green"


def test_three_negatives_lie_within_their_own_hours() -> None:
    body = POTENTIAL + "negatives: [{count: 3, hours: 168}]\n"
    days = ["2022-10-02 08:00", "2022-10-05 08:00", "2022-10-09 08:00"]
    tests = [sample(at, f"t{n}") for n, at in enumerate(days)]
    assert after(*tests, body=body, at="2022-10-10") == "green"  # exactly 168 h
    late = [*tests[:2], sample("2022-10-09 08:00:01", "t2")]
    assert after(*late, body=body, at="2022-10-10") == "yellow"
    assert after(*tests[:2], body=body, at="2022-10-10") == "yellow"


# -- one negative


def test_one_negative_counts_from_the_anchor_the_day_or_after_the_fact() -> None:
    def ends(since: str, at: str) -> bool:
        body = POTENTIAL + f"negatives: [{{count: 1, since: {since}}}]\n"
        return after(sample(at), body=body) == "green"

    assert ends("anchor", "2022-10-01 10:00")
    assert not ends("anchor", "2022-10-01 09:59:59")
    assert ends("later", "2022-10-01 10:00:01")
    assert not ends("later", "2022-10-01 10:00")
    assert ends("same_day", "2022-10-01 00:00")
    assert not ends("same_day", "2022-09-30 23:59:59")


def test_a_negative_of_a_named_day_counts_from_that_midnight() -> None:
    body = POTENTIAL + "negatives: [{count: 1, since: day, day: 5}]\n"
    assert after(sample("2022-10-05 23:59:59"), body=body) == "yellow"
    assert after(sample("2022-10-06"), body=body) == "green"


def test_where_one_s_own_tube_is_asked_for_a_mixed_one_does_not_count() -> None:
    body = POTENTIAL + "negatives: [{count: 1, single: yes}]\n"
    assert after(sample("2022-10-02 08:00", tube="mixed"), body=body) == "yellow"
    assert after(sample("2022-10-02 08:00", tube="single"), body=body) == "green"


# -- reports and leaving

SICK = """\
when: {kind: daily_report, symptoms: {any: []}}
phases:
  - {colour: yellow, days: [0, 14]}
"""


@pytest.mark.parametrize(
    ("way", "second", "colour"),
    [
        ("corrects", {"corrects": "d1"}, "green"),
        ("corrects", {"corrects": "other"}, "yellow"),
        ("corrects", {}, "yellow"),
        ("next", {}, "green"),
        ("next", {"symptoms": ["fever"], "corrects": "d1"}, "yellow"),  # it is a finding itself
        ("next_normal", {"temperature": 36.5}, "green"),
        ("next_normal", {"temperature": 37.3}, "yellow"),
        ("next_normal", {"temperature": 36.5, "symptoms": ["fever"]}, "yellow"),
        ("next_normal", {}, "yellow"),  # no temperature says nothing
    ],
)
def test_a_report_ends_a_finding_the_way_its_rule_says(
    way: str, second: dict[str, object], colour: str
) -> None:
    facts = [report("2022-10-01 08:00", "d1", symptoms=["cough"]),
             report("2022-10-02 08:00", "d2", **second)]  # fmt: skip
    found = verdict(pack(SICK + f"reports: {way}\n"), facts, "2022-10-02 09:00")
    assert found.colour.value == colour


def test_of_two_reports_of_one_second_the_later_id_is_the_later_report() -> None:
    book = pack(SICK + "reports: next\n")
    sick, well = (
        report("2022-10-01 08:00", "a", symptoms=["cough"]),
        report("2022-10-01 08:00", "b"),
    )
    assert now(verdict(book, [sick, well], "2022-10-01 09:00")) == ["green"]
    sick, well = (
        report("2022-10-01 08:00", "b", symptoms=["cough"]),
        report("2022-10-01 08:00", "a"),
    )
    assert now(verdict(book, [sick, well], "2022-10-01 09:00")) == ["yellow"]


def test_a_journey_out_of_the_region_ends_it_and_one_within_or_before_does_not() -> None:
    body = """\
    when: {kind: entry, entered_via: {within: "51"}}
    phases:
      - {colour: red, days: [0, 14]}
    leaves: "51"
    """
    entry = fact("entry", "2022-10-01 08:00", "e", from_="US", entered_via="510107",
                 destination="110105")  # fmt: skip

    def colour(at: str, start: str, to: str) -> str:
        trip = fact("trip", at, "t", mode="rail", from_=start, to=to)
        return verdict(pack(body), [entry, trip], "2022-10-06").colour.value

    assert colour("2022-10-05 08:00", "510107", "110105") == "green"
    assert colour("2022-10-05 08:00", "510107", "510108") == "red"
    assert colour("2022-10-05 08:00", "610102", "110105") == "red"
    assert colour("2022-09-30 08:00", "510107", "110105") == "red"


# -- orders


def release(at: str, of: str = "f", id: str = "r") -> Fact:
    return fact("release", at, id, of=of)


def test_a_release_order_ends_a_finding_from_its_own_instant_on() -> None:
    facts = [EXPOSED, release("2022-10-03 12:00")]
    assert now(verdict(pack(POTENTIAL), facts, "2022-10-03 11:59:59")) == ["yellow"]
    assert now(verdict(pack(POTENTIAL), facts, "2022-10-03 12:00")) == ["green"]


def test_a_release_that_names_another_fact_ends_nothing() -> None:
    facts = [EXPOSED, release("2022-10-03 12:00", of="other")]
    assert now(verdict(pack(POTENTIAL), facts, "2022-10-04")) == ["yellow"]


def test_a_withdrawn_release_has_never_been() -> None:
    withdrawal = fact("withdrawal", "2022-10-04", "w", of="r", reason="wrong person")
    facts = [EXPOSED, release("2022-10-03 12:00"), withdrawal]
    assert now(verdict(pack(POTENTIAL), facts, "2022-10-03 13:00")) == ["green"]
    assert now(verdict(pack(POTENTIAL), facts, "2022-10-04")) == ["yellow"]


def test_a_rule_counted_from_the_release_begins_at_the_first_one() -> None:
    body = """\
    when: {kind: entry}
    phases:
      - {colour: yellow, after: released, days: [0, 7]}
    """
    entry = fact("entry", "2022-10-01", from_="US", entered_via="460105", destination="460105")
    assert course(verdict(pack(body), [entry], "2022-10-02")) == []
    orders = [release("2022-10-12 09:00", id="r2"), release("2022-10-10 09:00", id="r1")]
    assert course(verdict(pack(body), [entry, *orders], "2022-10-12 10:00")) == [
        ("yellow", "2022-10-10 09:00", "2022-10-18")
    ]


def test_a_withdrawal_ends_a_finding_and_nothing_brings_it_back() -> None:
    withdrawal = fact("withdrawal", "2022-10-03", "w", of="f", reason="wrong person")
    undo = fact("withdrawal", "2022-10-04", "u", of="w", reason="the other way round")
    book = pack(POTENTIAL)
    assert now(verdict(book, [EXPOSED, withdrawal], "2022-10-02")) == ["yellow"]
    assert now(verdict(book, [EXPOSED, withdrawal], "2022-10-03")) == ["green"]
    assert now(verdict(book, [EXPOSED, withdrawal, undo], "2022-10-05")) == ["green"]


def test_exclusion_ends_a_finding_unless_the_clause_counts_from_it() -> None:
    ends = """\
    when: {kind: infection, class: suspected}
    phases:
      - {colour: red, days: [0, 14]}
    """
    counts = """\
    when: {kind: infection, class: suspected}
    phases:
      - {colour: red, days: [0, 14], stops: excluded_at}
      - {colour: yellow, after: excluded_at, days: [0, 7]}
    """
    suspected = fact("infection", "2022-10-01", class_="suspected", excluded_at="2022-10-03 10:00")
    assert now(verdict(pack(ends), [suspected], "2022-10-03 09:59:59")) == ["red"]
    assert now(verdict(pack(ends), [suspected], "2022-10-03 10:00")) == ["green"]
    assert course(verdict(pack(counts), [suspected], "2022-10-03 10:00")) == [
        ("yellow", "2022-10-03 10:00", "2022-10-11")
    ]
