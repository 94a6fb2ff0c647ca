"""The rows of a proposal as they are drafted: read, admitted, each with the person's own ground.

A row is a fact that the proposer asserts, through the same door as any other, and the evidence it
cites. One person without evidence of her own that the clause admits refuses the whole proposal,
with the rows named and nobody's data told.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from mingma.authority.proposal import ActKind
from mingma.evidence.admit import admit
from mingma.evidence.model import Fact
from mingma.flows.act_case import Attempted, BodyMalformed, Case, fields, text
from mingma.flows.approved_fact import AT_APPROVAL
from mingma.flows.grounds import Claim, Sufficiency, ground_sufficient, patients
from mingma.flows.standing_evidence import standing_evidence
from mingma.kernel.errors import Malformed, Place, Refused
from mingma.kernel.times import print_instant
from mingma.rules.pack import Pack

DRAFT: Final = "act/draft"  # the id of an asserted fact before it is approved
SECOND: Final = "by lot"  # stands in a draft mark for whoever approves it
MOST_EVIDENCE: Final = 100  # ids a row may cite
NAMED: Final = 20  # rows that a refusal names


class WithoutGround(Refused):
    """A proposal with a person who has no evidence of her own that the clause admits.

    `rows` are the lines, from 1; `why` the words of `flows/grounds`. Nobody's data are told.
    """

    slug = "proposal.without_ground"
    zh = "第 {rows} 行没有条款认可的本人依据(`{why}`),整份不受理"
    en = "rows {rows} have no evidence of their own that the clause admits (`{why}`): all refused"
    remedy_zh = "逐人补上本人的、在先的、有效的证据,或去掉这些行"
    remedy_en = "cite each person's own, earlier, standing evidence, or leave those rows out"


class EndTyped(Refused):
    """A proposal that names an end: the rule computes it."""

    slug = "proposal.end_typed"
    zh = "截止时间由规则算出,不得填写"
    en = "the end is what the rule computes: it is not typed"
    remedy_zh = "去掉 `until`"
    remedy_en = "leave `until` out"


@dataclass(frozen=True, slots=True)
class Drafted:
    """One row as read: the asserted fact as drafted, the evidence cited, what is missing."""

    draft: Fact
    evidence: tuple[str, ...]
    found: Sufficiency


def draft_row(case: Case, kind: ActKind, value: object, line: int) -> tuple[Fact, tuple[str, ...]]:
    """The fact a row asserts, through the one door, and the evidence it cites."""
    at = f"rows[{line}]"
    if not isinstance(value, dict):
        raise BodyMalformed(Place(field=at), why="an object is wanted")
    if "until" in value:
        raise Attempted(EndTyped(Place(field=f"{at}.until")), ("F10-end-by-rule",))
    said = fields(value, "evidence", "subject identity at region place data", at=at)
    evidence = said["evidence"]
    if not isinstance(evidence, list) or len(evidence) > MOST_EVIDENCE:
        raise BodyMalformed(Place(field=f"{at}.evidence"), why="a list of ids")
    if not all(isinstance(id, str) and id for id in evidence):
        raise BodyMalformed(Place(field=f"{at}.evidence"), why="a list of ids")
    data = said.get("data", {})
    record: dict[str, Any] = {
        "id": DRAFT,
        "kind": kind.value,
        "subject": _subject(case, said, at),
        "at": print_instant(case.now) if kind.value in AT_APPROVAL else said.get("at"),
        "data": data,
    }
    record |= {name: said[name] for name in ("region", "place") if name in said}
    if kind is ActKind.MARK and isinstance(data, dict):
        mark = {"rule": case.body["rule"], "evidence": evidence}
        record["data"] = {**data, **mark, "approved_by": [case.actor.organ.id, SECOND]}
    try:
        return admit(record, case.context.divisions), tuple(evidence)
    except Malformed as refusal:
        raise refusal.at(line=line) from None


def grounded(
    case: Case, pack: Pack, rule: str, drafts: Sequence[tuple[Fact, tuple[str, ...]]]
) -> list[Drafted]:
    """Each row with what its person's own evidence is worth under the clause."""
    facts = standing_evidence(case.unit, {draft.subject for draft, _ in drafts}, case.now)
    region = text(case.body, "region", most=6)
    named = text(case.body, "case", most=128) if "case" in case.body else None
    cases = patients(case.unit, [named], case.now)
    return [
        Drafted(
            draft,
            evidence,
            ground_sufficient(
                case.context,
                Claim(draft, pack.id, rule, evidence, region, named),
                facts.get(draft.subject, ()),
                case.now,
                cases,
            ),
        )
        for draft, evidence in drafts
    ]


def must_have_ground(found: Sequence[Drafted], people: int) -> None:
    """Refuse the whole proposal, as an attempt in public, if one row has no ground."""
    lacking = [(n, row.found.why) for n, row in enumerate(found, 1) if not row.found.sufficient]
    if lacking:
        rows, why = lines([n for n, _ in lacking]), lacking[0][1]
        problem = WithoutGround(Place(field="body.rows"), rows=rows, why=why)
        raise Attempted(problem, ("F09-ground",), people)


def lines(numbers: Sequence[int]) -> str:
    """Lines as a refusal names them: the first of them, and how many there are."""
    more = f" … {len(numbers)}" if len(numbers) > NAMED else ""
    return ", ".join(map(str, numbers[:NAMED])) + more


def _subject(case: Case, said: Mapping[str, Any], at: str) -> str:
    if ("subject" in said) == ("identity" in said):
        raise BodyMalformed(Place(field=at), why="either `subject` or `identity`")
    if "identity" in said:
        return case.desk.identify(said["identity"]).ref
    return text(said, "subject", most=128, at=at)
