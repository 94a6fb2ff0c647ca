"""Propose what a person of an organ asserts about others: nothing of it counts before approval.

Each person named needs evidence of her own that the named clause admits; one who has none refuses
the whole proposal, in public, with the rows named. The end is what the rules make of it. Each
person is told at once, as friendly advice that no gate sees. From the hundredth person of a day on
a batch is opened in the log (Z1, Z5; ACCOUNTABILITY section 4).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

from mingma.authority.acts import Act
from mingma.authority.approval import matter, opened
from mingma.authority.hundred import second_needed
from mingma.authority.matters import Colouring, Plain, Ruling
from mingma.authority.proposal import (
    MOST_ROWS,
    ActKind,
    Maker,
    Proposal,
    ProposalMalformed,
    Row,
    propose,
)
from mingma.evidence.admit import admit
from mingma.evidence.model import Fact
from mingma.flows import offices
from mingma.flows.act_case import (
    Answer,
    Attempted,
    BodyMalformed,
    Case,
    Held,
    Prepared,
    fields,
    rows,
    text,
)
from mingma.flows.give_grant import NoSuchOffice, mark_of
from mingma.flows.grounds import Claim, Sufficiency, ground_sufficient, patients
from mingma.flows.objection import LIABILITY
from mingma.flows.offices import NONCE_SIZE, leaf_of_nobody, public_name
from mingma.flows.personal_leaf import Events
from mingma.flows.proposals import (
    ADVICE,
    AT_APPROVAL,
    BATCH,
    DRAFT,
    SECOND,
    Kept,
    asserted_digest,
    keep_proposal,
    sums_of,
)
from mingma.flows.shield import appellant, shielded
from mingma.flows.standing_evidence import standing_evidence
from mingma.kernel.canonical import canonical
from mingma.kernel.errors import Malformed, Place, Refused
from mingma.kernel.times import print_instant
from mingma.ledger.commitment import commitment
from mingma.ledger.leaf import Kind, Leaf
from mingma.records import Record
from mingma.rules.pack import Pack

MOST_EVIDENCE: Final = 100  # ids a row may cite
NAMED: Final = 20  # rows that a refusal names
MAY_PROPOSE: Final[dict[Act, frozenset[ActKind]]] = {
    Act.PROPOSE_CONTACTS: frozenset({ActKind.CONTACT_FINDING, ActKind.COLD_CHAIN_CONTACT}),
    Act.PROPOSE_NOTICE: frozenset({ActKind.ASSISTANCE_REQUEST, ActKind.RISK_NOTICE}),
    Act.PROPOSE_MARK: frozenset({ActKind.MARK}),
    Act.PROPOSE_RELEASE: frozenset({ActKind.RELEASE, ActKind.WITHDRAWAL}),
}


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
class _Row:
    """One row as read: the asserted fact as drafted, the evidence cited, what is missing."""

    draft: Fact
    evidence: tuple[str, ...]
    found: Sufficiency


def prepare(case: Case) -> Prepared:
    """PROPOSE_…: `kind`, `pack`, `rule`, `region`, `rows`, and where there is one `case`.

    `instructed_by` is who had it proposed, if anybody had.
    A row has `subject` or `identity`, `evidence`, `at`, `data`, and `region`, `place` if known.
    """
    # (1) What is proposed, under which clause.
    body = fields(case.body, "kind pack rule region rows", "case instructed_by")
    kind = _kind(case, body)
    pack = _pack(case, text(body, "pack", most=64))
    asked = rows(body, "rows", MOST_ROWS)
    case.people = len(asked)

    # (2) Each person's own ground; whoever has none refuses all of it.
    drafts = [_draft(case, kind, value, n) for n, value in enumerate(asked, start=1)]
    found = _grounded(case, pack, text(body, "rule", most=64), drafts)
    _must_have_ground(found, case.people)

    # (3) The proposal, its sums, and who in it is protected.
    proposal = _proposal(case, kind, pack, body, found)
    facts = standing_evidence(case.unit, {r.subject for r in proposal.rows}, case.now)
    largest = sums_of(case.unit, proposal).largest if proposal.worsens else 0
    protected = proposal.worsens and any(
        appellant(case.unit, row.subject, case.now) for row in proposal.rows
    )
    kept = Kept(
        proposal=proposal,
        pack=pack.id,
        drafts=_in_row_order(proposal, found),
        numbers=(),
        people=largest,
        appellant=protected,
        batch=proposal.worsens and second_needed(largest, appellant=False),
    )
    shield = proposal.worsens and any(_shielded(case, row, facts) for row in proposal.rows)
    standing = opened(proposal, largest, appellant=protected)
    asked_about = matter(standing, ground_sufficient=True, end_by_rule=True, shielded=shield)

    def do(held: Held) -> Answer:
        return _write(case, kept, held)

    return Prepared(asked_about, kept.id, circumstances(case, kind, ""), do)


def circumstances(case: Case, kind: ActKind, seen: str, *, drawn: bool = False) -> Plain:
    """What stands around a proposal or an approval of this kind."""
    if kind in {ActKind.RELEASE, ActKind.WITHDRAWAL}:
        return Ruling(digest_seen=seen)
    emergency = case.unit.emergency_at(case.now) is not None
    return Colouring(emergency=emergency, drawn=drawn, digest_seen=seen)


def claim_of(kept: Kept, row: int) -> Claim:
    """What a row of a proposal claims, to be held against the person's evidence anew."""
    one = kept.proposal.rows[row]
    return Claim(
        kept.drafts[row], kept.pack, kept.proposal.rule, one.evidence,
        kept.proposal.region, kept.proposal.case,
    )  # fmt: skip


# -- reading the body


def _kind(case: Case, body: Mapping[str, Any]) -> ActKind:
    try:
        kind = ActKind(text(body, "kind"))
    except ValueError:
        raise BodyMalformed(Place(field="body.kind"), why="no kind that is proposed") from None
    if kind not in MAY_PROPOSE[case.act]:
        names = ", ".join(sorted(MAY_PROPOSE[case.act]))
        raise BodyMalformed(Place(field="body.kind"), why=f"this act proposes {names}")
    return kind


def _pack(case: Case, id: str) -> Pack:
    """The pack in force; one that is not is no ground for anything."""
    found = next((one for one in case.context.packs if one.id == id), None)
    if found is None:
        problem = WithoutGround(Place(field="body.pack"), rows="1", why="clause")
        raise Attempted(problem, ("F09-ground",))
    return found


def _draft(case: Case, kind: ActKind, value: object, line: int) -> tuple[Fact, tuple[str, ...]]:
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


def _subject(case: Case, said: Mapping[str, Any], at: str) -> str:
    if ("subject" in said) == ("identity" in said):
        raise BodyMalformed(Place(field=at), why="either `subject` or `identity`")
    if "identity" in said:
        return case.desk.identify(said["identity"]).ref
    return text(said, "subject", most=128, at=at)


# -- grounds


def _grounded(
    case: Case, pack: Pack, rule: str, drafts: Sequence[tuple[Fact, tuple[str, ...]]]
) -> list[_Row]:
    facts = standing_evidence(case.unit, {draft.subject for draft, _ in drafts}, case.now)
    region = text(case.body, "region", most=6)
    named = text(case.body, "case", most=128) if "case" in case.body else None
    cases = patients(case.unit, [named], case.now)
    return [
        _Row(
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


def _must_have_ground(found: Sequence[_Row], people: int) -> None:
    lacking = [(n, row.found.why) for n, row in enumerate(found, 1) if not row.found.sufficient]
    if lacking:
        lines = ", ".join(str(n) for n, _ in lacking[:NAMED])
        more = f" … {len(lacking)}" if len(lacking) > NAMED else ""
        problem = WithoutGround(Place(field="body.rows"), rows=lines + more, why=lacking[0][1])
        raise Attempted(problem, ("F09-ground",), people)


def _shielded(case: Case, row: Row, facts: Mapping[str, Sequence[Fact]]) -> bool:
    own = facts.get(row.subject, ())
    cited = [fact for fact in own if fact.id in row.evidence]
    return shielded(case.unit, row.subject, cited, case.now)


# -- the proposal


def clause_digest(pack: Pack, rule: str) -> bytes:
    """The digest of a clause: of what the whole edition says, and which clause of it."""
    return sha256(canonical({"pack": pack.digest, "rule": rule})).digest()


def _proposal(
    case: Case, kind: ActKind, pack: Pack, body: Mapping[str, Any], found: Sequence[_Row]
) -> Proposal:
    actor = case.actor
    rule = text(body, "rule", most=64)
    try:
        return propose(
            kind=kind,
            maker=Maker(actor.officer.id, actor.organ.id, actor.organ.line),
            region=text(body, "region", most=6),
            rule=rule,
            clause_digest=clause_digest(pack, rule),
            pack_digest=bytes.fromhex(pack.digest),
            case=text(body, "case", most=128) if "case" in body else None,
            made_at=case.now,
            rows=tuple(
                Row(
                    one.draft.subject,
                    one.evidence,
                    one.found.until,
                    says=asserted_digest(one.draft),
                )
                for one in found
            ),
            instructed_by=_instructor(case, body),
        )
    except ProposalMalformed as problem:
        if problem.details["why"] == "end":
            raise Attempted(problem, ("F10-end-by-rule",)) from None
        raise


def _instructor(case: Case, body: Mapping[str, Any]) -> str | None:
    """Who had it proposed: an officer or organ of record; raises NoSuchOffice."""
    if "instructed_by" not in body:
        return None
    id = text(body, "instructed_by", most=64)
    if offices.officer(case.unit, id) is None and offices.organ(case.unit, id) is None:
        raise NoSuchOffice(Place(field="body.instructed_by"), what=id)
    return id


def _in_row_order(proposal: Proposal, found: Sequence[_Row]) -> tuple[Fact, ...]:
    by_subject = {one.draft.subject: one.draft for one in found}
    return tuple(by_subject[row.subject] for row in proposal.rows)


def _write(case: Case, kept: Kept, held: Held) -> Answer:
    """The proposal, its leaves, and a friendly word to everybody in it."""
    proposal, now = kept.proposal, case.now
    numbers = _leaves(case, kept, held) if proposal.worsens else (0,) * len(proposal.rows)
    whole = Kept(proposal, kept.pack, kept.drafts, numbers, kept.people, kept.appellant, kept.batch)
    keep_proposal(case.unit, whole, now)
    if whole.batch:
        nonce = case.desk.chance(NONCE_SIZE)
        leaf = Leaf(
            kind=Kind.BATCH_OPEN,
            commitment=commitment(nonce, canonical({"proposal": whole.id})),
            organ=public_name(case.actor.organ),
            officer=mark_of(case),
            grant=held.index,
            count=len(proposal.rows),
            rule=whole.rule,
        )
        case.unit.add_leaves([leaf_of_nobody(BATCH, whole.id, leaf, now)])
    return {
        "proposal": whole.id,
        "people": kept.people,
        "second": second_needed(kept.people, appellant=kept.appellant),
        "lapses": print_instant(proposal.lapses),
        "liability": LIABILITY,
    }


def _leaves(case: Case, kept: Kept, held: Held) -> tuple[int, ...]:
    """One `mark.propose` a row, and the advice; returns the rows' event numbers."""
    events = Events(case.unit, case.unit.people([row.subject for row in kept.proposal.rows]))
    organ, numbers = case.actor.organ, []
    for row in kept.proposal.rows:
        number = events.leaf(
            row.subject,
            Kind.MARK_PROPOSE,
            canonical({"proposal": kept.id, "row": row.digest().hex()}),
            grant=held.index,
            organ=public_name(organ),
            officer=mark_of(case),
            rule=kept.rule,
        )
        numbers.append(number)
        advice = {
            "kind": kept.proposal.kind.value,
            "lapses": int(kept.proposal.lapses),
            "organ": organ.id,
            "organ_en": organ.en,
            "organ_zh": organ.zh,
            "proposal": kept.id,
        }
        id = f"{row.subject}/{number:09}"
        case.unit.add_record(Record(ADVICE, id, case.now, canonical(advice)))
    events.write(case.now)
    return tuple(numbers)
