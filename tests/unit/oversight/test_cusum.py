"""CUSUM: never below zero, one signal an excursion, the same one at a time and side by side."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from mingma.oversight.background import Background, contacts, counts
from mingma.oversight.cusum import Chart, K, count_score, step, yes_no_score

scores = st.lists(st.floats(-50, 50, allow_nan=False), max_size=60)


@given(scores, st.floats(0.1, 40))
def test_a_sum_is_never_below_zero_and_a_chart_speaks_once_an_excursion(
    scores: list[float], threshold: float
) -> None:
    chart, spoke = Chart(threshold), False
    for score in scores:
        before = chart.sum
        speaks = chart.see(score)
        assert chart.sum == min(max(0.0, before + score), 2 * threshold)
        if chart.sum == 0.0:
            spoke = False
        assert speaks is (chart.sum > threshold and not spoke)
        spoke = spoke or speaks


@given(st.lists(st.lists(st.floats(-9, 9, allow_nan=False), min_size=3, max_size=3), max_size=30))
def test_side_by_side_it_is_the_same_as_one_at_a_time(rows: list[list[float]]) -> None:
    sums = np.zeros(3)
    alone = [0.0, 0.0, 0.0]
    for row in rows:
        sums = step(sums, np.array(row))
        alone = [float(step(a, b)) for a, b in zip(alone, row, strict=True)]
    assert sums.tolist() == alone


@given(st.floats(0.001, 20), st.floats(1.1, 9))
def test_the_negative_binomial_has_the_mean_and_the_spread_asked_for(
    mean: float, dispersion: float
) -> None:
    found = counts(mean, dispersion)
    assert found.mean() == pytest.approx(mean)
    assert found.var() == pytest.approx(mean * dispersion)


def test_a_lawful_bin_scores_minus_k_on_average() -> None:
    usual = Background()
    spread, score = counts(usual.bin_mean, usual.dispersion), count_score(usual)
    support = np.arange(0, 200)
    mean = float((spread.pmf(support) * score.of(support.astype(float))).sum())
    assert mean == pytest.approx(-K)


@given(st.floats(0.01, 0.4), st.floats(0.5, 0.99))
def test_yes_and_no_pull_apart_and_fall_on_average_while_nothing_is_wrong(
    usual: float, attacked: float
) -> None:
    score = yes_no_score(usual, attacked)
    assert score.of(True) > 0 > score.of(False)
    assert usual * score.yes + (1 - usual) * score.no < 0
    assert attacked * score.yes + (1 - attacked) * score.no > 0


def test_the_contacts_of_a_case_have_the_tail_that_the_document_states() -> None:
    assert stats.nbinom.sf(100, *contacts(Background()).args) == pytest.approx(4e-4, rel=0.1)
