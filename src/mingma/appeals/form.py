"""What a person files: evidence, and nothing else that anybody could ask her.

The form is closed: who she is comes from the session or the paper shown, what she objects to from
the decision that shows. No field asks for her trade, her bank or why she wants to know, and a
field that is not here is refused with 422 whoever adds it (SYSTEMS A22: appellants were asked
whether they are depositors).
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Final

import msgspec

from mingma.appeals.terms import Asked, Ground
from mingma.kernel.errors import Malformed, Place

MOST: Final = 20  # pieces of evidence in one filing
LONGEST: Final = 500  # characters of one piece


class Offered(StrEnum):
    """What kind of evidence a person offers. Closed."""

    TEST_RESULT = "test_result"
    TRAVEL_RECORD = "travel_record"
    STAY_RECORD = "stay_record"
    DOCUMENT = "document"
    OWN_ACCOUNT = "own_account"
    WITNESS_ACCOUNT = "witness_account"


class Piece(msgspec.Struct, frozen=True, kw_only=True):
    """One piece of evidence: its kind, and what it is or where it is kept."""

    kind: str
    says: str


class Form(msgspec.Struct, frozen=True, kw_only=True):
    """A filing that was read: what is asked for, an urgent matter's ground, evidence."""

    asked: str = Asked.OBJECT.value
    ground: str | None = None
    evidence: tuple[Piece, ...] = ()


FIELDS: Final = Form.__struct_fields__


class AsksTooMuch(Malformed):
    """A field beyond evidence: an appeal asks a person nothing else."""

    slug = "appeal.asks_too_much"
    status = 422
    zh = "申诉表没有 `{name}` 这一项:申诉只收证据,不问其他"
    en = "an appeal has no field `{name}`: it takes evidence and asks nothing else"
    remedy_zh = "可用:{known}"
    remedy_en = "it takes: {known}"


class FormWrong(Malformed):
    """A value of the form that is not on its list, or too long."""

    slug = "appeal.form_wrong"
    status = 422
    zh = "申诉表的 `{name}` 应为:{wanted}"
    en = "`{name}` of an appeal takes: {wanted}"
    remedy_zh = "改正后重新提交;此前不影响已提交的申诉"
    remedy_en = "correct it and file again; what was filed before is untouched"


def read_form(value: object) -> Form:
    """The filing in a decoded JSON object; raises AsksTooMuch or FormWrong."""
    if not isinstance(value, dict):
        raise _wrong("form", "an object")
    _only(value, FIELDS)
    asked = _word("asked", value.get("asked", Asked.OBJECT.value), Asked)
    ground = value.get("ground")
    if (asked == Asked.URGENT) is not (ground is not None):
        raise _wrong("ground", "an urgent matter's ground, for `urgent` only")
    if ground is not None:
        ground = _word("ground", ground, Ground)
    pieces = value.get("evidence", [])
    if not isinstance(pieces, list) or len(pieces) > MOST:
        raise _wrong("evidence", f"a list of at most {MOST} pieces")
    return Form(asked=asked, ground=ground, evidence=tuple(map(_piece, pieces)))


def _piece(value: object) -> Piece:
    if not isinstance(value, dict):
        raise _wrong("evidence", "objects of `kind` and `says`")
    _only(value, Piece.__struct_fields__)
    says = value.get("says")
    if not isinstance(says, str) or not 0 < len(says.strip()) <= len(says) <= LONGEST:
        raise _wrong("says", f"text of 1 to {LONGEST} characters")
    if "\x00" in says or not _is_utf8(says):
        raise _wrong("says", "text that is valid UTF-8")
    return Piece(kind=_word("kind", value.get("kind"), Offered), says=says)


def _only(value: dict[Any, Any], known: tuple[str, ...]) -> None:
    for name in value:
        if name not in known:
            raise AsksTooMuch(
                Place(field=str(name)[:40]), name=str(name)[:40], known=", ".join(known)
            )


def _word(name: str, value: object, words: type[StrEnum]) -> str:
    if not isinstance(value, str) or value not in set(words):
        raise _wrong(name, ", ".join(words))
    return value


def _wrong(name: str, wanted: str) -> FormWrong:
    return FormWrong(Place(field=name), name=name, wanted=wanted)


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
