"""The leaf budget: document and code have the same numbers, and a simulated day stays inside."""

from __future__ import annotations

import json
import random
import re

import pytest

from mingma.bench.province_day import (
    BUDGET,
    NO_LEAF,
    PEOPLE,
    SCALE,
    draw_day,
    seal_some,
)
from mingma.cli import main
from mingma.flows.erase import PAGE
from mingma.ledger.leaf import FIELDS, Kind
from tests.paths import ROOT

GUIDE = (ROOT / "docs" / "guides" / "leaf-budget.md").read_text("utf-8")
ROWS = re.findall(r"^\| `([a-z.]+)` \| ([\d,]+) \| (.+) \|$", GUIDE, re.MULTILINE)


def test_the_document_and_the_code_have_the_same_budget() -> None:
    listed = [(kind, int(budget.replace(",", ""))) for kind, budget, _ in ROWS]
    assert listed == [(str(line.kind), line.budget) for line in BUDGET]


def stated(text: str) -> float:
    """The rate a row is drawn from, a person and day."""
    found = re.search(r"([\d.]+) (?:person )?in (1,000|a million)", text)
    if not found:
        return 0.0
    return float(found[1]) / {"1,000": 1e3, "a million": 1e6}[found[2]]


def test_the_document_states_the_rates_that_are_drawn() -> None:
    assert [stated(text) for _, _, text in ROWS] == [pytest.approx(line.rate) for line in BUDGET]
    whole = [re.match(r"(\d+)\b", text) for _, _, text in ROWS]
    for line, found in zip(BUDGET, whole, strict=True):
        if line.whole:
            assert found
            assert int(found[1]) == line.whole
    for what, each in zip(("showing", "reading", "a check", "a record"), NO_LEAF.values(),
                          strict=True):  # fmt: skip
        assert re.search(rf"^\| {what}.* \| {each:g}\b", GUIDE, re.MULTILINE), what


def test_every_kind_of_leaf_that_is_open_has_one_line_in_the_budget() -> None:
    assert sorted(line.kind for line in BUDGET) == sorted(FIELDS)
    assert next(x.budget for x in BUDGET if x.kind is Kind.ERASE_BATCH) >= PEOPLE // PAGE


@pytest.mark.parametrize("seed", range(5))
def test_a_simulated_day_stays_inside_its_budget(seed: int) -> None:
    day = draw_day(random.Random(seed), SCALE * 10)
    often = [line for line in BUDGET if line.rate * PEOPLE > 10_000]  # the others are drawn roughly
    assert [str(line.kind) for line in often if day[line.kind] > line.budget] == []
    assert sum(day.values()) <= sum(line.budget for line in BUDGET)
    drawn = sum(day[line.kind] for line in BUDGET if line.rate)
    assert drawn == pytest.approx(PEOPLE * sum(line.rate for line in BUDGET), rel=0.1)


def test_the_budget_leaves_room_for_chance() -> None:
    for line in BUDGET:
        assert line.budget >= 1.3 * line.rate * PEOPLE
        assert line.budget >= line.whole


def test_a_day_s_mixture_is_sealed_and_measured() -> None:
    day = draw_day(random.Random(1), SCALE * 100)
    speed, size = seal_some(day, 2000)
    assert speed > 0
    assert 150 < size < 400


def test_the_command_gives_figures_and_says_whether_the_budget_holds(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mingma.bench.province_day.SEALED", 1000)
    assert main(["bench", "province-day", "--quick", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["over_budget"] == []
    assert said["acts_without_a_leaf"]["display"] == 500_000_000
    assert said["leaves"] == sum(said["leaves_by_kind"].values())
    monkeypatch.setattr(
        "mingma.bench.province_day.province_day",
        lambda **_: said | {"over_budget": ["decision"]},
    )
    assert main(["bench", "province-day"]) == 1
    out = capsys.readouterr().out
    assert re.search(r"^decision +[\d,]+ +600,000$", out, re.MULTILINE)
    assert re.search(r"^display +0 +0  of 500,000,000$", out, re.MULTILINE)
