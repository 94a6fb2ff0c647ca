"""One log goes on from another, and from none but the one that ended right before."""

from __future__ import annotations

from mingma.ledger.audit_found import Finding, Wrong
from mingma.ledger.leaf import Kind
from tests.unit.ledger.written import Made


def test_a_leaf_after_the_end_of_the_log_is_found(log: Made) -> None:
    log.add(Kind.KEY_ROTATE, digest=b"h" * 32, what="witness")
    log.add(Kind.ENROL)
    end = log.add(Kind.KEY_ROTATE, digest=b"h" * 32, what="log", origin="ledger.x.example/2027")
    assert log.findings() == []
    after = log.add(Kind.ENROL)
    assert log.findings() == [Finding(after, Wrong.LOG_ENDED, end)]


def year(log: Made, number: int) -> tuple[int, int]:
    """The leaf that ends a year's log, and the one with which the next year's goes on."""
    name = "ledger.x.example/{}".format
    end = log.add(Kind.KEY_ROTATE, digest=b"h" * 32, what="log", origin=name(number + 1))
    fields = {"what": "previous_log", "origin": name(number)}
    return end, log.add(Kind.KEY_ROTATE, digest=b"h" * 32, **fields)


def test_a_log_that_goes_on_from_another_is_one_line(log: Made) -> None:
    log.add(Kind.ENROL)
    for number in (2026, 2027):
        year(log, number)
        log.add(Kind.ENROL)
    log.add(Kind.KEY_ROTATE, digest=b"h" * 32, what="log", origin="ledger.x.example/2029")
    for origin in (None, "ledger.x.example/2028"):
        assert log.findings(origin) == []


def test_a_log_that_goes_on_under_the_name_that_ended_is_found(log: Made) -> None:
    log.add(Kind.ENROL)
    _, begun = year(log, 2026)
    log.add(Kind.ENROL)
    assert log.findings("ledger.x.example/2026") == [
        Finding(begun, Wrong.LOG_ENDED, what="it goes on at ledger.x.example/2027")
    ]


def test_a_log_goes_on_only_from_the_one_that_ended_right_before(log: Made) -> None:
    first = log.add(
        Kind.KEY_ROTATE, digest=b"h" * 32, what="previous_log", origin="ledger.x.example/2025"
    )
    log.add(Kind.ENROL)
    year(log, 2026)
    end, other = year(log, 2030)
    end_again = log.add(Kind.KEY_ROTATE, digest=b"h" * 32, what="log", origin="l.example/2")
    late = log.add(Kind.ENROL)
    begun = log.add(Kind.KEY_ROTATE, digest=b"h" * 32, what="previous_log", origin="l.example/1")
    assert log.findings() == [
        Finding(first, Wrong.LOG_BEGINS, None, "no log ended before it"),
        Finding(other, Wrong.LOG_BEGINS, end, "another log ended before it"),
        Finding(late, Wrong.LOG_ENDED, end_again),
        Finding(begun, Wrong.LOG_ENDED, end_again),
        Finding(begun, Wrong.LOG_BEGINS, end_again, "no log ended before it"),
    ]
