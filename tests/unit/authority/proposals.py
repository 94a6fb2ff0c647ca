"""Organs, officers and proposals for the tests of approval."""

from __future__ import annotations

from mingma.authority.organs import Level, Line, Organ, OrganKind
from mingma.authority.posts import Officer, Post
from mingma.authority.proposal import ActKind, Maker, Proposal, Row, propose
from mingma.authority.roster import Shift
from mingma.kernel.times import HOUR, Instant, parse_instant

NOW = parse_instant("2022-06-13T02:00:00+08:00")
CDC = Organ("zz-cdc", OrganKind.CDC, Level.CITY, "410100", "市疾控中心", "Zhengzhou CDC")
COMMISSION = Organ(
    "zz-hc", OrganKind.HEALTH_COMMISSION, Level.CITY, "410100", "市卫健委", "health commission"
)
CITY = Organ("zz-hq", OrganKind.HEADQUARTERS, Level.CITY, "410100", "市指挥部", "city's")
PROVINCE = Organ(
    "ha-hq", OrganKind.HEADQUARTERS, Level.PROVINCE, "410000", "省指挥部", "province's"
)
ELSEWHERE = Organ("hi-hq", OrganKind.HEADQUARTERS, Level.PROVINCE, "460000", "海南", "Hainan's")
BUREAU = Organ("zz-db", OrganKind.DATA_BUREAU, Level.CITY, "410100", "大数据局", "data bureau")
POLICE = Organ("zz-police", OrganKind.POLICE, Level.CITY, "410100", "公安局", "police")
ORGANS = {o.id: o for o in (CDC, COMMISSION, CITY, PROVINCE, ELSEWHERE, BUREAU, POLICE)}
MAKER = Maker("investigator-1", "zz-cdc", Line.HEALTH)


def row(number: int, *, laboratory: bool = False) -> Row:
    return Row(f"p{number:04}", (f"e{number}",), Instant(NOW + 14 * 24 * HOUR), laboratory)


def proposal(
    count: int = 3,
    *,
    at: Instant = NOW,
    kind: ActKind = ActKind.CONTACT_FINDING,
    maker: Maker = MAKER,
    case: str | None = "case-1",
    clause: bytes = bytes(32),
    laboratory: int = 0,
    region: str = "410102",
) -> Proposal:
    """A proposal about so many people, the first few confirmed by a laboratory."""
    rows = tuple(row(n, laboratory=n < laboratory) for n in range(count))
    return propose(
        kind=kind, maker=maker, region=region, rule="HA-R3", clause_digest=clause,
        pack_digest=bytes([1] * 32), case=case, made_at=at, rows=rows,
    )  # fmt: skip


def checkers(
    organ: Organ, count: int, *, starts: int = NOW - HOUR, ends: int = NOW + 8 * HOUR
) -> list[Shift]:
    """So many checkers of an organ on duty."""
    return [
        Shift(
            Officer(f"{organ.id}-checker-{n:02}", organ.id, Post.CHECKER),
            organ,
            Instant(starts),
            Instant(ends),
        )
        for n in range(count)
    ]
