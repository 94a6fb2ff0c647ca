"""Whether the evidence on record is what came in, and still bears a worse colour out.

Each fact is kept with a digest keyed by a key outside the database (`keys/evidence.key`), so rows
that somebody else wrote into the database are told from what was admitted. A colour worse than
green shows only while the rules, asked anew on facts that are vouched for, still give it: a forged
fact, or a forged decision on true facts, colours nobody, whatever leaf it has.

What is not vouched for never counts against the person; where it frees her, it goes on counting.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from mingma.codes.decision import Decision
from mingma.evidence.model import Fact
from mingma.evidence.record import digest_of
from mingma.flows.context import Context
from mingma.flows.standing_evidence import standing_evidence
from mingma.kernel.errors import Broken
from mingma.kernel.times import Instant
from mingma.kernel.words import SEVERITY
from mingma.ports import Unit
from mingma.rules.assess import assess
from mingma.rules.verdict import shown

FREES: Final = frozenset({"release", "withdrawal"})  # a lapse's withdrawal is on no record yet


class EvidenceNotVouched(Broken):
    """Facts on record that the instance did not admit: somebody wrote into the database.

    Nobody gets worse on them.
    """

    slug = "evidence.not_vouched"
    zh = "库中有 {count} 条证据不是本机收进来的"
    en = "{count} facts on record were not admitted by this instance"
    remedy_zh = "请用 mingma audit --database 查明并核查数据库;据此不得加重任何人的码"
    remedy_en = "find them with `mingma audit --database` and examine the database"


def unvouched(unit: Unit, context: Context, facts: Iterable[Fact]) -> set[str]:
    """The ids of facts that can count against somebody and are not as they were admitted."""
    counting = [fact for fact in facts if fact.kind not in FREES]
    kept = unit.digests({fact.subject for fact in counting}) if counting else {}
    return {
        fact.id
        for fact in counting
        if digest_of(fact, context.evidence_key) not in kept.get(fact.id, ())
    }


def borne_out(unit: Unit, context: Context, ref: str, decision: Decision, now: Instant) -> bool:
    """Whether the rules on vouched evidence give what a decision shows now, or worse."""
    now = max(now, decision.decided_at)  # a clock put back asks of the instant decided
    facts = standing_evidence(unit, {ref}, now)[ref]
    strangers = unvouched(unit, context, facts)
    counted = [facts]
    if strangers:
        counted.append([fact for fact in facts if fact.id not in strangers])
    return all(
        SEVERITY.get(decision.colour_at(now), 0)
        <= SEVERITY[shown(assess(context.book, ref, some, now, context.match).spans, now)]
        for some in counted
    )
