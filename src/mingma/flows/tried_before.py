"""Who was proposed is not proposed again on the same: nobody tries until a friend is drawn.

A row that is open, or that lapsed or was refused within a day, bars another proposal about the
person, under whatever reference, that cites any of the same evidence, or names the same clause and
case; by whomever, of any organ. A row that a checker refused stays refused under its clause and
case. Only evidence of her own that no such proposal cited, nor a copy of it, opens the way again,
and after three in a day nothing does until the day is over.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from mingma.appeals.shield import likeness
from mingma.authority.approval import Standing
from mingma.authority.proposal import Row
from mingma.evidence.model import Fact
from mingma.flows.act_case import Attempted, Case
from mingma.flows.draft_rows import lines
from mingma.flows.lot import OPEN
from mingma.flows.proposals import ADVICE, Kept, kept_proposal, standing_of
from mingma.flows.standing_evidence import refs_of
from mingma.kernel.errors import Place, Refused
from mingma.kernel.times import DAY, Instant
from mingma.people.provisional import Links
from mingma.ports import Unit

BARRED: Final = DAY  # seconds after a proposal lapsed or a row was refused
MOST: Final = 3  # rows about one person in a day that came to nothing or wait, on whatever evidence


class TriedBefore(Refused):
    """A proposal with a person who was proposed already, on nothing newer. `rows` are the lines."""

    slug = "proposal.tried_before"
    zh = "第 {rows} 行已有同样依据或同一条款、病例的提案(未决、失效或被拒),整份不受理"
    en = (
        "rows {rows} were proposed before on the same evidence, or under the same clause and case,"
        " and that is open, lapsed or refused: all refused"
    )
    remedy_zh = "等候原提案的结果,引用其后取得的新证据,或去掉这些行"
    remedy_en = "wait for what becomes of it, cite evidence that came since, or leave those out"


def must_be_new(
    case: Case,
    one: Kept,
    order: Sequence[str],
    facts: Mapping[str, Sequence[Fact]],
    links: Links,
) -> None:
    """Refuse the whole proposal, as an attempt in public, if a row was tried before.

    `order` are the people as the body has them, `facts` those that stand for each. The caller has
    taken the proposals' turn, so of two at once the second reads the first.
    """
    read: dict[str, _Earlier | None] = {}
    rows = {row.subject: row for row in one.proposal.rows}
    barred = [
        n
        for n, subject in enumerate(order, 1)
        if _is_barred(
            case,
            one,
            rows[subject],
            facts.get(subject, ()),
            _tries(case.unit, refs_of(links, subject, case.now), read),
        )
    ]
    if barred:
        problem = TriedBefore(Place(field="body.rows"), rows=lines(barred))
        raise Attempted(problem, people=len(barred))


@dataclass(frozen=True, slots=True)
class _Earlier:
    """A proposal there is, and how far it came."""

    kept: Kept
    standing: Standing
    rows: Mapping[str, Row]


@dataclass(frozen=True, slots=True)
class _Try:
    """The person's row in an earlier proposal, under whatever reference she had then."""

    of: _Earlier
    row: Row


def _is_barred(
    case: Case, one: Kept, row: Row, facts: Sequence[Fact], before: Iterable[_Try]
) -> bool:
    tries = [each for each in before if not _took_effect(each)]
    if sum(each.of.kept.proposal.made_at > case.now - BARRED for each in tries) >= MOST:
        return True
    bars = [each for each in tries if _bars(each, one, row, case.now)]
    cited = {id for each in bars for id in each.row.evidence}
    old = {likeness(fact) for fact in facts if fact.id in cited}
    new = any(fact.id in row.evidence and likeness(fact) not in old for fact in facts)
    return bool(bars) and not new


def _tries(unit: Unit, refs: Iterable[str], read: dict[str, _Earlier | None]) -> Iterator[_Try]:
    """Every proposal about the person that would have made her worse off."""
    for ref in refs:
        prefix = f"{ref}/"
        for record in unit.records_under(ADVICE, prefix):  # one a row, whenever it was proposed
            if not record.id.removeprefix(prefix).isdecimal():
                continue  # of somebody whose reference begins so
            id = json.loads(record.body)["proposal"]
            if id not in read:
                found = kept_proposal(unit, id)
                read[id] = _read(unit, found) if found else None
            earlier = read[id]
            if earlier:
                yield _Try(earlier, earlier.rows[ref])


def _took_effect(each: _Try) -> bool:
    refused = each.row.digest() in each.of.standing.refused
    return not refused and each.of.standing.status not in OPEN


def _bars(each: _Try, one: Kept, row: Row, now: Instant) -> bool:
    """Whether the person's earlier row, open, lapsed or refused, stands in the way of this one."""
    earlier, before = each.of, each.row
    same = (earlier.kept.rule, earlier.kept.proposal.case) == (one.rule, one.proposal.case)
    if not same and set(before.evidence).isdisjoint(row.evidence):
        return False
    approvals, digest = earlier.standing.approvals, before.digest()
    refused = next((each.at for each in approvals if digest in each.refused), None)
    if refused is not None:
        return same or now < refused + BARRED
    return now < earlier.kept.proposal.lapses + BARRED


def _read(unit: Unit, one: Kept) -> _Earlier:
    rows = {row.subject: row for row in one.proposal.rows}
    return _Earlier(one, standing_of(unit, one), rows)
