"""A smaller simulation agrees with the stored thresholds."""

from __future__ import annotations

import pytest

from mingma.bench.oversight_fit import as_file, fit
from mingma.flows.oversee import shipped_thresholds
from mingma.oversight.background import Background
from mingma.oversight.fitted import read_fitted


def test_a_reduced_fit_gives_the_stored_thresholds() -> None:
    stored = shipped_thresholds()
    again = fit(stored.background, days=70, events=2000)["detectors"]
    for name, one in again.items():
        kept = getattr(stored.thresholds, name)
        # The charts are simulated, and the rest comes from the distributions themselves.
        close = 0.35 if name in {"without_case", "other_province", "overturned"} else 1e-3
        assert one["threshold"] == pytest.approx(kept, rel=close), name


def test_the_file_is_fitted_to_the_background_of_the_code() -> None:
    assert shipped_thresholds().background == Background()


def test_a_made_file_is_one_that_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "mingma.bench.oversight_fit.fit", lambda _: fit(Background(), days=7, events=50)
    )
    assert read_fitted(as_file(Background()).encode()).background == Background()
