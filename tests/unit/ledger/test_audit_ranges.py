"""An hour's index and a day's table are what their leaves make."""

from __future__ import annotations

from typing import Any

from mingma.ledger.audit_found import Finding, Wrong
from mingma.ledger.leaf import Kind
from mingma.ledger.tag_index import index_of
from tests.unit.ledger.written import DAY, Made


def test_an_hour_s_index_is_remade_from_its_leaves(log: Made) -> None:
    def index(start: int, end: int, **other: Any) -> int:
        made = index_of(start, log.entries[start:end]).commitment
        fields = {"count": made.count, "digest": made.root, **other}
        return log.add(Kind.INDEX_HOUR, index=start, end=end, **fields)

    for _ in range(40):
        log.add(Kind.ENROL)
    index(0, 20)
    index(20, 42)
    assert log.findings() == []
    log.add(Kind.ENROL)
    wrong = [index(42, 44, count=0), index(44, 45, digest=b"x" * 32)]
    gap, again = index(46, 46), index(0, 20)
    assert log.findings() == [
        Finding(wrong[0], Wrong.INDEX_DIFFERS, 42),
        Finding(wrong[1], Wrong.INDEX_DIFFERS, 44),
        Finding(gap, Wrong.RANGE_BROKEN, 46),
        Finding(again, Wrong.RANGE_BROKEN, 0),
    ]
    log.add(Kind.INDEX_HOUR, index=20, end=99, count=1, digest=b"x" * 32)
    assert log.findings()[-1].word is Wrong.POINTS_FORWARD


def test_a_day_s_table_counts_the_leaves_of_its_day(log: Made) -> None:
    def tally(start: int, end: int, today: int) -> int:
        return log.add(
            Kind.TALLY_DAY, index=start, end=end, count=end - start, day=today, digest=b"h" * 32
        )

    log.add(Kind.ENROL)
    log.day += 1
    tally(0, 2, DAY)
    log.add(Kind.ENROL)
    log.day += 2
    tally(2, 4, DAY + 1)
    tally(4, 4, DAY + 2)  # a day without a leaf
    assert log.findings() == []
    log.day += 1
    short = tally(4, 5, DAY + 3)
    assert log.findings() == [Finding(short, Wrong.TALLY_DIFFERS, 4)]
