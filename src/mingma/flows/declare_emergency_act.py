"""Declare, renew or end an emergency through the door: the province's command, and within limits.

Without one in force no colour is issued (P14). A declaration lasts 90 days at most. It is renewed
only by another organ, once a yield report on it is public (person-days restricted for each
infection found), and declaring anew within 30 days of the last one's end is renewing under another
name, and refused. Ending one needs nothing but the power.
"""

from __future__ import annotations

from typing import Final

from mingma.authority.matters import EmergencyMatter, Plain
from mingma.flows.act_case import Answer, BodyMalformed, Case, Held, Prepared, fields, text
from mingma.flows.emergency import INSTANCE, declare_emergency, end_emergency
from mingma.flows.give_grant import days_of
from mingma.flows.leaf_names import public_name
from mingma.flows.yield_report import last_report
from mingma.kernel.errors import Place, Refused
from mingma.kernel.times import DAY, Instant, parse_instant, print_instant
from mingma.records import Emergency

PAUSE: Final = 30 * DAY  # seconds after one's end within which another is a renewal
LONGEST_BASIS: Final = 200  # characters


class RenewInstead(Refused):
    """A declaration while one is in force, or within thirty days of the last one's end."""

    slug = "emergency.renew_instead"
    zh = "已有应急状态,或上一次结束未满 30 天:只能由另一机关附成效报告延长"
    en = "an emergency is in force, or ended within 30 days: another organ may renew it"
    remedy_zh = "由另一机关延长,并先公开成效报告"
    remedy_en = "another organ renews it, once a yield report is public"


class NoSuchEmergency(Refused):
    """An emergency that was never declared, or is over."""

    slug = "emergency.none_such"
    status = 404
    zh = "没有这一应急状态,或已结束"
    en = "there is no such emergency, or it is over"
    remedy_zh = "核对编号"
    remedy_en = "check its id"


class NotSealedYet(Refused):
    """An end of a declaration whose own leaf waits for the seal: an end answers that leaf."""

    slug = "emergency.not_sealed_yet"
    status = 409
    zh = "应急状态的宣布尚未封存入日志,此刻还不能结束"
    en = "the declaration is not sealed in the log yet, so it cannot be ended at this moment"
    remedy_zh = "一分钟后再结束;封存不用任何人操作"
    remedy_en = "end it in a minute; the seal needs nobody"


def prepare_declaration(case: Case) -> Prepared:
    """DECLARE_EMERGENCY: `basis`, `starts`, `ends`."""
    body = fields(case.body, "basis starts ends")
    starts = max(parse_instant(body["starts"], "starts"), case.now)
    ends = parse_instant(body["ends"], "ends")
    if any(starts < one.ends + PAUSE for one in case.unit.emergencies()):
        raise RenewInstead
    made = _made(case, text(body, "basis", most=LONGEST_BASIS), starts, ends)
    matter = EmergencyMatter(case.context.region, days_of(starts, ends), bool(made.basis.strip()))
    return Prepared(matter, made.id, Plain(), lambda held: _declare(case, made, held))


def prepare_renewal(case: Case) -> Prepared:
    """RENEW_EMERGENCY: `emergency`, the one renewed, `basis`, `ends`. It begins where that ends."""
    body = fields(case.body, "emergency basis ends")
    old = _declared(case, text(body, "emergency", most=64))
    ends = parse_instant(body["ends"], "ends")
    made = _made(case, text(body, "basis", most=LONGEST_BASIS), Instant(old.ends), ends)
    report = last_report(case.unit, old.id)
    matter = EmergencyMatter(
        case.context.region,
        days_of(made.starts, made.ends),
        bool(made.basis.strip()),
        declared_by=old.organ,
        yield_published=report is not None,
    )
    return Prepared(matter, made.id, Plain(), lambda held: _declare(case, made, held))


def prepare_end(case: Case) -> Prepared:
    """END_EMERGENCY: `emergency`. It ends this instant."""
    body = fields(case.body, "emergency")
    old = _declared(case, text(body, "emergency", most=64))
    index = case.unit.index_of(f"{INSTANCE}:{old.id}", 0)
    if index is None:
        raise NotSealedYet(Place(field="body.emergency"))

    def do(held: Held) -> Answer:
        end_emergency(
            case.unit, old.id, public_name(case.actor.organ), case.now,
            answers=index, grant=held.index, officer=case.mark,
        )  # fmt: skip
        return {"emergency": old.id, "ends": print_instant(case.now)}

    matter = EmergencyMatter(
        case.context.region, days_of(old.starts, old.ends), basis=True, declared_by=old.organ
    )
    return Prepared(matter, old.id, Plain(), do)


def _made(case: Case, basis: str, starts: Instant, ends: Instant) -> Emergency:
    if ends <= starts:
        raise BodyMalformed(Place(field="body.ends"), why="it ends after it starts")
    id = f"e-{case.signed.digest().hex()[:16]}"
    return Emergency(id, basis, case.actor.organ.id, starts, ends)


def _declared(case: Case, id: str) -> Emergency:
    found = next((one for one in case.unit.emergencies() if one.id == id), None)
    if found is None or found.ends <= case.now:
        raise NoSuchEmergency(Place(field="body.emergency"))
    return found


def _declare(case: Case, made: Emergency, held: Held) -> Answer:
    declare_emergency(case.unit, made, case.now, grant=held.index, officer=case.mark)
    return {
        "emergency": made.id,
        "starts": print_instant(made.starts),
        "ends": print_instant(made.ends),
    }
