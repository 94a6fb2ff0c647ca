"""Open a case: on a laboratory's positive of a sample that was taken before anybody else is named.

Contacts can only be named for a case on record, so nobody gets contacts by inventing a patient
(Z16). The positive is the patient's own, bound to its sample, of a tube of hers alone, and signed
by a source that brings in tests; a sample opens one case. The case's region is that of the
positive, or one around it: nobody moves a patient to where contacts or an area are wanted (Z56).
What is missing is F26's to refuse.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from mingma.authority.matters import CaseMatter, Colouring
from mingma.authority.organs import covers
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
    text,
)  # fmt: skip
from mingma.flows.exact_record import exact_record
from mingma.flows.personal_leaf import Events
from mingma.flows.samples import sample_of
from mingma.flows.standing_evidence import standing_evidence
from mingma.kernel.canonical import canonical
from mingma.kernel.errors import Place, Refused
from mingma.kernel.times import Instant
from mingma.ledger.leaf import Kind
from mingma.ports import Unit
from mingma.records import Record
from mingma.rules.assess import known_since

CASE: Final = "case"  # records by the case's id
CASE_SAMPLE: Final = "case_sample"  # … and by the digest of the sample it rests on
_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,63}", re.ASCII)
CONFIRMED: Final = frozenset({"confirmed", "asymptomatic", "recurrent", "screen_positive"})


class CaseExists(Refused):
    """A second case of one sample, or of an id that is taken."""

    slug = "case.exists"
    status = 409
    zh = "此样本已立病例,或病例编号已用"
    en = "there is a case of this sample already, or of this id"
    remedy_zh = "沿用已有病例;一份样本只立一个病例"
    remedy_en = "go on with the case there is: one sample opens one"


@dataclass(frozen=True, slots=True)
class OpenCase:
    """A case on record: whose, where, since when, and on which fact.

    `tested_in` is the division that the positive names; `region` is it, or one around it.
    """

    id: str
    subject: str
    region: str
    tested_in: str
    evidence: str
    opened_at: Instant


def case_of(unit: Unit, id: str) -> OpenCase | None:
    """The case of this id, or None."""
    record = exact_record(unit, CASE, id)
    if record is None:
        return None
    said = json.loads(record.body)
    return OpenCase(
        id, said["subject"], said["region"], said["tested_in"], said["evidence"], record.at
    )


def prepare(case: Case) -> Prepared:
    """OPEN_CASE: `case` (its id), `evidence` (the positive), `region`; `subject` or `identity`."""
    body = fields(case.body, "case evidence region", "subject identity")
    id, evidence = text(body, "case", most=64), text(body, "evidence", most=256)
    region = text(body, "region", most=6)
    if not _ID.fullmatch(id):
        raise BodyMalformed(Place(field="body.case"), why=f"an id of the form {_ID.pattern}")
    if region not in case.context.divisions:
        raise BodyMalformed(Place(field="body.region"), why="no division of the table")
    subject = _subject(case, body)
    found = _positive(case, subject, evidence)
    tested_in = _tested_in(case, found) if found else None
    fits = tested_in is not None and covers(region, tested_in)
    sample = sample_of(found) if found and fits else None
    taken = sample is not None and exact_record(case.unit, CASE_SAMPLE, sample.digest) is not None
    if taken or exact_record(case.unit, CASE, id) is not None:
        raise Attempted(CaseExists(Place(field="body.case")))

    def do(held: Held) -> Answer:
        assert sample is not None  # else F26 refused
        said = {
            "evidence": evidence,
            "officer": case.actor.officer.id,
            "organ": case.actor.organ.id,
            "region": region,
            "subject": subject,
            "tested_in": tested_in,
        }
        case.unit.add_record(Record(CASE, id, case.now, canonical(said)))
        case.unit.add_record(Record(CASE_SAMPLE, sample.digest, case.now, canonical({"case": id})))
        events = Events(case.unit, case.unit.people([subject]))
        events.leaf(subject, Kind.CASE_OPEN, canonical({**said, "case": id}), **case.by(held))
        events.write(case.now)
        return {"case": id}

    matter = CaseMatter(region, laboratory_confirmed=sample is not None)
    emergency = case.unit.emergency_at(case.now) is not None
    return Prepared(matter, f"case {id}", Colouring(emergency=emergency), do)


def is_positive(fact: Fact) -> bool:
    """Whether a fact is a laboratory's positive of one person's own sample."""
    data: Any = fact.data
    if fact.kind == "test":
        return bool(data.result == "positive" and data.tube != "mixed")
    return fact.kind == "infection" and data.class_ in CONFIRMED and data.excluded_at is None


def _positive(case: Case, subject: str, evidence: str) -> Fact | None:
    """The patient's own standing positive of this id, signed by a source for tests, or None."""
    if not case.unit.people([subject]):
        return None
    facts: Sequence[Fact] = standing_evidence(case.unit, [subject], case.now)[subject]
    dead = _withdrawn(facts)
    found = next((one for one in facts if one.id == evidence and one.id not in dead), None)
    source = case.unit.sources().get(evidence.partition("/")[0])
    if found is None or source is None or found.kind not in source.kinds:
        return None
    if source.demo and not case.context.specimen:
        return None
    return found if is_positive(found) and known_since(found) <= case.now else None


def _tested_in(case: Case, positive: Fact) -> str | None:
    """The division that a positive names, else its laboratory's; None where neither is known."""
    if positive.region is not None:
        return str(positive.region)
    source = case.unit.sources()[positive.id.partition("/")[0]]
    organ = offices.organ(case.unit, source.organ)
    return organ.region if organ is not None else None


def _withdrawn(facts: Sequence[Fact]) -> set[str]:
    found: list[Any] = [one for one in facts if one.kind == "withdrawal"]
    return {one.data.of for one in found}


def _subject(case: Case, body: Mapping[str, Any]) -> str:
    if ("subject" in body) == ("identity" in body):
        raise BodyMalformed(Place(field="body"), why="either `subject` or `identity`")
    if "identity" in body:
        return case.desk.identify(body["identity"]).ref
    return text(body, "subject", most=128)
