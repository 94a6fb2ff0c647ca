"""Tokens of worse colours beside their receipts, as files: what a check must answer to each."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from mingma.codes.check import check
from mingma.codes.outcome import Checked
from mingma.codes.trust import Trust
from mingma.kernel.times import parse_instant
from tests.paths import ROOT

FILE = ROOT / "tests" / "vectors" / "token" / "receipts.json"
VECTORS: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
CASES: list[dict[str, Any]] = VECTORS["cases"]
TRUST = Trust([base64.b64decode(VECTORS["certificate"])])
LANDMARKS = {int(size): bytes.fromhex(root) for size, root in VECTORS["landmarks"].items()}
REASONS = {
    f"receipt.{why}"
    for why in "missing unreadable landmark does_not_hold other_leaf other_colour".split()
}


def answer(case: dict[str, Any], **more: Any) -> Checked:
    values = {"receipt": case["receipt"], "landmarks": LANDMARKS} | more
    return check(case["token"], parse_instant(VECTORS["at"]), trust=TRUST, **values)


def test_the_vectors_have_every_reason_and_every_colour() -> None:
    assert {reason for case in CASES for reason in case["reasons"]} >= REASONS
    assert len({case["colour"] for case in CASES}) == 7
    assert len({case["name"] for case in CASES}) == len(CASES) > 30


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_a_token_with_its_receipt_is_answered_as_the_vector_says(case: dict[str, Any]) -> None:
    found = answer(case)
    assert (found.result.value, list(found.reasons)) == (case["result"], case["reasons"])
    assert found.colour == case["colour"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_without_landmarks_nothing_but_green_is_said(case: dict[str, Any]) -> None:
    found = answer(case, landmarks={})
    assert found.colour == ("green" if case["colour"] == "green" else None)
