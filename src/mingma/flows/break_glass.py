"""Breaking the glass: a look without a ticket, for urgent care, with its reason, for three hours.

The person is told at once: it stands at the top of her own page from that second on. Auditors of
another organ review it within a day; an officer with one overdue breaks none again (F34). Further
looks through an open glass are looks of their own, each in her access log.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any, Final

from mingma.authority.looks import BrokenGlass, Purpose, ReviewRefused, look_through, review
from mingma.authority.matters import Auditing, InstanceMatter, LookMatter
from mingma.authority.organs import NATION
from mingma.flows.act_case import Answer, BodyMalformed, Case, Held, Prepared, fields, text
from mingma.flows.exact_record import exact_record
from mingma.flows.look import look, whom
from mingma.flows.offices import organ
from mingma.flows.see_record import circumstances, matter_of, record_of
from mingma.flows.tickets import Ticket
from mingma.kernel.canonical import canonical
from mingma.kernel.errors import Place, Refused
from mingma.kernel.times import Instant, print_instant
from mingma.ports import Unit
from mingma.records import Record

GLASS: Final = "glass"  # ids are <officer>|<32 hexadecimal digits>
REVIEW: Final = "glass_review"  # the same ids
LONGEST_REASON: Final = 1000  # characters
_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:@-]{0,63}\|[0-9a-f]{32}", re.ASCII)


class NoSuchGlass(Refused):
    """A breaking of the glass that never was."""

    slug = "look.no_such_glass"
    status = 404
    zh = "没有这次紧急查看"
    en = "there was no such breaking of the glass"
    remedy_zh = "请核对编号"
    remedy_en = "compare its number"


def prepare(case: Case) -> Prepared:
    """Break the glass with a `reason`, or look once more through an open `glass`."""
    fields(case.body, "", "identity subject reason glass lang")
    if ("reason" in case.body) == ("glass" in case.body):
        raise BodyMalformed(Place(field="body"), why="either `reason` or `glass`")
    person = whom(case)
    broken = broken_by(case.unit, case.actor.officer.id)
    if "glass" in case.body:
        id, reason = _named(case), ""
        open_ = look_through(_glass(case.unit, id), case.actor.officer.id, person.ref, case.now)
        reason, closes = open_.reason, open_.closes
        again = True
    else:
        reason = text(case.body, "reason", most=LONGEST_REASON)
        id = f"{case.actor.officer.id}|{case.desk.chance(16).hex()}"
        made = BrokenGlass(case.actor.officer.id, case.actor.organ.id, person.ref, reason, case.now)
        closes, again = made.closes, False

    def do(_: Held) -> Answer:
        if not again:
            case.unit.add_record(Record(GLASS, id, case.now, _body(made)))
        looked = look(case, person, Purpose.URGENT_CARE, glass=id.rpartition("|")[2])
        shown = {"glass": id, "closes": print_instant(closes), "look": looked.id}
        return shown | record_of(case, person)

    return Prepared(
        matter_of(case, person),
        person.ref,
        circumstances(
            case, Purpose.URGENT_CARE, Ticket(open=False),
            reason=reason, broken=broken, officer=case.actor.officer.id,
        ),
        do,
    )  # fmt: skip


def prepare_review(case: Case) -> Prepared:
    """An auditor's second review of a breaking: whether its reason holds."""
    fields(case.body, "glass upheld")
    id, upheld = _named(case), case.body["upheld"]
    if type(upheld) is not bool:
        raise BodyMalformed(Place(field="body.upheld"), why="yes or no")
    broken = _glass(case.unit, id)
    if broken.reviewed_at is not None:
        raise ReviewRefused
    home = organ(case.unit, broken.organ)

    def do(_: Held) -> Answer:
        done = review(
            broken, case.actor.officer.id, case.actor.organ.id, upheld=upheld, at=case.now
        )
        kept = {"by": done.reviewed_by, "organ": case.actor.organ.id, "upheld": upheld}
        case.unit.add_record(Record(REVIEW, id, case.now, canonical(kept)))
        return {"glass": id, "upheld": upheld}

    return Prepared(
        LookMatter(home.region if home else NATION, broken.officer, broken.organ),
        f"glass {id}", Auditing(), do,
    )  # fmt: skip


def prepare_list(case: Case) -> Prepared:
    """READ_AUDIT: `glasses`, true; what waits for its second review, the oldest first."""
    if fields(case.body, "glasses")["glasses"] is not True:
        raise BodyMalformed(Place(field="body.glasses"), why="true")

    def do(_: Held) -> Answer:
        return {
            "glasses": [
                {"glass": id, "organ": one.organ, "at": print_instant(one.at),
                 "reason": one.reason, "overdue": one.overdue(case.now)}
                for id, one in unreviewed(case.unit)
            ]
        }  # fmt: skip

    return Prepared(
        InstanceMatter(case.context.region), "glasses", Auditing(auditors=1, bodies=1), do
    )


def broken_by(unit: Unit, officer: str) -> list[BrokenGlass]:
    """Every breaking of an officer, with its review."""
    return [_read(unit, record) for record in unit.records_under(GLASS, f"{officer}|")]


def unreviewed(unit: Unit) -> Sequence[tuple[str, BrokenGlass]]:
    """Every breaking that waits for its review, oldest first, with its id."""
    found = [(record.id, _read(unit, record)) for record in unit.records(GLASS)]
    return [(id, one) for id, one in found if one.reviewed_at is None]


def _named(case: Case) -> str:
    id = text(case.body, "glass", most=128)
    if not _ID.fullmatch(id):
        raise BodyMalformed(Place(field="body.glass"), why="it has not the form of one")
    return id


def _glass(unit: Unit, id: str) -> BrokenGlass:
    record = exact_record(unit, GLASS, id)
    if record is None:
        raise NoSuchGlass(Place(field="body.glass"))
    return _read(unit, record)


def _read(unit: Unit, record: Record) -> BrokenGlass:
    said: dict[str, Any] = json.loads(record.body)
    done = exact_record(unit, REVIEW, record.id)
    verdict: dict[str, Any] = json.loads(done.body) if done else {}
    return BrokenGlass(
        said["officer"], said["organ"], said["subject"], said["reason"], Instant(said["at"]),
        verdict.get("by"), done.at if done else None, verdict.get("upheld"),
    )  # fmt: skip


def _body(made: BrokenGlass) -> bytes:
    return canonical(
        {
            "at": int(made.at),
            "officer": made.officer,
            "organ": made.organ,
            "reason": made.reason,
            "subject": made.subject,
        }
    )
