"""A person's own daily report, and its correction: through her session, at once.

What she reports about herself needs nobody's leave, and what she reported by mistake she corrects
herself within 24 hours: the earlier report then counts for nothing, as if it had said the later.
The session stands for the source's signature; the source is called `self`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from mingma.appeals.terms import CORRECTION
from mingma.evidence.admit import UnknownField, admit, shown
from mingma.evidence.channels.daily_report import DailyReport
from mingma.evidence.model import Fact
from mingma.evidence.record import digest_of
from mingma.flows.context import Context
from mingma.flows.decide import redecide
from mingma.flows.enrol import Chance
from mingma.flows.log_time import log_time
from mingma.flows.show_code import NoSuchPerson
from mingma.kernel.errors import Place, Refused
from mingma.kernel.times import Instant, day_of, print_instant
from mingma.ports import Unit
from mingma.records import Received

SOURCE: Final = "self"  # the system source of what people report about themselves
A_DAY: Final = 12  # reports of one person on one local day: twice the most that any pack asks for
ID_BYTES: Final = 12
FIELDS: Final = tuple(DailyReport.__struct_encode_fields__)


class NotYourReport(Refused):
    """A correction of something that is no report of one's own, or was corrected before."""

    slug = "report.not_yours"
    status = 409
    zh = "`{of}` 不是您可更正的打卡"
    en = "`{of}` is no daily report of yours that can be corrected"
    remedy_zh = "只能更正本人尚未更正过的打卡;其他记录请申诉"
    remedy_en = "correct your own report, once; object to any other record"


class TooLateToCorrect(Refused):
    """A correction after its 24 hours."""

    slug = "report.too_late"
    status = 409
    zh = "打卡已超过 24 小时,不能自行更正"
    en = "the report is more than 24 hours old"
    remedy_zh = "请提出申诉,并附上证据"
    remedy_en = "object to what it led to, with evidence"


class TooManyReports(Refused):
    """More reports on one day than anything asks for."""

    slug = "report.too_many"
    status = 429
    zh = "今天已打卡 {count} 次"
    en = "there are {count} reports of today already"
    remedy_zh = "明天再报;身体不适请拨打热线或就医"
    remedy_en = "report again tomorrow; if you feel ill, call the hotline or see a doctor"


def report_self(
    unit: Unit, context: Context, ref: str, data: Mapping[str, Any], now: Instant, chance: Chance
) -> Fact:
    """Take in a person's own report and decide anew for her; raises a Problem."""
    # (1) Read: who she is, and what she reported before.
    if ref not in unit.people([ref]):
        raise NoSuchPerson
    for name in data:
        if name not in FIELDS:
            known = ", ".join(FIELDS)
            raise UnknownField(Place(field=shown(name)), value=shown(name), known=known)
    own = [one for one in unit.facts_of([ref])[ref] if one.kind == DailyReport.kind]
    today = [one for one in own if day_of(one.at) == day_of(now)]
    if len(today) >= A_DAY:
        raise TooManyReports(count=len(today))

    # (2) Decide: what she corrects is hers, recent, and not corrected yet.
    fact = admit(
        {
            "id": f"{SOURCE}/{chance(ID_BYTES).hex()}",
            "kind": DailyReport.kind,
            "subject": ref,
            "at": print_instant(now),
            "data": dict(data),
        },
        context.divisions,
    )
    corrects = getattr(fact.data, "corrects", None)
    if corrects is not None:
        _check_correction(own, corrects, log_time(unit, now))

    # (3) Write, and decide anew.
    digest = digest_of(fact, context.evidence_key)
    unit.add_facts([(Received(SOURCE, fact, now, SOURCE), digest)])
    redecide(unit, context, {ref}, now)
    return fact


def _check_correction(own: list[Fact], corrects: str, at: Instant) -> None:
    earlier = next((one for one in own if one.id == corrects), None)
    done = any(getattr(one.data, "corrects", None) == corrects for one in own)
    if earlier is None or done:
        raise NotYourReport(Place(field="corrects"), of=shown(corrects))
    if at >= earlier.at + CORRECTION.seconds:
        raise TooLateToCorrect(Place(field="corrects"))
