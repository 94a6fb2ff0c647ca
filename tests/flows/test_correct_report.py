"""A person reports on herself, and corrects what she reported by mistake."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mingma.appeals.terms import CORRECTION
from mingma.evidence.admit import BadValue, UnknownField
from mingma.evidence.model import Fact
from mingma.flows.correct_report import (
    A_DAY,
    NotYourReport,
    TooLateToCorrect,
    TooManyReports,
    report_self,
)
from mingma.flows.reconcile import reconcile
from mingma.flows.show_code import NoSuchPerson
from mingma.kernel.times import HOUR
from tests.instances import Stage, sample, stage

WELL: dict[str, Any] = {"symptoms": [], "temperature": 36.5}
ILL: dict[str, Any] = {"symptoms": ["fever"], "temperature": 38.5}


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Stage]:
    with stage(tmp_path) as made:
        made.send(sample("t0", result="negative"), sample("t1", "p-bob", result="negative"))
        yield made


def report(scene: Stage, data: dict[str, Any], ref: str = "p-ann") -> Fact:
    instance = scene.instance
    with instance.acting() as unit:
        return report_self(unit, instance.context, ref, data, scene.clock(), secrets.token_bytes)


def test_a_mistaken_report_is_corrected_by_herself_and_counts_no_more(scene: Stage) -> None:
    mistaken = report(scene, ILL)
    before = scene.instance.show("p-ann", "en")
    scene.clock.forward(HOUR)
    corrected = report(scene, {**WELL, "corrects": mistaken.id})
    after = scene.instance.show("p-ann", "en")
    assert before.colour.value in {"yellow", "green"}
    assert after.colour.value == "green"
    assert mistaken.id not in {e for s in after.decision.spans for e in s.evidence}  # type: ignore[union-attr]
    assert getattr(corrected.data, "corrects", None) == mistaken.id
    with scene.instance.store.read() as unit:
        assert list(reconcile(unit, scene.instance.context, scene.clock())) == []


def test_only_one_s_own_report_is_corrected_and_only_once(scene: Stage) -> None:
    hers = report(scene, ILL, "p-bob")
    with pytest.raises(NotYourReport):
        report(scene, {**WELL, "corrects": hers.id})
    with pytest.raises(NotYourReport):
        report(scene, {**WELL, "corrects": "demo/t0"})
    report(scene, {**WELL, "corrects": hers.id}, "p-bob")
    with pytest.raises(NotYourReport):
        report(scene, {**WELL, "corrects": hers.id}, "p-bob")


def test_after_a_day_it_is_too_late(scene: Stage) -> None:
    mistaken = report(scene, ILL)
    scene.clock.forward(CORRECTION.seconds)
    with pytest.raises(TooLateToCorrect):
        report(scene, {**WELL, "corrects": mistaken.id})


def test_a_report_has_its_own_fields_only(scene: Stage) -> None:
    with pytest.raises(UnknownField):
        report(scene, {**WELL, "colour": "green"})
    with pytest.raises(BadValue):
        report(scene, {"symptoms": ["bank account"]})
    with pytest.raises(NoSuchPerson):
        report(scene, WELL, "p-nobody")


def test_a_day_has_so_many_reports(scene: Stage) -> None:
    for _ in range(A_DAY):
        report(scene, WELL)
    with pytest.raises(TooManyReports):
        report(scene, WELL)
    scene.clock.forward(24 * HOUR)
    report(scene, WELL)
