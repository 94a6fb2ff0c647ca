"""How the values of a leaf are written: each attribute's key, and what it may hold.

Reading is the exact inverse of writing; a value that is not as it would be written is refused.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from mingma.kernel.canonical import b64url
from mingma.kernel.errors import Malformed, Place
from mingma.kernel.times import EARLIEST_YEAR, LATEST_YEAR

MAX_INDEX: Final = 2**53 - 1  # the largest whole number every JSON reader keeps
TAG_SIZE: Final = 16
COMMITMENT_SIZE: Final = 32
OFFICER_SIZE: Final = 6
_EPOCH: Final = date(1970, 1, 1).toordinal()
NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/@*+-]{0,127}", re.ASCII)
_WORD: Final = re.compile(r"[a-z][a-z_]{0,31}", re.ASCII)


class LeafUnreadable(Malformed):
    """Bytes that are no leaf of this format, or a leaf that the format does not allow.

    `why` is one of bytes, size, json, not_canonical, version, kind, kind_not_open, fields, value.
    """

    slug = "ledger.leaf_unreadable"
    zh = "不是合格的日志叶(`{why}`:{what})"
    en = "not a leaf of the log (`{why}`: {what})"
    remedy_zh = "请按 docs/formats/leaf.md 书写;版本不识者为“无法核验”,不得当作有效"
    remedy_en = "write it as docs/formats/leaf.md says; an unknown version is never valid"


def unreadable(why: str, what: str, field: str | None = None) -> LeafUnreadable:
    """The refusal of a leaf, with the field it is about."""
    return LeafUnreadable(Place(field=field), why=why, what=what)


@dataclass(frozen=True, slots=True)
class Codec:
    """How one field's value is checked and written; `read` is its exact inverse."""

    what: str
    right: Callable[[Any], bool]
    to_json: Callable[[Any], object] = lambda value: value
    from_json: Callable[[Any], Any] = lambda value: value

    def write(self, value: object, key: str) -> object:
        if not self.right(value):
            raise unreadable("value", f"`{key}` is {self.what}", key)
        return self.to_json(value)

    def read(self, value: object, key: str) -> Any:
        try:
            read = self.from_json(value)
        except ValueError:
            read = None
        if read is None or not self.right(read):
            raise unreadable("value", f"`{key}` is {self.what}", key)
        return read


def whole(value: object) -> bool:
    """Whether a value is a count or an index that every JSON reader keeps."""
    return type(value) is int and 0 <= value <= MAX_INDEX


def _text(form: re.Pattern[str]) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, str) and form.fullmatch(value) is not None


def _bytes(size: int) -> Codec:
    return Codec(
        f"{size} bytes in base64url without padding",
        lambda value: isinstance(value, bytes) and len(value) == size,
        b64url,
        _from_b64url,
    )


def _from_b64url(text: object) -> bytes:
    if not isinstance(text, str):
        raise ValueError(text)
    data = base64.b64decode(text.replace("-", "+").replace("_", "/") + "=" * (-len(text) % 4))
    if b64url(data) != text:
        raise ValueError(text)
    return data


def _is_day(value: object) -> bool:
    if type(value) is not int:
        return False
    return (
        date(EARLIEST_YEAR, 1, 1).toordinal()
        <= value + _EPOCH
        <= date(LATEST_YEAR, 12, 31).toordinal()
    )


def _print_day(day: int) -> str:
    return date.fromordinal(day + _EPOCH).isoformat()


def _read_day(text: object) -> int:
    if not isinstance(text, str):
        raise ValueError(text)
    day = date.fromisoformat(text).toordinal() - _EPOCH
    if _print_day(day) != text:  # fromisoformat also takes week dates
        raise ValueError(text)
    return day


_INDEX: Final = Codec("a leaf index", whole)
_COUNT: Final = Codec("a count", whole)
_PLAIN: Final = Codec("a name in ASCII, at most 128 characters", _text(NAME))
_WORDS: Final = Codec("a word", _text(_WORD))
_RULE: Final = Codec("a leaf index or a rule's id", lambda v: whole(v) or _text(NAME)(v))
DAY: Final = Codec("a day written 2022-06-14", _is_day, _print_day, _read_day)

# How each attribute of a leaf is written: its key, and its codec.
WRITTEN_AS: Final[dict[str, tuple[str, Codec]]] = {
    "commitment": ("c", _bytes(COMMITMENT_SIZE)),
    "grant": ("g", _INDEX),
    "organ": ("o", _PLAIN),
    "rule": ("r", _RULE),
    "tag": ("s", _bytes(TAG_SIZE)),
    "officer": ("u", _bytes(OFFICER_SIZE)),
    "answers": ("a", _INDEX),
    "batch": ("b", _INDEX),
    "before": ("from", _WORDS),
    "after": ("to", _WORDS),
    "digest": ("h", _bytes(COMMITMENT_SIZE)),
    "index": ("i", _INDEX),
    "origin": ("l", _PLAIN),
    "count": ("n", _COUNT),
    "until": ("until", DAY),
    "end": ("j", _INDEX),
    "day": ("d", DAY),
    "grace": ("grace", _COUNT),
    "clear": ("clear", _WORDS),
    "what": ("what", _WORDS),
    "receiver": ("for", _PLAIN),
}
