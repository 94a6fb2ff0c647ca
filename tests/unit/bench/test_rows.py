"""The table of a benchmark says what was measured, and no bar is met without a figure."""

from __future__ import annotations

import pytest

from mingma.bench.rows import Row, best_rates, heading, p99


def test_a_ratio_is_held_against_its_bar() -> None:
    assert Row("x", "a second", 80.0, "peer", 100.0, bar=0.8).met is True
    assert Row("x", "a second", 79.0, "peer", 100.0, bar=0.8).met is False


def test_a_figure_is_held_against_its_limit() -> None:
    assert Row("x", "ms", 250.0, limit=250, at_most=True).met is True
    assert Row("x", "ms", 251.0, limit=250, at_most=True).met is False
    assert Row("x", "a second", 150_000.0, "peer", 9e9, limit=150_000).met is True
    assert Row("x", "a second", 149_999.0, "peer", 1.0, limit=150_000).met is False


@pytest.mark.parametrize(
    "row",
    [
        Row("x", "ms", limit=250, at_most=True),
        Row("x", "a second", 5.0, "peer", None, bar=0.5),
        Row("x", "a second", None, "peer", 5.0, bar=0.5),
        Row("x", "a second", 5.0),
    ],
)
def test_without_a_figure_or_a_bar_nothing_is_said_to_be_met(row: Row) -> None:
    assert row.met is None
    assert str(row).endswith("–")


def test_a_line_has_figure_peer_ratio_bar_and_verdict_under_their_headings() -> None:
    row = Row("appends", "a second", 1_234_567.0, "hashlib", 2_469_134.0, bar=0.7, why="because")
    line, why = str(row).split("\n")
    assert line.split() == (
        ["appends", "1,234,567", "a", "second", "hashlib", "2,469,134", "0.50", "≥", "0.70", "no"]
    )
    assert line.index("hashlib") == heading().index("beside")
    assert why.strip() == "because"
    assert row.as_object()["ratio"] == 0.5


def test_99_of_100_do_not_exceed_the_99th() -> None:
    assert p99(n / 1000 for n in range(1, 101)) == pytest.approx(99)
    assert p99([0.5]) == 500


def test_jobs_take_turns() -> None:
    turns: list[str] = []

    def job(name: str) -> int:
        turns.append(name)
        return sum(1 for _ in range(10_000))

    rates = best_rates(2, {"a": lambda: job("a"), "b": lambda: job("b")})
    assert turns == ["a", "b", "a", "b"]
    assert min(rates.values()) > 0
