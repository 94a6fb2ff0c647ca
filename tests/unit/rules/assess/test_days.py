"""Days and hours: when a phase begins, when it ends, and what a recorded end changes."""

from __future__ import annotations

import pytest

from mingma.evidence.model import Fact
from tests.unit.rules.tiny import contact, course, fact, now, pack, report, sample, t, verdict

SECONDARY = "when: {kind: contact_finding, relation: close}\nphases:\n"


def days(first: int, last: int) -> str:
    return SECONDARY + f"  - {{colour: red, days: [{first}, {last}]}}\n"


STEPS = """\
when: {kind: contact_finding, relation: close}
phases:
  - {colour: red, days: [0, 14], stops: [isolation_ended_at]}
  - {colour: yellow, after: isolation_ended_at, days: [1, 7]}
"""
COURSE = """\
when: {kind: infection, class: [confirmed, asymptomatic]}
phases:
  - {colour: red, days: [0, 28], stops: [discharged_at, isolation_ended_at]}
  - {colour: orange, after: [discharged_at, isolation_ended_at], days: [0, 14]}
  - {colour: yellow, after: [discharged_at, isolation_ended_at], days: [15, 28]}
"""


@pytest.mark.parametrize(
    ("first", "last", "begins", "ends"),
    [
        (0, 7, "2022-10-01 10:00", "2022-10-09"),
        (1, 7, "2022-10-01 10:00", "2022-10-09"),
        (0, 0, "2022-10-01 10:00", "2022-10-02"),
        (2, 5, "2022-10-03", "2022-10-07"),
        (8, 10, "2022-10-09", "2022-10-12"),
    ],
)
def test_a_phase_ends_at_midnight_after_its_last_day(
    first: int, last: int, begins: str, ends: str
) -> None:
    found = verdict(pack(days(first, last)), [contact("2022-10-01 10:00")], "2022-10-01 12:00")
    assert course(found) == [("red", begins, ends)]


def test_the_last_second_is_red_and_the_next_is_green() -> None:
    book, facts = pack(days(0, 7)), [contact("2022-10-01 10:00")]
    assert now(verdict(book, facts, "2022-10-08 23:59:59")) == ["red"]
    assert now(verdict(book, facts, "2022-10-09")) == ["green"]


def test_a_later_first_day_is_green_until_its_midnight() -> None:
    book, facts = pack(days(2, 5)), [contact("2022-10-01 10:00")]
    assert now(verdict(book, facts, "2022-10-02 23:59:59")) == ["green"]
    assert now(verdict(book, facts, "2022-10-03")) == ["red"]


def test_entered_on_the_first_and_cleared_after_twenty_one_full_days() -> None:
    body = "when: {kind: entry}\nphases:\n  - {notice: popup2, days: [0, 21]}\n"
    entry = fact("entry", "2022-03-01 08:00", from_="US", entered_via="110105",
                 destination="110105")  # fmt: skip
    assert course(verdict(pack(body), [entry], "2022-03-02")) == [
        ("notice popup2", "2022-03-01 08:00", "2022-03-23")
    ]


def test_the_day_is_the_local_one_whatever_offset_was_sent() -> None:
    sent = contact("2022-10-01T16:30:00Z")  # 00:30 of the 2nd, local
    assert course(verdict(pack(days(0, 7)), [sent], "2022-10-03")) == [
        ("red", "2022-10-02 00:30", "2022-10-10")
    ]


def test_midnight_belongs_to_the_day_it_begins() -> None:
    assert course(verdict(pack(days(0, 1)), [contact("2022-10-01")], "2022-10-01")) == [
        ("red", "2022-10-01", "2022-10-03")
    ]
    found = verdict(pack(days(0, 1)), [contact("2022-09-30 23:59:59")], "2022-10-01")
    assert course(found) == [("red", "2022-09-30 23:59:59", "2022-10-02")]


def test_hours_are_exact_to_the_second() -> None:
    body = """\
    when: {kind: test, result: positive, tube: mixed}
    phases:
      - {colour: yellow, after: reported_at, hours: 12}
    """
    mixed = sample("2022-10-01 08:00", result="positive", tube="mixed",
                   reported_at="2022-10-01 20:30:15")  # fmt: skip
    assert course(verdict(pack(body), [mixed], "2022-10-01 21:00")) == [
        ("yellow", "2022-10-01 20:30:15", "2022-10-02 08:30:15")
    ]
    assert now(verdict(pack(body), [mixed], "2022-10-02 08:30:14")) == ["yellow"]
    assert now(verdict(pack(body), [mixed], "2022-10-02 08:30:15")) == ["green"]


# -- recorded ends


def test_an_end_recorded_early_steps_down_there_and_counts_from_there() -> None:
    ended = contact("2022-10-01 10:00", isolation_ended_at="2022-10-11 09:00")
    assert course(verdict(pack(STEPS), [ended], "2022-10-11 09:00")) == [
        ("yellow", "2022-10-11 09:00", "2022-10-19")
    ]


def test_an_end_recorded_late_leaves_no_gap_and_counts_from_itself() -> None:
    ended = contact("2022-10-01 10:00", isolation_ended_at="2022-10-18 09:00")
    assert course(verdict(pack(STEPS), [ended], "2022-10-18 09:00")) == [
        ("yellow", "2022-10-16", "2022-10-26")
    ]
    # Before the end was recorded nobody could know it: the fallback holds.
    assert course(verdict(pack(STEPS), [ended], "2022-10-12")) == [
        ("red", "2022-10-01 10:00", "2022-10-16"),
        ("yellow", "2022-10-16", "2022-10-23"),
    ]


def test_with_no_end_recorded_the_last_day_of_the_phase_before_is_day_0() -> None:
    assert course(verdict(pack(STEPS), [contact("2022-10-01 10:00")], "2022-10-02")) == [
        ("red", "2022-10-01 10:00", "2022-10-16"),
        ("yellow", "2022-10-16", "2022-10-23"),
    ]


def test_a_third_phase_counts_from_the_same_unrecorded_end_as_the_second() -> None:
    infected = fact("infection", "2022-10-01 10:00", class_="confirmed")
    assert course(verdict(pack(COURSE), [infected], "2022-10-02")) == [
        ("red", "2022-10-01 10:00", "2022-10-30"),
        ("orange", "2022-10-30", "2022-11-13"),  # day 0 is the 29th of October
        ("yellow", "2022-11-13", "2022-11-27"),
    ]


def test_phases_counted_from_one_unrecorded_end_agree_with_another_between_them() -> None:
    body = """\
    when: {kind: infection, class: confirmed}
    phases:
      - {colour: red, days: [0, 5]}
      - {colour: orange, after: isolation_ended_at, days: [0, 3]}
      - {colour: yellow, after: discharged_at, days: [0, 2]}
      - {colour: blue, after: isolation_ended_at, days: [4, 9]}
    """
    infected = fact("infection", "2022-10-01 10:00", class_="confirmed")
    assert course(verdict(pack(body), [infected], "2022-10-02")) == [
        ("red", "2022-10-01 10:00", "2022-10-07"),
        ("orange", "2022-10-07", "2022-10-10"),  # day 0 is the 6th
        ("yellow", "2022-10-10", "2022-10-12"),  # day 0 is the 9th
        ("blue", "2022-10-12", "2022-10-16"),  # counted from the 6th again
    ]


@pytest.mark.parametrize("name", ["discharged_at", "isolation_ended_at"])
def test_whichever_end_exists_serves_for_both(name: str) -> None:
    infected = fact("infection", "2022-10-01 10:00", class_="confirmed",
                    **{name: "2022-10-11 12:00"})  # fmt: skip
    assert course(verdict(pack(COURSE), [infected], "2022-10-12")) == [
        ("orange", "2022-10-11 12:00", "2022-10-26"),
        ("yellow", "2022-10-26", "2022-11-09"),
    ]


def test_of_two_recorded_ends_the_first_that_is_named_counts() -> None:
    infected = fact("infection", "2022-10-01 10:00", class_="confirmed",
                    discharged_at="2022-10-14 12:00",
                    isolation_ended_at="2022-10-11 12:00")  # fmt: skip
    assert course(verdict(pack(COURSE), [infected], "2022-10-15"))[0] == (
        "orange", "2022-10-14 12:00", "2022-10-29",
    )  # fmt: skip


def test_a_first_phase_without_its_anchor_gives_nothing() -> None:
    body = """\
    when: {kind: infection}
    phases:
      - {colour: yellow, after: discharged_at, days: [0, 14]}
    """
    infected = fact("infection", "2022-10-01", class_="confirmed")
    assert course(verdict(pack(body), [infected], "2022-10-02")) == []
    discharged = fact(
        "infection", "2022-10-01", class_="confirmed", discharged_at="2022-10-09 15:00"
    )
    assert course(verdict(pack(body), [discharged], "2022-10-10")) == [
        ("yellow", "2022-10-09 15:00", "2022-10-24")
    ]


def test_an_end_before_the_beginning_ends_the_phase_where_it_begins() -> None:
    ended = contact("2022-10-01 10:00", isolation_ended_at="2022-09-30 10:00")
    assert course(verdict(pack(STEPS), [ended], "2022-10-02")) == [
        ("yellow", "2022-10-01 10:00", "2022-10-08")
    ]


# -- omission


def test_a_missing_final_test_leaves_a_notice_and_not_the_colour() -> None:
    book, facts = pack(days(0, 7) + "final_test: yes\n"), [contact("2022-10-01 10:00")]
    assert course(verdict(book, facts, "2022-10-02")) == [
        ("red", "2022-10-01 10:00", "2022-10-09"),
        ("notice test_due", "2022-10-09", "2022-10-23"),
    ]
    assert now(verdict(book, facts, "2022-10-22 23:59:59")) == ["green", "test_due"]
    assert now(verdict(book, facts, "2022-10-23")) == ["green"]


@pytest.mark.parametrize(
    ("sampled", "owed"),
    [
        ("2022-10-09 23:59:59", True),  # in the first phase
        ("2022-10-10", False),  # in the last one
        ("2022-10-20", False),  # after it
    ],
)
def test_any_negative_sampled_in_the_last_phase_or_later_answers_the_notice(
    sampled: str, owed: bool
) -> None:
    body = days(1, 8) + "  - {colour: yellow, days: [9, 12]}\nfinal_test: yes\n"
    facts = [contact("2022-10-01 10:00"), sample(sampled)]
    found = now(verdict(pack(body), facts, "2022-10-21"))
    assert found == (["green", "test_due"] if owed else ["green"])


def test_a_test_that_is_late_never_extends_the_colour() -> None:
    book, red = pack(days(0, 7) + "final_test: yes\n"), contact("2022-10-01 10:00")
    for tests in ([], [sample("2022-10-09 00:00:01", result="positive")]):
        assert now(verdict(book, [red, *tests], "2022-10-10"))[0] == "green"


# -- the person's own reports

STREAK = """\
when: {kind: daily_report, symptoms: {any: []}}
phases:
  - {colour: yellow, days: [0, 6], clean_reports: 3}
"""


def streak(*days_of_october: int) -> list[Fact]:
    return [report(f"2022-10-{day:02} 08:00", f"d{day}") for day in days_of_october]


def test_consecutive_clean_days_end_it_at_the_next_midnight() -> None:
    facts = [report("2022-10-01 08:00", symptoms=["cough"]), *streak(2, 3, 4)]
    assert course(verdict(pack(STREAK), facts, "2022-10-04 09:00")) == [
        ("yellow", "2022-10-01 08:00", "2022-10-05")
    ]


def test_a_missed_day_restarts_the_count() -> None:
    facts = [report("2022-10-01 08:00", symptoms=["cough"]), *streak(2, 3, 5, 6, 7)]
    assert course(verdict(pack(STREAK), facts, "2022-10-07 09:00")) == [
        ("yellow", "2022-10-01 08:00", "2022-10-08")
    ]


def test_an_unclean_report_restarts_the_count_unless_it_is_corrected() -> None:
    first = report("2022-10-01 08:00", "first", symptoms=["cough"])
    hot = report("2022-10-03 20:00", "hot", temperature=37.3)
    facts = [first, hot, *streak(2, 3, 4)]
    book = pack(STREAK)
    assert course(verdict(book, facts, "2022-10-04 09:00"))[0][2] == "2022-10-08"
    corrected = report("2022-10-04 08:00", "d4", corrects="hot")
    facts = [first, hot, *streak(2, 3), corrected]
    assert course(verdict(book, facts, "2022-10-04 09:00"))[0][2] == "2022-10-05"


def test_without_any_report_the_colour_ends_with_its_days() -> None:
    facts = [report("2022-10-01 08:00", symptoms=["cough"])]
    assert now(verdict(pack(STREAK), facts, "2022-10-07 23:59:59")) == ["yellow"]
    assert now(verdict(pack(STREAK), facts, "2022-10-08")) == ["green"]


def test_the_anchor_s_own_day_is_no_clean_day() -> None:
    facts = [report("2022-10-01 08:00", symptoms=["cough"]), *streak(1, 2, 3)]
    assert course(verdict(pack(STREAK), facts, "2022-10-03 20:00"))[0][2] == "2022-10-08"


def test_an_instant_and_its_day_are_what_the_tests_say() -> None:
    assert t("2022-10-01 10:00") - t("2022-10-01") == 10 * 3600
