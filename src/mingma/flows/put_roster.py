"""Put checkers on the roster: by the registrar or commander of their own headquarters.

So two organs stand behind every checker: another organ gave the grant, and his own puts him on
duty. A shift begins later than it is put, lasts a day at most, and is never edited; the lot of a
proposal falls among those who were on the roster before it was made (`flows/lot.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from mingma.authority.acts import Act
from mingma.authority.matters import Appointing, AppointmentMatter
from mingma.authority.posts import Post, grants_in_force
from mingma.authority.roster import Shift
from mingma.flows import offices, rosters
from mingma.flows.act_case import Answer, BodyMalformed, Case, Held, Prepared, fields, rows, text
from mingma.flows.give_grant import NoSuchOffice, organ_of, signed_by
from mingma.flows.leaf_names import NONCE_SIZE
from mingma.kernel.errors import Place
from mingma.kernel.times import parse_instant

MOST_SHIFTS: Final = 500  # of one act


def prepare(case: Case) -> Prepared:
    """PUT_ROSTER: `organ`, and `shifts`: each `officer`, `starts`, `ends`."""
    body = fields(case.body, "organ shifts")
    organ = organ_of(case, text(body, "organ"))
    shifts = [_shift(case, one, n) for n, one in enumerate(rows(body, "shifts", MOST_SHIFTS))]
    if len({(one.officer.id, one.starts) for one in shifts}) < len(shifts):
        raise BodyMalformed(Place(field="body.shifts"), why="a shift stands there twice")

    def do(held: Held) -> Answer:
        rosters.add_shifts(
            case.unit, shifts, case.signed.digest().hex()[:16], case.now,
            nonce=case.desk.chance(NONCE_SIZE), by=signed_by(case, held),
        )  # fmt: skip
        return {"shifts": len(shifts)}

    matter = AppointmentMatter(organ.region, "roster", organ.id, organ.kind, 1)
    return Prepared(matter, organ.id, Appointing(), do)


def _shift(case: Case, value: Any, number: int) -> Shift:
    """One shift of a checker of that very organ, who may approve; raises what is wrong with it."""
    at = f"body.shifts[{number}]"
    if not isinstance(value, Mapping):
        raise BodyMalformed(Place(field=at), why="an object is wanted")
    said = fields(value, "officer starts ends", at=at)
    officer = offices.officer(case.unit, text(said, "officer", most=64, at=at))
    organ = offices.organ(case.unit, officer.organ) if officer else None
    if officer is None or organ is None or organ.id != case.body["organ"]:
        raise NoSuchOffice(Place(field=f"{at}.officer"), what=str(said["officer"])[:64])
    starts, ends = parse_instant(said["starts"], "starts"), parse_instant(said["ends"], "ends")
    if starts < case.now or not 0 < ends - starts <= rosters.LONGEST_SHIFT:
        why = "it begins from now on and lasts a day at most"
        raise BodyMalformed(Place(field=f"{at}.starts"), why=why)
    grants = grants_in_force(offices.grants_of(case.unit, officer.id), case.now)
    may = any({Act.APPROVE, Act.APPROVE_SECOND} & one.acts for one in grants)
    if officer.post is not Post.CHECKER or not may:
        raise BodyMalformed(Place(field=f"{at}.officer"), why="a checker with a grant is wanted")
    return Shift(officer, organ, starts, ends)
