"""Names and numbers for the demo that nobody has: right in form, issued to no one.

An ID number here begins with a prefecture's code (410100), where issued ones begin with a
county's; its last character is the check character of GB 11643-1999. A passport
number begins with XX, which is no state's. Surnames are the ten heavenly stems, given names come
from the Thousand Character Classic: 甲玄黄 is as plainly a sample as John Doe.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mingma.city.chance import Bools, Ints, stream
from mingma.city.columns import Text, digits, instants, joined, taken
from mingma.kernel.times import DAY, OFFSET
from mingma.people.identity import CHECK_CHARACTERS, WEIGHTS
from mingma.people.mask import STAR

CHECK: Final = np.frombuffer(CHECK_CHARACTERS.encode(), dtype=np.uint8)
MOST_A_DAY: Final = 499  # people of one sex born on one day: the sequence has three digits
SURNAMES: Final = "甲乙丙丁戊己庚辛壬癸"
GIVEN: Final = (
    "天地玄黄宇宙洪荒日月盈昃辰宿列张寒来暑往秋收冬藏闰余成岁律吕调阳云腾致雨露结为霜"
    "金生丽水玉出昆冈剑号巨阙珠称夜光果珍李柰菜重芥姜海咸河淡鳞潜羽翔"
)


def id_numbers(region: str, born: Ints, female: Bools) -> Text:
    """Eighteen characters for each person, no two alike."""
    order = np.lexsort((np.arange(len(born)), female, born))
    day, sex = born[order], female[order]
    new = np.ones(len(born), dtype=np.bool_)
    new[1:] = (day[1:] != day[:-1]) | (sex[1:] != sex[:-1])
    firsts = np.flatnonzero(new)
    rank = np.arange(len(born)) - np.repeat(firsts, np.diff(np.append(firsts, len(born))))
    assert rank.max() < MOST_A_DAY, "the ages of a city of this size fit the sequence"
    sequence = np.empty(len(born), dtype=np.int64)
    sequence[order] = rank * 2 + 1 + sex  # odd for men, even for women
    dates = instants(born * DAY - OFFSET)[:, [0, 1, 2, 3, 5, 6, 8, 9]]
    head = np.broadcast_to(np.frombuffer(region.encode(), dtype=np.uint8), (len(born), 6))
    body = np.hstack([head, dates, digits(sequence, 3)])
    total = (body.astype(np.int64) - ord("0")) @ np.asarray(WEIGHTS)
    return np.hstack([body, CHECK[total % 11][:, None]])


def passport_numbers(people: Ints) -> pa.Array:
    """Nine characters for each person."""
    return joined("XX", digits(people + 1, 7))


def names(seed: int, people: int) -> tuple[Any, Any]:
    """Name and masked name (as people.mask shows it) of each person, as Arrow columns."""
    chance = stream(seed, "names")
    surname = taken(pa.array(list(SURNAMES)), chance.integers(0, len(SURNAMES), people))
    given = pa.array(list(GIVEN))
    first, second = (taken(given, chance.integers(0, len(GIVEN), people)) for _ in range(2))
    whole = pc.binary_join_element_wise(surname, first, second, "")
    return whole, pc.binary_join_element_wise(surname, STAR, "")
