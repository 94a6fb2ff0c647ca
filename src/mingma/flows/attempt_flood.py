"""An officer whose attempts are refused again and again: from the sixty-first an hour, a count.

Each attempt is noted under its hour and officer, and the first sixty have leaves of their own. The
others are answered 429; when the hour is over, one leaf for each act and size class says how many
they were and on which rails they failed. So the public counts are exact, the alarm of the first
ones stays, and no officer can fill the log. What he may do he can still do meanwhile.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any, Final

from mingma.flows import offices
from mingma.flows.act_case import Desk
from mingma.flows.attempts import keep_attempt, size_class
from mingma.flows.index_hour import Acting
from mingma.flows.leaf_names import NONCE_SIZE, public_name
from mingma.kernel.canonical import canonical
from mingma.kernel.errors import Refused
from mingma.kernel.times import HOUR, Instant
from mingma.ports import Unit
from mingma.records import Record

NOTED: Final = "attempt_noted"  # the kind of records; ids are hour, officer and number
SUMMED: Final = "attempt_summed"  # … of those that say up to which hour leaves were written
MOST: Final = 60  # attempts of an officer within an hour that have leaves of their own


class TooManyAttempts(Refused):
    """More refused attempts of an officer within an hour than have leaves of their own."""

    slug = "attempt.too_many"
    status = 429
    zh = "本小时内被拒绝的尝试已超过 {most} 次;此次已计数,将合并公布"
    en = "more than {most} attempts were refused within this hour; this one is counted in public"
    remedy_zh = "停止尝试;有权办理的事项不受影响"
    remedy_en = "stop trying; what you may do goes on as before"


def note_attempt(
    unit: Unit, *, act: str, officer: str, organ: str, policies: Sequence[str],
    people: int, now: Instant,
) -> bool:  # fmt: skip
    """Note an attempt in its hour; whether it has a leaf of its own."""
    prefix = f"{now // HOUR:010}|{officer}|"
    last = unit.last_record(NOTED, prefix)
    number = int(last.id.removeprefix(prefix)) + 1 if last else 0
    said: dict[str, Any] = {}
    if number >= MOST:
        said = {
            "act": str(act), "organ": organ, "policies": sorted(set(policies)),
            "size": size_class(people),
        }  # fmt: skip
    unit.add_record(Record(NOTED, f"{prefix}{number:09}", now, canonical(said)))
    return number < MOST


def keep_attempts(acting: Acting, desk: Desk, now: Instant) -> int:
    """Write the leaves of what was only counted in hours that are over; returns how many."""
    with acting() as unit:
        last = unit.last_record(SUMMED, "")
        noted = list(_noted(unit, int(last.id) + 1 if last else 0, now // HOUR))
        if not noted:
            return 0
        unit.add_record(Record(SUMMED, f"{noted[-1][0]:010}", now, b"{}"))
        counted = sorted((one for one in noted if one[2]), key=_group)
        groups = [list(own) for _, own in groupby(counted, key=_group)]
        for own in groups:
            _sum(unit, desk, own, now)
    return len(groups)


_Noted = tuple[int, str, dict[str, Any]]  # hour, officer, what is said of one only counted


def _noted(unit: Unit, start: int, end: int) -> Iterator[_Noted]:
    record = unit.first_record(NOTED, f"{start:010}|")
    while record is not None and int(record.id[:10]) < end:
        yield int(record.id[:10]), record.id[11:].rpartition("|")[0], json.loads(record.body)
        record = unit.first_record(NOTED, record.id + "0")


def _group(one: _Noted) -> tuple[int, str, str, str, str]:
    hour, officer, said = one
    return hour, officer, said["organ"], said["act"], said["size"]


def _sum(unit: Unit, desk: Desk, own: Sequence[_Noted], now: Instant) -> None:
    hour, officer, said = own[0]
    organ = offices.organ(unit, said["organ"])
    assert organ is not None  # whose officer it was
    body = {
        "act": said["act"],
        "bin": hour * HOUR,
        "count": len(own),
        "organ": public_name(organ),
        "policies": sorted({policy for _, _, each in own for policy in each["policies"]}),
        "size": said["size"],
    }
    keep_attempt(
        unit, body, id=hashlib.sha256(canonical([*_group(own[0])])).hexdigest(), organ=organ,
        officer_id=officer, now=now, nonce=desk.chance(NONCE_SIZE),
        audit_key=desk.audit_key,
    )  # fmt: skip
