"""List a risk area: proposed on a case, approved by another organ that the lot fell on.

An area is a community, village, street or town by name, and no venue; it holds a case whose
positive is of its own county, and at least 500 residents, for 14 days at most (F27): nobody draws
one around a bank or a petition office (Z56). No table says how many live there: who proposes and
who approves each say it, in public, and the lower figure counts. It is listed from its approval on.
"""

from __future__ import annotations

from typing import Any, Final

from mingma.authority.acts import Act
from mingma.authority.matters import AreaMatter, Colouring, Made, Status
from mingma.authority.posts import granted
from mingma.authority.roster import HIGH, Drawn, Shift, Stage, draw, seed
from mingma.evidence.areas.listings import LETTERS
from mingma.evidence.areas.venues import is_dwelling, venue_in
from mingma.flows import offices, rosters
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
    whole,
)  # fmt: skip
from mingma.flows.added_areas import AREA, AREA_APPROVED, Area, area, area_digest
from mingma.flows.cosigned import COSIGNED, size_id
from mingma.flows.emergency import INSTANCE
from mingma.flows.lot import LotNotYet
from mingma.flows.open_case import case_of
from mingma.kernel.canonical import canonical
from mingma.kernel.errors import Place, Refused
from mingma.kernel.times import Instant
from mingma.ledger.checkpoint import parse_checkpoint
from mingma.ledger.leaf import Kind, Leaf
from mingma.ledger.note import parse_note
from mingma.records import Record

MOST_CASES: Final = 100
MOST_RESIDENTS: Final = 10_000_000
MOST_DAYS: Final = 366  # F27 refuses what is over 14


class NoSuchArea(Refused):
    """A digest under which no area was proposed."""

    slug = "area.none_such"
    status = 404
    zh = "没有提出过这个风险区"
    en = "no area with this digest was proposed"
    remedy_zh = "先提出,再按其摘要审批"
    remedy_en = "propose it first, then name its digest"


class AreaOfAVenue(Refused):
    """An area that is no place where people live, or is one around a venue."""

    slug = "area.of_a_venue"
    zh = "`{community}` 不是居住小区、村、街道或乡镇的名称(`{word}`)"
    en = "`{community}` is no name of a community, village, street or town (`{word}`)"
    remedy_zh = "写居住地的名称;银行、信访、法院、商场等场所及其周边不得列为风险区"
    remedy_en = "name where people live; no bank, petition office, court or mall is a risk area"


class AreaDone(Refused):
    """An area that is listed already, or that nobody approved within a day."""

    slug = "area.done"
    status = 409
    zh = "此风险区已列入,或提出已逾一天"
    en = "this area is listed already, or was proposed over a day ago"
    remedy_zh = "如仍需要,凭今日的病例另行提出"
    remedy_en = "propose it anew, on cases of today"


def prepare(case: Case) -> Prepared:
    """PROPOSE_AREA: `region` (a county), `community`, `level`, `residents`, `cases`, `days`."""
    body = fields(case.body, "region community level residents cases days")
    names = rows(body, "cases", MOST_CASES) if body["cases"] else []
    if not all(isinstance(name, str) for name in names):
        raise BodyMalformed(Place(field="body.cases"), why="ids of cases")
    said = {
        "cases": sorted(set(names)),
        "community": _community(text(body, "community", most=200)),
        "days": whole(body, "days", 1, MOST_DAYS),
        "level": _level(text(body, "level")),
        "line": case.actor.organ.line.value,
        "made_at": int(case.now),
        "maker": case.actor.officer.id,
        "organ": case.actor.organ.id,
        "region": _county(case, text(body, "region", most=6)),
        "residents": whole(body, "residents", 0, MOST_RESIDENTS),
    }
    digest = area_digest(said)

    def do(held: Held) -> Answer:
        case.unit.add_record(Record(AREA, digest, case.now, canonical(said)))
        leaf = Leaf(
            kind=Kind.RULE_PUBLISH, digest=bytes.fromhex(digest), grant=held.index,
            rule=f"area/{said['region']}", **_by(case),
        )  # fmt: skip
        case.unit.add_leaves([offices.leaf_of_nobody(AREA, digest, leaf, case.now)])
        return {"area": digest}

    made = Made(
        case.actor.officer.id, case.actor.organ.id, case.actor.organ.line, Status.DRAFT, digest
    )
    matter = AreaMatter(
        str(said["region"]), made, whole(body, "residents", 0, MOST_RESIDENTS),
        _cases(case, str(said["region"]), names), whole(body, "days", 1, MOST_DAYS),
    )  # fmt: skip
    return Prepared(matter, f"area {digest}", _around(case), do)


def prepare_approval(case: Case) -> Prepared:
    """APPROVE_AREA: `area`, the digest that the approver saw; `residents`, as she found it."""
    body = fields(case.body, "area residents")
    digest = text(body, "area", most=64)
    residents = whole(body, "residents", 0, MOST_RESIDENTS)
    one = area(case.unit, digest)
    if one is None:
        raise NoSuchArea(Place(field="body.area"))
    if one.listed_at is not None or case.now >= one.lapses:
        raise AreaDone(Place(field="body.area"))
    fell_on = drawn_for(case, one)
    actor = (case.actor.officer.id, case.actor.organ.id)
    mine = any((each.officer.id, each.organ.id) == actor for each in fell_on)

    def do(held: Held) -> Answer:
        actor = {"officer": case.actor.officer.id, "organ": case.actor.organ.id}
        body = canonical({**actor, "residents": residents})
        case.unit.add_record(Record(AREA_APPROVED, digest, case.now, body))
        leaf = Leaf(
            kind=Kind.RULE_APPROVE, answers=_index(case, digest), grant=held.index,
            rule=f"area/{one.region}", **_by(case),
        )  # fmt: skip
        case.unit.add_leaves([offices.leaf_of_nobody(AREA_APPROVED, digest, leaf, case.now)])
        return {"area": digest, "listed_at": int(case.now)}

    made = Made(one.maker.officer, one.maker.organ, one.maker.line, Status.DRAFT, digest)
    matter = AreaMatter(
        one.region,
        made,
        min(one.residents, residents),
        _cases(case, one.region, one.cases),
        one.days,
    )
    return Prepared(matter, f"area {digest}", _around(case, digest, drawn=mine), do)


def drawn_for(case: Case, one: Area) -> list[Drawn]:
    """On whom the lot fell; raises LotNotYet or NobodyEligible. The same lot as a proposal's."""
    index = _index(case, one.digest)
    if index is None:
        raise LotNotYet
    if case.context.specimen:
        root, asked = case.desk.roots(index + 1), one.proposed_at
    else:
        record = case.unit.first_record(COSIGNED, size_id(index + 1))
        if record is None:
            raise LotNotYet
        root, asked = parse_checkpoint(parse_note(record.body).text).root, record.at
    able = [
        shift
        for shift, put in rosters.roster(case.unit, asked, case.now)
        if put <= one.proposed_at and shift.organ.level in HIGH and _may(case, shift, one, asked)
    ]
    return draw(seed(root, bytes.fromhex(one.digest)), able, one, Stage(), asked, case.now)


def _may(case: Case, shift: Shift, one: Area, at: Instant) -> bool:
    grants = offices.grants_of(case.unit, shift.officer.id)
    return granted(grants, shift.officer, Act.APPROVE_AREA, one.region, at) is not None


def _index(case: Case, digest: str) -> int | None:
    return case.unit.index_of(f"{INSTANCE}:{AREA}:{digest}", 0)


def _cases(case: Case, region: str, names: Any) -> int:
    """How many of the cases named have a positive of the area's own county, or of its city."""
    found = [case_of(case.unit, name) for name in set(names)]
    return sum(one is not None and one.tested_in in {region, f"{region[:4]}00"} for one in found)


def _around(case: Case, seen: str = "", *, drawn: bool = False) -> Colouring:
    emergency = case.unit.emergency_at(case.now) is not None
    return Colouring(emergency=emergency, drawn=drawn, digest_seen=seen)


def _by(case: Case) -> dict[str, Any]:
    mark = offices.officer_mark(
        case.desk.audit_key, case.actor.organ.id, case.actor.officer.id, case.now
    )
    return {"officer": mark, "organ": offices.public_name(case.actor.organ)}


def _community(name: str) -> str:
    """The name of a place where people live; raises AreaOfAVenue, a public attempt."""
    word = venue_in(name)
    if word is not None or not is_dwelling(name):
        place = Place(field="body.community")
        raise Attempted(AreaOfAVenue(place, community=name, word=word or "–"))
    return name


def _level(word: str) -> str:
    if word not in LETTERS:
        raise BodyMalformed(Place(field="body.level"), why=f"one of {', '.join(LETTERS)}")
    return word


def _county(case: Case, region: str) -> str:
    if region not in case.context.divisions or not case.context.divisions.is_lowest(region):
        raise BodyMalformed(Place(field="body.region"), why="a county of the division table")
    return region
