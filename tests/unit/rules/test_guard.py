"""What no pack may hold, whoever publishes it (P4, P10, P13)."""

from __future__ import annotations

import pytest

from mingma.kernel.errors import Refused
from mingma.rules.guard import RuleRefused
from tests.unit.rules.tiny import pack


def body(when: str, colour: str = "red", rest: str = "", given: str = "colour") -> str:
    return f"when: {{{when}}}\nphases:\n  - {{{given}: {colour}, days: [0, 7]}}\n{rest}"


ABSENCE = "absence: {kind: daily_report, days: 2}\n"
COLOURS = ("red", "orange", "yellow", "blue", "grey")
WEAK = ("daily_report", "assistance_request", "risk_notice")
MARK = "kind: mark, rule: T-1"
AREA = "kind: area_stay, area: {levels: %s, stay: ended}"
REFUSED: dict[str, tuple[str, str]] = {
    # presences
    **{
        f"a {colour} code from a scan of a venue code": (
            body("kind: check_in", colour), "a presence grounds nothing",
        )
        for colour in COLOURS
    },
    "a notice from a scan": (
        body("kind: check_in", "measure", given="notice"), "a presence grounds nothing",
    ),
    "a scan of grade A": (body("kind: check_in, grade: A"), "a presence grounds nothing"),
    "a scan beside another fact": (
        body("kind: assistance_request", "yellow", "needs: {facts: {kind: check_in}}"),
        "a presence grounds nothing",
    ),
    "a colour for want of a scan": (
        body("kind: contact_finding", "yellow", "unless: {facts: {kind: check_in}}"),
        "a presence grounds nothing",
    ),
    "a mark on a scan": (body(MARK, "yellow", "admits: {kind: check_in}"), "a presence"),
    # absences
    **{
        f"a {colour} code for a missing report": (
            ABSENCE + f"phases:\n  - {{colour: {colour}, days: [0, 7]}}",
            "an absence grounds a notice at most",
        )
        for colour in COLOURS
    },
    "a yellow code for an overdue test": (
        "absence: {kind: test, days: 3}\nphases:\n  - {colour: yellow, days: [0, 7]}",
        "an absence grounds a notice at most",
    ),
    # probability, other places, other work
    **{
        f"a {colour} code from {kind}": (
            body(f"kind: {kind}", colour), f"`{kind}` by itself grounds a notice at most",
        )
        for kind in ("companion_match", "foreign_statement", "closed_loop_end")
        for colour in ("red", "yellow", "grey")
    },
    "a copied colour": (
        body("kind: foreign_statement, colour: red"), "by itself grounds a notice at most",
    ),
    # records that say nothing of exposure
    **{
        f"a colour from {kind}": (body(f"kind: {kind}", "yellow"), f"`{kind}` grounds nothing")
        for kind in ("vaccination", "interview", "release", "withdrawal")
    },
    "a notice from a release": (
        body("kind: release", "measure", given="notice"), "`release` grounds nothing",
    ),
    **{
        f"a {colour} code from a journey": (
            body("kind: trip", colour), "a journey by itself grounds no red",
        )
        for colour in ("red", "orange", "yellow", "grey")
    },
    # the person's own word, and requests
    **{
        f"a red code from {kind} alone": (
            body(f"kind: {kind}"), "a self-report or a request by itself grounds no red",
        )
        for kind in WEAK
    },
    "a red code from a report and a telecom match": (
        body("kind: daily_report", rest="needs: {facts: {kind: companion_match}}"),
        "a self-report or a request by itself grounds no red",
    ),
    "a red code from a report and a journey or an entry": (
        body("kind: daily_report", rest="needs: {facts: [{kind: trip}, {kind: entry}]}"),
        "a self-report or a request by itself grounds no red",
    ),
    "a red code from a report and a negative test": (
        body("kind: daily_report", rest="needs: {facts: {kind: test, result: negative}}"),
        "a self-report or a request by itself grounds no red",
    ),
    # tests
    "a red code from any positive test": (
        body("kind: test, result: positive"), "a mixed tube grounds no red",
    ),
    "a red code from a mixed tube": (
        body("kind: test, result: positive, tube: mixed"), "a mixed tube grounds no red",
    ),
    "a red code from a tube that is not single": (
        body("kind: test, result: positive, tube: {not: single}"), "a mixed tube grounds no red",
    ),
    "a colour from a negative test": (
        body("kind: test, result: negative", "yellow"), "only a positive test grounds a colour",
    ),
    "a colour from any test": (body("kind: test", "yellow"), "only a positive test"),
    # wide scopes
    "a red code from any stay": (body("kind: area_stay"), "a scope wider than a community"),
    "a red code from a stay in a city": (
        body('kind: area_stay, region: {within: "4101"}'), "a scope wider than a community",
    ),
    "a red code from a stay in a county with a case": (
        body("kind: area_stay, zone: case_county"), "a scope wider than a community",
    ),
    "a red code around a sealed zone": (
        body("kind: area_stay, zone: [sealed, surrounding]"), "a scope wider than a community",
    ),
    "a red code for the rest of a county": (
        body(AREA % "[high, low]"), "a scope wider than a community",
    ),
    # marks
    "a mark without evidence": (body(MARK, "yellow"), "a mark needs the kinds of evidence"),
    **{
        f"a mark on {kind}": (
            body(MARK, "yellow", f"admits: [{{kind: infection}}, {{kind: {kind}}}]"),
            "a mark rests on no presence, journey, dose, negative test or other mark",
        )
        for kind in ("trip", "vaccination", "interview", "mark", "release", "withdrawal", "test",
                     "test, result: negative")
    },
    # nothing at all
    "a rule on nothing": (
        "classes:\n  a:\n    phases:\n      - {colour: yellow, days: [0, 7]}",
        "there is no evidence predicate",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("text", "why"), REFUSED.values(), ids=REFUSED.keys())
def test_no_pack_may_hold(text: str, why: str) -> None:
    with pytest.raises(RuleRefused) as refusal:
        pack(text)
    assert why in refusal.value.sentence()
    assert refusal.value.slug == "pack.rule_refused"
    assert refusal.value.place.file == "rules/0.yaml"
    assert refusal.value.details["rule"] in ("T-1", "T-1.a")
    assert isinstance(refusal.value, Refused)


ALLOWED = {
    "a notice from a telecom match": body("kind: companion_match", "companion", given="notice"),
    "a notice from another place's statement": body(
        "kind: foreign_statement", "foreign", given="notice"
    ),
    "a blue code from a journey": body("kind: trip", "blue"),
    "a yellow code from a self-report": body("kind: daily_report, symptoms: {any: []}", "yellow"),
    "a red code from a report with an entry beside it": body(
        "kind: daily_report, overseas: yes", rest="needs: {facts: {kind: entry}, hours: 504}"
    ),
    "a red code from one's own positive tube": body("kind: test, result: positive, tube: single"),
    "a red code from a positive of no stated tube": body(
        "kind: test, result: positive, tube: {not: mixed}"
    ),
    "a yellow code from a mixed tube": body("kind: test, result: positive, tube: mixed", "yellow"),
    "a red code from a listed place": body(AREA % "[high, medium]"),
    "a red code from a sealed zone": body("kind: area_stay, zone: sealed"),
    "a red code from a stated level": body("kind: area_stay, level: high"),
    "a yellow code from a stay in a county with a case": body(
        "kind: area_stay, zone: case_county", "yellow"
    ),
    "a mark with evidence": body(
        MARK, "red", "admits: [{kind: infection}, {kind: test, result: positive}]"
    ),
}


@pytest.mark.parametrize("text", ALLOWED.values(), ids=ALLOWED.keys())
def test_a_pack_may_hold(text: str) -> None:
    assert pack(text).grounds
