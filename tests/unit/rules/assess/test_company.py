"""Other facts of the same person: company a ground asks for, giving way, a mark's own evidence."""

from __future__ import annotations

import pytest

from mingma.evidence.model import Fact
from tests.unit.rules.tiny import (
    CLOSE,
    classes,
    contact,
    course,
    fact,
    now,
    pack,
    report,
    sample,
    verdict,
)

REQUEST = """\
when: {kind: assistance_request}
phases:
  - {colour: yellow, days: [0, 14]}
needs: [{facts: [{kind: companion_match}, {kind: contact_finding}], hours: 336}]
"""
ALONE = """\
when: {kind: assistance_request}
phases:
  - {notice: measure, days: [0, 14]}
unless: [{facts: [{kind: companion_match}, {kind: contact_finding}], hours: 336}]
"""
MARK = """\
when: {kind: mark, rule: T-1}
admits:
  - {kind: companion_match}
  - {kind: foreign_statement}
  - {kind: contact_finding, relation: [companion, close]}
  - {kind: test, result: positive, tube: {not: mixed}}
phases:
  - {colour: yellow, days: [0, 7]}
"""


def asked(at: str = "2022-10-15 10:00") -> Fact:
    return fact("assistance_request", at, "a", reference="r-1")


def match(at: str, id: str = "m") -> Fact:
    return fact("companion_match", at, id, overlap_minutes=40, cell="cell-1")


def test_a_ground_that_needs_company_names_it_as_evidence() -> None:
    found = verdict(pack(REQUEST), [asked(), match("2022-10-14 10:00")], "2022-10-16")
    assert found.findings[0].evidence == ("a", "m")
    assert now(verdict(pack(REQUEST), [asked()], "2022-10-16")) == ["green"]


def test_company_is_named_once_and_in_the_order_of_ids() -> None:
    facts = [
        asked(),
        match("2022-10-14", "z"),
        match("2022-10-13", "b"),
        contact("2022-10-12", "c"),
    ]
    assert verdict(pack(REQUEST), facts, "2022-10-16").findings[0].evidence == ("a", "b", "c", "z")


@pytest.mark.parametrize(
    ("begun", "company"),
    [("2022-10-01 10:00", True), ("2022-10-01 09:59:59", False), ("2022-10-15 11:00", True)],
)
def test_company_begins_at_most_so_many_hours_before_the_anchor(begun: str, company: bool) -> None:
    facts = [asked(), match(begun)]
    assert now(verdict(pack(REQUEST), facts, "2022-10-16")) == (
        ["yellow"] if company else ["green"]
    )
    alone = now(verdict(pack(ALONE), facts, "2022-10-16"))
    assert alone == (["green"] if company else ["green", "measure"])


def test_the_fact_itself_is_no_company_of_its_own() -> None:
    body = """\
    when: {kind: contact_finding, relation: potential}
    phases:
      - {colour: yellow, days: [0, 7]}
    needs: [{facts: [{kind: contact_finding}]}]
    """
    assert now(
        verdict(pack(body), [contact("2022-10-01", relation="potential")], "2022-10-02")
    ) == ["green"]


def test_withdrawn_company_is_gone() -> None:
    withdrawal = fact("withdrawal", "2022-10-15 12:00", "w", of="m", reason="x")
    facts = [asked(), match("2022-10-14"), withdrawal]
    assert now(verdict(pack(REQUEST), facts, "2022-10-16")) == ["green"]


def test_a_rule_gives_way_while_a_coloured_finding_of_the_other_is_live() -> None:
    positive = """\
    when: {kind: test, result: positive, tube: {not: mixed}}
    phases:
      - {colour: red, after: reported_at, days: [0, 14]}
    gives_way_to: T-1
    """
    facts = [contact("2022-10-01 10:00"), sample("2022-10-04 08:00", result="positive")]
    book = pack(CLOSE, positive)
    before = verdict(book, facts, "2022-10-05")
    assert [span.rule for span in before.findings] == ["T-1"]
    assert (before.findings[0].until or 0) < verdict(book, facts, "2022-10-10").at
    later = verdict(book, facts, "2022-10-10")
    assert [span.rule for span in later.findings] == ["T-2"]


def test_a_rule_does_not_give_way_to_a_mere_notice() -> None:
    advice = """\
    when: {kind: companion_match}
    phases:
      - {notice: companion, days: [0, 7]}
    """
    way = CLOSE + "gives_way_to: T-1\n"
    facts = [match("2022-10-01"), contact("2022-10-01 10:00")]
    assert now(verdict(pack(advice, way), facts, "2022-10-02")) == ["red", "companion"]


# -- marks


def mark(*evidence: str, at: str = "2022-10-05 12:00", organs: str = "cdc, command") -> Fact:
    return fact(
        "mark", at, "k", rule="T-1", approved_by=organs.split(", "), evidence=list(evidence)
    )


def marked(*facts: Fact) -> list[str]:
    return now(verdict(pack(MARK), facts, "2022-10-06"))


COMPANION = contact("2022-10-01 10:00", "c", relation="companion")


def test_a_mark_counts_with_two_organs_and_the_person_s_own_evidence() -> None:
    assert marked(mark("c"), COMPANION) == ["yellow"]
    found = verdict(pack(MARK), [mark("c"), COMPANION], "2022-10-06")
    assert found.findings[0].evidence == ("k", "c")
    assert course(found) == [("yellow", "2022-10-05 12:00", "2022-10-13")]


@pytest.mark.parametrize("organs", ["cdc", "cdc, cdc"])
def test_a_mark_of_one_organ_is_nothing(organs: str) -> None:
    assert marked(mark("c", organs=organs), COMPANION) == ["green"]


@pytest.mark.parametrize(
    "evidence",
    [
        fact("check_in", "2022-10-01", "c", venue="v", grade="A"),
        fact("trip", "2022-10-01", "c", mode="rail", from_="310115", to="410102"),
        fact("vaccination", "2022-10-01", "c", dose=3, product="x"),
        sample("2022-10-01", "c"),
        sample("2022-10-01", "c", result="positive", tube="mixed"),
        report("2022-10-01", "c", symptoms=["fever"]),
        contact("2022-10-01", "c", relation="general"),
        fact("mark", "2022-10-01", "c", rule="T-1", approved_by=["a", "b"], evidence=["c"]),
    ],
    ids=lambda fact: f"{fact.kind}",
)
def test_a_mark_on_evidence_the_rule_does_not_admit_is_nothing(evidence: Fact) -> None:
    assert marked(mark("c"), evidence) == ["green"]


def test_a_mark_without_evidence_or_on_what_is_not_there_is_nothing() -> None:
    assert marked(mark(), COMPANION) == ["green"]
    assert marked(mark("nothing"), COMPANION) == ["green"]


def test_a_mark_s_evidence_is_older_than_the_mark() -> None:
    assert marked(mark("c", at="2022-10-01 10:00"), COMPANION) == ["green"]
    assert marked(mark("c", at="2022-10-01 10:00:01"), COMPANION) == ["yellow"]
    told_late = contact("2022-10-01", "c", relation="companion", recorded_at="2022-10-05 12:00")
    assert marked(mark("c"), told_late) == ["green"]
    positive = sample("2022-10-01", "c", result="positive", reported_at="2022-10-05 12:00")
    assert marked(mark("c"), positive) == ["green"]


def test_another_person_s_evidence_is_not_one_s_own() -> None:
    other = contact("2022-10-01 10:00", "c", relation="companion", subject="q")
    assert marked(mark("c"), other) == ["green"]


def test_a_mark_ends_with_its_evidence() -> None:
    withdrawal = fact("withdrawal", "2022-10-05 18:00", "w", of="c", reason="x")
    release = fact("release", "2022-10-05 18:00", "r", of="c")
    assert marked(mark("c"), COMPANION, withdrawal) == ["green"]
    assert marked(mark("c"), COMPANION, release) == ["green"]
    assert marked(
        mark("c", "p"), COMPANION, withdrawal, sample("2022-10-02", "p", result="positive")
    ) == (["yellow"])


@pytest.mark.parametrize(
    ("evidence", "kind"),
    [
        (match("2022-10-01", "c"), "companion"),
        (
            fact("foreign_statement", "2022-10-01", "c", issuer="350000", rule="X", colour="red"),
            "foreign",
        ),
    ],
)
def test_a_mark_on_a_telecom_match_or_a_foreign_statement_alone_is_a_notice(
    evidence: Fact, kind: str
) -> None:
    assert marked(mark("c"), evidence) == ["green", kind]
    assert marked(mark("c", "d"), evidence, contact("2022-10-02", "d", relation="close")) == [
        "yellow"
    ]


def test_a_mark_of_one_clause_says_nothing_under_another() -> None:
    body = MARK.replace("rule: T-1", "rule: T-9")
    assert now(verdict(pack(body), [mark("c"), COMPANION], "2022-10-06")) == ["green"]


# -- absence


def test_a_missing_report_is_a_notice_from_the_second_midnight_on() -> None:
    body = "absence: {kind: daily_report, days: 2}\nphases:\n  - {notice: inactive}\n"
    book, facts = pack(body), [report("2022-10-01 08:00")]
    assert now(verdict(book, facts, "2022-10-02 23:59:59")) == ["green"]
    assert now(verdict(book, facts, "2022-10-03")) == ["green", "inactive"]
    again = [*facts, report("2022-10-05 08:00", "d2")]
    assert now(verdict(book, again, "2022-10-05 08:00")) == ["green"]


def test_who_never_reported_is_inactive_from_the_first_known_fact_on() -> None:
    body = "absence: {kind: daily_report, days: 2}\nphases:\n  - {notice: inactive}\n"
    facts = [sample("2022-10-01 08:00")]
    found = verdict(pack(body), facts, "2022-10-02")
    assert course(found) == [("notice inactive", "2022-10-01 08:00", None)]
    assert found.colour.value == "green"


def test_classes_of_one_rule_count_as_the_rule_outside() -> None:
    body = classes(CLOSE, CLOSE.replace("close", "potential").replace("red", "yellow"))
    found = verdict(pack(body), [contact("2022-10-01", relation="potential")], "2022-10-02")
    assert [(span.rule, span.ground) for span in found.findings] == [("T-1", "T-1.b")]
