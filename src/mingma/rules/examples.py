"""Worked examples beside the rules: given facts, an instant, and what must come out.

Each rule has one example where it holds, one at its last second, one at the first second after,
and one near miss. Every pack also runs the shared examples that must never be red.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from mingma.evidence.admit import FIELDS, admit
from mingma.evidence.channels import KINDS
from mingma.evidence.model import Fact
from mingma.kernel.errors import Place, Problem
from mingma.kernel.times import Instant, NotAnInstant, parse_instant, print_instant
from mingma.rules.assess import MatchArea, Rulebook, assess
from mingma.rules.conditions import NUMBER, field_type
from mingma.rules.pack import Pack
from mingma.rules.strict import BadPack, Keys
from mingma.rules.yaml_text import read_yaml

CASES: Final = ("holds", "last_second", "first_second_after", "near_miss", "never_red", "other")
EACH_RULE: Final = CASES[:4]


@dataclass(frozen=True, slots=True)
class Example:
    """One worked example: `rule` is what it is about, `expect` what must come out."""

    file: str
    title: str
    rule: str
    case: str
    facts: tuple[Fact, ...]
    areas: tuple[tuple[str, ...], ...]
    at: Instant
    expect: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Failure:
    """An example that came out otherwise."""

    example: Example
    wanted: str
    got: str


def read_examples(file: str, text: str, divisions: Container[str]) -> list[Example]:
    """The examples of one file; raises NotYaml, BadPack or what `admit` raises."""
    value = read_yaml(text, file)
    rows = value if isinstance(value, list) else [value]
    return [_example(Keys(row, file, f"[{i}]"), divisions) for i, row in enumerate(rows)]


def _example(keys: Keys, divisions: Container[str]) -> Example:
    title = keys.text("example")
    given = [_fact(row, i, keys, divisions) for i, row in enumerate(_list(keys, "given"), start=1)]
    expect = keys.below("expect")
    wanted: dict[str, Any] = {"colour": expect.text("colour")}
    if "rule" in expect:
        rule = expect.text("rule")
        wanted["rule"] = None if rule in ("null", "none") else rule
    if "until" in expect:
        until = expect.text("until")
        wanted["until"] = None if until == "null" else _instant(expect, "until")
    if "notices" in expect:
        wanted["notices"] = sorted(expect.texts("notices", some=False))
    expect.done()
    made = Example(
        file=keys.file,
        title=title,
        rule=keys.text("rule", ""),
        case=keys.word("case", CASES),
        facts=tuple(given),
        areas=tuple(_texts(keys, row) for row in _list(keys, "areas", ())),
        at=_instant(keys, "at"),
        expect=wanted,
    )
    keys.done()
    return made


def _list(keys: Keys, key: str, default: Any = ...) -> list[Any]:
    value = keys.raw(key, default)
    if not isinstance(value, (list, tuple)):
        raise keys.wrong("a list is wanted here", key)
    return list(value)


def _texts(keys: Keys, row: Any) -> tuple[str, ...]:
    """One row of an area list."""
    if not isinstance(row, list) or not all(isinstance(text, str) for text in row):
        raise keys.wrong("a row of an area list is a list of texts", "areas")
    return tuple(row)


def _instant(keys: Keys, key: str) -> Instant:
    try:
        return parse_instant(keys.text(key))
    except NotAnInstant as error:
        raise keys.wrong(error.sentence(), key) from None


def _fact(row: Any, number: int, keys: Keys, divisions: Container[str]) -> Fact:
    """A fact written flat: what is no field of the envelope belongs to its data."""
    if not isinstance(row, dict):
        raise keys.wrong("a fact is a mapping", "given")
    record: dict[str, Any] = {"id": f"e{number}", "subject": "p", "data": {}}
    kind = str(row.get("kind"))
    for name, value in row.items():
        if name in FIELDS and name != "data":
            record[name] = value
        else:
            record["data"][name] = _typed(kind, name, value)
    try:
        return admit(record, divisions)
    except Problem as error:
        place = Place(keys.file, field=f"{keys.path}.given[{number}].{error.place.field}")
        raise BadPack(place, why=error.sentence()) from None


def _typed(kind: str, name: str, value: Any) -> Any:
    """A text as the field's own type; free text stays text."""
    if kind not in KINDS or isinstance(value, list):
        return value
    try:
        shape, _, _ = field_type(kind, name)
    except ValueError:
        return value
    if shape == "yes" and value in ("true", "false", "yes", "no"):
        return value in ("true", "yes")
    if shape == "number" and isinstance(value, str) and NUMBER.fullmatch(value):
        whole = "." not in value and _wholes(kind, name)
        return int(value) if whole else float(value)
    return value


def _wholes(kind: str, name: str) -> bool:
    fields = msgspec.structs.fields(KINDS[kind])
    return any(f.encode_name == name and "int" in str(f.type) for f in fields)


def try_examples(
    pack: Pack,
    examples: Sequence[Example],
    areas: Callable[[Sequence[tuple[str, ...]]], MatchArea],
) -> list[Failure]:
    """The examples that do not come out as written under the pack."""
    book, failures = Rulebook([pack]), []
    for example in examples:
        verdict = assess(book, "p", example.facts, example.at, areas(example.areas))
        first = verdict.findings[0] if verdict.findings else None
        got: dict[str, Any] = {
            "colour": verdict.colour.value,
            "rule": first.rule if first else None,
            "until": first.until if first else None,
            "notices": sorted({kind for kind, _ in verdict.notices}),
        }
        wrong = [name for name, wanted in example.expect.items() if got[name] != wanted]
        if wrong:
            failures.append(Failure(example, _say(example.expect, wrong), _say(got, wrong)))
    return failures


def _say(values: dict[str, Any], names: list[str]) -> str:
    shown = {
        n: print_instant(values[n]) if n == "until" and values[n] is not None else values[n]
        for n in names
    }
    return ", ".join(f"{name} {value}" for name, value in shown.items())


def missing_cases(pack: Pack, examples: Sequence[Example]) -> list[str]:
    """`rule: case` for each encoded rule without one of the four examples it owes.

    A phase without an end of its own (while a listing lasts) owes its last seconds all the same:
    the listing's.
    """
    have = {(example.rule, example.case) for example in examples}
    return [
        f"{clause.id}: {case}"
        for clause in pack.clauses
        if clause.grounds
        for case in EACH_RULE
        if (clause.id, case) not in have
    ]
