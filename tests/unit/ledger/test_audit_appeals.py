"""An appeal is closed in time, once."""

from __future__ import annotations

from mingma.ledger.audit_appeals import ANSWERED_WITHIN
from mingma.ledger.audit_found import Wrong
from mingma.ledger.leaf import Kind
from tests.unit.ledger.written import Made, words


def test_an_appeal_that_nobody_closed_in_time_is_found_once(log: Made) -> None:
    red = log.decision()
    open_, late = (log.add(Kind.APPEAL_OPEN, answers=red) for _ in range(2))
    log.day += ANSWERED_WITHIN
    log.add(Kind.ENROL)
    assert log.findings() == []
    log.add(Kind.APPEAL_LAPSE, answers=open_)
    twice = log.add(Kind.APPEAL_LAPSE, answers=open_)
    log.day += 1
    log.add(Kind.APPEAL_LAPSE, answers=late)
    assert words(log) == [
        (twice, Wrong.APPEAL_CLOSED_TWICE),
        (late, Wrong.APPEAL_OVERDUE),
        (len(log.entries) - 1, Wrong.APPEAL_CLOSED_TWICE),
    ]
