"""What is wrong with a log is found from its public leaves alone, and an honest one has nothing."""

from __future__ import annotations

import pytest

from mingma.ledger.audit_appeals import ANSWERED_WITHIN
from mingma.ledger.audit_found import Finding, Wrong
from mingma.ledger.leaf import Kind
from tests.unit.ledger.written import BAD, GOOD, Made, found, words


def test_an_honest_log_has_no_finding(log: Made) -> None:
    log.add(Kind.ENROL)
    rule = log.rule()
    red = log.decision(rule=rule)
    log.mark(rule)
    log.decision("red", "green", answers=red)
    log.day += 1
    appeal = log.add(Kind.APPEAL_OPEN, answers=red)
    log.add(Kind.FALL, before="red", after="green")
    log.day += ANSWERED_WITHIN
    log.add(Kind.APPEAL_LAPSE, answers=appeal)
    log.add(Kind.RULE_WITHDRAW, answers=rule, rule=rule)
    log.add(Kind.ERASE_BATCH, count=3, rule="retention")
    log.add(Kind.ATTEMPT, commitment=b"c" * 32)
    log.day += 90
    log.decision("red", "green")  # what gets better needs no emergency
    log.decision("green", "unknown", rule=None)
    assert log.findings() == []
    assert found([]) == []


@pytest.mark.parametrize("entry", [b"", b"{}", b"no json", BAD[0], GOOD[0][:-1]])
def test_a_leaf_that_cannot_be_read_is_named_and_the_rest_is_still_audited(
    log: Made, entry: bytes
) -> None:
    log.entries.append(entry)
    log.decision(answers=99)
    assert words(log) == [(1, Wrong.UNREADABLE), (2, Wrong.POINTS_FORWARD)]


def test_a_day_that_goes_backwards_is_found(log: Made) -> None:
    log.day -= 1
    log.add(Kind.ENROL)
    log.day += 1
    log.add(Kind.ENROL)
    assert log.findings() == [Finding(1, Wrong.DAY_BACKWARDS, 0)]
