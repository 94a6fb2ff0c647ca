"""The table of a day: exact where leaves speak, coarse where they do not."""

from __future__ import annotations

import json
from collections import defaultdict
from hashlib import sha256
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mingma.kernel.canonical import canonical
from mingma.ledger.leaf import Kind, Leaf
from mingma.ledger.tally import (
    FLOOR,
    OTHER,
    TableDoesNotHold,
    TableUnreadable,
    cut,
    make_table,
    read_table,
    verify_table,
)

DAY = 19157  # 2022-06-14
COUNTIES = ("410101", "410102", "410103", "410201", "410202", "419001", "500101")
counts = st.dictionaries(st.sampled_from(COUNTIES), st.integers(0, 40))


def decision(number: int, to: str = "red", rule: str = "cn-henan-2021-08/HA-R1") -> bytes:
    return Leaf(
        kind=Kind.DECISION, commitment=number.to_bytes(32, "big"), organ="410100-hc", rule=rule,
        tag=number.to_bytes(16, "big"), before="green", after=to,
    ).sealed(DAY)  # fmt: skip


def look(count: int) -> bytes:
    return Leaf(
        kind=Kind.VIEW_RECORD, commitment=b"c" * 32, organ="410105-cdc", count=count
    ).sealed(DAY)


ENTRIES = [*(decision(n) for n in range(40)), *(decision(n, "green") for n in range(4)), look(7)]
WHERE = dict.fromkeys(range(25), "410101") | dict.fromkeys(range(25, 32), "410201")
TABLE = make_table(DAY, 100, ENTRIES, {100 + i: code for i, code in WHERE.items()})


def leaf_of(table: bytes, **changed: Any) -> Leaf:
    said: dict[str, Any] = {
        "kind": Kind.TALLY_DAY, "organ": "o", "index": 100, "end": 100 + len(ENTRIES),
        "count": len(ENTRIES), "day": DAY, "digest": sha256(table).digest(),
    }  # fmt: skip
    return Leaf(**{**said, **changed})


# -- the cut


@given(counts, st.integers(0, 40))
def test_cells_add_up_and_none_is_small_unless_it_is_the_whole(
    by_county: dict[str, int], unknown: int
) -> None:
    cells = cut(by_county, unknown)
    assert sum(cells.values()) == sum(by_county.values()) + unknown
    assert len(cells) == 1 or all(count >= FLOOR for count in cells.values())
    assert all(count > 0 for count in cells.values())


@given(counts, st.integers(0, 40))
def test_a_county_stands_alone_only_with_its_own_count(
    by_county: dict[str, int], unknown: int
) -> None:
    for code, count in cut(by_county, unknown).items():
        if len(code) == 6:
            assert by_county[code] == count
        elif code != OTHER:
            assert sum(n for county, n in by_county.items() if county[:4] == code) == count


@pytest.mark.parametrize(
    ("counties", "floor", "most"),
    [
        (("410101", "410102", "410103"), 3, 9),
        (("410101", "410102", "410201"), 3, 10),
        (("410101", "410201", "410301"), 4, 9),
        (("410101", "410102", "410201", "410202"), 3, 6),
    ],
)
def test_no_small_county_can_be_told_even_by_who_knows_how_the_table_is_made(
    counties: tuple[str, ...], floor: int, most: int
) -> None:
    """Every table there can be, by what is published of it: a small count is never the only one."""
    alike = defaultdict(list)
    for *each, unknown in product(range(most), repeat=len(counties) + 1):
        cells = cut(dict(zip(counties, each, strict=True)), unknown, floor)
        if max(cells.values(), default=0) < most:  # beyond it we did not try every table
            alike[tuple(sorted(cells.items()))].append(each)
    told = [
        (cells, counties[place])
        for cells, tables in alike.items()
        if sum(count for _, count in cells) >= floor
        for place in range(len(counties))
        if len(values := {table[place] for table in tables}) == 1 and 0 < min(values) < floor
    ]
    assert len(alike) > 500
    assert told == []


def test_one_small_county_hides_its_prefecture_and_a_small_prefecture_goes_into_other() -> None:
    assert cut({"410101": 30, "410102": 3, "410201": 12}) == {"4101": 33, "410201": 12}
    assert cut({"410101": 30, "410201": 4}, 9) == {"410101": 30, OTHER: 13}
    assert cut({"410101": 30, "500101": 15, "410201": 4}) == {"410101": 30, OTHER: 19}
    assert cut({"410101": 4}, 2) == {OTHER: 6}
    assert cut({}) == {}


# -- the table


def test_a_table_says_what_the_leaves_say_and_counties_that_are_large_enough() -> None:
    said = json.loads(TABLE)
    assert said["day"] == "2022-06-14"
    assert [said["start"], said["end"], said["total"]] == [100, 145, 45]
    assert [(row["to"], row["count"], row["regions"]) for row in said["acts"]] == [
        ("green", 4, {OTHER: 4}),
        ("red", 40, {"410101": 25, OTHER: 15}),
        ("", 1, {OTHER: 1}),
    ]


def test_a_table_is_verified_against_its_leaf_and_the_leaves_it_counts() -> None:
    verify_table(TABLE, leaf_of(TABLE), ENTRIES)
    earlier = [entry.replace(b"2022-06-14", b"2022-06-13") for entry in ENTRIES]
    verify_table(TABLE, leaf_of(TABLE), earlier)  # a clock that was set back


def changed(**what: Any) -> bytes:
    return canonical({**json.loads(TABLE), **what})


def moved(change: int) -> bytes:
    """As many counted under another line as are taken from the first."""
    acts = json.loads(TABLE)["acts"]
    for row, by in ((acts[0], change), (acts[1], -change)):
        row["count"] += by
        row["regions"] = {OTHER: row["count"]}
    return changed(acts=acts)


def regions(cells: dict[str, int]) -> bytes:
    acts = json.loads(TABLE)["acts"]
    acts[1]["regions"] = cells
    return changed(acts=acts)


@pytest.mark.parametrize(
    ("table", "why"),
    [
        (changed(day="2022-06-15"), "range"),
        (changed(total=44), "range"),
        (changed(start=99), "range"),
        (moved(1), "acts"),
        (changed(acts=json.loads(TABLE)["acts"][1:]), "acts"),
        (regions({"410101": 40, OTHER: 1}), "regions"),
        (regions({"410101": 31, "410201": 9}), "regions"),
        (regions({}), "regions"),
    ],
)
def test_a_table_that_counts_otherwise_is_refused(table: bytes, why: str) -> None:
    with pytest.raises(TableDoesNotHold) as refused:
        verify_table(table, leaf_of(table), ENTRIES)
    assert refused.value.details["why"] == why


def test_another_table_than_the_leaf_names_or_other_leaves_are_refused() -> None:
    later = [*ENTRIES[:-1], ENTRIES[-1].replace(b"2022-06-14", b"2022-06-15")]
    for leaf, entries, why in [
        (leaf_of(moved(1)), ENTRIES, "digest"),
        (leaf_of(TABLE, end=144, count=44), ENTRIES[:-1], "range"),
        (leaf_of(TABLE), ENTRIES[:-1], "range"),
        (leaf_of(TABLE), later, "range"),
        (Leaf(kind=Kind.ERASE_BATCH, organ="o", rule="r", count=1), ENTRIES, "kind"),
    ]:
        with pytest.raises(TableDoesNotHold) as refused:
            verify_table(TABLE, leaf, entries)
        assert refused.value.details["why"] == why


@pytest.mark.parametrize(
    "table",
    [
        b"", b"{", b"[]", b"null", TABLE + b"\n", TABLE.replace(b",", b", ", 1), "é".encode(),
        changed(v=2), changed(floor=1), changed(start="100"), changed(day=5), changed(acts={}),
        changed(acts=[1]), changed(acts=json.loads(TABLE)["acts"] * 2), regions({"x": 0}),
        changed(acts=[{**json.loads(TABLE)["acts"][0], "name": "x"}]), b"[" * 5000,
    ],
)  # fmt: skip
def test_what_is_no_table_is_refused(table: bytes) -> None:
    with pytest.raises(TableUnreadable):
        read_table(table)
