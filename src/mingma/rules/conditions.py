"""Conditions on a fact's fields: typed when a pack is read, tested in plain Python.

Only fields with a closed list, a yes/no, a number, a division code or an instant can be asked
about. Free text (names, seats, references, venues) cannot: that is where identity would hide.
"""

from __future__ import annotations

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
        test, wanted = value, ()
    else:
        test, wanted = "one_of", value
    if test not in {t.value for t in Is}:
        raise ValueError(f"`{test}` is none of: {', '.join(Is)}")
    items = [wanted] if isinstance(wanted, str) else list(wanted)
    return Condition(field, Is(test), tuple(_typed(shape, words, item) for item in items))


def _typed(shape: str, words: tuple[str, ...], item: Any) -> Value:
    if not isinstance(item, str):
        raise ValueError("a word or a list of words is wanted")
    if shape in ("word", "words"):
        if words and item not in words:
            raise ValueError(f"`{item}` is none of: {', '.join(words)}")
        return item
    if shape == "yes":
        if item not in ("yes", "no"):
            raise ValueError(f"`{item}` is neither yes nor no")
        return item == "yes"
    if shape == "number":
        return float(item)
    if shape == "region":
        if not (item.isascii() and item.isdecimal() and len(item) in (2, 4, 6)):
            raise ValueError(f"`{item}` is no two, four or six digits of a division code")
        return item
    raise ValueError("an instant is only `recorded` or `missing`")


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
