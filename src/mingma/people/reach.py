"""How somebody can be reached: one telephone number in the form of E.164.

A mainland mobile or landline number may come without +86; every other country's needs its +.
Refuses several numbers in one field, extensions, and what would have to be guessed.
"""

from __future__ import annotations

import re
from typing import Final, NewType

from mingma.kernel.errors import Malformed, Place
from mingma.people.identity import narrow

Reach = NewType("Reach", str)

_PUNCTUATION: Final = re.compile(r"[\s\-‐–—().]")
_FORM: Final = re.compile(r"(?:(\+|00)([1-9][0-9]{7,14})|([0-9]{10,13}))")
_MOBILE: Final = re.compile(r"1[3-9][0-9]{9}")
# Area codes: 10 and 2x are followed by eight digits, three-digit ones by seven or eight.
_LANDLINE: Final = re.compile(r"0?((?:10|2[0-9])[0-9]{8}|[3-9][0-9]{2}[0-9]{7,8})")


class NotAReach(Malformed):
    """A text that is not one complete telephone number."""

    slug = "reach.not_a_number"
    zh = "不是一个完整的电话号码"
    en = "this is not one complete telephone number"
    remedy_zh = "只写一个号码:大陆手机 11 位,固定电话带区号,境外号码以 + 和国家代码开头"
    remedy_en = (
        "write one number: a mainland mobile of 11 digits, a landline with its area code, "
        "any other with + and the country"
    )


def read_reach(text: str, path: str = "phone") -> Reach:
    """The number a text names, as +, country and subscriber; raises NotAReach."""
    found = _FORM.fullmatch(_PUNCTUATION.sub("", narrow(text)))
    if found is None:
        raise NotAReach(Place(field=path))
    abroad, home = found[2], found[3]
    if abroad and not abroad.startswith("86"):
        return Reach("+" + abroad)
    subscriber = _mainland(abroad.removeprefix("86") if abroad else home)
    if subscriber is None and home and home.startswith("86"):
        subscriber = home[2:] if _MOBILE.fullmatch(home[2:]) else None
    if subscriber is None or (home and subscriber == home and not _MOBILE.fullmatch(home)):
        raise NotAReach(Place(field=path))  # a landline without its leading 0 could be anything
    return Reach("+86" + subscriber)


def _mainland(digits: str) -> str | None:
    """The national number: a mobile as it is, a landline without the 0 before its area code."""
    if _MOBILE.fullmatch(digits):
        return digits
    found = _LANDLINE.fullmatch(digits)
    return found[1] if found else None
