"""What the checker of a proposal may see: its rows, and of each person the evidence it cites.

Shown to whose turn it is, and, of a release, to appeal officers of another organ; nobody else, the
maker neither. It is a look at everybody in it, on record in each one's access log before anything
is shown. Of a person there are the cited facts, whether the ground still suffices, and no name.
"""

from __future__ import annotations

from typing import Any

from mingma.authority.approval import matter
from mingma.authority.looks import Purpose
from mingma.authority.matters import Colouring
from mingma.authority.posts import Post
from mingma.authority.roster import NobodyEligible
from mingma.evidence.model import Fact
from mingma.evidence.record import fact_to_record
from mingma.flows.act_case import Answer, Case, Held, Prepared, fields, text
from mingma.flows.approve_act import FREEING, good_rows, is_drawn
from mingma.flows.look import look
from mingma.flows.lot import LotNotYet, open_before, turns
from mingma.flows.objection import shown
from mingma.flows.proposals import Kept, kept, standing_of
from mingma.flows.standing_evidence import standing_evidence
from mingma.kernel.times import print_instant


def prepare(case: Case) -> Prepared:
    """SEE_PROPOSAL: `proposal`, its digest."""
    one = kept(case.unit, text(fields(case.body, "proposal"), "proposal", most=64))
    case.people = len(one.proposal.rows)
    standing = standing_of(case.unit, one)
    asked = matter(standing, ground_sufficient=True, end_by_rule=True, shielded=False)
    drawn = Colouring(drawn=is_asked(case, one))

    def do(_: Held) -> Answer:
        good = good_rows(case, one, standing)
        people = case.unit.people([row.subject for row in one.proposal.rows])
        for person in people.values():
            look(case, person, Purpose.CHECKING)
        case.unit.add_record(open_before(case.actor.officer.id, one.id, case.now))
        facts = standing_evidence(case.unit, people.keys(), case.now)
        return {
            "proposal": one.id,
            "state": standing.state.hex(),
            "status": standing.status.value,
            "kind": one.proposal.kind.value,
            "rule": one.rule,
            "case": one.proposal.case,
            "lapses": print_instant(one.proposal.lapses),
            **shown(case.unit, one),
            "rows": [
                _shown(one, number, good, facts.get(row.subject, ()))
                for number, row in enumerate(one.proposal.rows)
                if row.digest() not in standing.refused
            ],
        }

    return Prepared(asked, one.id, drawn, do)


def is_asked(case: Case, one: Kept) -> bool:
    """Whether it is this officer's turn now."""
    actor = case.actor
    if one.proposal.kind in FREEING:
        return actor.post is Post.APPEAL_OFFICER and actor.organ.id != one.proposal.maker.organ
    standing = standing_of(case.unit, one)
    try:
        drawn = turns(case.unit, case.context, case.desk.roots, one, standing, case.now)
    except (LotNotYet, NobodyEligible):
        return False
    return is_drawn(case, drawn)


def _shown(one: Kept, number: int, good: tuple[int, ...], facts: Any) -> dict[str, Any]:
    row = one.proposal.rows[number]
    return {
        "row": row.digest().hex(),
        "asserted": _plain(one.drafts[number]),
        "until": None if row.until is None else print_instant(row.until),
        "evidence": [_plain(fact) for fact in facts if fact.id in row.evidence],
        "ground": number in good,
    }


def _plain(fact: Fact) -> dict[str, Any]:
    """A fact without whose it is."""
    record = fact_to_record(fact)
    return {name: value for name, value in record.items() if name != "subject"}
