"""Good and bad tokens as files: what a check must answer to each."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mingma.codes.check import check
from mingma.codes.outcome import Checked, Step
from mingma.codes.results import Result
from mingma.codes.trust import Trust, certificates_in
from mingma.kernel.times import parse_instant
from tests.paths import ROOT

VECTORS = ROOT / "tests" / "vectors" / "token"
CASES: list[dict[str, Any]] = [
    case
    for file in ("good.json", "bad.json")
    for case in json.loads((VECTORS / file).read_text(encoding="utf-8"))
]
TRUST = Trust(
    der for path in (VECTORS / "trust").iterdir() for der in certificates_in(path.read_bytes())
)
# The layer that each family of reasons belongs to: it failed, those before it passed.
FAILED = {
    "prefix": Step.PREFIX,
    "base45": Step.BASE45,
    "zlib": Step.ZLIB,
    "cose": Step.COSE,
    "cbor": Step.CBOR,
    "signature": Step.SIGNATURE,
    "key": Step.SIGNATURE,
    "status": Step.SCHEMA,
}


def answer(case: dict[str, Any]) -> Checked:
    return check(
        case["token"],
        parse_instant(case["at"]),
        trust=TRUST,
        specimen=case.get("specimen", False),
    )


def test_the_vectors_are_all_here() -> None:
    assert len(TRUST) == 13
    assert len(CASES) > 140
    assert len({case["name"] for case in CASES}) == len(CASES)
    # WORSENED needs a status list, NOT_ACCEPTED_HERE a gate's own policy: unit tests have them.
    missing = {Result.WORSENED, Result.NOT_ACCEPTED_HERE}
    assert {case["result"] for case in CASES} == {str(one) for one in set(Result) - missing}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_a_token_is_answered_as_the_vector_says(case: dict[str, Any]) -> None:
    found = answer(case)
    assert (found.result.value, list(found.reasons)) == (case["result"], case["reasons"])
    assert found.colour == case.get("colour")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_the_steps_say_where_it_failed(case: dict[str, Any]) -> None:
    found = answer(case)
    assert list(found.steps) == list(Step)
    if found.result in (Result.OK, Result.STALE_LISTS, Result.UNPROVEN, Result.STALE_SCREENSHOT):
        assert set(found.steps.values()) == {True}
        return
    (reason,) = found.reasons
    if reason.startswith(("cose.unprotected", "cbor.times")):
        return  # judged later than where it stands
    failed = FAILED.get(reason.split(".", maxsplit=1)[0])
    if failed:
        order = list(Step)
        assert found.steps[failed] is False
        assert all(found.steps[step] for step in order[: order.index(failed)])
        assert all(found.steps[step] is None for step in order[order.index(failed) + 1 :])


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_without_its_issuer_nothing_in_a_token_is_believed(case: dict[str, Any]) -> None:
    found = check(case["token"], parse_instant(case["at"]), trust=Trust(), specimen=True)
    assert found.result in (Result.UNREADABLE, Result.UNKNOWN_KEY)
    assert (found.colour, found.bearer) == (None, None)
