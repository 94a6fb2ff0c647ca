"""Unseal a leaf of the random audit: two auditors of two bodies together, or nobody.

The first signs READ_AUDIT for that leaf, the second UNSEAL within a day. The leaf must have been
drawn by public chance (`draw_sample`). What they get is the act as its leaf's commitment opens it,
to hold against the evidence, and which organs and officers stand behind that; they never act on
it. That it was unsealed is on public record at once, without the person, and is a look at her, so
she is told as of any other. Follows ACCOUNTABILITY sections 4 and 5 (two auditors).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from mingma.authority.looks import Purpose
from mingma.authority.matters import Auditing, InstanceMatter
from mingma.flows.act_case import Answer, Case, Held, Prepared, fields, whole
from mingma.flows.break_glass import prepare_list
from mingma.flows.draw_sample import in_sample
from mingma.flows.look import look
from mingma.flows.objection import prepare_reading
from mingma.flows.standing_evidence import standing_evidence
from mingma.flows.took_part import took_part
from mingma.kernel.canonical import b64url, canonical
from mingma.kernel.errors import Place, Refused
from mingma.kernel.times import DAY, Instant
from mingma.ledger.commitment import nonce
from mingma.ledger.leaf_values import MAX_INDEX
from mingma.ports import Unit
from mingma.records import ERASED, Record

CONSENT: Final = "unseal_consent"  # the kind of records; ids are the leaf and the auditor
UNSEALED: Final = "unsealed"  # … of those that are public; ids are the leaf and a number
CONSENT_HOLDS: Final = DAY  # seconds


class NothingToUnseal(Refused):
    """A leaf that is not there, is about nobody, or whose person was erased."""

    slug = "unseal.nothing"
    status = 409
    zh = "第 {leaf} 片叶没有可拆封的内容"
    en = "there is nothing to unseal in leaf {leaf}"
    remedy_zh = "该叶不涉及个人、内容不是判定,或个人数据已到期删除"
    remedy_en = "it is about nobody, is no decision, or the person's data were erased when due"


def prepare_consent(case: Case) -> Prepared:
    """READ_AUDIT: the first auditor agrees to unseal a leaf, or reads what is before auditors."""
    if "objections" in case.body:
        return prepare_reading(case)
    if "glasses" in case.body:
        return prepare_list(case)
    leaf = _leaf(case)

    def do(_: Held) -> Answer:
        actor = case.actor
        body = {"organ": actor.organ.id, "officer": actor.officer.id}
        id = f"{leaf:019}/{int(case.now):019}/{actor.officer.id}"
        case.unit.add_record(Record(CONSENT, id, case.now, canonical(body)))
        return {"leaf": leaf, "holds_until": int(case.now) + CONSENT_HOLDS}

    matter, alone = InstanceMatter(case.context.region), Auditing(auditors=1, bodies=1)
    return Prepared(matter, f"leaf/{leaf}", alone, do)


def prepare(case: Case) -> Prepared:
    """UNSEAL: the second auditor opens it."""
    leaf, unit = _leaf(case), case.unit
    people = {case.actor.officer.id: case.actor.organ.id, **_consents(unit, leaf, case.now)}
    circumstances = Auditing(
        auditors=len(people),
        bodies=len(set(people.values())),
        in_sample=in_sample(unit, leaf),
    )

    def do(_: Held) -> Answer:
        opened = _opened(case, leaf)
        id = f"{leaf:019}/{len(unit.records_under(UNSEALED, f'{leaf:019}/')):06}"
        bodies = sorted(set(people.values()))
        unit.add_record(Record(UNSEALED, id, case.now, canonical({"bodies": bodies, "leaf": leaf})))
        return opened

    _must_open(unit, leaf)
    return Prepared(InstanceMatter(case.context.region), f"leaf/{leaf}", circumstances, do)


def unsealed(unit: Unit) -> int:
    """How many leaves were unsealed so far: in public."""
    return len(unit.records(UNSEALED))


def _leaf(case: Case) -> int:
    return whole(fields(case.body, "leaf"), "leaf", 0, MAX_INDEX)


def _consents(unit: Unit, leaf: int, now: Instant) -> Mapping[str, str]:
    """Officer and body of each consent that holds."""
    found: dict[str, str] = {}
    for record in unit.records_under(CONSENT, f"{leaf:019}/"):
        if record.at <= now < record.at + CONSENT_HOLDS:
            said = json.loads(record.body)
            found[said["officer"]] = said["organ"]
    return found


def _must_open(unit: Unit, leaf: int) -> tuple[str, int]:
    """Whose decision a leaf is; raises NothingToUnseal."""
    size, _ = unit.head()
    subject, number = unit.acts(leaf, leaf + 1)[0] if leaf < size else (ERASED, 0)
    if not any(one.number == number for one in unit.decisions_of(subject)):
        raise NothingToUnseal(Place(field="body.leaf"), leaf=leaf)
    return subject, number


def _opened(case: Case, leaf: int) -> dict[str, Any]:
    """The decision, the nonce that opens its leaf, and who stands behind it: a look of hers."""
    subject, number = _must_open(case.unit, leaf)
    person = case.unit.people([subject])[subject]
    decision = next(one for one in case.unit.decisions_of(subject) if one.number == number)
    look(case, person, Purpose.AUDIT)
    facts = standing_evidence(case.unit, [subject], decision.decided_at)[subject]
    cited = {id for span in decision.spans for id in span.evidence}
    part = took_part(case.unit, (fact for fact in facts if fact.id in cited))
    return {
        "leaf": leaf,
        "body": b64url(decision.body()),
        "nonce": b64url(nonce(person.key, number)),
        "officers": sorted(part.officers),
        "organs": sorted(part.organs),
    }
