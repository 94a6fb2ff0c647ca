"""Propose what a person of an organ asserts about others: nothing of it counts before approval.

Each person named needs evidence of her own (`draft_rows`). The end is what the rules make of it.
Each person is told at once, as friendly advice that no gate sees. From the hundredth person of a
day on a batch is opened in the log (Z1, Z5; ACCOUNTABILITY section 4).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any, Final

from mingma.appeals.appeal import Filed
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
from mingma.flows.draft_rows import (
    Drafted,
    WithoutGround,
    draft_row,
    grounded,
    must_have_ground,
)
from mingma.flows.give_grant import NoSuchOffice
from mingma.flows.grounds import Claim
from mingma.flows.leaf_names import NONCE_SIZE, leaf_of_nobody
from mingma.flows.objection import LIABILITY
from mingma.flows.personal_leaf import Events
from mingma.flows.proposal_sums import sums_of
from mingma.flows.proposals import ADVICE, BATCH, Kept, asserted_digest, keep_proposal
from mingma.flows.shield import appellant, shielded
from mingma.flows.standing_evidence import appeals_about, links_of, standing_evidence
from mingma.flows.tried_before import must_be_new
from mingma.kernel.canonical import canonical
from mingma.kernel.errors import Place
from mingma.kernel.times import print_instant
from mingma.ledger.commitment import commitment
from mingma.ledger.leaf import Kind, Leaf
from mingma.records import Record
from mingma.rules.pack import Pack

MAY_PROPOSE: Final[dict[Act, frozenset[ActKind]]] = {
    Act.PROPOSE_CONTACTS: frozenset({ActKind.CONTACT_FINDING, ActKind.COLD_CHAIN_CONTACT}),
    Act.PROPOSE_NOTICE: frozenset({ActKind.ASSISTANCE_REQUEST, ActKind.RISK_NOTICE}),
    Act.PROPOSE_MARK: frozenset({ActKind.MARK}),
    Act.PROPOSE_RELEASE: frozenset({ActKind.RELEASE, ActKind.WITHDRAWAL}),
}


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
    drafts = [draft_row(case, kind, value, n) for n, value in enumerate(asked, start=1)]
    found = grounded(case, pack, text(body, "rule", most=64), drafts)
    must_have_ground(found, case.people)

    # (3) The proposal, its sums, who in it is protected, and whether they were tried before.
    proposal = _proposal(case, kind, pack, body, found)
    people = {row.subject for row in proposal.rows}
    links = links_of(case.unit)
    filed = appeals_about(case.unit, links, people, case.now)
    facts = standing_evidence(case.unit, people, case.now, links, filed)
    largest = sums_of(case.unit, proposal).largest if proposal.worsens else 0
    protected = proposal.worsens and any(
        appellant(case.unit, filed.get(row.subject, ()), case.now) for row in proposal.rows
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
    shield = proposal.worsens and any(
        _shielded(case, row, filed.get(row.subject, ()), facts) for row in proposal.rows
    )
    if proposal.worsens and not shield:
        must_be_new(case, kept, [one.draft.subject for one in found], facts, links)
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


def _shielded(
    case: Case, row: Row, filed: Sequence[Filed], facts: Mapping[str, Sequence[Fact]]
) -> bool:
    own = facts.get(row.subject, ())
    cited = [fact for fact in own if fact.id in row.evidence]
    return shielded(case.unit, filed, own, cited, case.now)


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


def clause_digest(pack: Pack, rule: str) -> bytes:
    """The digest of a clause: of what the whole edition says, and which clause of it."""
    return sha256(canonical({"pack": pack.digest, "rule": rule})).digest()


def _proposal(
    case: Case, kind: ActKind, pack: Pack, body: Mapping[str, Any], found: Sequence[Drafted]
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


def _in_row_order(proposal: Proposal, found: Sequence[Drafted]) -> tuple[Fact, ...]:
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
            count=len(proposal.rows),
            rule=whole.rule,
            **case.by(held),
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
            rule=kept.rule,
            **case.by(held),
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
