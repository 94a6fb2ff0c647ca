"""A person's written name: how it is compared, and how much of it a gate may show.

Compared: NFKC, one kind of middle dot, no spaces inside a Chinese name, no difference of case.
Refuses what names nobody (“不详”, “张某”, “李先生”): half a name plus a family's telephone would be
somebody else.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from mingma.kernel.errors import Malformed, Place

MAX_NAME: Final = 64  # characters; the longest names on mainland papers have under 50
_DOTS: Final = re.compile(r"\s*[·•・‧∙⋅･]\s*")
_HAN: Final = re.compile(r"[\u3007\u3400-\u9fff\U00020000-\U0003ffff]+")
_MARKS: Final = frozenset("·-'’.〇 ")
_NOBODY: Final = frozenset(
    "不详 未知 无名 无名氏 无姓名 佚名 匿名 待查 待核 待定 暂无 没有 同上 家属 本人 姓名 男"
    " 女 父亲 母亲 丈夫 妻子 儿子 女儿 密接 次密接 司机 乘客 unknown anonymous none null nil"
    " same ditto tba".split()
)
_HALF: Final = re.compile(r".*(某|先生|女士|小姐|阿姨|叔叔|大爷|大妈|老板|同志)|小[^\W\d]")


class NotAName(Malformed):
    """A text that names nobody in particular."""

    slug = "person.not_a_name"
    zh = "不是完整的姓名"
    en = "this is not somebody's whole name"
    remedy_zh = "请写姓名全称,不用“某”“先生”“女士”或“不详”"
    remedy_en = "write the whole name, not a surname with a title and not “unknown”"


def read_name(text: str, path: str = "name") -> str:
    """The name as it is compared; raises NotAName."""
    name = " ".join(_DOTS.sub("·", unicodedata.normalize("NFKC", text)).split()).strip("·")
    if is_han(name.replace(" ", "").replace("·", "")):
        name = name.replace(" ", "")
    name = name.casefold()
    letters = sum(unicodedata.category(c)[0] in "LM" or c == "〇" for c in name)
    strange = any(unicodedata.category(c)[0] not in "LM" and c not in _MARKS for c in name)
    if letters < 2 or strange or len(name) > MAX_NAME or name in _NOBODY or _HALF.fullmatch(name):
        raise NotAName(Place(field=path))
    return name


def is_han(text: str) -> bool:
    """Whether a text is written in Chinese characters only."""
    return _HAN.fullmatch(text) is not None
