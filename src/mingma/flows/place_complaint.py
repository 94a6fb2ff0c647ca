"""A complaint that a place demanded a code where none may be asked for, or a picture of one.

The person says what kind of place it was, where, and what was demanded, in closed words, through
her own session; five a day at most, the same one once. What is counted in public names neither her
nor the place: kind, county and thirty days, and no county of so few that somebody there could guess
who it was. It decides nothing about anybody (P17).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from mingma.authority.organs import covers
from mingma.authority.places import PlaceClass
from mingma.flows.context import Context
from mingma.flows.enrol import Chance
from mingma.flows.log_time import log_time
from mingma.flows.place_policy import policy_at
from mingma.flows.show_code import NoSuchPerson
from mingma.kernel.errors import Malformed, Place, Refused
from mingma.kernel.times import Instant, day_of
from mingma.oversight.cells import merged
from mingma.ports import Unit
from mingma.records import Record

COMPLAINT: Final = "place_complaint"  # the kind of records in public; ids begin with the day
COMPLAINED: Final = "place_complained"  # … and of who did; ids are <person>/<day>/<what>
A_DAY: Final = 5  # of one person
DAYS: Final = 30  # that are counted in public
NONCE: Final = 16


class Demanded(StrEnum):
    """What was demanded. Closed."""

    CODE = "code"
    SCREENSHOT = "screenshot"  # kept or sent on; nobody may ask for one anywhere


class ComplaintMalformed(Malformed):
    """A complaint whose words are not of the closed lists."""

    slug = "place.complaint_malformed"
    zh = "投诉缺了或认不出一项:`{field}`(place 场所类别,region 县区,demanded 要的是什么)"
    en = "one word is missing or unknown: `{field}` (place: its kind, region: a county, demanded)"
    remedy_zh = "请在 /places 页各选一项;程序:类别见 /v1/places,`demanded` 为 code 或 screenshot"
    remedy_en = "choose each on /places; programs: /v1/places has the kinds, code or screenshot"


class MayAsk(Refused):
    """A complaint about a place that the policy in force lets ask for a code."""

    slug = "place.may_ask"
    status = 409
    zh = "现行清单允许此类场所查码"
    en = "the policy in force lets such a place ask for a code"
    remedy_zh = "因码色被拒的,可对码色申诉;被要截图或照片的,选这一项(screenshot)"
    remedy_en = "object to the code itself; of a demanded picture complain as such (screenshot)"


class ComplainedAlready(Refused):
    """The same complaint again on one day, or a sixth."""

    slug = "place.complained_already"
    status = 429
    zh = "今天已投诉过,或已满 {most} 次"
    en = "you have complained of that today, or {most} times already"
    remedy_zh = "明天再投诉,或拨打 12345"
    remedy_en = "complain again tomorrow, or call 12345"


@dataclass(frozen=True, slots=True)
class Complaints:
    """How many there were of a kind of place in a county, or in all the small ones (`other`)."""

    place: str
    region: str
    demanded: str
    count: int


def complain(
    unit: Unit, context: Context, ref: str, said: Sequence[str], now: Instant, chance: Chance
) -> None:
    """Count a complaint of (place, region, demanded); raises a Problem."""
    # (1) What was demanded where, and that it should not have been.
    place, region, demanded = said
    for field, right in (
        ("place", place in set(PlaceClass)),
        ("region", _is_county(context, region)),
        ("demanded", demanded in set(Demanded)),
    ):
        if not right:
            raise ComplaintMalformed(Place(field=field), field=field)
    if demanded == Demanded.CODE and policy_at(unit, context, now).asks(PlaceClass(place)):
        raise MayAsk
    # (2) By whom: once a day, and few.
    if ref not in unit.people([ref]):
        raise NoSuchPerson
    day = day_of(log_time(unit, now))
    own, what = f"{ref}/{day:06}/", f"{place}/{region}/{demanded}"
    before = [record.id for record in unit.records_under(COMPLAINED, own)]
    if len(before) >= A_DAY or f"{own}{what}" in before:
        raise ComplainedAlready(most=A_DAY)
    # (3) Two records: hers, which goes with her, and the one that names nobody.
    unit.add_record(Record(COMPLAINED, f"{own}{what}", now, b"{}"))
    unit.add_record(Record(COMPLAINT, f"{day:06}/{what}/{chance(NONCE).hex()}", now, b"{}"))


def complaints(unit: Unit, now: Instant) -> Sequence[Complaints]:
    """What everybody reads: the counts of thirty days, the most first."""
    today = day_of(now)
    found: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for day in range(today - DAYS + 1, today + 1):
        for record in unit.records_under(COMPLAINT, f"{day:06}/"):
            _, place, region, what, _ = record.id.split("/")
            found[place, what][region] += 1
    rows = [
        Complaints(place, region, what, count)
        for (place, what), counties in found.items()
        for region, count in merged(counties).items()
    ]
    return sorted(rows, key=lambda one: (-one.count, one.place, one.region, one.demanded))


def _is_county(context: Context, region: str) -> bool:
    return context.divisions.is_lowest(region) and covers(context.region, region)
