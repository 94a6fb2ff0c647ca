"""What is sent in the story of Zhengzhou: invented scans, visits, tests, and proposals on them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from mingma.kernel.times import DAY, HOUR, Instant, parse_instant, print_instant

STARTS: Final = parse_instant("2022-06-13T09:00:00+08:00")
PACK: Final = "cn-henan-2021-08"
CLAUSE: Final = "HA-R3"  # close contacts
CASE: Final = "case-zhengzhou"


def contacts(people: Sequence[str], evidence: Sequence[str]) -> dict[str, Any]:
    """A proposal that these people are close contacts of the case."""
    at = print_instant(Instant(STARTS - DAY))
    rows = [
        {
            "subject": one,
            "evidence": list(evidence),
            "at": at,
            "region": "410100",
            "data": {"relation": "close", "index": CASE},
        }
        for one in people
    ]
    return {
        "kind": "contact_finding",
        "pack": PACK,
        "rule": CLAUSE,
        "region": "410100",
        "case": CASE,
        "rows": rows,
    }


def scan(subject: str, in_the_city: bool, now: Instant) -> dict[str, Any]:
    """A scan at the bank's counter; a photo of a code is a presence of grade D, which is none."""
    record = {
        "id": f"scan-{subject}",
        "kind": "check_in",
        "subject": subject,
        "at": print_instant(Instant(now - 2 * HOUR)),
        "data": {"venue": "bank-counter", "grade": "B" if in_the_city else "D"},
    }
    return {**record, "region": "410100"} if in_the_city else record


def visit(subject: str, id: str, start: int, end: int) -> dict[str, Any]:
    """A stay in the hall where the case had been, proven by a code that only shows there."""
    return {
        "id": id,
        "kind": "check_in",
        "subject": subject,
        "region": "410100",
        "at": print_instant(Instant(start)),
        "until": print_instant(Instant(end)),
        "data": {"venue": "market-hall", "grade": "A"},
    }


def _test(id: str, subject: str, now: Instant, result: str) -> dict[str, Any]:
    return {
        "id": id,
        "kind": "test",
        "subject": subject,
        "region": "410100",
        "at": print_instant(Instant(now - 3 * HOUR)),
        "data": {
            "assay": "pcr",
            "result": result,
            "tube": "single",
            "sample": f"sample-{id}",
            "reported_at": print_instant(Instant(now - HOUR)),
        },
    }


def negative(subject: str, now: Instant) -> dict[str, Any]:
    """A clean test."""
    return _test(f"test-{subject}", subject, now, "negative")


def positive(now: Instant) -> dict[str, Any]:
    """The laboratory's positive that opens the case."""
    return _test("positive", "patient", now, "positive")


def foreign(subject: str, now: Instant) -> dict[str, Any]:
    """Another province's word that somebody is red there."""
    return {
        "id": "foreign",
        "kind": "foreign_statement",
        "subject": subject,
        "at": print_instant(Instant(now - HOUR)),
        "data": {"issuer": "110000", "rule": "BJ-1", "colour": "red"},
    }
