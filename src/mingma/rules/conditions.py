"""Conditions on a fact's fields: typed when a pack is read, tested in plain Python.

Only fields with a closed list, a yes/no, a number, a division code or an instant can be asked
about. Free text (names, seats, references, venues) cannot: that is where identity would hide.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import Any, Final, Literal, Union, get_args, get_origin, get_type_hints

import msgspec

from mingma.evidence.channels import KINDS
from mingma.evidence.channels.channel import Region
from mingma.evidence.model import Fact
from mingma.kernel.times import Instant
from mingma.rules.ground import Condition, Is, Match, Value

MARK_RULE: Final = "rule"  # the one text a mark may be asked about: which clause it cites
_RECORDED: Final = (Is.RECORDED, Is.MISSING)
TESTS: Final[dict[str, tuple[Is, ...]]] = {  # what may be asked of a field of each shape
    "word": (Is.ONE_OF, Is.NOT, *_RECORDED),
    "words": (Is.ANY,),
    "yes": (Is.ONE_OF, Is.NOT, *_RECORDED),
    "number": (Is.AT_LEAST, *_RECORDED),
    "region": (Is.ONE_OF, Is.NOT, Is.WITHIN, Is.OUTSIDE, *_RECORDED),
    "instant": _RECORDED,
}
_HOW_MANY: Final[dict[Is, tuple[int, int | None]]] = {  # words; any other test takes one or more
    Is.RECORDED: (0, 0), Is.MISSING: (0, 0), Is.AT_LEAST: (1, 1), Is.ANY: (0, None),
}  # fmt: skip
NUMBER: Final = re.compile(r"[0-9]{1,6}(\.[0-9]{1,6})?", re.ASCII)


@cache
def field_type(kind: str, field: str) -> tuple[str, tuple[str, ...], str]:
    """What a field is: (`word`|`words`|`yes`|`number`|`region`|`instant`, its words, attribute).

    Raises ValueError for a field the kind lacks or a condition may not read.
    """
    if field in ("until", "at"):
        return "instant", (), field
    if field == "region":
        return "region", (), field
    channel = KINDS[kind]
    for info in msgspec.structs.fields(channel):
        if info.encode_name == field:
            hint = get_type_hints(channel, include_extras=False)[info.name]
            shape, words = _shape(hint)
            if kind == "mark" and field == MARK_RULE:
                shape = "word"
            if shape:
                return shape, words, info.name
            raise ValueError(f"`{field}` of {kind} is free text, which no rule may read")
    names = ", ".join(info.encode_name for info in msgspec.structs.fields(channel))
    raise ValueError(f"{kind} has no field `{field}`; it has: {names}, until, region")


def _shape(hint: Any) -> tuple[str, tuple[str, ...]]:
    """The shape of a type hint and its closed list of words."""
    if get_origin(hint) is Union or type(hint).__name__ == "UnionType":
        hint = next(arg for arg in get_args(hint) if arg is not type(None))
    if get_origin(hint) is Literal:
        return "word", tuple(get_args(hint))
    if get_origin(hint) is tuple and get_origin(get_args(hint)[0]) is Literal:
        return "words", tuple(get_args(get_args(hint)[0]))
    for kind, shape in ((Instant, "instant"), (Region, "region"), (bool, "yes")):
        if hint is kind:
            return shape, ()
    return ("number", ()) if hint in (int, float) else ("", ())


def condition_of(kind: str, field: str, value: Any) -> Condition:
    """The condition a pack file writes as `field: value`; raises ValueError."""
    shape, words, _ = field_type(kind, field)
    if isinstance(value, dict):
        if len(value) != 1:
            raise ValueError("one test a field")
        [(test, wanted)] = value.items()
    elif value in ("recorded", "missing") and value not in words:
        test, wanted = value, []
    else:
        test, wanted = "one_of", value
    if test not in TESTS[shape]:
        raise ValueError(f"`{test}` is none of: {', '.join(TESTS[shape])}")
    items = [wanted] if isinstance(wanted, str) else wanted
    if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
        raise ValueError("a word or a list of words is wanted")
    least, most = _HOW_MANY.get(Is(test), (1, None))
    if len(items) < least or (most is not None and len(items) > most):
        raise ValueError(f"`{test}` takes {'no' if most == 0 else 'one'} word")
    if test in (Is.WITHIN, Is.OUTSIDE):
        shape = "below"
    return Condition(field, Is(test), tuple(_typed(shape, words, item) for item in items))


def below_a_division(digits: str) -> bool:
    """Whether the digits are those of a province, a city or a county."""
    return digits.isascii() and digits.isdecimal() and len(digits) in (2, 4, 6)


def _typed(shape: str, words: tuple[str, ...], item: str) -> Value:
    if words and item not in words:
        raise ValueError(f"`{item}` is none of: {', '.join(words)}")
    if shape == "yes":
        if item not in ("yes", "no"):
            raise ValueError(f"`{item}` is neither yes nor no")
        return item == "yes"
    if shape == "number":
        if not NUMBER.fullmatch(item):
            raise ValueError(f"`{item}` is not a number")
        return float(item)
    if shape == "below" and not below_a_division(item):
        raise ValueError(f"`{item}` is no two, four or six digits of a division code")
    if shape == "region" and not Region.FORM.fullmatch(item):
        raise ValueError(f"`{item}` is no division code of six digits")
    return item


def reader(kind: str, field: str) -> Callable[[Fact], Any]:
    """A function that reads the field of a fact of the kind."""
    _, _, name = field_type(kind, field)
    if field in ("until", "at", "region"):
        return lambda fact: getattr(fact, name)
    return lambda fact: getattr(fact.data, name)


def holds(kind: str, condition: Condition) -> Callable[[Fact], bool]:
    """A function that tests the condition on a fact of the kind."""
    read, values = reader(kind, condition.field), condition.values
    tests: dict[Is, Callable[[Any], bool]] = {
        Is.ONE_OF: lambda v: v in values and v is not None,
        Is.NOT: lambda v: v is None or v not in values,
        Is.WITHIN: lambda v: v is not None and v.startswith(values),
        Is.OUTSIDE: lambda v: v is not None and not v.startswith(values),
        Is.AT_LEAST: lambda v: v is not None and v >= values[0],
        Is.RECORDED: lambda v: v is not None,
        Is.MISSING: lambda v: v is None,
        Is.ANY: lambda v: bool(v) and (not values or any(item in values for item in v)),
    }
    test = tests[condition.test]
    return lambda fact: test(read(fact))


def matcher(match: Match) -> Callable[[Fact], bool]:
    """A function that tests whether a fact of the match's kind meets it."""
    all_of = [holds(match.kind, c) for c in match.all_of]
    any_of = [[holds(match.kind, c) for c in choice] for choice in match.any_of]

    def met(fact: Fact) -> bool:
        return all(test(fact) for test in all_of) and (
            not any_of or any(all(test(fact) for test in choice) for choice in any_of)
        )

    return met
