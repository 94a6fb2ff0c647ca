"""A batch covers the marks it was opened for, and the others are counted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from mingma.ledger.audit_found import Wrong
from mingma.ledger.audit_marks import CEILING
from mingma.ledger.leaf import Kind
from tests.unit.ledger.written import ORGAN, OTHER, U1, U3, Made, words


def batched(marks: int, batch: Mapping[str, Any], **more: Any) -> list[tuple[Wrong, str]]:
    """What is found of marks of ORGAN by U1 under one rule, which all name a batch so opened."""
    log = Made()
    rule = log.rule()
    said = {"organ": ORGAN, "officer": U1, "rule": rule, "count": marks, **batch}
    opened = log.add(
        Kind.BATCH_OPEN, commitment=b"c" * 32, grant=log.power(organ=said["organ"]), **said
    )
    for _ in range(marks):
        log.mark(rule, batch=opened, **more)
    return [(one.word, one.what.split(" under")[0]) for one in log.findings()]


def test_a_batch_covers_as_many_marks_as_it_counts() -> None:
    assert batched(CEILING, {}) == []
    assert batched(2 * CEILING, {"count": CEILING + 1}) == []  # the rest are under the ceiling
    assert batched(2 * CEILING, {"count": CEILING}) == [
        (Wrong.BULK_WITHOUT_BATCH, f"{CEILING} marks of {ORGAN}"),
        (Wrong.BULK_BY_FEW, f"{CEILING} marks of {ORGAN}"),
    ]


@pytest.mark.parametrize(
    "other", [{"organ": OTHER}, {"officer": U3}, {"rule": "cn-other/X-R1"}, {"count": 1}]
)
def test_a_batch_of_another_organ_officer_or_rule_covers_no_mark(other: dict[str, Any]) -> None:
    (word, what), _ = batched(1317, other)
    covered = other.get("count", 0)
    assert (word, what) == (Wrong.BULK_WITHOUT_BATCH, f"{1317 - covered} marks of {ORGAN}")


def test_marks_that_name_no_batch_at_all_are_counted_however_they_call_it(log: Made) -> None:
    rule = log.rule()
    for _ in range(CEILING):
        log.mark(rule, batch=rule)
    assert {Wrong.BULK_WITHOUT_BATCH, Wrong.WRONG_KIND} < {word for _, word in words(log)}
