"""Emergencies in the tests' hands: declared, renewed, and by another command."""

from __future__ import annotations

from typing import Any

from mingma.authority.acts import Act
from mingma.authority.organs import Level, Organ, OrganKind
from mingma.flows.offices import organ_record
from mingma.kernel.times import DAY, Instant, print_instant
from tests.posts import Posts

BASIS = "传染病防治法第四十三条"


def declare(here: Posts, days: int = 60, basis: str = BASIS, who: str = "ha-hq-commander") -> str:
    now = here.stage.clock()
    body = {
        "basis": basis, "starts": print_instant(now),
        "ends": print_instant(Instant(now + days * DAY)),
    }  # fmt: skip
    return str(here.act(who, Act.DECLARE_EMERGENCY, body).answer["emergency"])


def renewal(here: Posts, emergency: str, days: int) -> dict[str, Any]:
    ends = print_instant(Instant(here.stage.clock() + days * DAY))
    return {"emergency": emergency, "basis": BASIS, "ends": ends}


def another_command(here: Posts) -> str:
    """A commander of another organ of the province's level: the nation's, for this province."""
    nation = Organ("cn-hq", OrganKind.HEADQUARTERS, Level.NATIONAL, "000000", "国家", "nation's")
    with here.stage.instance.store.write() as unit:  # as if the ceremony had named it
        unit.add_record(organ_record(nation, here.stage.clock()))
    now = here.stage.clock()
    body = {
        "officer": "cn-hq-commander", "organ": "cn-hq", "post": "commander", "region": "410000",
        "acts": ["*"], "starts": print_instant(now),
        "ends": print_instant(Instant(now + 300 * DAY)),
        "passkey": here.key("cn-hq-commander").as_registered(),
    }  # fmt: skip
    here.act("ha-hc-registrar", Act.GIVE_GRANT, body)
    return "cn-hq-commander"
