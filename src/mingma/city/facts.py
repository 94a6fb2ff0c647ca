"""Facts on their way to a file: the columns, and the few that are planned one at a time.

Most facts are made a block of people at once (daily.py, register.py). The rest, about one in
thirty, are added to an agenda under the day on which they are recorded.
"""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from typing import Any, Final

import pyarrow as pa

from mingma.city.plan import CityPlan
from mingma.kernel.times import print_instant

COLUMNS: Final = (
    "id",
    "kind",
    "subject",
    "at",
    "until",
    "recorded_at",
    "region",
    "place",
    "organ",
    "data",
)
SCHEMA: Final = pa.schema([pa.field(name, pa.string()) for name in COLUMNS])
BLOCK: Final = 50_000  # people whose facts of one day are made at once: bounds memory
BEFORE: Final = -1  # the day that stands for all days before the start

PREFIXES: Final = {
    "infection": "in",
    "contact_finding": "cf",
    "companion_match": "cm",
    "area_stay": "as",
    "entry": "en",
    "test": "te",
    "daily_report": "dr",
    "clinic_visit": "cv",
    "cold_chain_contact": "cc",
    "assistance_request": "ar",
    "risk_notice": "rn",
    "trip": "tr",
    "check_in": "ci",
    "foreign_statement": "fs",
    "closed_loop_end": "cl",
    "mark": "mk",
    "release": "rl",
    "withdrawal": "wd",
}  # a vaccination is only made in blocks

# Who brings a kind in. Made-up bodies, and their names say so.
LABORATORY: Final = "示例医学检验所"
HOSPITAL: Final = "示例市第六医院"
INVESTIGATORS: Final = "示例市疾控中心"
BORDER: Final = "示例口岸海关"
CARRIERS: Final = "示例客运公司"
CARRIER_NETWORK: Final = "示例通信公司"
HEADQUARTERS: Final = "示例市防控指挥部"
HEALTH_COMMISSION: Final = "示例省卫生健康委员会"


def subject(person: int) -> str:
    """The reference of a person, as `columns.subjects` writes it."""
    return f"p{person + 1:07d}"


@dataclass(frozen=True, slots=True)
class Planned:
    """One fact, in the words of its columns; `person` is the index of its subject."""

    id: str
    kind: str
    person: int
    at: int
    data: str
    until: int | None
    recorded_at: int
    region: str | None
    place: str | None
    organ: str | None


class Agenda:
    """Planned facts by the day they are recorded on and the block of people they are about.

    A fact recorded after the last day is dropped: nobody knows of it yet.
    """

    def __init__(self, plan: CityPlan) -> None:
        self._plan = plan
        self._numbers: defaultdict[str, int] = defaultdict(int)
        self._waiting: defaultdict[tuple[int, int], list[Planned]] = defaultdict(list)

    def add(
        self,
        kind: str,
        person: int,
        at: int,
        data: dict[str, Any],
        *,
        recorded_at: int,
        until: int | None = None,
        region: str | None = None,
        place: str | None = None,
        organ: str | None = None,
    ) -> str:
        """Plan a fact; its id."""
        self._numbers[kind] += 1
        found = f"{PREFIXES[kind]}-{self._numbers[kind]:07d}"
        day = max(self._plan.day(recorded_at), BEFORE)
        if day < self._plan.days:
            text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
            fact = Planned(found, kind, person, at, text, until, recorded_at, region, place, organ)
            self._waiting[day, person // BLOCK].append(fact)
        return found

    def take(self, day: int, block: int) -> pa.Table:
        """The facts of a day and block, by subject; they are gone from the agenda."""
        facts = self._waiting.pop((day, block), [])
        facts.sort(key=lambda fact: (fact.person, fact.at, fact.id))
        return pa.Table.from_pydict(
            {
                "id": [fact.id for fact in facts],
                "kind": [fact.kind for fact in facts],
                "subject": [subject(fact.person) for fact in facts],
                "at": [print_instant(fact.at) for fact in facts],
                "until": [_printed(fact.until) for fact in facts],
                "recorded_at": [print_instant(fact.recorded_at) for fact in facts],
                "region": [fact.region for fact in facts],
                "place": [fact.place for fact in facts],
                "organ": [fact.organ for fact in facts],
                "data": [fact.data for fact in facts],
            },
            schema=SCHEMA,
        )

    def __len__(self) -> int:
        return sum(map(len, self._waiting.values()))


def _printed(instant: int | None) -> str | None:
    return None if instant is None else print_instant(instant)
