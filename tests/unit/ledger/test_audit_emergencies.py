"""Nobody gets worse without an emergency in force, and none lasts too long."""

from __future__ import annotations

from mingma.ledger.audit_emergencies import LONGEST_EMERGENCY, ONE_SEAL
from mingma.ledger.audit_found import Finding, Wrong
from mingma.ledger.leaf import Kind
from tests.unit.ledger.written import Made, words


def test_a_fall_to_a_worse_colour_is_held_to_what_a_decision_is() -> None:
    log = Made()
    lawless = [log.add(Kind.FALL, before="green", after="red") for _ in range(5)]
    log.add(Kind.FALL, before="red", after="unknown")
    assert words(log) == [
        *((index, Wrong.RULE_MISSING) for index in lawless),
        *((index, Wrong.NO_EMERGENCY) for index in lawless),
    ]
    log = Made()
    log.emergency()
    log.add(Kind.FALL, before="green", after="red", rule=log.rule())
    assert log.findings() == []


def test_a_worsening_without_an_emergency_in_force_is_found() -> None:
    log = Made()
    before = log.decision()
    log.day += 1
    declared = log.emergency(days=3)
    log.decision()
    log.day += 3
    log.decision()  # its last day
    log.day += 1
    after = log.decision("yellow", "red")
    log.decision("red", "red")
    log.decision("red", "yellow")
    log.day += 1
    again = log.emergency()
    log.add(Kind.EMERGENCY_END, answers=again)
    log.decision()  # the day it was ended: a leaf has no hour
    log.day += 1
    ended = log.decision()
    wrong = [(one, Wrong.NO_EMERGENCY) for one in (before, after, ended)]
    assert words(log) == wrong
    assert declared == 1


def test_a_declaration_may_stand_behind_its_first_decision_in_one_seal_and_no_further() -> None:
    log = Made()
    log.decision()
    log.emergency()
    assert log.findings() == []
    log = Made()
    log.decision()
    for _ in range(ONE_SEAL):
        log.add(Kind.ENROL)
    log.decision()
    log.emergency()
    assert words(log) == [(0, Wrong.NO_EMERGENCY)]


def test_an_emergency_that_lasts_over_ninety_days_is_found() -> None:
    log = Made()
    log.emergency(LONGEST_EMERGENCY)
    log.emergency(LONGEST_EMERGENCY + 1)
    assert log.findings() == [Finding(1, Wrong.EMERGENCY_TOO_LONG, None, "91 days")]
