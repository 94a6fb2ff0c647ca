"""How place names are compared, and which listed texts mean a whole county or the rest of one.

Width, space and punctuation do not tell places apart, except between two numerals: `1-2号楼` is not
`12号楼`. Everything else must be equal, so normalising never makes two places one.
A text is a county's, or the rest of a county, only if all of it is one of the phrases below; they
were read off the published list of 2022.
"""

from __future__ import annotations

import re
import unicodedata
from enum import Enum
from typing import Final

_ODD: Final = re.compile(r"[\W_]+")
# Written with meaning, so kept: `3#楼` is building 3 and `3楼` is the third floor.
_KEPT: Final = frozenset("#&%+=°")
_DASHES: Final = frozenset("-~‐‑‒–—―−〜_")
_NUMERALS: Final = frozenset("〇零一二三四五六七八九十百")


def normalised(text: str) -> str:
    """The text as places are compared; empty where it says nothing."""
    flat = unicodedata.normalize("NFKC", text)
    return flat if flat.isalnum() else _ODD.sub(_reduced, flat)


def _reduced(odd: re.Match[str]) -> str:
    """What stays of a run of characters that are neither letters nor numerals."""
    run = odd[0]
    marks = "".join(c for c in run if c in _KEPT or unicodedata.category(c)[0] == "M")
    if marks:
        return marks
    start, end = odd.span()
    around = odd.string[start - 1 : start], odd.string[end : end + 1]
    if all(c.isdecimal() or c in _NUMERALS for c in around if c) and all(around):
        return "-" if _DASHES.intersection(run) else ","
    return ""


class Scope(Enum):
    """What a listed text names."""

    PLACE = "place"
    COUNTY = "county"
    REST = "rest"


# The whole county, alone or after its name. Empty: the county's name by itself.
WHOLE_COUNTY: Final = frozenset(
    "全域 全区 全县 全市 全旗 全境 全辖区 全区域 全部区域 所有区域 全区全域 全县全域 "
    "全市全域 全旗全域 全域范围 辖区全域 全部辖区 所有辖区".split()
) | {""}

# The parts a rest-of-county phrase is made of, for example
# 除 | 高、中风险区 | 以外 | 的其他区域. `@`, which no normalised text
# holds, stands for the county's name.
_WITHIN: Final = (
    "(?:内|辖区|辖区内|辖内|域内|区域内|县域内|市域内|境内"
    "|全域|全区|全县|全市|全旗|全区全域|全区域|所有区域)?"
)
_KNOWN: Final = "(?:已公布的|上述|以上)?"
_LISTED: Final = (
    _KNOWN
    + "(?:高风险|中风险|高中风险|中高风险)(?:区|区域|地区|区区域)?"
    + "(?:[和及与]?(?:高风险|中风险)(?:区|区域|地区)?)?"
)
_OUTSIDE: Final = "(?:以外|之外|外|除外)"
_REMAINDER: Final = (
    "(?:的?@?(?:其他|其它|其余|所有|其他所有|其它所有|其余所有)(?:的?区域|的?地区)|的?区域|的?地区)"
)
_REST: Final = re.compile(
    f"(?:@的?)?{_WITHIN}(?:"
    f"除@?{_LISTED}{_OUTSIDE}(?:{_REMAINDER})?"
    f"|除@?{_LISTED}的?(?:其他|其它|其余)(?:区域|地区)"
    f"|{_LISTED}{_OUTSIDE}{_REMAINDER}"
    f"|{_LISTED}除外"
    f"|(?:其他|其它|其余)(?:区域|地区)(?:除?{_LISTED}{_OUTSIDE})?"
    ")(?:均?为低风险区)?"
)


def scope_of(text: str, names: tuple[str, ...], *, low: bool) -> Scope:
    """What a normalised listed text names, where `names` are the county's, longest first.

    Only a low-risk row speaks of the rest of a county.
    """
    for name in names:
        if text.startswith(name) and text[len(name) :] in WHOLE_COUNTY:
            return Scope.COUNTY
    if text and text in WHOLE_COUNTY:
        return Scope.COUNTY
    if low:
        for name in names:
            text = text.replace(name, "@")
        if _REST.fullmatch(text):
            return Scope.REST
    return Scope.PLACE


__all__ = ["WHOLE_COUNTY", "Scope", "normalised", "scope_of"]
