"""Where a code may be asked for: the published place policy (P17).

A closed list of place classes. At a protected one – court, hospital, petition office, bank counter,
polling place, police – nobody is ever refused for a code, and no policy can change that; elsewhere
only a class that the policy in force names may ask. What it does not name does not ask: the answer
there is the same whatever the code says. Interim Measures of 2021 (no wider use); ACCOUNTABILITY,
abuse cases Z6 and Z73.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from mingma.kernel.canonical import canonical
from mingma.kernel.errors import Malformed, Place
from mingma.kernel.times import DAY

VERSION: Final = 1
PUBLIC_BEFORE: Final = DAY  # seconds from approval to effect
MOST_WORDS: Final = 512  # characters of a title or basis
_LABEL: Final = b"mingma/place-policy/1\0"


class PlaceClass(StrEnum):
    """What a place is. Closed: a place of no class here may not ask."""

    COURT = "court"
    HOSPITAL = "hospital"
    PETITION = "petition"
    BANK_COUNTER = "bank_counter"
    POLLING = "polling"
    POLICE = "police"
    RAILWAY_STATION = "railway_station"
    COACH_STATION = "coach_station"
    AIRPORT = "airport"
    CARE_HOME = "care_home"
    SCHOOL = "school"
    CROWDED_INDOORS = "crowded_indoors"
    RISK_AREA = "risk_area"
    SHOP = "shop"
    WORKPLACE = "workplace"
    RESIDENCE = "residence"
    OUTDOORS = "outdoors"


PROTECTED: Final = frozenset(
    {
        PlaceClass.COURT,
        PlaceClass.HOSPITAL,
        PlaceClass.PETITION,
        PlaceClass.BANK_COUNTER,
        PlaceClass.POLLING,
        PlaceClass.POLICE,
    }
)
TITLES: Final[dict[PlaceClass, tuple[str, str]]] = {
    PlaceClass.COURT: ("法院", "court"),
    PlaceClass.HOSPITAL: ("医院", "hospital"),
    PlaceClass.PETITION: ("信访接待场所", "petition office"),
    PlaceClass.BANK_COUNTER: ("银行柜台", "bank counter"),
    PlaceClass.POLLING: ("投票场所", "polling place"),
    PlaceClass.POLICE: ("公安派出所", "police station"),
    PlaceClass.RAILWAY_STATION: ("火车站", "railway station"),
    PlaceClass.COACH_STATION: ("长途客运站", "coach station"),
    PlaceClass.AIRPORT: ("机场", "airport"),
    PlaceClass.CARE_HOME: ("养老院", "care home"),
    PlaceClass.SCHOOL: ("学校", "school"),
    PlaceClass.CROWDED_INDOORS: ("室内密集场所", "crowded indoor place"),
    PlaceClass.RISK_AREA: ("中高风险区出入口", "entrance of a risk area"),
    PlaceClass.SHOP: ("商店", "shop"),
    PlaceClass.WORKPLACE: ("工作单位", "workplace"),
    PlaceClass.RESIDENCE: ("住宅小区", "residential compound"),
    PlaceClass.OUTDOORS: ("户外", "outdoors"),
}


class PlacePolicyMalformed(Malformed):
    """A document that is no place policy."""

    slug = "place.policy_malformed"
    zh = "不是合格的场所清单:{why}"
    en = "this is no place policy: {why}"
    remedy_zh = "请对照 docs/guides/places.md"
    remedy_en = "compare it with docs/guides/places.md"


class UnknownPlace(Malformed):
    """A place class that is not on the closed list."""

    slug = "place.unknown"
    zh = "没有 `{value}` 这类场所"
    en = "there is no place class `{value}`"
    remedy_zh = "场所类别见 /v1/places;不在其中的场所不得查码"
    remedy_en = "/v1/places lists the classes; a place of none of them may not ask for a code"


@dataclass(frozen=True, slots=True)
class PlacePolicy:
    """One edition: its legal basis and the classes that may ask for a code."""

    title_zh: str
    title_en: str
    basis: str
    may_ask: frozenset[PlaceClass]

    @property
    def refuses_at_protected(self) -> bool:
        """Whether it would let a protected place ask: no such policy is approved."""
        return bool(self.may_ask & PROTECTED)

    def asks(self, place: PlaceClass) -> bool:
        """Whether a code may be asked for there. INVARIANT: never at a protected class."""
        return place in self.may_ask and place not in PROTECTED

    def document(self) -> dict[str, Any]:
        """The policy as it is published."""
        return {
            "v": VERSION,
            "title": {"zh": self.title_zh, "en": self.title_en},
            "basis": self.basis,
            "may_ask": sorted(self.may_ask),
        }

    def digest(self) -> bytes:
        """What both signers see and the leaf says."""
        return hashlib.sha256(_LABEL + canonical(self.document())).digest()


# Where no policy is: nobody asks for a code anywhere.
NOWHERE: Final = PlacePolicy("没有场所清单", "no place policy", "-", frozenset())


def read_policy(value: object) -> PlacePolicy:
    """The policy in a decoded document; raises PlacePolicyMalformed or UnknownPlace."""
    if not isinstance(value, dict) or set(value) != {"v", "title", "basis", "may_ask"}:
        raise _malformed("it has `v`, `title`, `basis` and `may_ask`", "policy")
    if type(value["v"]) is not int or value["v"] != VERSION:
        raise _malformed(f"`v` is {VERSION}", "policy.v")
    title, may_ask = value["title"], value["may_ask"]
    if not isinstance(title, dict) or set(title) != {"zh", "en"}:
        raise _malformed("`title` has `zh` and `en`", "policy.title")
    words = [title["zh"], title["en"], value["basis"]]
    if not all(isinstance(one, str) and 0 < len(one.strip()) <= MOST_WORDS for one in words):
        raise _malformed(f"titles and basis are texts of 1 to {MOST_WORDS}", "policy.basis")
    if not isinstance(may_ask, list) or len(may_ask) != len({str(one) for one in may_ask}):
        raise _malformed("`may_ask` is a list that names each class once", "policy.may_ask")
    return PlacePolicy(title["zh"], title["en"], value["basis"], _classes(may_ask))


def _classes(named: list[object]) -> frozenset[PlaceClass]:
    return frozenset(place_class(one) for one in named)


def place_class(value: object) -> PlaceClass:
    """The class a word names; raises UnknownPlace."""
    if not isinstance(value, str) or value not in set(PlaceClass):
        raise UnknownPlace(Place(field="place"), value=str(value)[:64])
    return PlaceClass(value)


def _malformed(why: str, field: str) -> PlacePolicyMalformed:
    return PlacePolicyMalformed(Place(field=field), why=why)
