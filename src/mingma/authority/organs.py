"""The organs that take part, and those that ask to: a closed list of kinds.

A kind belongs to a line (条线): organs of one line share a chain of command, so one of them never
checks another (ACCOUNTABILITY I5, read strictly: the health commission does not check its own
CDC). Kinds without any power stand here too, with the reason, so that their refusal is a stated
rule and not an oversight (Interim Measures of 2021 on code data: no wider use; PIPL 33 to 37).
An organ's region is a division code (GB/T 2260), `000000` for the nation; a region covers those
below it. A new kind cannot be made in data.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

NATION: Final = "000000"


class Level(StrEnum):
    """The level of an organ; a district or a community is below the county but listed with it."""

    NATIONAL = "national"
    PROVINCE = "province"
    CITY = "city"
    COUNTY = "county"


class Line(StrEnum):
    """A chain of command."""

    HEALTH = "health"
    HEADQUARTERS = "headquarters"
    DATA = "data"
    PUBLIC_ORDER = "public_order"
    COMMUNITY = "community"
    GATE = "gate"
    HOTLINE = "hotline"
    TRANSPORT = "transport"
    SUPPLIER = "supplier"
    OVERSIGHT = "oversight"
    COURT = "court"


class OrganKind(StrEnum):
    """What an organ is. Closed: who is not here has no row in the table of powers."""

    HEADQUARTERS = "headquarters"
    HEADQUARTERS_HEALTH = "headquarters_health"
    HEADQUARTERS_SOCIAL_CONTROL = "headquarters_social_control"
    HEADQUARTERS_DATA = "headquarters_data"
    HEADQUARTERS_SENTINEL = "headquarters_sentinel"
    HEADQUARTERS_FOUR_POCKETS = "headquarters_four_pockets"
    HEALTH_COMMISSION = "health_commission"
    CDC = "cdc"
    HOSPITAL = "hospital"
    LABORATORY = "laboratory"
    DATA_BUREAU = "data_bureau"
    STABILITY_OFFICE = "stability_office"
    SUBDISTRICT = "subdistrict"
    COMMUNITY = "community"
    GATE = "gate"
    HOTLINE = "hotline"
    CARRIER = "carrier"
    BORDER = "border"
    SUPPLIER = "supplier"
    AUDITOR = "auditor"
    WITNESS = "witness"
    POLICE = "police"
    PROCURATORATE = "procuratorate"
    COURT = "court"


@dataclass(frozen=True, slots=True)
class KindOfOrgan:
    """A kind's line, its names, and, if its row is empty, why."""

    line: Line
    zh: str
    en: str
    empty_zh: str = ""
    empty_en: str = ""

    @property
    def powerless(self) -> bool:
        """Whether its row in the table of powers is empty by rule."""
        return bool(self.empty_en)


_ORDER_ZH: Final = "维护秩序、处置信访不是防疫目的;红码不得用作管控手段"
_ORDER_EN: Final = "keeping order and handling petitioners is no epidemic purpose"
_CASE_ZH: Final = "健康码数据不用于刑事侦查;依法调取的只计数公布,不设接口"
_CASE_EN: Final = (
    "code data serve no criminal inquiry; a lawful order is counted in public, unserved"
)
_K = KindOfOrgan
KINDS: Final[dict[OrganKind, KindOfOrgan]] = {
    OrganKind.HEADQUARTERS: _K(
        Line.HEADQUARTERS, "疫情防控指挥部办公室", "office of the epidemic-control headquarters"
    ),
    OrganKind.HEADQUARTERS_HEALTH: _K(
        Line.HEALTH, "指挥部医疗卫生部", "health department of the headquarters"
    ),
    OrganKind.HEADQUARTERS_SOCIAL_CONTROL: _K(
        Line.PUBLIC_ORDER,
        "指挥部社会管控部",
        "social-control department of the headquarters",
        _ORDER_ZH,
        _ORDER_EN,
    ),
    OrganKind.HEADQUARTERS_DATA: _K(
        Line.DATA, "指挥部大数据部", "data department of the headquarters"
    ),
    OrganKind.HEADQUARTERS_SENTINEL: _K(
        Line.HEALTH, "指挥部哨点部", "sentinel department of the headquarters"
    ),
    OrganKind.HEADQUARTERS_FOUR_POCKETS: _K(
        Line.HEADQUARTERS,
        "指挥部“四个口袋”部",
        "“four pockets” department of the headquarters",
        "人员分类底册不是赋码依据",
        "a register that sorts people is no ground for a code",
    ),
    OrganKind.HEALTH_COMMISSION: _K(Line.HEALTH, "卫生健康委员会", "health commission"),
    OrganKind.CDC: _K(Line.HEALTH, "疾病预防控制中心", "CDC"),
    OrganKind.HOSPITAL: _K(Line.HEALTH, "医院", "hospital"),
    OrganKind.LABORATORY: _K(Line.HEALTH, "检测实验室", "laboratory"),
    OrganKind.DATA_BUREAU: _K(Line.DATA, "大数据局", "data bureau"),
    OrganKind.STABILITY_OFFICE: _K(
        Line.PUBLIC_ORDER, "维稳部门", "stability office", _ORDER_ZH, _ORDER_EN
    ),
    OrganKind.SUBDISTRICT: _K(Line.COMMUNITY, "街道办事处", "sub-district office"),
    OrganKind.COMMUNITY: _K(Line.COMMUNITY, "社区", "community"),
    OrganKind.GATE: _K(Line.GATE, "卡口", "gate"),
    OrganKind.HOTLINE: _K(Line.HOTLINE, "12345 热线", "hotline"),
    OrganKind.CARRIER: _K(Line.TRANSPORT, "铁路、民航、客运", "rail, air and coach carrier"),
    OrganKind.BORDER: _K(Line.TRANSPORT, "口岸", "border post"),
    OrganKind.SUPPLIER: _K(
        Line.SUPPLIER,
        "技术供应商",
        "technology supplier",
        "运维不接触个人数据,也不执行任何涉码操作",
        "operating the machines needs no one's data and no act on a code",
    ),
    OrganKind.AUDITOR: _K(Line.OVERSIGHT, "审计机构", "auditor"),
    OrganKind.WITNESS: _K(
        Line.OVERSIGHT,
        "日志见证方",
        "witness of the log",
        "见证方只核对公开日志",
        "a witness checks the public log and needs nothing else",
    ),
    OrganKind.POLICE: _K(Line.PUBLIC_ORDER, "公安机关", "police", _CASE_ZH, _CASE_EN),
    OrganKind.PROCURATORATE: _K(Line.PUBLIC_ORDER, "检察机关", "procuratorate", _CASE_ZH, _CASE_EN),
    OrganKind.COURT: _K(
        Line.COURT,
        "人民法院",
        "court",
        "当事人自行提交其证据包",
        "the person hands the court her own bundle of proof",
    ),
}
POWERLESS: Final = frozenset(kind for kind, about in KINDS.items() if about.powerless)


@dataclass(frozen=True, slots=True)
class Organ:
    """One organ, as the register of organs names it."""

    id: str
    kind: OrganKind
    level: Level
    region: str
    zh: str
    en: str

    @property
    def line(self) -> Line:
        """Its chain of command."""
        return KINDS[self.kind].line


def above(region: str) -> tuple[str, ...]:
    """The regions that cover this one, itself first, the nation last."""
    chain = (region, region[:4] + "00", region[:2] + "0000", NATION)
    return tuple(dict.fromkeys(chain))


def covers(outer: str, inner: str) -> bool:
    """Whether a region is another one or lies above it."""
    return outer in above(inner)
