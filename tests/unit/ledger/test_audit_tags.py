"""A tag stands once, and an hour in which one stands twice has no index."""

from __future__ import annotations

from mingma.ledger.audit_found import Finding, Wrong
from mingma.ledger.leaf import Kind
from tests.unit.ledger.written import Made


def test_a_tag_that_stands_twice_is_found_wherever_it_stands(log: Made) -> None:
    for _ in range(3000):
        log.add(Kind.ENROL)
    twice = [log.add(Kind.ENROL, tag=(index).to_bytes(16, "big")) for index in (1, 700, 2999)]
    assert log.findings() == [
        Finding(index, Wrong.TAG_TWICE, first)
        for index, first in zip(twice, (1, 700, 2999), strict=True)
    ]


def test_a_tag_twice_within_an_hour_has_no_index(log: Made) -> None:
    for _ in range(2):
        log.add(Kind.ENROL, tag=b"t" * 16)
    log.add(Kind.INDEX_HOUR, index=0, end=3, count=2, digest=b"x" * 32)
    assert {one.word for one in log.findings()} == {Wrong.INDEX_DIFFERS, Wrong.TAG_TWICE}
