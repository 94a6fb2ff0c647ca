"""A fact as a record again: in CONTRACT's NDJSON form, and in the form stores keep.

INVARIANT: `record_to_fact(fact_to_record(f)) == f` and `stored_to_fact(fact_to_stored(f)) == f`.
The NDJSON form has RFC 3339 instants and no empty fields; a record read back from it is trusted
here, since `admit` saw it once. The stored form is the fact's own structure as JSON with instants
as whole seconds: it reads back in about 2 µs, because a person's facts are read at every decision.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from mingma.evidence.admit import INSTANTS
from mingma.evidence.channels import KINDS
from mingma.evidence.channels.channel import Region
from mingma.evidence.model import Fact
from mingma.kernel.errors import Broken, Malformed
from mingma.kernel.times import Instant, parse_instant, print_instant


class UnreadableRecord(Broken):
    """A kept fact does not read back: somebody edited it, or a channel's fields were changed."""

    slug = "record.unreadable"
    zh = "已存的记录无法读回:{why}"
    en = "a kept record does not read back: {why}"
    remedy_zh = "请核对存储与日志;在此之前不得据此加重任何人的码"
    remedy_en = "check the store against the log; nothing may get worse on it until then"


# -- CONTRACT's NDJSON form


def fact_to_record(fact: Fact) -> dict[str, Any]:
    """The JSON object that states the fact, in CONTRACT's order of fields."""
    record: dict[str, Any] = {}
    for name in ("id", "kind", "subject", *INSTANTS, "region", "place", "organ"):
        value = getattr(fact, name)
        if value is not None:
            record[name] = _printed(value)
    data = fact.data
    fields = zip(data.__struct_encode_fields__, data.__struct_fields__, strict=True)
    values = {name: getattr(data, field) for name, field in fields}
    record["data"] = {name: _printed(value) for name, value in values.items() if value is not None}
    return record


def record_to_fact(record: Mapping[str, Any]) -> Fact:
    """The fact a record printed by `fact_to_record` states."""
    try:
        times = {name: parse_instant(record[name]) for name in INSTANTS if name in record}
        texts = {name: value for name, value in record.items() if name not in (*INSTANTS, "data")}
        data = msgspec.convert(record["data"], KINDS[record["kind"]], dec_hook=_from_printed)
        return Fact(**{**texts, **times, "data": data})
    except (Malformed, LookupError, TypeError, ValueError) as error:
        raise UnreadableRecord(why=str(error)[:120]) from error


def _printed(value: object) -> object:
    if isinstance(value, Instant):
        return print_instant(value)
    if isinstance(value, tuple):
        return list(value)
    return str(value) if isinstance(value, Region) else value


def _from_printed(wanted: type, value: object) -> object:
    return parse_instant(value) if wanted is Instant else wanted(value)


# -- the stored form


class _Stored(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A fact with its data still unread: which type that is, only the kind tells."""

    id: str
    kind: str
    subject: str
    at: int
    data: msgspec.Raw
    until: int | None = None
    recorded_at: int | None = None
    region: str | None = None
    place: str | None = None
    organ: str | None = None


def _to_plain(value: object) -> object:
    return int(value) if isinstance(value, Instant) else str(value)


def _from_plain(wanted: type, value: object) -> object:
    return wanted(value)


class _Named(msgspec.Struct):
    """A fact of which nothing but its id is read."""

    id: str


_ENCODER: Final = msgspec.json.Encoder(enc_hook=_to_plain)
_NAMES: Final = msgspec.json.Decoder(_Named)
_DECODER: Final = msgspec.json.Decoder(_Stored)
_DATA: Final[dict[str, msgspec.json.Decoder[Any]]] = {
    kind: msgspec.json.Decoder(channel, dec_hook=_from_plain) for kind, channel in KINDS.items()
}


def fact_to_stored(fact: Fact) -> str:
    """The fact as stores keep it; equal facts give equal text."""
    stored = _Stored(
        id=fact.id,
        kind=fact.kind,
        subject=fact.subject,
        at=int(fact.at),
        data=msgspec.Raw(_ENCODER.encode(fact.data)),
        until=None if fact.until is None else int(fact.until),
        recorded_at=None if fact.recorded_at is None else int(fact.recorded_at),
        region=fact.region,
        place=fact.place,
        organ=fact.organ,
    )
    return _ENCODER.encode(stored).decode()


def stored_to_fact(text: str) -> Fact:
    """The fact a store kept; raises UnreadableRecord where the text was changed to nonsense."""
    try:
        stored = _DECODER.decode(text)
        return Fact(
            id=stored.id,
            kind=stored.kind,
            subject=stored.subject,
            at=Instant(stored.at),
            data=_DATA[stored.kind].decode(stored.data),
            until=None if stored.until is None else Instant(stored.until),
            recorded_at=None if stored.recorded_at is None else Instant(stored.recorded_at),
            region=stored.region,
            place=stored.place,
            organ=stored.organ,
        )
    except (LookupError, TypeError, ValueError) as error:
        raise UnreadableRecord(why=str(error)[:120]) from error


def stored_id(text: str) -> str:
    """The id of the fact a store kept; raises UnreadableRecord."""
    try:
        return _NAMES.decode(text).id
    except ValueError as error:
        raise UnreadableRecord(why=str(error)[:120]) from error


def digest_of(fact: Fact, key: bytes) -> bytes:
    """The keyed digest of everything the fact says: HMAC-SHA256, 32 bytes."""
    return hmac.digest(key, fact_to_stored(fact).encode(), "sha256")
