"""A verdict as one NDJSON line: the same bytes whichever engine computed it.

Keys in CONTRACT's order, no spaces, UTF-8, instants at +08:00.
"""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from mingma.kernel.times import print_instant
from mingma.rules.verdict import PackRef, Span, Verdict, next_change


def record_of(verdict: Verdict) -> dict[str, Any]:
    """The record that evaluation prints for one subject."""
    known = verdict.known
    findings = verdict.findings if known else []
    first = findings[0] if findings else None
    pack = _pack(verdict.packs, first)
    change = next_change(verdict.spans, verdict.at) if known else None
    return {
        "subject": verdict.subject,
        "colour": verdict.colour.value,
        "notices": [{"kind": k, "rule": r} for k, r in verdict.notices] if known else [],
        "rule": first.rule if first else None,
        "pack": pack.id,
        "edition": pack.edition,
        "since": print_instant(first.starts) if first else None,
        "until": _instant(first.until) if first else None,
        "next": (
            {"colour": change.colour.value, "at": print_instant(change.at)} if change else None
        ),
        "findings": [_finding(span) for span in findings],
    }


def line_of(verdict: Verdict) -> bytes:
    """The record as one line, with its line feed."""
    if verdict.known and not verdict.spans:  # most people: only the subject differs
        subject = json.dumps(verdict.subject, ensure_ascii=False).encode()
        return b'{"subject":' + subject + _nothing_found(verdict.packs[0])
    return _line(record_of(verdict))


def _line(record: dict[str, Any]) -> bytes:
    return json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


@cache
def _nothing_found(pack: PackRef) -> bytes:
    """The rest of the line of somebody about whom no rule says anything."""
    return _line(record_of(Verdict("", 0, (pack,), ()))).removeprefix(b'{"subject":""')


def _pack(packs: tuple[PackRef, ...], first: Span | None) -> PackRef:
    if first is None:
        return packs[0]
    return next(pack for pack in packs if pack.id == first.pack)


def _instant(value: int | None) -> str | None:
    return None if value is None else print_instant(value)


def _finding(span: Span) -> dict[str, Any]:
    return {
        "rule": span.rule,
        "colour": span.colour,
        "from": print_instant(span.starts),
        "until": _instant(span.until),
        "evidence": list(span.evidence),
        "release": span.release,
    }
