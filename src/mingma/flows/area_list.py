"""The area list an instance begins with is published once; a newer one comes signed by its owner.

Outside a specimen its digest is a public leaf, an empty list's too. A start with another list is
refused unless a source registered for `area_stay`, which may state a stay's level itself, signed
that very list, later than the last one: nobody colours people by editing a file (Z11, Z56).
"""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from typing import Final

from mingma.evidence.areas.listings import listing_digest
from mingma.evidence.areas.matching import AreaHistory
from mingma.flows.context import Context
from mingma.flows.emergency import INSTANCE
from mingma.flows.index_hour import Acting
from mingma.flows.receive_evidence import signed_by
from mingma.flows.reconcile_found import sealed_leaf
from mingma.flows.seal import EVERYTHING
from mingma.flows.sources import in_effect
from mingma.kernel.canonical import canonical
from mingma.kernel.errors import Malformed, Place, Problem, Refused
from mingma.kernel.times import Instant, parse_instant, print_instant
from mingma.ledger.leaf import Kind, Leaf, parse_unsealed
from mingma.ports import Unit
from mingma.records import Outgoing, Record

LIST: Final = "published_areas"  # the kind of records, by number; the first is the founding list's
RULE: Final = "area-list"  # the `r` of their leaves
MAY_SIGN: Final = "area_stay"  # who may say how risky a stay was may sign a list
_LABEL: Final = "mingma/area-list/1"
_FIELDS: Final = {"at", "signature", "source"}
SUBJECT: Final = f"{INSTANCE}:{LIST}"


class AreasNeverPublished(Refused):
    """A start with an area list that is not the one published last."""

    slug = "areas.never_published"
    zh = "风险区清单(摘要 `{digest}`)未经公布,不予启用;最近公布者为 `{published}`"
    en = (
        "the area list with the digest `{digest}` was never published here, so it is not used;"
        " the one published last is `{published}`"
    )
    remedy_zh = (
        "恢复已公布的清单;新清单须由其发布机关签名,"
        "签名存于同名加 .sig 的文件(docs/formats/areas.md)"
    )
    remedy_en = (
        "put the published list back; a newer one needs its owner's signature in a file of the same"
        " name with .sig behind it (docs/formats/areas.md)"
    )


class ListNotSigned(Refused):
    """A newer area list whose signature is none, is somebody's who may not, or is old."""

    slug = "areas.not_signed"
    zh = "风险区清单的签名不成立:{why}"
    en = "the area list's signature does not hold: {why}"
    remedy_zh = "由登记有旅居渠道的来源对这一清单重新签名(mingma areas sign)"
    remedy_en = "a source registered for `area_stay` signs this very list anew (mingma areas sign)"


class ListSignatureMalformed(Malformed):
    """A file beside an area list that is no signature."""

    slug = "areas.bad_signature_file"
    zh = "这不是清单签名文件"
    en = "this is no file with an area list's signature"
    remedy_zh = "用 mingma areas sign 制作"
    remedy_en = "make it with mingma areas sign"


@dataclass(frozen=True, slots=True)
class Signed:
    """Who signed a list, at what instant, and the signature."""

    source: str
    at: Instant
    signature: bytes


@dataclass(frozen=True, slots=True)
class Published:
    """A list as its record has it. `signed` is None for the founding one."""

    number: int
    digest: str
    at: Instant
    signed: Signed | None


# -- the signature


def statement(source: str, at: Instant, digest: str) -> bytes:
    """The bytes that a list's owner signs."""
    return "\n".join((_LABEL, source, print_instant(at), digest, "")).encode()


def signature_file(signed: Signed) -> bytes:
    """The file beside a list."""
    said = {
        "at": print_instant(signed.at),
        "signature": base64.b64encode(signed.signature).decode(),
        "source": signed.source,
    }
    return (json.dumps(said, indent=1) + "\n").encode()


def read_signature(data: bytes, file: str) -> Signed:
    """The signature in a file; raises ListSignatureMalformed."""
    try:
        said = json.loads(data)
        if not isinstance(said, dict) or set(said) != _FIELDS:
            raise ValueError(file)
        source, at, text = (str(said[name]) for name in ("source", "at", "signature"))
        return Signed(source, parse_instant(at), base64.b64decode(text, validate=True))
    except (ValueError, RecursionError, binascii.Error, Malformed):
        raise ListSignatureMalformed(Place(file)) from None


# -- publishing


def list_digest(areas: AreaHistory | None) -> str:
    """The digest of the list an instance was started with; no list is an empty one."""
    return areas.digest if areas is not None else listing_digest(())


def published_list(unit: Unit) -> Published | None:
    """The list that was published last, if any."""
    record = unit.last_record(LIST, "")
    return None if record is None else read_published(record)


def keep_founding_list(acting: Acting, organ: str, areas: AreaHistory | None, now: Instant) -> int:
    """Publish the list an instance begins with if none was published yet; returns how many."""
    with acting() as unit:
        if unit.last_record(LIST, "") is not None:
            return 0
        _publish(unit, organ, Published(0, list_digest(areas), now, None), now)
    return 1


def list_must_be_published(unit: Unit, areas: AreaHistory | None, place: Place) -> None:
    """Raise AreasNeverPublished for a list that is not the one published last, by row and leaf.

    Before the first publication there is nothing to hold it against.
    """
    last, digest = published_list(unit), list_digest(areas)
    if last is None and unit.index_of(SUBJECT, 0) is None:
        return
    if last is None or last.digest != digest or not _holds(unit, last):
        published = last.digest if last is not None else "–"
        raise AreasNeverPublished(place, digest=digest, published=published)


def bring_list(unit: Unit, context: Context, signed: Signed, now: Instant, file: str) -> None:
    """Publish the list in use as a newer one that its owner signed.

    Raises ListNotSigned, and what a source that is not in effect raises.
    """
    last, digest = published_list(unit), list_digest(context.base_areas)
    in_effect(unit, context, unit.sources(), signed.source)
    if why := why_not(unit, digest, signed):
        raise ListNotSigned(Place(file), why=why)
    if last is None or not last.at < signed.at <= now:
        raise ListNotSigned(Place(file), why="it is older than the last list, or of the future")
    _publish(unit, context.organ, Published(last.number + 1, digest, signed.at, signed), now)


def _publish(unit: Unit, organ: str, one: Published, now: Instant) -> None:
    said: dict[str, object] = {"areas": one.digest, "at": int(one.at)}
    if one.signed is not None:
        said |= {"signature": one.signed.signature.hex(), "source": one.signed.source}
    unit.add_record(Record(LIST, f"{one.number:06}", now, canonical(said)))
    leaf = Leaf(kind=Kind.RULE_PUBLISH, organ=organ, digest=bytes.fromhex(one.digest), rule=RULE)
    unit.add_leaves([Outgoing(SUBJECT, one.number, leaf.unsealed(), now)])


def why_not(unit: Unit, digest: str, signed: Signed) -> str:
    """Why a signature does not carry a list; nothing if it does."""
    source = unit.sources().get(signed.source)
    if source is None or source.demo or MAY_SIGN not in source.kinds:
        return f"no source `{signed.source[:64]}` is registered for `{MAY_SIGN}`"
    try:
        said = statement(source.id, signed.at, digest)
        signed_by(source, source.id, said, signed.signature)
    except Problem:
        return f"it is not that of `{source.id}` over this list"
    return ""


def _holds(unit: Unit, one: Published) -> bool:
    """Whether a list has its leaf and, if it is a later one, its owner's signature."""
    signed = one.number == 0 or (one.signed and not why_not(unit, one.digest, one.signed))
    return bool(signed) and _is_told(unit, one)


def _is_told(unit: Unit, one: Published) -> bool:
    """Whether a leaf names the list, sealed or about to be."""
    index = unit.index_of(SUBJECT, one.number)
    if index is not None:
        found = sealed_leaf(unit, index)
        return found is not None and _names(found[0], one.digest)
    waiting = [o for o in unit.pool(EVERYTHING) if (o.subject, o.number) == (SUBJECT, one.number)]
    return any(_names(parse_unsealed(each.unsealed), one.digest) for each in waiting)


def tells_of_list(leaf: Leaf) -> bool:
    """Whether a leaf publishes an area list."""
    return (leaf.kind, leaf.rule) == (Kind.RULE_PUBLISH, RULE)


def _names(leaf: Leaf, digest: str) -> bool:
    return tells_of_list(leaf) and leaf.digest == bytes.fromhex(digest)


def read_published(record: Record) -> Published:
    said = json.loads(record.body)
    at, signed = Instant(said["at"]), None
    if "source" in said:
        signed = Signed(said["source"], at, bytes.fromhex(said["signature"]))
    return Published(int(record.id), said["areas"], at, signed)
