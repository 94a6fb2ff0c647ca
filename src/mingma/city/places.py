"""Where people live and go: counties by GB/T 2260 code, real listed places, made-up other ones.

`places.json` holds the names of the places that the published risk-area list had as high or medium
between 2022-09-15 and 2022-11-05 in some cities of Henan and Fujian, so that stays can match that
list; its `source` says where they were read. Every other place is called 示例 (sample): it matches
no list.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib import resources
from typing import Final

import numpy as np
import pyarrow as pa

from mingma.city.chance import Ints, shares, stream
from mingma.kernel.errors import Malformed

PEOPLE_A_PLACE: Final = 800  # chosen: a community of some three hundred households
FEWEST_A_LISTED_PLACE: Final = 12  # chosen: a listed place that nobody lives in shows nothing


class UnknownCity(Malformed):
    """A prefecture whose counties and listed places the generator does not know."""

    slug = "city.unknown_region"
    zh = "没有 `{value}` 的城市资料"
    en = "no city can be made for `{value}`"
    remedy_zh = "可用:{known}"
    remedy_en = "one of: {known}"


@dataclass(frozen=True, slots=True)
class County:
    """A county-level division and its listed places."""

    code: str
    name: str
    high: tuple[str, ...]
    medium: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CityRegion:
    """A prefecture."""

    code: str
    name: str
    counties: tuple[County, ...]


def _read() -> dict[str, CityRegion]:
    text = resources.files("mingma.city").joinpath("places.json").read_text("utf-8")
    found = {}
    for code, city in json.loads(text)["cities"].items():
        counties = tuple(
            County(c["code"], c["name"], tuple(c["high"]), tuple(c["medium"]))
            for c in city["counties"]
        )
        found[code] = CityRegion(code, city["name"], counties)
    return found


REGIONS: Final = _read()

# Where journeys go besides those: a prefecture, or a county where the prefecture has no code.
ELSEWHERE: Final = {
    "110106": "北京市丰台区",
    "310112": "上海市闵行区",
    "320100": "南京市",
    "330100": "杭州市",
    "420100": "武汉市",
    "430100": "长沙市",
    "440100": "广州市",
    "460100": "海口市",
    "510100": "成都市",
    "610100": "西安市",
    "130100": "石家庄市",
    "230100": "哈尔滨市",
}
ENTRY_PORTS: Final = ("310115", "440111", "350206", "510100")  # chosen: international airports


@dataclass(frozen=True, slots=True)
class Homes:
    """The places of a city: region and name of each, and which one each household lives in."""

    regions: pa.Array
    names: pa.Array
    levels: tuple[str, ...]  # "high", "medium" or "" by place: whether it was ever listed so
    of_household: Ints


def settle(seed: int, region: str, starts: Ints, people: int, high: float, medium: float) -> Homes:
    """Give each household a place; `starts` is the number of people before each household.

    Households of one place are neighbours in number too, so that a campaign's tubes hold them.
    """
    city, chance = REGIONS[region], stream(seed, "homes")
    listed_high = [(c, name) for c in city.counties for name in c.high]
    listed_medium = [(c, name) for c in city.counties for name in c.medium]
    places, levels, sizes = [], [], []
    for level, choices, share in (("high", listed_high, high), ("medium", listed_medium, medium)):
        count = min(len(choices), max(1, int(people * share / FEWEST_A_LISTED_PLACE)))
        for index in chance.permutation(len(choices))[:count]:
            places.append(choices[index])
            levels.append(level)
            sizes.append(people * share / count)
    left = people - sum(sizes)
    count = max(len(city.counties), int(left / PEOPLE_A_PLACE))
    for index in range(count):
        county = city.counties[index % len(city.counties)]
        places.append((county, sample_place(county.name, index // len(city.counties) + 1)))
        levels.append("")
        sizes.append(left / count)
    order = chance.permutation(len(places))
    ends = np.cumsum(shares(tuple(sizes))[order]) * people
    of_household = np.minimum(np.searchsorted(ends, starts, side="right"), len(places) - 1)
    return Homes(
        pa.array([places[i][0].code for i in order], pa.string()),
        pa.array([places[i][1] for i in order], pa.string()),
        tuple(levels[i] for i in order),
        of_household.astype(np.int64),
    )


def sample_place(name: str, number: int) -> str:
    """A place that does not exist, and says so."""
    return f"{name}示例街道第{number:03d}社区"
