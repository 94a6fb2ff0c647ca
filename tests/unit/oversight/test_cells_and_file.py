"""Small cells are merged, and a file of thresholds that does not hold together is refused."""

from __future__ import annotations

import json
from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mingma.flows.oversee import shipped_thresholds
from mingma.ledger.tally import FLOOR, OTHER
from mingma.oversight.cells import merged
from mingma.oversight.fitted import Thresholds, ThresholdsUnreadable, read_fitted
from tests.paths import SOURCE

FILE = SOURCE / "data" / "oversight.json"


@given(st.dictionaries(st.text("ab1", min_size=1, max_size=4), st.integers(0, 40), max_size=12))
def test_cells_add_up_and_none_is_small_unless_it_is_all_there_is(counts: dict[str, int]) -> None:
    cells = merged(counts)
    assert sum(cells.values()) == sum(counts.values())
    assert len(cells) <= 1 or min(cells.values()) >= FLOOR
    assert all(cells[name] == counts[name] for name in cells if name != OTHER)


def test_a_single_small_cell_takes_the_smallest_with_it() -> None:
    assert merged({"a": 3, "b": 12, "c": 40}) == {"c": 40, OTHER: 15}


def test_every_threshold_of_the_shipped_file_has_its_false_alarms() -> None:
    fitted = shipped_thresholds()
    assert set(fitted.false_alarms) == {field.name for field in fields(Thresholds)}
    charts = [
        fitted.false_alarms[name] for name in ("without_case", "other_province", "overturned")
    ]
    assert 0 < sum(charts) < 2  # one false alarm a week nationwide


@pytest.mark.parametrize("why", ["version", "fields", "value"])
def test_a_file_that_does_not_hold_together_is_refused(why: str) -> None:
    said = json.loads(FILE.read_text("utf-8"))
    if why == "version":
        said["v"] = 2
    elif why == "fields":
        del said["detectors"]["attempts"]
    else:
        said["detectors"]["attempts"]["threshold"] = 0
    with pytest.raises(ThresholdsUnreadable) as refused:
        read_fitted(json.dumps(said).encode())
    assert refused.value.details["why"] == why


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b'{"v":1,"detectors":[]}', b"\xff"])
def test_anything_else_is_refused_too(data: bytes) -> None:
    with pytest.raises(ThresholdsUnreadable):
        read_fitted(data)
