"""Whom a row is about: a paper, or a name and a telephone, or a subject the importer chose.

A number that a spreadsheet has rounded is refused, never repaired: it could be a stranger's. A row
whose paper cannot be read is refused even if it has a name and a telephone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

from mingma.evidence.linelist.faults import (
    DamagedNumber,
    Nobody,
    NoPaperType,
    NotASubject,
    UnknownWord,
)
from mingma.evidence.linelist.reading import Note, Setting, cell, shown
from mingma.evidence.linelist.words import PAPER, one_of, read_text
from mingma.kernel.errors import Malformed, Place
from mingma.people.identity import IdentityType, check_character, narrow, read_identity
from mingma.people.provisional import read_provisional

_SCIENTIFIC: Final = re.compile(r"[0-9](?:[.,][0-9]+)?E\+?[0-9]{1,2}")
_CITIZEN: Final = re.compile(r"[0-9]{17}[0-9X]")
_SUBJECT_NUMBERS: Final = re.compile(r"[0-9]{15}|[0-9]{17}[0-9X]|(?:\+?86)?1[3-9][0-9]{9}")
_paper_word: Final = one_of(PAPER)

# Where the people component puts its refusals, as fields of the list.
FIELDS: Final = {
    "identity.number": "id_number",
    "identity.type": "id_type",
    "provisional.name": "name",
    "provisional.phone": "phone",
}


def who(
    cells: Mapping[str, str], setting: Setting, *, rounded: bool
) -> tuple[dict[str, object], tuple[Note, ...]]:
    """The part of the record that says who, and what was assumed; raises Malformed.

    `rounded`: some number in this list was rounded, so one that ends in 000 is not believed.
    """
    if subject := cells.get("subject"):
        if _SUBJECT_NUMBERS.fullmatch(_number(subject)):
            raise NotASubject(Place(field="subject"))
        read_text(subject, setting)
        return {"subject": subject}, ()
    if text := cells.get("id_number"):
        return _by_paper(_number(text), cells.get("id_type", ""), setting, rounded=rounded)
    name, phone = cells.get("name", ""), cells.get("phone", "")
    if not (name and phone):
        raise Nobody(Place(field="id_number"))
    if _SCIENTIFIC.fullmatch(_number(phone)):
        raise DamagedNumber(Place(field="phone"))
    known = read_provisional(name, re.sub(r"\.0$", "", phone))
    return {"provisional": {"name": known.name, "phone": known.reach}}, ()


def any_rounded(cells: Iterable[str]) -> bool:
    """Whether a spreadsheet has rounded a number of this column."""
    return any(map(_rounded, cells))


def _rounded(text: str) -> bool:
    try:
        number = _number(cell(text))
    except Malformed:
        return False  # refused in its own row
    wrong = _ends_rounded(number) and check_character(number[:17]) != number[17]
    return wrong or _SCIENTIFIC.fullmatch(number) is not None


def _by_paper(
    number: str, type_: str, setting: Setting, *, rounded: bool
) -> tuple[dict[str, object], tuple[Note, ...]]:
    if _SCIENTIFIC.fullmatch(number) or (rounded and _ends_rounded(number)):
        raise DamagedNumber(Place(field="id_number"))
    paper, notes = _paper(number, type_, setting)
    identity = read_identity(paper, number, today=setting.today)
    return {"identity": {"type": identity.type.value, "number": identity.number}}, notes


def _paper(number: str, type_: str, setting: Setting) -> tuple[str, tuple[Note, ...]]:
    """The type of paper, as written or by the number's form."""
    if type_:
        try:
            return str(_paper_word(type_, setting).value), ()
        except UnknownWord:
            # The cell may hold the number by mistake: never in a message.
            word = "…" if any(c.isdigit() for c in type_) else shown(type_)
            known = ", ".join(IdentityType)
            raise UnknownWord(Place(field="id_type"), value=word, wanted=known) from None
    if re.fullmatch(r"[0-9]{15}", number):
        return IdentityType.RESIDENT_ID, (Note.PAPER_BY_FORM,)
    if _CITIZEN.fullmatch(number):
        foreign = number.startswith("9")
        paper = IdentityType.FOREIGN_RESIDENCE if foreign else IdentityType.RESIDENT_ID
        return paper, (Note.PAPER_BY_FORM,)
    raise NoPaperType(Place(field="id_number"))


def _number(text: str) -> str:
    """A number without the spaces that people group its digits by."""
    return "".join(narrow(text).split()).upper()


def _ends_rounded(number: str) -> bool:
    """Eighteen digits of which a spreadsheet would keep fifteen."""
    return re.fullmatch(r"[0-9]{15}000", number) is not None
