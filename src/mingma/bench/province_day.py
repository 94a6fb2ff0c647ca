"""A province's day in the log: how many leaves of which kind, against the budget, and at what cost.

The rates are stated, not measured: they are what docs/guides/leaf-budget.md says of a hard day in a
province of 100 million. A hundredth of the people is drawn, person by person, and multiplied; what
depends on organs or on the hour is drawn whole. The leaves of that smaller day are really made and
sealed in an SQLite file, which gives bytes a leaf and leaves a second on this machine.
A test holds document and code to the same numbers, and the day to its budget.
"""

from __future__ import annotations

import random
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from mingma.flows.publish_log import PublicLog
from mingma.flows.seal import Log
from mingma.kernel.times import DAY, HOUR, Instant
from mingma.keys import LogKey
from mingma.ledger.leaf import FIELDS, Kind, Leaf
from mingma.ledger.tiles import growth
from mingma.records import Outgoing
from mingma.storage.sqlite import SqliteStore

PEOPLE: Final = 100_000_000  # of the province
SCALE: Final = 100  # one person in so many is drawn
ORGANS: Final = 200  # that look at records: counties, hospitals, prefectures
POOLED: Final = 60  # seconds for which an organ's looks make one leaf (P9)
LOOKS: Final = 25  # looks an organ makes in such a time, in working hours
WORKING: Final = 16 * HOUR  # seconds of a day in which organs look
BEGIN: Final = Instant(1_655_136_000)  # 2022-06-14T00:00:00+08:00
SEALED: Final = 60_000  # leaves that are really sealed, at most

# What people do that makes no leaf, a person and day: Guangzhou's 99.5 million displays were 5.
NO_LEAF: Final = {"display": 5.0, "own_read": 1.0, "offline_check": 3.0, "evidence": 0.4}


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the budget: leaves of a kind a day, and the rate from which a day is drawn.

    `rate` is a person's chance of one in a day, `each` leaves come of it; or, where `rate` is 0,
    `whole` leaves a day for the province, however many people it has.
    """

    kind: Kind
    budget: int
    rate: float = 0.0
    whole: int = 0


# In thousandths of the people: 1 enrols, 2 turn to a worse colour, 2.4 to a better one …
BUDGET: Final = (
    Line(Kind.ENROL, 150_000, rate=0.001),
    Line(Kind.DECISION, 600_000, rate=0.0044),
    Line(Kind.FALL, 50_000, rate=0.0002),
    Line(Kind.ATTEMPT, 1_000, rate=0.000005),
    Line(Kind.MARK_PROPOSE, 5_000, rate=0.00002),
    Line(Kind.MARK_APPROVE, 5_000, rate=0.000018),
    Line(Kind.MARK_REVOKE, 1_000, rate=0.000002),
    Line(Kind.MARK_EXPIRE, 5_000, rate=0.000016),
    Line(Kind.IMPORT_MARK, 50_000, rate=0.0002),
    Line(Kind.APPEAL_OPEN, 20_000, rate=0.0001),
    Line(Kind.APPEAL_DECIDE, 20_000, rate=0.00008),
    Line(Kind.APPEAL_LAPSE, 10_000, rate=0.00002),
    Line(Kind.VIEW_RECORD, 200_000),  # drawn: an organ's minute with a look in it
    Line(Kind.ERASE_BATCH, 10_000, whole=10),  # 10,000 when everybody is erased
    Line(Kind.GRANT_GIVE, 2_000, whole=100),
    Line(Kind.GRANT_END, 2_000, whole=100),
    Line(Kind.ROSTER_PUT, 1_000, whole=200),
    Line(Kind.BATCH_OPEN, 500, whole=10),
    Line(Kind.ACT_OBJECT, 500, whole=2),
    Line(Kind.ERROR_FIND, 10_000, rate=0.00002),
    Line(Kind.CASE_OPEN, 5_000, rate=0.000005),
    Line(Kind.ORDER_MAKE, 20_000, rate=0.00005),
    Line(Kind.ORDER_END, 20_000, rate=0.00002),
    Line(Kind.RULE_PUBLISH, 10, whole=2),
    Line(Kind.RULE_APPROVE, 10, whole=2),
    Line(Kind.RULE_ACTIVATE, 10, whole=2),
    Line(Kind.RULE_WITHDRAW, 10, whole=1),
    Line(Kind.EMERGENCY_DECLARE, 2, whole=1),
    Line(Kind.EMERGENCY_END, 2, whole=1),
    Line(Kind.INDEX_HOUR, 30, whole=24),
    Line(Kind.TALLY_DAY, 1, whole=1),
    Line(Kind.LOG_POLICY, 1, whole=1),
    Line(Kind.KEY_ROTATE, 1_004, whole=50),
    Line(Kind.LOSS_ACCEPT, 1),
)


def province_day(*, quick: bool = False) -> dict[str, Any]:
    """The day's leaves by kind with their budget, and what the log takes for them."""
    scale = SCALE * 10 if quick else SCALE
    day = draw_day(random.Random(20220614), scale)  # noqa: S311 # a simulation, from a seed
    leaves = sum(day.values())
    speed, size = seal_some(day, SEALED // 10 if quick else SEALED)
    return {
        "people": PEOPLE,
        "drawn_one_in": scale,
        "acts_without_a_leaf": {what: round(PEOPLE * each) for what, each in NO_LEAF.items()},
        "leaves_by_kind": {str(kind): count for kind, count in day.items()},
        "budget_by_kind": {str(line.kind): line.budget for line in BUDGET},
        "over_budget": [str(line.kind) for line in BUDGET if day[line.kind] > line.budget],
        "leaves": leaves,
        "budget": sum(line.budget for line in BUDGET),
        "leaves_a_second_in_the_mean": leaves / DAY,
        "sealed_leaves_a_second": speed,
        "share_of_the_day_spent_sealing": leaves / speed / DAY,
        "public_bytes_a_leaf": size,
        "public_gigabytes_a_day": leaves * size / 1e9,
    }


def draw_day(chance: random.Random, scale: int) -> Counter[Kind]:
    """A day's leaves by kind: people drawn one in `scale` and multiplied, organs drawn whole."""
    day: Counter[Kind] = Counter({line.kind: line.whole for line in BUDGET})
    for line in BUDGET:
        drawn = sum(1 for _ in _hits(chance, PEOPLE // scale, line.rate))
        day[line.kind] += drawn * scale
    day[Kind.VIEW_RECORD] += _minutes_with_a_look(chance)
    return day


def seal_some(day: Counter[Kind], most: int) -> tuple[float, float]:
    """Leaves a second, sealed durably, and public bytes a leaf, of a smaller day mixed alike."""
    total = sum(day.values())
    with tempfile.TemporaryDirectory(prefix="mingma-day-") as folder:
        store = SqliteStore(Path(folder) / "day.db")
        try:
            log = Log(store, LogKey("bench", Ed25519PrivateKey.from_private_bytes(bytes(32))))
            log.begin()
            with store.write() as unit:
                unit.add_leaves(_leaves(day, min(1.0, most / total)))
            begun = time.perf_counter()
            sealed = log.seal_all(BEGIN)
            taken = time.perf_counter() - begun
            public = PublicLog(store)
            size = sum(len(public.file(tile.path) or b"") for tile in growth(0, sealed))
        finally:
            store.close()
    return sealed / taken, size / sealed


def _hits(chance: random.Random, people: int, rate: float) -> Iterator[int]:
    """Whom of so many people it happens to: from one to the next, as many as chance skips."""
    at = -1
    while rate > 0:
        at += 1 + int(chance.expovariate(rate))
        if at >= people:
            return
        yield at


def _minutes_with_a_look(chance: random.Random) -> int:
    """In how many pools some organ looked at somebody: a leaf each."""
    return sum(
        1
        for _ in range(ORGANS * (WORKING // POOLED))
        if chance.expovariate(LOOKS) < 1.0  # the first look comes before the pool is over
    )


def _leaves(day: Counter[Kind], share: float) -> Iterator[Outgoing]:
    """Leaves in the day's mixture, of usual length."""
    for kind, count in day.items():
        for number in range(round(count * share)):
            leaf = Leaf(kind=kind, **_fields(kind, number))
            yield Outgoing(f"bench:{kind}", number, leaf.unsealed(), BEGIN)


def _fields(kind: Kind, number: int) -> dict[str, Any]:
    usual: dict[str, tuple[str, Any]] = {
        "c": ("commitment", number.to_bytes(32, "big")), "s": ("tag", number.to_bytes(16, "big")),
        "o": ("organ", "410100.henan.example/hc"), "u": ("officer", number.to_bytes(6, "big")),
        "g": ("grant", 40), "a": ("answers", number), "h": ("digest", bytes(32)),
        "from": ("before", "green"), "to": ("after", "yellow"), "l": ("origin", "ledger.example"),
        "r": ("rule", "cn-henan-2021-08/HA-R1"), "i": ("index", 0), "j": ("end", 1),
        "n": ("count", 1), "d": ("day", 19157), "until": ("until", 19200), "grace": ("grace", 600),
        "clear": ("clear", "prefecture"), "what": ("what", "issuer"),
        "for": ("receiver", "410100.henan.example/cdc"),
    }  # fmt: skip
    needed = set(FIELDS[kind][0]) | ({"r"} if kind in (Kind.DECISION, Kind.FALL) else set())
    return dict(usual[key] for key in needed)
