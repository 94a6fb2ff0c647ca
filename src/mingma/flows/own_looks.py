"""A person's own access log: who looked at her data, when, what for – with proofs.

Shaped after Estonia's tracker: `findUsage` (logtime, action, receiver), `usagePeriod`, `heartbeat`;
beside them the proof of each look and a signed count of each day. Nothing is ever hidden. The
receiver is an organ, never an officer. Reading it writes nothing (P9).
"""

from __future__ import annotations

import hmac
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from mingma.flows.look import Looked, looks_at
from mingma.flows.show_code import NoSuchPerson
from mingma.flows.view_record import commitments, leaf_subject, view_of
from mingma.kernel.canonical import b64url, canonical
from mingma.kernel.times import Instant, day_of
from mingma.ledger.tally import print_day
from mingma.ledger.view_record import prove_look
from mingma.ports import Unit
from mingma.records import Person

PAGE: Final = 1000  # looks in one answer
DAYS: Final = 31  # days with a signed count: as long as an emergency's longest colour, and more
_LABEL: Final = b"mingma/looks-of-day/1\0"


@dataclass(frozen=True, slots=True)
class Proof:
    """Where the look is provable: the log's leaf, and the way from the look to its commitment."""

    leaf_index: int
    place: int
    count: int
    hashes: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Used:
    """One look, and its proof; None while its leaf waits."""

    looked: Looked
    proof: Proof | None


@dataclass(frozen=True, slots=True)
class DayCount:
    """How many looks a day had, as the instance said and signed at an instant."""

    day: str
    count: int
    said: bytes
    signature: bytes


@dataclass(frozen=True, slots=True)
class OwnLooks:
    """A page of the log, newest first, and what stands beside it."""

    at: Instant
    first: Instant | None
    total: int
    used: tuple[Used, ...]
    days: tuple[DayCount, ...]


def own_looks(
    unit: Unit, ref: str, now: Instant, sign: Callable[[bytes], bytes], *, skip: int = 0
) -> OwnLooks:
    """A page of one's own access log; raises NoSuchPerson."""
    person = unit.people([ref]).get(ref)
    if person is None:
        raise NoSuchPerson
    looks = looks_at(unit, ref)
    page = looks[::-1][skip : skip + PAGE]
    return OwnLooks(
        at=now,
        first=looks[0].at if looks else None,
        total=len(looks),
        used=tuple(Used(one, _proof(unit, one)) for one in page),
        days=tuple(_days(person, looks, now, sign)),
    )


def recent_glass(unit: Unit, ref: str, since: Instant) -> list[Looked]:
    """The looks through broken glass since an instant, newest first: what she is told at once."""
    looks = [one for one in looks_at(unit, ref) if one.at >= since and one.body["glass"]]
    return looks[::-1]


def look_pseudonym(key: bytes) -> str:
    """Under which the signed counts speak of a person: only holders of K can tell whose it is."""
    return b64url(hmac.digest(key, b"mingma/looks/1", "sha256")[:16])


def _days(
    person: Person, looks: list[Looked], now: Instant, sign: Callable[[bytes], bytes]
) -> Iterator[DayCount]:
    counts = Counter(day_of(one.at) for one in looks)
    today = day_of(now)
    for day in sorted({*counts, today}, reverse=True)[:DAYS]:
        said = canonical(
            {
                "at": int(now),
                "count": counts[day],
                "day": print_day(day),
                "who": look_pseudonym(person.key),
            }
        )
        yield DayCount(print_day(day), counts[day], said, sign(_LABEL + said))


def _proof(unit: Unit, looked: Looked) -> Proof | None:
    view = view_of(unit, looked.shown_organ, looked.number)
    if view is None:
        return None
    start, end = view
    index = unit.index_of(leaf_subject(looked.shown_organ), end)
    if index is None:
        return None
    place = looked.number - start
    hashes = prove_look(commitments(unit, looked.shown_organ, start, end), place)
    return Proof(index, place, end - start, hashes)
