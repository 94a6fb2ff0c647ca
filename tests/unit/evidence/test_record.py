"""A fact printed and read back is the same fact."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given

from mingma.evidence.admit import admit
from mingma.evidence.channels import CHANNELS, KINDS
from mingma.evidence.channels.channel import Region
from mingma.evidence.lines import read_line
from mingma.evidence.model import Fact
from mingma.evidence.record import (
    UnreadableRecord,
    fact_to_record,
    fact_to_stored,
    record_to_fact,
    stored_to_fact,
)
from mingma.kernel.times import Instant
from tests.unit.evidence.facts import facts

ANYWHERE = frozenset(f"{code:06}" for code in range(100_000, 1_000_000))
TEST = {
    "id": "t-1",
    "kind": "test",
    "subject": "s",
    "at": "2022-06-14T09:30:00+08:00",
    "data": {"assay": "pcr", "result": "negative", "reported_at": "2022-06-14T18:00:00+08:00"},
}


def types(fact: Fact) -> list[type]:
    """The types of a fact's values: an instant must not come back as a mere number."""
    own = [getattr(fact, name) for name in fact.__struct_fields__]
    return [
        type(value) for value in own + [getattr(fact.data, n) for n in fact.data.__struct_fields__]
    ]


@given(facts())
def test_a_fact_reads_back_from_its_record(fact: Fact) -> None:
    back = record_to_fact(fact_to_record(fact))
    assert back == fact
    assert types(back) == types(fact)


@given(facts())
def test_a_fact_reads_back_from_its_stored_form(fact: Fact) -> None:
    back = stored_to_fact(fact_to_stored(fact))
    assert back == fact
    assert types(back) == types(fact)


@given(facts())
def test_a_printed_record_passes_the_door_again_and_is_the_same_fact(fact: Fact) -> None:
    line = json.dumps(fact_to_record(fact), ensure_ascii=False, allow_nan=False).encode()
    assert admit(read_line(line), ANYWHERE) == fact


def test_a_record_reads_as_the_contract_writes_it() -> None:
    fact = admit(TEST, ANYWHERE)
    assert fact_to_record(fact) == TEST
    assert list(fact_to_record(fact)) == list(TEST)


def test_a_field_called_from_keeps_its_name() -> None:
    trip = {**TEST, "kind": "trip", "data": {"mode": "air", "from": "410100", "to": "350100"}}
    fact = admit(trip, ANYWHERE)
    assert fact_to_record(fact) == trip
    assert stored_to_fact(fact_to_stored(fact)) == fact
    assert type(stored_to_fact(fact_to_stored(fact)).data.from_) is Region  # type: ignore[union-attr]


def test_equal_facts_are_kept_as_equal_text() -> None:
    again = admit({**TEST, "at": "2022-06-14T01:30:00Z"}, ANYWHERE)
    assert fact_to_stored(admit(TEST, ANYWHERE)) == fact_to_stored(again)


def test_the_strategy_makes_every_kind() -> None:
    assert {channel.kind for channel in CHANNELS} == set(KINDS)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"id":"1","kind":"colour","subject":"s","at":1,"data":{}}',
        '{"id":"1","kind":"closed_loop_end","subject":"s","at":"1","data":{}}',
        '{"id":"1","kind":"closed_loop_end","subject":"s","at":1,"data":{"colour":"red"}}',
        '{"id":"1","kind":"test","subject":"s","at":1,"data":{"assay":"pcr"}}',
    ],
)
def test_an_edited_record_does_not_read_back(text: str) -> None:
    with pytest.raises(UnreadableRecord):
        stored_to_fact(text)


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "colour"},
        {"at": "2022-06-14"},
        {"data": {}},
        {"colour": "red"},
        {"data": {**TEST["data"], "colour": "red"}},  # type: ignore[dict-item]
    ],
)
def test_an_edited_printed_record_does_not_read_back(change: dict[str, object]) -> None:
    with pytest.raises(UnreadableRecord):
        record_to_fact({**TEST, **change})


def test_instants_before_1970_and_fractions_of_a_degree_are_exact() -> None:
    report = {"symptoms": [], "temperature": 36.6000000000001}
    fact = admit(
        {**TEST, "at": "1969-12-31T23:59:59Z", "kind": "daily_report", "data": report}, ANYWHERE
    )
    back = stored_to_fact(fact_to_stored(fact))
    assert back.at == Instant(-1)
    assert math.isclose(back.data.temperature, 36.6000000000001, rel_tol=0, abs_tol=0)  # type: ignore[union-attr,arg-type]
