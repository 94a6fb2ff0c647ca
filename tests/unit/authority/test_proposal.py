"""A proposal: its rows, its digest."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest

from mingma.authority.organs import Line
from mingma.authority.proposal import (
    MOST_ROWS,
    ActKind,
    Maker,
    Proposal,
    ProposalMalformed,
    Row,
    challenge,
    propose,
)
from mingma.kernel.times import DAY, Instant
from tests.unit.authority.proposals import MAKER, NOW, proposal, row

GIVEN = {
    "kind": ActKind.MARK, "maker": MAKER, "region": "410102", "rule": "HA-R3",
    "clause_digest": bytes(32), "pack_digest": bytes(32), "case": None, "made_at": NOW,
    "rows": (row(1), row(2)),
}  # fmt: skip


def made(**change: object) -> Proposal:
    return propose(**{**GIVEN, **change})  # type: ignore[arg-type]


def test_the_order_in_which_rows_and_evidence_come_changes_nothing() -> None:
    one = replace(row(1), evidence=("b", "a", "a"))
    two = replace(row(1), evidence=("a", "b"))
    assert made(rows=(one, row(2))).digest == made(rows=(row(2), two)).digest


@pytest.mark.parametrize(
    "change",
    [
        {"kind": ActKind.RISK_NOTICE},
        {"maker": Maker("x", "zz-cdc", Line.HEALTH)},
        {"maker": Maker("investigator-1", "x", Line.HEALTH)},
        {"region": "410103"},
        {"rule": "HA-R4"},
        {"clause_digest": bytes([1] * 32)},
        {"pack_digest": bytes([1] * 32)},
        {"case": "case-1"},
        {"made_at": Instant(NOW + 1)},
        {"rows": (row(1), row(2), row(3))},
        {"rows": (row(1),)},
        {"rows": (row(1), replace(row(2), subject="x"))},
        {"rows": (row(1), replace(row(2), evidence=("x",)))},
        {"rows": (row(1), replace(row(2), until=Instant(NOW + 1)))},
        {"rows": (row(1), replace(row(2), until=None))},
        {"rows": (row(1), replace(row(2), laboratory=True))},
    ],
)
def test_whatever_is_changed_changes_the_digest(change: dict[str, object]) -> None:
    assert made(**change).digest != made().digest


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"rows": ()}, "rows"),
        ({"rows": tuple(row(n) for n in range(MOST_ROWS + 1))}, "many"),
        ({"rows": (row(1), replace(row(1), evidence=("other",)))}, "twice"),
        ({"rows": (row(1), replace(row(2), evidence=()))}, "evidence"),
        ({"rows": (row(1), replace(row(2), evidence=("",)))}, "evidence"),
        ({"rule": ""}, "clause"),
        ({"clause_digest": b""}, "clause"),
        ({"pack_digest": bytes(31)}, "clause"),
        ({"rows": (replace(row(1), until=NOW),)}, "end"),
    ],
)
def test_what_is_no_proposal_says_why(change: dict[str, object], why: str) -> None:
    with pytest.raises(ProposalMalformed) as refused:
        made(**change)
    assert refused.value.details["why"] == why


def test_a_laboratorys_facts_and_releases_count_for_nobody() -> None:
    assert proposal(10, laboratory=4).people == 6
    assert proposal(10, kind=ActKind.RELEASE).people == 0
    assert not proposal(10, kind=ActKind.WITHDRAWAL).worsens


def test_a_proposal_lapses_after_a_day() -> None:
    assert made().lapses == NOW + DAY


def test_a_row_has_a_digest_of_its_own() -> None:
    assert row(1).digest() != row(2).digest()
    assert Row("p", ("e",), None).digest() == Row("p", ("e",), None).digest()


def test_a_passkey_signs_the_hash_of_the_digest() -> None:
    digest = made().digest
    assert challenge(digest) == hashlib.sha256(digest).digest()
