"""Random facts that crowd the edges: few days, exact gaps, ties, withdrawals, corrections."""

from __future__ import annotations

import random
from typing import Any

from mingma.evidence.admit import admit
from mingma.evidence.model import Fact
from mingma.kernel.times import DAY, HOUR, print_instant
from mingma.shipped import divisions

REGIONS = ["410102", "410184", "350203", "460105", "110105", "510107", "310101", "430102", "411102"]
PLACES = ["一号社区", "二号小区", "别处"]
COUNTRIES = ["TH", "US"]
KINDS = (
    ["test"] * 8 + ["daily_report"] * 5 + ["area_stay"] * 4 + ["contact_finding"] * 4
    + ["infection"] * 3 + ["companion_match"] * 2 + ["entry"] * 2 + ["clinic_visit"] * 2
    + ["cold_chain_contact", "assistance_request", "risk_notice", "foreign_statement"]
    + ["trip"] * 2 + ["check_in", "vaccination", "closed_loop_end", "interview"] + ["mark"] * 2
    + ["release"] * 2 + ["withdrawal"]
)  # fmt: skip


def random_people(seed: int, at: int, count: int, rules: list[str]) -> list[Fact]:
    """Facts of `count` people around an instant."""
    chance = random.Random(seed)
    facts: list[Fact] = []
    for person in range(count):
        own: list[str] = []
        for number in range(chance.choice([1, 2, 3, 5, 8, 20])):
            id = f"s{person}-{number}"
            record = _record(chance, id, f"s{person}", at, own, rules)
            facts.append(admit(record, divisions()))
            own.append(id)
    chance.shuffle(facts)
    return facts


def _moment(chance: random.Random, at: int) -> int:
    """An instant near `at`, often on a day's edge or an exact number of days before."""
    days = chance.choice([0, 0, 1, 1, 2, 3, 5, 6, 7, 8, 10, 13, 14, 15, 20, 21, 22, 28, 29, 30])
    edge = chance.choice([0, 0, 1, -1, HOUR, 12 * HOUR, -HOUR, chance.randrange(DAY)])
    return at - days * DAY - edge


def _record(
    chance: random.Random, id: str, subject: str, at: int, own: list[str], rules: list[str]
) -> dict[str, Any]:
    kind = chance.choice(KINDS)
    when = _moment(chance, at)
    record: dict[str, Any] = {"id": id, "kind": kind, "subject": subject, "at": print_instant(when)}
    if kind in ("area_stay", "trip", "check_in") and chance.random() < 0.7:
        record["until"] = print_instant(when + chance.choice([0, 1, HOUR, DAY, 3 * DAY, 9 * DAY]))
    if chance.random() < 0.1:
        record["recorded_at"] = print_instant(when + chance.choice([0, DAY, 40 * DAY]))
    if chance.random() < 0.8:
        record["region"] = chance.choice(REGIONS)
    if kind == "area_stay" and chance.random() < 0.8:
        record["place"] = chance.choice(PLACES)
    record["data"] = _data(chance, kind, when, own, rules)
    return record


def _later(chance: random.Random, when: int, names: list[str]) -> dict[str, str]:
    return {
        name: print_instant(when + chance.choice([0, HOUR, DAY, 6 * DAY, 14 * DAY, 15 * DAY]))
        for name in names
        if chance.random() < 0.35
    }


def _data(  # noqa: C901, PLR0915 - one case a kind
    chance: random.Random, kind: str, when: int, own: list[str], rules: list[str]
) -> dict[str, Any]:
    pick = chance.choice
    some = own or ["nobody"]
    ended = ["isolation_started_at", "isolation_ended_at"]
    match kind:
        case "infection":
            classes = ["confirmed", "asymptomatic", "recurrent", "suspected", "screen_positive"]
            ends = ["isolation_ended_at", "discharged_at", "excluded_at"]
            return {"class": pick(classes), **_later(chance, when, ends)}
        case "contact_finding":
            relations = (
                "close secondary companion_enclosed companion potential general venue_exposed "
                "same_flight same_coach same_carriage"
            ).split()
            return {"relation": pick(relations), "index": "c", **_later(chance, when, ended)}
        case "companion_match":
            return {"overlap_minutes": pick([5, 29, 30, 45]), "cell": "c"}
        case "area_stay":
            data: dict[str, Any] = _later(chance, when, ended)
            if chance.random() < 0.4:
                data["level"] = pick(["high", "medium", "low", "special"])
            if chance.random() < 0.3:
                zones = ["sealed", "controlled", "surrounding", "case_county", "border_county"]
                data["zone"] = pick(zones)
            if chance.random() < 0.3:
                data["community_spread"] = pick([True, False])
            return data
        case "entry":
            via, to = pick(REGIONS), pick(REGIONS)
            return {"from": pick(COUNTRIES), "entered_via": via, "destination": to,
                    **_later(chance, when, ended)}  # fmt: skip
        case "test":
            data = {
                "assay": pick(["pcr", "pcr", "pcr", "antigen"]),
                "result": pick(["negative", "negative", "positive"]),
                "reported_at": print_instant(when + pick([0, HOUR, 6 * HOUR, DAY])),
            }
            if chance.random() < 0.8:
                data["tube"] = pick(["single", "single", "mixed"])
            return data
        case "daily_report":
            data = {"symptoms": pick([[], [], [], ["fever"], ["cough", "other"], ["dyspnoea"]])}
            if chance.random() < 0.6:
                data["temperature"] = pick([36.5, 37.2, 37.3, 38.0])
            for name in ("high_area_stay", "overseas"):
                if chance.random() < 0.4:
                    data[name] = pick([True, False])
            if chance.random() < 0.25:
                data["corrects"] = pick(some)
            return data
        case "clinic_visit":
            data = {"department": "fever", **_later(chance, when, ["excluded_at"])}
            if chance.random() < 0.5:
                data["finding"] = "unexplained_fever"
            if chance.random() < 0.6:
                data["local_outbreak"] = pick([True, False])
            return data
        case "cold_chain_contact":
            data = {}
            if chance.random() < 0.7:
                data["frequency"] = pick(["ordinary", "frequent"])
            return data
        case "assistance_request" | "risk_notice":
            return {"reference": "r"}
        case "trip":
            return {"mode": "rail", "number": "G1", "from": pick(REGIONS), "to": pick(REGIONS)}
        case "check_in":
            return {"venue": "v", "grade": pick("ABCD")}
        case "interview":
            return {"index": "c", "setting": pick(["household", "meal"]), "by": "phone"}
        case "vaccination":
            return {"dose": 3, "product": "x"}
        case "foreign_statement":
            return {"issuer": "410000", "rule": "HA-R1", "colour": pick(["red", "green"])}
        case "mark":
            organs = pick([["a", "b"], ["a", "a"], ["a"], ["a", "b", "c"]])
            evidence = chance.sample(some, min(len(some), pick([0, 1, 2])))
            return {"rule": pick(rules), "approved_by": organs, "evidence": evidence}
        case "release":
            return {"of": pick(some)}
        case "withdrawal":
            return {"of": pick(some), "reason": "x"}
        case _:
            return {}
