"""Tags and commitments: the vectors, and what they keep apart."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mingma.ledger.commitment import commitment, enrolment, nonce, officer, tag
from tests.paths import ROOT

VECTORS: dict[str, Any] = json.loads(
    (ROOT / "tests" / "vectors" / "leaf" / "commitment.json").read_text(encoding="utf-8")
)
KEY = bytes.fromhex(VECTORS["K"])
BODY = VECTORS["body"].encode()


@pytest.mark.parametrize("event", VECTORS["events"], ids=lambda event: str(event["n"]))
def test_tag_nonce_and_commitment_are_those_of_the_vectors(event: dict[str, Any]) -> None:
    assert tag(KEY, event["n"]).hex() == event["tag"]
    assert nonce(KEY, event["n"]).hex() == event["nonce"]
    assert commitment(nonce(KEY, event["n"]), BODY).hex() == event["commitment"]


def test_enrolment_and_officers_are_those_of_the_vectors() -> None:
    assert enrolment(KEY).hex() == VECTORS["enrolment"]
    day_key = bytes.fromhex(VECTORS["K_organ_day"])
    for name, written in VECTORS["officers"].items():
        assert officer(day_key, name).hex() == written


def test_two_people_and_two_events_share_nothing() -> None:
    other = bytes(32)
    assert len({tag(key, number) for key in (KEY, other) for number in range(50)}) == 100
    assert len({nonce(key, number) for key in (KEY, other) for number in range(50)}) == 100


def test_a_commitment_opens_to_one_body_and_nonce() -> None:
    held = commitment(nonce(KEY, 1), BODY)
    assert commitment(nonce(KEY, 1), BODY + b" ") != held
    assert commitment(nonce(KEY, 2), BODY) != held


def test_keys_of_another_length_and_negative_counts_are_not_taken() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        tag(b"short", 1)
    with pytest.raises(ValueError, match="32 bytes"):
        nonce(KEY + b"x", 1)
    with pytest.raises(ValueError, match="32 bytes"):
        enrolment(b"")
    with pytest.raises(ValueError, match="32 bytes"):
        officer(b"day", "wang")
    with pytest.raises(ValueError, match="32 bytes"):
        commitment(b"short", BODY)
    with pytest.raises(ValueError, match="counted"):
        tag(KEY, -1)
