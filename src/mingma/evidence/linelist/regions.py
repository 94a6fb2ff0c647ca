"""Divisions and countries as lists write them: a code, or a whole name.

A name is taken if it is a whole one from the table and means one division. 郑州市金水区 is, 朝阳区
alone is not: no abbreviation is guessed.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from mingma.evidence.areas.divisions import Divisions
from mingma.evidence.areas.words import normalised
from mingma.evidence.linelist.faults import UnknownPlaceName, UnknownWord
from mingma.evidence.linelist.reading import Reading, Setting, plain, shown
from mingma.evidence.linelist.words import words
from mingma.people.identity import narrow

# Second levels that nobody writes: the table's own collective names.
_COLLECTIVE: Final = frozenset(["市辖区", "县", "省直辖县级行政区划", "自治区直辖县级行政区划", ""])


@lru_cache(maxsize=4)  # a table is a constant, and three thousand names take a while
def region_names(divisions: Divisions) -> dict[str, str]:
    """{whole name as compared: code} for every name that means one division."""
    found: dict[str, str] = {}
    twice: set[str] = set()
    for code in divisions:
        names = divisions.names(code)
        assert names is not None  # it is in the table
        city = "" if names.city in _COLLECTIVE else names.city
        if names.city and not city and not names.county:
            continue  # 市辖区 by itself is the municipality again
        ways = {names.province + city + names.county, names.province + names.city + names.county}
        if city and names.county:
            ways.add(city + names.county)
        for way in {normalised(way) for way in ways}:
            if found.setdefault(way, code) != code:
                twice.add(way)
    return {name: code for name, code in found.items() if name not in twice}


def read_region(text: str, setting: Setting) -> Reading:
    """The six-digit code of a code or a whole name; membership is for `admit` to check."""
    code = narrow(text)
    if re.fullmatch(r"[0-9]{6}", code):
        return Reading(code)
    if found := setting.regions.get(normalised(text)):
        return Reading(found)
    raise UnknownPlaceName(value=shown(text))


# Countries and regions that entries name often; any other by its two letters (ISO 3166-1).
COUNTRIES: Final = words(
    AE="阿联酋 阿拉伯联合酋长国 uae united_arab_emirates", AF="阿富汗 afghanistan",
    AO="安哥拉 angola", AR="阿根廷 argentina", AT="奥地利 austria",
    AU="澳大利亚 澳洲 australia", AZ="阿塞拜疆 azerbaijan", BD="孟加拉国 孟加拉 bangladesh",
    BE="比利时 belgium", BN="文莱 brunei", BR="巴西 brazil", BY="白俄罗斯 belarus",
    CA="加拿大 canada", CD="刚果(金) 刚果民主共和国", CG="刚果(布)",
    CH="瑞士 switzerland", CL="智利 chile", CM="喀麦隆 cameroon", CO="哥伦比亚 colombia",
    CU="古巴 cuba", CZ="捷克 czechia czech_republic", DE="德国 germany", DK="丹麦 denmark",
    DZ="阿尔及利亚 algeria", EG="埃及 egypt", ES="西班牙 spain", ET="埃塞俄比亚 ethiopia",
    FI="芬兰 finland", FR="法国 france",
    GB="英国 uk united_kingdom great_britain britain", GH="加纳 ghana", GR="希腊 greece",
    HK="香港 中国香港 hong_kong", HU="匈牙利 hungary",
    ID="印度尼西亚 印尼 indonesia", IE="爱尔兰 ireland", IL="以色列 israel",
    IN_="印度 india", IQ="伊拉克 iraq", IR="伊朗 iran", IS_="冰岛 iceland", IT="意大利 italy",
    JO="约旦 jordan", JP="日本 japan", KE="肯尼亚 kenya",
    KG="吉尔吉斯斯坦 kyrgyzstan", KH="柬埔寨 cambodia", KP="朝鲜 north_korea dprk",
    KR="韩国 south_korea republic_of_korea korea", KW="科威特 kuwait", KZ="哈萨克斯坦 kazakhstan",
    LA="老挝 laos", LK="斯里兰卡 sri_lanka", MA="摩洛哥 morocco", MG="马达加斯加 madagascar",
    MM="缅甸 myanmar burma", MN="蒙古 蒙古国 mongolia", MO="澳门 中国澳门 macau macao",
    MU="毛里求斯 mauritius", MV="马尔代夫 maldives", MX="墨西哥 mexico", MY="马来西亚 malaysia",
    MZ="莫桑比克 mozambique", NG="尼日利亚 nigeria", NL="荷兰 netherlands holland",
    NO="挪威 norway", NP="尼泊尔 nepal", NZ="新西兰 new_zealand", OM="阿曼 oman",
    PE="秘鲁 peru", PH="菲律宾 philippines", PK="巴基斯坦 pakistan", PL="波兰 poland",
    PT="葡萄牙 portugal", QA="卡塔尔 qatar", RO="罗马尼亚 romania", RS="塞尔维亚 serbia",
    RU="俄罗斯 俄国 russia russian_federation", SA="沙特阿拉伯 沙特 saudi_arabia",
    SE="瑞典 sweden", SG="新加坡 singapore", TH="泰国 thailand", TJ="塔吉克斯坦 tajikistan",
    TM="土库曼斯坦 turkmenistan", TR="土耳其 turkey turkiye", TW="台湾 中国台湾 taiwan",
    TZ="坦桑尼亚 tanzania", UA="乌克兰 ukraine", UG="乌干达 uganda",
    US="美国 usa united_states america", UZ="乌兹别克斯坦 uzbekistan", VE="委内瑞拉 venezuela",
    VN="越南 vietnam viet_nam", YE="也门 yemen", ZA="南非 south_africa", ZM="赞比亚 zambia",
    ZW="津巴布韦 zimbabwe",
)  # fmt: skip


def read_country(text: str, _: Setting) -> Reading:
    """The two letters of a country."""
    if value := COUNTRIES.get(plain(text)):
        return Reading(value)
    letters = narrow(text)
    if re.fullmatch(r"[A-Za-z]{2}", letters):
        return Reading(letters.upper())
    raise UnknownWord(value=shown(text), wanted="两位字母国家代码 / two letters, for example RU")
