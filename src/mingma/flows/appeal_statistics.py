"""What organs did with appeals, counted from the records, for whoever publishes or audits it."""

from __future__ import annotations

from dataclasses import replace

from mingma.appeals.statistics import AppealStatistics, statistics
from mingma.flows.kept_appeals import all_appeals
from mingma.flows.lapse import RE_MARK
from mingma.kernel.times import Instant
from mingma.ports import Unit


def appeal_statistics(unit: Unit, at: Instant) -> AppealStatistics:
    """Filed, answered, lapsed, handed on, and how long it took, per organ, up to an instant."""
    again = sum(record.at <= at for record in unit.records(RE_MARK))
    return replace(statistics(all_appeals(unit), at), re_marks=again)
