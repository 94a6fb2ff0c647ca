"""Tiny packs written in a test, and what both definitions make of a few facts under them."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import dedent, indent
from typing import Any

from mingma.engines.duckdb.evaluate import verdicts
from mingma.engines.evaluation import plain_verdicts
from mingma.evidence.admit import admit
from mingma.evidence.areas.listings import parse_listings
from mingma.evidence.areas.matching import AreaHistory
from mingma.evidence.model import Fact
from mingma.kernel.times import Instant, parse_instant, print_instant
from mingma.rules.output import line_of
from mingma.rules.pack import Pack, read_pack
from mingma.rules.verdict import Span, Verdict, live
from mingma.shipped import divisions

HEAD = """\
pack: tiny
title: {zh: 小包, en: tiny}
authority: 某指挥部
rung: province
zone: Asia/Shanghai
editions:
  - {edition: 1, effective_from: 2022, checked_on: 2026-11-21, rules: rules}
completeness: {zh: 全, en: whole}
procedure: {zh: 程序, en: procedure}
objection: {zh: 向社区提出, en: ask the community}
sources:
  press: {grade: A, where: "http://press.example/1"}
  copy: {grade: C, where: "http://copy.example/1"}
"""
CLOSE = """\
when: {kind: contact_finding, relation: close}
phases:
  - {colour: red, days: [0, 7]}
"""
AREAS = "level,province,city,county,community,first_seen,gone_by\n"


def clause(body: str = CLOSE, rule: str = "T-1") -> str:
    """A clause file with everything but its grounds filled in."""
    return (
        f"rule: {rule}\n"
        "title: {zh: 某类, en: a class}\n"
        "basis: {clause: 第一条, text: 原文, sources: [press, copy]}\n"
        "way_out: {zh: 等候, en: wait}\n" + dedent(body)
    )


def files(*clauses: str, head: str = HEAD) -> dict[str, str]:
    """A pack's folder, as texts."""
    named = {f"rules/{number}.yaml": text for number, text in enumerate(clauses or [clause()])}
    return {"pack.yaml": head, **named}


def pack(*bodies: str, head: str = HEAD) -> Pack:
    """A pack of rules T-1, T-2 …, each with one of the bodies."""
    rules = [clause(body, f"T-{number}") for number, body in enumerate(bodies, start=1)]
    return read_pack(files(*rules, head=head))


def classes(*bodies: str) -> str:
    """The body of a rule with classes a, b …"""
    named = zip("abc", bodies, strict=False)
    return "classes:\n" + "".join(f"  {n}:\n{indent(dedent(body), '    ')}" for n, body in named)


def t(local: str) -> Instant:
    """An instant of local time: `2022-10-01`, `2022-10-01 09:30` or with seconds."""
    day, _, time = local.partition(" ")
    return parse_instant(f"{day}T{(time + ':00:00')[:8] if time else '00:00:00'}+08:00")


def shown(instant: int | None) -> str | None:
    """An instant as the tests write it, so that a failure reads well."""
    if instant is None:
        return None
    text = print_instant(instant).removesuffix("+08:00").replace("T", " ")
    return text.removesuffix(":00").removesuffix(" 00:00")


def fact(kind: str, at: str, id: str = "f", subject: str = "p", **fields: Any) -> Fact:
    """An admitted fact; instants are local, `class_` and `from_` lose their underscore."""
    record: dict[str, Any] = {"id": id, "kind": kind, "subject": subject, "at": _instant(at)}
    data = {}
    for name, value in fields.items():
        instant = name.endswith("_at") or name == "until"
        place = record if name in ("until", "recorded_at", "region", "place", "organ") else data
        place[name.rstrip("_")] = _instant(value) if instant else value
    return admit({**record, "data": data}, divisions())


def _instant(local: str) -> str:
    return local if local.endswith("Z") else print_instant(t(local))


def contact(at: str, id: str = "f", relation: str = "close", **fields: Any) -> Fact:
    """An investigator's finding."""
    return fact("contact_finding", at, id, relation=relation, index="case-1", **fields)


def sample(at: str, id: str = "t", result: str = "negative", **fields: Any) -> Fact:
    """A PCR result from a single tube, reported the moment it was sampled unless said otherwise."""
    given = {"assay": "pcr", "tube": "single", "reported_at": at, **fields}
    return fact("test", at, id, result=result, **given)


def report(at: str, id: str = "d", **fields: Any) -> Fact:
    """A daily report: well, unless said otherwise."""
    return fact("daily_report", at, id, **{"symptoms": [], **fields})


def areas(*rows: str) -> AreaHistory:
    """An area list of rows `H,福建省,厦门市,思明区,某社区,2022-10-01,`."""
    return AreaHistory.of(parse_listings([AREAS, *(row + "\n" for row in rows)]), divisions())


def verdict(
    packs: Pack | Sequence[Pack],
    facts: Sequence[Fact],
    at: str | int,
    listed: AreaHistory | None = None,
    subject: str = "p",
) -> Verdict:
    """What the plain definition says, once the columnar one has said the same."""
    books = [packs] if isinstance(packs, Pack) else list(packs)
    instant = t(at) if isinstance(at, str) else at
    plain = list(plain_verdicts(books, facts, instant, listed))
    columnar = list(verdicts(books, facts, instant, listed))
    assert [line_of(v) for v in columnar] == [line_of(v) for v in plain]
    for one, other in zip(plain, columnar, strict=True):
        assert set(map(_said, other.spans)) == set(map(_said, one.spans))
    return next(v for v in plain if v.subject == subject)


def _said(span: Span) -> tuple[object, ...]:
    return span.ground, span.colour, span.notice, span.starts, span.until, span.evidence


def course(found: Verdict) -> list[tuple[str, str | None, str | None]]:
    """Colours and notices with their begins and ends, in order: what is still to come too."""
    spans = sorted(found.spans, key=lambda s: (s.starts, s.notice or ""))
    return [(s.colour or f"notice {s.notice}", shown(s.starts), shown(s.until)) for s in spans]


def now(found: Verdict) -> list[str]:
    """The colour and the notices at the instant asked about."""
    notices = {s.notice for s in live(found.spans, found.at) if s.notice}
    return [found.colour.value, *sorted(notices)]
