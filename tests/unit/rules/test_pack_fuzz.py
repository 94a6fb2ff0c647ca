"""Whatever stands in a pack's files, reading them gives a pack or a refusal that names a place."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import TypeVar

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mingma.kernel.errors import Malformed, Refused
from mingma.kernel.times import parse_instant
from mingma.rules.assess import MatchArea, Rulebook, assess, no_areas
from mingma.rules.columnar import script
from mingma.rules.examples import read_examples, try_examples
from mingma.rules.pack import Pack, read_pack
from mingma.shelf import pack_files, pack_ids, shelf
from mingma.shipped import divisions
from tests.packs.random_facts import random_people
from tests.unit.rules.tiny import CLOSE, clause, files

NOW = parse_instant("2022-10-15T09:30:00+08:00")
PACKS = {id: pack_files(shelf() / id) for id in pack_ids()}
WORDS = [
    "", "~", "null", "-1", "0", "1", "99999999999", "None", "no", "yes", "red", "grey", "green",
    "[]", "{}", "[a, b]", "{a: b}", "{not: {a: b}}", "{any: []}", "{within: x}", "&x 1", "*x",
    "!!int 1", "'", '"\\UFFFFFFFF"', "at", "released", "high", "nan", "check_in", "trip", "mark",
    "test", "T-1.a", "\t", "\x07", "{", "]", ":", "- ", "35", "３", "\u2028", "---\n",
]  # fmt: skip
KEYS = (
    "phases when absence negatives needs unless admits reports leaves gives_way_to final_test "
    "narrowed classes unencoded basis way_out"
).split()

T = TypeVar("T")


def read_or_refused(read: Callable[[], T]) -> T | None:
    """What was read; None for a refusal, which names its file and says why in both languages."""
    try:
        return read()
    except (Malformed, Refused) as error:
        refusal = error
    assert refusal.place.file
    assert refusal.sentence("zh") != refusal.sentence("en")
    return None


def works(pack: Pack) -> None:
    """A pack that was read decides anybody without an error, and its script can be written."""
    book = Rulebook([pack])
    rules = [ground.rule for ground in pack.grounds] or ["X"]
    for fact in random_people(1, NOW, 4, rules):
        assess(book, "p", [fact], NOW)
    assert script([pack], NOW)


def _no_list(_rows: Sequence[tuple[str, ...]]) -> MatchArea:
    return no_areas


@st.composite
def mutated(draw: st.DrawFn) -> tuple[str, str]:
    """A file of a pack with a few pieces replaced, doubled or gone."""
    id = draw(st.sampled_from(sorted(PACKS)))
    path = draw(st.sampled_from(sorted(PACKS[id])))
    text = PACKS[id][path]
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(text)))
        end = min(len(text), start + draw(st.sampled_from([0, 1, 2, 5, 12, 60])))
        new = draw(st.sampled_from(WORDS) | st.text(max_size=6) | st.just(text[start:end] * 2))
        text = text[:start] + new + text[end:]
    return f"{id}/{path}", text


@given(mutated())
@settings(max_examples=100)
@example(("cn-henan-2021-08/rules/HA-R4.yaml", "rule: T\nphases: [{days: [None, 7]}]"))
def test_a_mutated_pack_is_read_or_refused_by_name(case: tuple[str, str]) -> None:
    where, text = case
    id, _, path = where.partition("/")
    pack = read_or_refused(lambda: read_pack({**PACKS[id], path: text}))
    if pack is None:
        return
    works(pack)
    if path.startswith("examples/"):
        examples = read_or_refused(lambda: read_examples(path, text, divisions()))
        try_examples(pack, examples or [], _no_list)


VALUES = st.recursive(
    st.sampled_from(WORDS) | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=8,
)


@pytest.mark.parametrize("key", KEYS)
@settings(max_examples=25)
@given(value=VALUES)
def test_any_value_under_a_known_key_is_read_or_refused(key: str, value: object) -> None:
    text = clause(CLOSE if key not in ("phases", "when") else "")
    lines = [line for line in text.splitlines() if not line.startswith(f"{key}:")]
    # JSON is YAML, near enough: its quotes keep every text a text.
    written = "\n".join([*lines, f"{key}: {json.dumps(value)}"])
    pack = read_or_refused(lambda: read_pack(files(written)))
    if pack is not None:
        works(pack)


FIELDS = (
    "kind relation class tube result region until level zone temperature symptoms at rule".split()
)
TESTS = "one_of not within outside at_least recorded missing any".split()


@settings(max_examples=150)
@given(
    kind=st.sampled_from(
        "infection contact_finding test area_stay daily_report entry mark".split()
    ),
    field=st.sampled_from(FIELDS),
    test=st.sampled_from(TESTS),
    value=st.sampled_from(WORDS) | st.lists(st.sampled_from(WORDS), max_size=2),
)
def test_any_condition_is_read_or_refused(kind: str, field: str, test: str, value: object) -> None:
    body = (
        f"when: {{kind: {kind}, {field}: {json.dumps({test: value})}}}\n"
        "phases:\n  - {colour: yellow, days: [0, 7]}\nadmits: {kind: infection}\n"
    )
    if kind != "mark":
        body = body.replace("admits: {kind: infection}\n", "")
    pack = read_or_refused(lambda: read_pack(files(clause(body))))
    if pack is not None:
        works(pack)
