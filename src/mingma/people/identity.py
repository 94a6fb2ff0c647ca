"""A paper's type and number, read strictly: what a pseudonym is made from.

Follows GB 11643-1999 (citizen's number: region, day of birth, sequence, check character by
ISO 7064 MOD 11-2); the card of permanent residence of 2023 uses the same form behind a 9.
No message, no repr and no refusal prints a number, not even a part of it.
Does not know whether a paper was ever issued. A passport's number is taken without its state, as
the contract says: two states may issue the same one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Final

from mingma.kernel.errors import Malformed, Place

EPOCH: Final = date(1970, 1, 1).toordinal()
EARLIEST_BIRTH: Final = date(1880, 1, 1)  # nobody alive is older
WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CHECK_CHARACTERS: Final = "10X98765432"

# Provinces of GB/T 2260. Inside a province the table has changed too often for a check: a number
# keeps the division of the day it was given.
PROVINCES: Final = frozenset(
    "11 12 13 14 15 21 22 23 31 32 33 34 35 36 37 41 42 43 44 45 46 50 51 52 53 54 61 62 63 64 65"
    " 81 82 83".split()  # 81–83: residence permits of people from Hong Kong, Macau and Taiwan
)
FOREIGN_PROVINCES: Final = frozenset(p for p in PROVINCES if p < "80")

# Full-width forms and the ideographic space, the part of NFKC that may stand in a number. The rest
# of NFKC would make digits of ² and ①, which nobody means.
_NARROW: Final = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}

_CITIZEN: Final = re.compile(r"[1-9][0-9]{16}[0-9X]")
_FOREIGN_2023: Final = re.compile(r"9[0-9]{16}[0-9X]")
_FOREIGN_OLD: Final = re.compile(r"[A-Z]{3}[0-9]{12}")
_PASSPORT: Final = re.compile(r"(?=.*[0-9])[A-Z0-9]{5,12}")
# The first nine (eight) characters are the holder's for life, the two behind them count renewals,
# and Taiwan's older permits end in the issuing office's letter.
_HK_MACAU: Final = re.compile(r"([HM][0-9]{8})(?:[0-9]{2})?")
_TAIWAN: Final = re.compile(r"([0-9]{8})(?:[0-9]{2}(?:\(?[A-Z]\)?)?)?")


class IdentityType(StrEnum):
    """The papers a person may be known by. Residence permits 81–83 carry a citizen's number."""

    RESIDENT_ID = "resident_id"
    PASSPORT = "passport"
    HK_MACAU_PERMIT = "hk_macau_permit"
    TAIWAN_PERMIT = "taiwan_permit"
    FOREIGN_RESIDENCE = "foreign_residence"


@dataclass(frozen=True, slots=True)
class Identity:
    """A paper's type and its normalised number.

    INVARIANT: built only by `read_identity`, so nobody checks it again.
    """

    type: IdentityType
    number: str = field(repr=False)


class UnknownPaper(Malformed):
    """The type of paper is not in the closed list."""

    slug = "identity.unknown_type"
    zh = "没有 `{value}` 这种证件类型"
    en = "there is no type of paper `{value}`"
    remedy_zh = "可用的类型:{known}"
    remedy_en = "the types are: {known}"


class NotAnIdentity(Malformed):
    """Something else where an object of `type` and `number` belongs."""

    slug = "identity.not_an_identity"
    zh = "证件应为只含 `type` 与 `number` 两个文本字段的对象"
    en = "an identity is an object of the two texts `type` and `number`, nothing else"
    remedy_zh = '请写成 {{"type": "resident_id", "number": …}}'
    remedy_en = 'write it like {{"type": "resident_id", "number": …}}'


class OldForm(Malformed):
    """A number of fifteen digits, void since 2013."""

    slug = "identity.old_form"
    zh = "这是 15 位旧身份证号码,2013 年起已停用"
    en = "this is an old ID number of 15 digits, void since 2013"
    remedy_zh = "请填写 18 位公民身份号码;不会由系统自行补位"
    remedy_en = "write the citizen's number of 18 characters; it is never completed by guess"


class WrongForm(Malformed):
    """Not the length or the characters of this type of paper."""

    slug = "identity.wrong_form"
    zh = "号码的长度或字符不符合证件类型 `{type}`"
    en = "the number has not the length or the characters of a `{type}`"
    remedy_zh = "应为:{wanted};中间不留空格"
    remedy_en = "it has: {wanted}; no spaces inside"


class ImpossibleBirth(Malformed):
    """The day of birth in the number does not exist or lies ahead."""

    slug = "identity.impossible_birth"
    zh = "号码中的出生日期不存在或尚未到来"
    en = "the day of birth in the number does not exist or lies ahead"
    remedy_zh = "请对照证件核对第 7 至 14 位"
    remedy_en = "check characters 7 to 14 against the paper"


class UnknownProvince(Malformed):
    """The number begins with no province's code."""

    slug = "identity.unknown_province"
    zh = "号码开头的行政区划不存在"
    en = "the number begins with a division that does not exist"
    remedy_zh = "请对照证件核对前 6 位"
    remedy_en = "check the first 6 characters against the paper"


class WrongCheckCharacter(Malformed):
    """The last character does not fit the seventeen before it."""

    slug = "identity.wrong_check_character"
    zh = "校验码不符:号码中有一位写错,或相邻两位写反"
    en = "the check character does not fit: a character is wrong, or two neighbours are swapped"
    remedy_zh = "请对照证件逐位核对"
    remedy_en = "compare it with the paper, character by character"


_WANTED: Final = {
    IdentityType.RESIDENT_ID: "17 digits and a digit or X",
    IdentityType.PASSPORT: "5 to 12 letters A–Z and digits",
    IdentityType.HK_MACAU_PERMIT: "H or M and 8 digits, with or without 2 of renewal",
    IdentityType.TAIWAN_PERMIT: "8 digits, with or without 2 of renewal",
    IdentityType.FOREIGN_RESIDENCE: "9, 16 digits and a digit or X, or 3 letters and 12 digits",
}


def read_identity(type_: object, number: object, *, today: int, path: str = "identity") -> Identity:
    """The identity a type and a number name; raises Malformed. `today` as in kernel.times."""
    if not isinstance(type_, str) or not isinstance(number, str):
        raise NotAnIdentity(Place(field=path))
    if type_ not in list(IdentityType):
        known = ", ".join(IdentityType)
        raise UnknownPaper(Place(field=f"{path}.type"), value=_shown(type_), known=known)
    paper, text = IdentityType(type_), narrow(number)
    # Only ASCII has one upper case: ß and ı would become other people's letters.
    upper = text.upper() if text.isascii() else text
    return Identity(paper, _number(paper, upper, today, f"{path}.number"))


def read_identity_object(value: object, *, today: int, path: str = "identity") -> Identity:
    """The identity of `{"type": …, "number": …}` as HTTP intake receives it; raises Malformed."""
    if not isinstance(value, dict) or value.keys() != {"type", "number"}:
        raise NotAnIdentity(Place(field=path))
    return read_identity(value["type"], value["number"], today=today, path=path)


def check_character(body: str) -> str:
    """The eighteenth character for the seventeen digits before it (ISO 7064 MOD 11-2)."""
    total = sum(weight * int(digit) for weight, digit in zip(WEIGHTS, body, strict=True))
    return CHECK_CHARACTERS[total % 11]


def narrow(text: str) -> str:
    """The text with full-width characters made narrow and the spaces around it gone."""
    return text.translate(_NARROW).strip()


def _number(paper: IdentityType, text: str, today: int, path: str) -> str:
    """The normalised number of one type of paper."""
    place = Place(field=path)
    match paper:
        case IdentityType.RESIDENT_ID:
            if re.fullmatch("[0-9]{15}", text):
                raise OldForm(place)
            if _CITIZEN.fullmatch(text):
                return _checked(text, text[:6], PROVINCES, today, place)
        case IdentityType.FOREIGN_RESIDENCE:
            if _FOREIGN_2023.fullmatch(text):
                return _checked(text, text[1:6], FOREIGN_PROVINCES, today, place)
            if _FOREIGN_OLD.fullmatch(text):
                return text
        case IdentityType.PASSPORT if _PASSPORT.fullmatch(text):
            return text
        case IdentityType.HK_MACAU_PERMIT if found := _HK_MACAU.fullmatch(text):
            return found[1]
        case IdentityType.TAIWAN_PERMIT if found := _TAIWAN.fullmatch(text):
            return found[1]
    raise WrongForm(place, type=paper.value, wanted=_WANTED[paper])


def _checked(text: str, division: str, provinces: frozenset[str], today: int, place: Place) -> str:
    """An 18-character number whose division, day of birth and check character are possible."""
    if division[:2] not in provinces or (division.endswith("0000") and division < "80"):
        raise UnknownProvince(place)
    try:
        born = date(int(text[6:10]), int(text[10:12]), int(text[12:14]))
    except ValueError:
        raise ImpossibleBirth(place) from None
    if born < EARLIEST_BIRTH or born.toordinal() - EPOCH > today:
        raise ImpossibleBirth(place)
    if check_character(text[:17]) != text[17]:
        raise WrongCheckCharacter(place)
    return text


def _shown(type_: str) -> str:
    """A word for a type as it may stand in a message: a number written there by mistake may not."""
    return type_ if len(type_) <= 24 and not any(c.isdigit() for c in type_) else "…"
