"""List a risk area: proposed on a case, approved by another organ that the lot fell on.

An area is a community, village, street or town by name, and no venue; it holds a case whose
positive is of its own county, and at least 500 residents, for 14 days at most (F27): nobody draws
one around a bank or a petition office (Z56). No table says how many live there: who proposes and
who approves each say it, in public, and the lowest figure counts. The lot is the province's or the
nation's; among fewer than twenty one of another level approves, too (`approval`). It is listed from
its last approval on.
"""

from __future__ import annotations

import json
from typing import Any, Final

from mingma.authority.acts import Act
from mingma.authority.approval import (
    NotAnother,
    NotDrawn,
    Standing,
    approve,
    first_of,
    fits,
)
from mingma.authority.matters import AreaMatter, Colouring, Made, Status
from mingma.authority.roster import Drawn
from mingma.evidence.areas.listings import LETTERS
from mingma.evidence.areas.venues import is_dwelling, venue_in
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
from mingma.flows.added_areas import (
    AREA,
    AREA_APPROVED,
    Area,
    area,
    area_digest,
    standing_of_area,
)
from mingma.flows.approve_act import is_drawn, refusing, word_of
from mingma.flows.emergency import INSTANCE
from mingma.flows.leaf_names import leaf_of_nobody
from mingma.flows.lot import fell_on
from mingma.flows.open_case import case_of
from mingma.flows.proposals import APPROVAL, keep_approval, take_turn
from mingma.kernel.canonical import canonical
from mingma.kernel.errors import Place, Refused
from mingma.ledger.leaf import Kind, Leaf
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
            kind=Kind.RULE_PUBLISH, digest=bytes.fromhex(digest), rule=f"area/{said['region']}",
            **case.by(held),
        )  # fmt: skip
        case.unit.add_leaves([leaf_of_nobody(AREA, digest, leaf, case.now)])
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
    """APPROVE_AREA: `area`, the digest that the approver saw; `seen`, its state; `residents`."""
    body = fields(case.body, "area seen residents")
    id = text(body, "area", most=64)
    residents = whole(body, "residents", 0, MOST_RESIDENTS)
    take_turn(case.unit, id)
    one = area(case.unit, id)
    if one is None:
        raise NoSuchArea(Place(field="body.area"))
    if one.listed_at is not None or case.now >= one.lapses:
        raise AreaDone(Place(field="body.area"))
    standing, approval = standing_of_area(case.unit, one), word_of(case, one.digest)
    fits(standing, approval, case.now)
    drawn = drawn_for(case, one, standing)
    found = min([residents, *_found_before(case, id)])
    asked = _matter(case, one, standing, min(one.residents, found))
    around = _around(case, id, drawn=is_drawn(case, drawn))
    try:
        then = approve(standing, approval, drawn, case.now)
    except (NotAnother, NotDrawn) as problem:
        return Prepared(asked, f"area {id}", around, refusing(problem))

    def do(held: Held) -> Answer:
        keep_approval(case.unit, id, len(then.approvals), then.approvals[-1], residents=residents)
        listed = then.status is Status.APPROVED
        if listed:
            _list(case, one, found, held)
        return {
            "area": id,
            "status": then.status.value,
            "state": then.state.hex(),
            "listed_at": int(case.now) if listed else None,
        }

    return Prepared(asked, f"area {id}", around, do)


def drawn_for(case: Case, one: Area, standing: Standing) -> list[Drawn]:
    """On whom the lot fell; raises LotNotYet or NobodyEligible. The same lot as a proposal's."""
    return fell_on(
        case.unit, case.context, case.desk.roots, standing, _index(case, one.id), case.now,
        (Act.APPROVE_AREA,), high=True,
    )  # fmt: skip


def _list(case: Case, one: Area, residents: int, held: Held) -> None:
    """The area is listed from now on, and a leaf says so."""
    by = {"officer": case.actor.officer.id, "organ": case.actor.organ.id}
    body = canonical({**by, "residents": residents})
    case.unit.add_record(Record(AREA_APPROVED, one.id, case.now, body))
    leaf = Leaf(
        kind=Kind.RULE_APPROVE, answers=_index(case, one.id), rule=f"area/{one.region}",
        **case.by(held),
    )  # fmt: skip
    case.unit.add_leaves([leaf_of_nobody(AREA_APPROVED, one.id, leaf, case.now)])


def _matter(case: Case, one: Area, standing: Standing, residents: int) -> AreaMatter:
    maker, cases = one.maker, _cases(case, one.region, one.cases)
    made = Made(maker.officer, maker.organ, maker.line, standing.status, one.id)
    return AreaMatter(one.region, made, residents, cases, one.days, **first_of(standing))


def _found_before(case: Case, id: str) -> list[int]:
    """How many residents those said who approved it before."""
    records = case.unit.records_under(APPROVAL, f"{id}/")
    return [json.loads(record.body)["residents"] for record in records]


def _index(case: Case, digest: str) -> int | None:
    return case.unit.index_of(f"{INSTANCE}:{AREA}:{digest}", 0)


def _cases(case: Case, region: str, names: Any) -> int:
    """How many of the cases named have a positive of the area's own county, or of its city."""
    found = [case_of(case.unit, name) for name in set(names)]
    return sum(one is not None and one.tested_in in {region, f"{region[:4]}00"} for one in found)


def _around(case: Case, seen: str = "", *, drawn: bool = False) -> Colouring:
    emergency = case.unit.emergency_at(case.now) is not None
    return Colouring(emergency=emergency, drawn=drawn, digest_seen=seen)


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
