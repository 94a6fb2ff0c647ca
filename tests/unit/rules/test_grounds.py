"""The words of a ground: what each means, and what neither definition could read alike."""

from __future__ import annotations

import pytest

from mingma.kernel.words import Colour
from mingma.rules import ground as g
from mingma.rules.strict import BadPack
from tests.unit.rules.tiny import CLOSE, pack

WHEN = "when: {kind: contact_finding, relation: close}\n"
STAY = "when: {kind: area_stay, area: {levels: high, stay: open}}\n"
ABSENCE = "absence: {kind: daily_report, days: 2}\nphases:\n  - {notice: inactive}\n"
PHASE = "phases:\n  - {colour: yellow, days: [0, 7]}\n"


def refused(body: str) -> tuple[str, str]:
    with pytest.raises(BadPack) as found:
        pack(body)
    return found.value.place.field or "", found.value.sentence()


def phase(words: str) -> str:
    return WHEN + f"phases:\n  - {{{words}}}\n"


def test_a_phase_is_what_its_words_say() -> None:
    body = phase(
        "colour: red, after: [isolation_ended_at, at], days: [1, 7], stops: until, measure: 居家"
    )
    assert pack(body).grounds[0].phases == (
        g.Phase(
            Colour.RED, None, ("isolation_ended_at", "at"), 1, 7, stops=("until",), measure="居家"
        ),
    )


def test_what_ends_a_finding_is_said_in_words_of_a_closed_list() -> None:
    body = """\
    when: {kind: daily_report, overseas: yes}
    phases:
      - {colour: yellow, days: [0, 14], clean_reports: 14, stops: until}
    negatives: [{count: 2}, {count: 3, hours: 168}]
    reports: [corrects, next_normal]
    leaves: "51"
    """
    assert pack(body).grounds[0].release == (
        "negatives_2|negatives_3|report_corrects|report_next_normal|leaves_province|clean_reports|"
        "recorded_end|time|release_order"
    )


WRONG = {
    "a phase of two answers": (
        phase("colour: red, notice: measure, days: [0, 7]"), "either a `colour` or a `notice`",
    ),
    "a phase of none": (phase("days: [0, 7]"), "either a `colour` or a `notice`"),
    "a green phase": (phase("colour: green, days: [0, 7]"), "`green` is no colour a rule gives"),
    "a colour of no code": (phase("colour: purple, days: [0, 7]"), "`purple` is no colour"),
    "a code of unknown": (phase("colour: unknown, days: [0, 7]"), "`unknown` is no colour"),
    "a notice of no kind": (phase("notice: gossip, days: [0, 7]"), "`gossip` is none of: area"),
    "a phase without an end": (phase("colour: red"), "nothing lasts without an end"),
    "an endless notice": (phase("notice: inactive"), "nothing lasts without an end"),
    "hours of nothing": (phase("colour: red, hours: 0"), "nothing lasts without an end"),
    "days and hours": (phase("colour: red, days: [0, 7], hours: 12"), "one of `days`, `hours`"),
    "one day only": (phase("colour: red, days: [7]"), "days are two whole numbers"),
    "a day that is no number": (phase("colour: red, days: [None, 7]"), "two whole numbers"),
    "a day before the anchor": (phase('colour: red, days: ["-1", 7]'), "two whole numbers"),
    "days the wrong way round": (phase("colour: red, days: [7, 0]"), "before the first"),
    "an unknown anchor": (phase("colour: red, after: onset_at, days: [0, 7]"), "is none of: at"),
    "an unknown end": (phase("colour: red, stops: later, days: [0, 7]"), "is none of: at"),
    "clean reports without a latest end": (
        phase("colour: red, hours: 12, clean_reports: 3"), "`clean_reports` needs `days`",
    ),
    "no phase": (WHEN + "phases: []\n", "the list is empty"),
    "an area of another kind": (
        "when: {kind: contact_finding, area: {levels: high, stay: open}}\n" + PHASE,
        "only an area_stay has an `area`",
    ),
    "an area of company": (
        WHEN + PHASE + "needs: {facts: {kind: area_stay, area: {levels: high, stay: open}}}\n",
        "area_stay has no field `area`",
    ),
    "a level of no list": (STAY.replace("high", "huge") + PHASE, "`huge` is no level"),
    "no level": (STAY.replace("high", "[]") + PHASE, "the list is empty"),
    "a stay neither open nor ended": (STAY.replace("open", "long") + PHASE, "is none of: open"),
    "a choice of nothing": (
        "when: {kind: contact_finding, any_of: [{}]}\n" + PHASE, "each choice has a condition",
    ),
    "a choice of another kind": (
        "when: {kind: contact_finding, any_of: [{kind: check_in}]}\n" + PHASE, "no field `kind`",
    ),
    "an unknown kind": ("when: {kind: gossip}\n" + PHASE, "`gossip` is none of: infection"),
    "a free text": (
        "when: {kind: contact_finding, index: case-1}\n" + PHASE, "free text, which no rule may",
    ),
    "evidence of no mark": (WHEN + PHASE + "admits: {kind: infection}\n", "only a mark `admits`"),
    "four negatives": (WHEN + PHASE + "negatives: {count: 4}\n", "one, two or three negatives"),
    "negatives since ever": (
        WHEN + PHASE + "negatives: {count: 1, since: ever}\n", "`ever` is none of: anchor",
    ),
    "an unknown report": (WHEN + PHASE + "reports: first\n", "`first` is none of: corrects"),
    "leaving nowhere": (WHEN + PHASE + 'leaves: "5"\n', "two, four or six digits"),
    "leaving into another statement": (WHEN + PHASE + "leaves: \"51'--\"\n", "two, four or six"),
    "company of no facts": (WHEN + PHASE + "needs: {facts: []}\n", "the list is empty"),
    "a narrowed colour without a reason": (WHEN + PHASE + "narrowed: {from: red}\n", "`reason`"),
    "a narrowed colour for no reason": (
        WHEN + PHASE + "narrowed: {from: red, reason: whim}\n", "`whim` is none of",
    ),
    "an absence beside a ground": (
        WHEN + ABSENCE, "an absence has one notice",
    ),
    "an absence with an end": (
        "absence: {kind: daily_report, days: 2}\nphases:\n  - {notice: inactive, days: [0, 7]}\n",
        "an absence has one notice",
    ),
    "an absence that a test ends": (
        ABSENCE + "negatives: {count: 1}\n", "an absence has one notice",
    ),
    "an absence of no kind": (
        "absence: {kind: gossip, days: 2}\nphases:\n  - {notice: inactive}\n", "`gossip` is none",
    ),
    "a final test that is neither asked for nor not": (
        WHEN + PHASE + "final_test: maybe\n", "`maybe` is none of: yes, no",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("body", "why"), WRONG.values(), ids=WRONG.keys())
def test_refused(body: str, why: str) -> None:
    assert why in refused(body)[1]


def test_the_place_of_a_fault_is_its_path_in_the_file() -> None:
    assert refused(phase("colour: purple, days: [0, 7]"))[0] == "phases[0].colour"
    assert refused(CLOSE.replace("relation: close", "relation: friend"))[0] == "when.relation"
    assert (
        refused(WHEN + PHASE + "negatives: [{count: 1}, {count: 4}]\n")[0] == "negatives[1].count"
    )


def test_a_ground_without_company_or_ends_has_none() -> None:
    ground = pack(CLOSE).grounds[0]
    assert (ground.needs, ground.unless, ground.negatives, ground.reports) == ((), (), (), ())
    assert (ground.leaves, ground.area, ground.absence, ground.narrowed) == (None, None, None, {})
    assert ground.release == "time|release_order"
