"""Worked examples: read strictly, tried, and owed by every rule."""

from __future__ import annotations

import pytest

from mingma.kernel.words import Colour
from mingma.rules.assess import no_areas
from mingma.rules.examples import EACH_RULE, missing_cases, read_examples, try_examples
from mingma.rules.strict import BadPack
from mingma.shipped import divisions
from tests.unit.rules.tiny import CLOSE, pack, t

ONE = """\
- example: 末次暴露后第3天为红码
  rule: T-1
  case: holds
  given:
    - {kind: contact_finding, at: 2022-10-01T10:00:00+08:00, relation: close, index: case-1}
    - {kind: daily_report, at: 2022-10-01T11:00:00+08:00, symptoms: [], temperature: "36.5",
       overseas: no}
    - {kind: vaccination, at: 2022-01-01T11:00:00+08:00, dose: "3", product: x}
  areas: [[H, 福建省, 厦门市, 思明区, 某社区, 2022-10-15, ""]]
  at: 2022-10-04T12:00:00+08:00
  expect: {colour: red, rule: T-1, until: 2022-10-09T00:00:00+08:00, notices: []}
"""


def read(text: str = ONE) -> list[object]:
    return list(read_examples("examples/T-1.yaml", text, divisions()))


def tried(text: str, body: str = CLOSE) -> list[tuple[str, str]]:
    examples = read_examples("examples/T-1.yaml", text, divisions())
    failures = try_examples(pack(body), examples, lambda rows: no_areas)  # noqa: ARG005
    return [(failure.wanted, failure.got) for failure in failures]


def test_facts_are_written_flat_and_typed_by_their_kind() -> None:
    [example] = read_examples("examples/T-1.yaml", ONE, divisions())
    contact, report, dose = example.facts
    assert [fact.id for fact in example.facts] == ["e1", "e2", "e3"]
    assert contact.data.relation == "close"  # type: ignore[union-attr]
    assert (report.data.temperature, report.data.overseas) == (36.5, False)  # type: ignore[union-attr]
    assert dose.data.dose == 3  # type: ignore[union-attr]
    assert example.areas == (("H", "福建省", "厦门市", "思明区", "某社区", "2022-10-15", ""),)
    assert (example.case, example.rule, example.at) == ("holds", "T-1", t("2022-10-04 12:00"))


def test_an_example_that_comes_out_as_written_passes() -> None:
    assert tried(ONE) == []


@pytest.mark.parametrize(
    ("old", "new", "wanted", "got"),
    [
        ("colour: red,", "colour: yellow,", "colour yellow", "colour red"),
        ("rule: T-1, until", "rule: null, until", "rule None", "rule T-1"),
        (
            "until: 2022-10-09T00", "until: 2022-10-10T00",
            "until 2022-10-10T00:00:00+08:00", "until 2022-10-09T00:00:00+08:00",
        ),
        ("notices: []", "notices: [test_due]", "notices ['test_due']", "notices []"),
    ],
)  # fmt: skip
def test_an_example_that_comes_out_otherwise_says_how(
    old: str, new: str, wanted: str, got: str
) -> None:
    assert tried(ONE.replace(old, new)) == [(wanted, got)]


def test_only_what_is_expected_is_compared() -> None:
    expected = ONE[ONE.index("  expect:") :]
    assert tried(ONE.replace(expected, "  expect: {colour: red}\n")) == []


def test_a_list_of_areas_is_given_to_whoever_matches() -> None:
    [example] = read_examples("examples/T-1.yaml", ONE, divisions())
    seen: list[object] = []

    def areas(rows: object) -> object:
        seen.append(rows)
        return no_areas

    try_examples(pack(CLOSE), [example], areas)  # type: ignore[arg-type]
    assert seen == [example.areas]


ROWS = '[[H, 福建省, 厦门市, 思明区, 某社区, 2022-10-15, ""]]'
HOT = 'temperature: "36.5"'
WRONG = {
    "an unknown key": ("  case: holds", "  colour: red\n  case: holds", "`colour` is not known"),
    "an unknown case": ("case: holds", "case: sometimes", "`sometimes` is none of: holds"),
    "no expectation": ("colour: red, ", "", "the key `colour` is missing"),
    "an unknown expectation": ("colour: red,", "colour: red, shade: 3,", "`shade` is not known"),
    "an instant that is none": ("at: 2022-10-04T12:00:00+08:00", "at: soon", "`soon` is not an"),
    "an end that is none": ("until: 2022-10-09T00:00:00+08:00", "until: soon", "`soon` is not an"),
    "a fact the door refuses": ("relation: close", "relation: friend", "`friend` is not a value"),
    "a fact that is a text": ("given:\n", "given:\n    - x\n", "a fact is a mapping"),
    "a number that is none": (HOT, "temperature: nan", "is not a value"),
    "a mapping for a number": (HOT, "temperature: {a: b}", "is not a value"),
    "data for a field": ("relation: close,", "data: {relation: close},", "no field `data`"),
    "a row of areas that is a text": (ROWS, "[H]", "a row of an area list"),
    "areas that are a text": (ROWS, "H", "a list is wanted"),
}


@pytest.mark.parametrize(("old", "new", "why"), WRONG.values(), ids=WRONG.keys())
def test_refused(old: str, new: str, why: str) -> None:
    assert old in ONE
    with pytest.raises(BadPack) as found:
        read(ONE.replace(old, new))
    assert why in found.value.sentence()
    assert found.value.place.file == "examples/T-1.yaml"


def test_a_list_of_facts_is_a_list() -> None:
    start, end = ONE.index("  given:"), ONE.index("  areas:")
    with pytest.raises(BadPack):
        read(ONE[:start] + "  given: {kind: check_in}\n" + ONE[end:])
    assert read(ONE[:start] + "  given: []\n" + ONE[end:])


def test_each_rule_owes_the_four_cases() -> None:
    made = pack(CLOSE, "unencoded: {how: empty, reason: default, why: {zh: 无, en: none}, "
                       "source_colour: green}\n")  # fmt: skip
    assert missing_cases(made, []) == [f"T-1: {case}" for case in EACH_RULE]
    examples = read_examples("examples/T-1.yaml", ONE, divisions())
    assert missing_cases(made, examples) == [f"T-1: {case}" for case in EACH_RULE[1:]]
    assert Colour.RED == "red"
