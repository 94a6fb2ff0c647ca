"""The one door: a record becomes a fact, or is refused with its place and remedy.

What comes out is right, so nobody checks it again. Does not know who may submit a kind (the
flow asks) nor what a fact leads to (rules do).
"""

from __future__ import annotations

import re
from collections.abc import Container
from typing import Any, Final

import msgspec

from mingma.evidence.channels import KINDS
from mingma.evidence.channels.channel import MAX_TEXT, Region
from mingma.evidence.model import Fact
from mingma.kernel.errors import Malformed, Place
from mingma.kernel.times import Instant, NotAnInstant, parse_instant

REQUIRED: Final = ("id", "kind", "subject", "at")
INSTANTS: Final = ("at", "until", "recorded_at")
TEXTS: Final = ("id", "kind", "subject", "region", "place", "organ")
FIELDS: Final = (*REQUIRED, "until", "recorded_at", "region", "place", "organ", "data")
NUMBER: Final = 11  # digits in one word: a telephone's or a paper's, wherever it was written
_PATH: Final = re.compile(r" - at `\$\.?(.*)`$")
_UNKNOWN: Final = re.compile(r"Object contains unknown field `(.*?)`")
_WORD: Final = re.compile(r"[^\W_]+")
_MISSING: Final = re.compile(r"Object missing required field `(.*?)`")


class UnknownKind(Malformed):
    """The kind is not in the closed list of channels."""

    slug = "record.unknown_kind"
    zh = "没有 `{value}` 这类记录"
    en = "there is no kind `{value}`"
    remedy_zh = "可用的类别:{known}"
    remedy_en = "the kinds are: {known}"


class UnknownField(Malformed):
    """A field the kind does not have: no free-form field exists, a colour least of all."""

    slug = "record.unknown_field"
    zh = "没有 `{value}` 这个字段"
    en = "there is no field `{value}` here"
    remedy_zh = "可用的字段:{known}"
    remedy_en = "the fields are: {known}"


class MissingField(Malformed):
    """A field the kind needs is absent."""

    slug = "record.missing_field"
    zh = "缺少字段 `{value}`"
    en = "the field `{value}` is missing"
    remedy_zh = "请补上该字段"
    remedy_en = "add the field"


class BadValue(Malformed):
    """A value of another type, outside its list of words, or out of range."""

    slug = "record.bad_value"
    zh = "`{value}` 不是此处可用的值"
    en = "`{value}` is not a value this field takes"
    remedy_zh = "应为:{wanted}"
    remedy_en = "it takes: {wanted}"


class UntilBeforeAt(Malformed):
    """The end lies before the beginning."""

    slug = "record.until_before_at"
    zh = "`until` 早于 `at`"
    en = "`until` is before `at`"
    remedy_zh = "请核对两个时刻"
    remedy_en = "check both instants"


class UnknownRegion(Malformed):
    """A division code that is not six digits or not in the division table."""

    slug = "record.unknown_region"
    zh = "`{value}` 不在行政区划代码表(GB/T 2260,2022)中"
    en = "`{value}` is not in the division table (GB/T 2260 of 2022)"
    remedy_zh = "请用六位行政区划代码"
    remedy_en = "use a six-digit division code"


def admit(record: object, divisions: Container[str]) -> Fact:
    """The fact a decoded JSON object states; raises Malformed with the field named.

    `divisions` is the set of known GB/T 2260 codes.
    """
    # (1) The envelope: an object of known fields, the required ones there.
    if not isinstance(record, dict):
        raise BadValue(value=shown(record), wanted="an object with " + ", ".join(REQUIRED))
    for name in record:
        if name not in FIELDS:
            raise UnknownField(Place(field=shown(name)), value=shown(name), known=", ".join(FIELDS))
    for name in REQUIRED:
        if record.get(name) is None:
            raise MissingField(Place(field=name), value=name)
    for name in TEXTS:
        _text(name, record.get(name))

    # (2) The instants, in order.
    times = {name: _instant(name, record.get(name)) for name in INSTANTS}
    at, until = times["at"], times["until"]
    assert at is not None  # required above
    if until is not None and until < at:
        raise UntilBeforeAt(Place(field="until"))

    # (3) The kind and its own fields.
    kind = record["kind"]
    channel = KINDS.get(kind)
    if channel is None:
        raise UnknownKind(Place(field="kind"), value=shown(kind), known=", ".join(KINDS))
    data = _data(channel, record.get("data", {}))

    # (4) Every division code, here and in the data, is in the table.
    if record.get("region") is not None:
        _region("region", record["region"], divisions)
    for field in data.__struct_fields__:
        value = getattr(data, field)
        if isinstance(value, Region):
            _region(f"data.{field.rstrip('_')}", value, divisions)

    return Fact(
        id=record["id"],
        kind=kind,
        subject=record["subject"],
        at=at,
        data=data,
        until=until,
        recorded_at=times["recorded_at"],
        region=record.get("region"),
        place=record.get("place"),
        organ=record.get("organ"),
    )


def _text(name: str, value: object) -> None:
    if value is None:
        return
    if not isinstance(value, str) or not 0 < len(value) <= MAX_TEXT:
        raise BadValue(
            Place(field=name), value=shown(value), wanted=f"text of 1 to {MAX_TEXT} characters"
        )
    _storable(name, value)


def _storable(name: str, value: str) -> None:
    """Refuse what no store keeps as written: NUL and lone surrogates."""
    if "\x00" not in value and _is_utf8(value):
        return
    raise BadValue(Place(field=name), value=shown(value), wanted="text that is valid UTF-8")


def _is_utf8(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:  # a lone surrogate, which JSON can write
        return False
    return True


def _instant(name: str, value: object) -> Instant | None:
    if value is None:
        return None
    try:
        return parse_instant(value, name)
    except NotAnInstant:
        raise NotAnInstant(Place(field=name), value=shown(value)) from None


def _region(name: str, value: str, divisions: Container[str]) -> None:
    if not Region.FORM.fullmatch(value) or value not in divisions:
        raise UnknownRegion(Place(field=name), value=shown(value))


def _data(channel: Any, value: object) -> Any:
    if not isinstance(value, dict):
        raise BadValue(Place(field="data"), value=shown(value), wanted="an object")
    try:
        data = msgspec.convert(value, channel, dec_hook=_decode)
    except msgspec.ValidationError as error:
        raise _explained(channel, value, str(error)) from None
    except UnicodeError:  # half a character where a word of a list belongs
        raise BadValue(Place(field="data"), value=shown(value), wanted="valid UTF-8") from None
    for field in data.__struct_fields__:
        found = getattr(data, field)
        for text in found if isinstance(found, tuple) else (found,):
            if isinstance(text, str):
                _storable(f"data.{field.rstrip('_')}", text)
    return data


def _decode(wanted: type, value: object) -> object:
    if wanted is Instant:
        try:
            return parse_instant(value)
        except NotAnInstant:
            raise ValueError("Expected an instant") from None
    if isinstance(value, str):
        return wanted(value)
    raise ValueError("Expected text")


def _explained(channel: Any, value: dict[str, Any], message: str) -> Malformed:
    """Our refusal for a validation message of msgspec."""
    found = _PATH.search(message)
    path = found[1] if found else ""
    what = message[: found.start()] if found else message
    names = ", ".join(field.encode_name for field in msgspec.structs.fields(channel)) or "none"
    if unknown := _UNKNOWN.match(what):
        name = shown(unknown[1])
        return UnknownField(Place(field=f"data.{name}"), value=name, known=names)
    if missing := _MISSING.match(what):
        return MissingField(Place(field=f"data.{missing[1]}"), value=missing[1])
    field = path.split("[")[0].split(".")[0]
    said = value.get(field)
    if "an instant" in what:
        return NotAnInstant(Place(field=f"data.{path}"), value=shown(said))
    wanted = _words(channel, field) or what.removeprefix("Expected ")
    return BadValue(Place(field=f"data.{path}"), value=shown(said), wanted=wanted)


def _words(channel: Any, field: str) -> str:
    """The closed list a field takes, for the remedy; empty where it is no list."""
    schema = msgspec.json.schema(channel, schema_hook=lambda _: {"type": "string"})
    body = schema["$defs"][channel.__name__]["properties"].get(field, {})
    choices = [body, body.get("items", {}), *body.get("anyOf", [])]
    return ", ".join(str(word) for part in choices for word in part.get("enum", []))


def shown(value: object) -> str:
    """The value as it may stand in a message: short, and nothing that may number a person."""
    text = value if isinstance(value, str) else repr(value)
    text = text[:1000].encode("utf-8", "backslashreplace").decode()
    text = _WORD.sub(lambda word: "…" if _digits(word[0]) >= NUMBER else word[0], text)
    return text if len(text) <= 64 else text[:61] + "..."


def _digits(word: str) -> int:
    return sum(character.isdigit() for character in word)
