"""Marks in bulk are found, however they are spread over a week."""

from __future__ import annotations

import json

from mingma.ledger.audit_found import Wrong
from mingma.ledger.audit_marks import CEILING, WINDOW
from tests.unit.ledger.written import ORGAN, Made, found, zhengzhou


def test_zhengzhou_is_found_from_the_public_leaves_alone() -> None:
    bulk, few = found(zhengzhou().entries)
    assert [bulk.word, few.word] == [Wrong.BULK_WITHOUT_BATCH, Wrong.BULK_BY_FEW]
    assert bulk.what.startswith(f"1317 marks of {ORGAN} under rule 1001 within 3 days")
    log = zhengzhou().entries
    assert bulk.about is not None
    assert [json.loads(log[index])["k"] for index in (bulk.index, bulk.about)] == [
        "mark.approve", "mark.approve",
    ]  # fmt: skip


def test_marks_in_small_portions_are_counted_together_and_few_are_not_many() -> None:
    assert [one.word for one in found(zhengzhou(CEILING, WINDOW).entries)] == [
        Wrong.BULK_WITHOUT_BATCH, Wrong.BULK_BY_FEW,
    ]  # fmt: skip
    assert found(zhengzhou(CEILING - 1, 1).entries) == []


def test_marks_by_many_officers_are_in_bulk_and_not_by_few() -> None:
    log = Made()
    rule = log.rule()
    for number in range(CEILING):
        log.mark(rule, b"%06d" % number, b"x%05d" % number)
    assert [one.word for one in found(log.entries)] == [Wrong.BULK_WITHOUT_BATCH]


def test_weeks_apart_are_counted_apart() -> None:
    log = Made()
    rule = log.rule()
    for _ in range(2):
        for _ in range(CEILING - 1):
            log.mark(rule)
        log.day += WINDOW
    assert log.findings() == []
    for _ in range(2):
        for _ in range(CEILING):
            log.mark(rule)
        log.day += WINDOW
    assert [one.word for one in log.findings()].count(Wrong.BULK_WITHOUT_BATCH) == 2
