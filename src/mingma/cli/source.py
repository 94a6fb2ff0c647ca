"""`mingma source`: which keys may bring evidence in, and of which kinds."""

from __future__ import annotations

import base64
import binascii
import json as json_text
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from cyclopts import App, Parameter

from mingma.authority.organs import OrganKind
from mingma.cli.ceremony import CeremonyUnreadable, read_object
from mingma.cli.database import vouched_store
from mingma.cli.serve import with_words
from mingma.clock import clock_of
from mingma.engines.passkeys import WebAuthnPasskeys
from mingma.evidence.admit import UnknownKind
from mingma.evidence.channels import KINDS
from mingma.evidence.owners import may_own, owned_by
from mingma.flows import offices
from mingma.flows.source_count import public_day, source_excess
from mingma.flows.sources import must_be_signed, registration
from mingma.flows.sources import register as add_source
from mingma.flows.vouched_rows import SOURCE, NotVouched, strangers
from mingma.kernel.errors import Malformed, Place, Refused
from mingma.key_files import KeyUnreadable
from mingma.keys import EVIDENCE_KEY, evidence_key
from mingma.ports import Unit
from mingma.records import Source
from mingma.settings import read_settings

app = App(name="source", help="Register who may bring evidence in.")

# No slash: a stored id is the source's, a slash, the record's.
ID: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}", re.ASCII)
MAX_KEY: Final = 4096  # bytes of a key file


class BadSourceId(Malformed):
    """An id that is not of the form a source's has."""

    slug = "source.bad_id"
    zh = "`{value}` 不能作来源编号"
    en = "`{value}` cannot be a source's id"
    remedy_zh = "小写字母、数字、点、横线与下划线,至多 64 个字符"
    remedy_en = "use lower-case letters, digits, dots, hyphens and underscores, at most 64"


class NoKinds(Malformed):
    """A source bound to no kind of record."""

    slug = "source.no_kinds"
    zh = "来源须至少登记一类记录"
    en = "a source is registered for at least one kind"
    remedy_zh = "可用的类别:{known}"
    remedy_en = "the kinds are: {known}"


class NotTheirs(Refused):
    """A kind of record that an organ of this kind does not own."""

    slug = "source.not_theirs"
    zh = "`{organ}` 类机关不得拥有 `{kind}` 渠道"
    en = "an organ of kind `{organ}` may not own the channel `{kind}`"
    remedy_zh = "可登记的类别:{known};见 docs/channels.md"
    remedy_en = "it may own: {known}; docs/channels.md has the table"


class UnknownOrganKind(Malformed):
    """A source whose organ is not on the register, and of which nobody said what it is."""

    slug = "source.unknown_organ_kind"
    zh = "`{value}` 不是机关类别"
    en = "`{value}` is no kind of organ"
    remedy_zh = "以 --organ-kind 写明:{known};已登记的机关须与登记一致"
    remedy_en = "name it with --organ-kind: {known}; as the register has it, where it is there"


@app.command
def register(
    *,
    id: str,
    organ: str,
    title: str,
    key: Path,
    kinds: str,
    organ_kind: str | None = None,
    signatures: Path | None = None,
    digest: bool = False,
    database: str | None = None,
    json: bool = False,
) -> int:
    """Register a source: its batches count once its leaf is sealed, for these kinds only.

    Under a trust policy registrars of two organs sign it, and witnesses cosign its leaf.

    Args:
        id: The name it signs under, as in Mingma-Source.
        organ: The organ that answers for it.
        title: What people read.
        key: A file with its Ed25519 public key, PEM or base64 of 32 bytes.
        kinds: Kinds of records, separated by commas: those its organ's kind may own.
        organ_kind: What the organ is, like laboratory; left out where it is on the register.
        signatures: A JSON file of the registrars' passkey assertions, by officer.
        digest: Print the digest that they sign, and change nothing.
        database: sqlite:///path or postgresql://…; MINGMA_DATABASE, else mingma.db here.
        json: Print JSON; errors as JSON too.
    """
    source = Source(
        id=_id(id),
        organ=organ,
        title=title,
        key=public_key(key),
        kinds=_kinds(kinds),
        demo=False,  # only `mingma demo` makes demo keys
    )
    settings = with_words(read_settings(os.environ), database=database)
    evidence_key(Path(settings.keys) / EVIDENCE_KEY)  # made with the first source, if need be
    with vouched_store(settings) as store, store.write() as unit:
        for other in strangers(unit, SOURCE):  # other keys than the instance's, or worse
            raise NotVouched(kind=SOURCE, id=other)
        kind = _organ_kind(unit, organ, organ_kind)
        for one in sorted(source.kinds):
            if not may_own(kind, one):
                raise NotTheirs(
                    Place(field="kinds"), kind=one, organ=kind.value,
                    known=", ".join(owned_by(kind)) or "–",
                )  # fmt: skip
        signed = registration(source, kind)
        if digest:
            print(signed.hex())
            return 0
        now = clock_of(settings.clock)()
        if settings.policy or signatures is not None:
            passkeys = WebAuthnPasskeys(settings.rp_id, settings.staff_origin)
            must_be_signed(unit, passkeys, signed, _read(signatures), now)
        add_source(unit, source, settings.organ, now)
    print(json_text.dumps(_record(source), ensure_ascii=False) if json else _line(source))
    return 0


@app.command(name="list")
def list_sources(
    *, database: str | None = None, json: Annotated[bool, Parameter(negative=())] = False
) -> int:
    """List the registered sources.

    Args:
        database: sqlite:///path or postgresql://…; MINGMA_DATABASE, else mingma.db here.
        json: One JSON object a line.
    """
    settings = with_words(read_settings(os.environ), database=database)
    with vouched_store(settings) as store, store.read() as unit:
        sources = [source for _, source in sorted(unit.sources().items())]
    for source in sources:
        print(json_text.dumps(_record(source), ensure_ascii=False) if json else _line(source))
    return 0


@app.command
def count(
    day: str, *, database: str | None = None, json: Annotated[bool, Parameter(negative=())] = False
) -> int:
    """Hold what arrived of a local day against what its sources signed for; 1 if more arrived.

    Args:
        day: A local day like 2022-06-14.
        database: sqlite:///path or postgresql://…; MINGMA_DATABASE, else mingma.db here.
        json: One JSON object: the table as it is public.
    """
    settings = with_words(read_settings(os.environ), database=database)
    with vouched_store(settings) as store, store.read() as unit:
        table = public_day(unit, day)
        over = source_excess(unit, day)
    if json:
        print(json_text.dumps(table, ensure_ascii=False))
    else:
        for one in over:
            print(
                f"{one.source} {one.kind}: {one.arrived} arrived, {one.signed} signed for; "
                f"positives {one.positives_arrived} and {one.positives_signed}"
            )
        print(f"{day}: {len(over)} incidents")
    return 1 if over else 0


def public_key(path: Path) -> bytes:
    """The 32 bytes of the Ed25519 public key in a file; raises KeyUnreadable."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_KEY).strip()
        if data.startswith(b"-----"):
            found = load_pem_public_key(data)
            if not isinstance(found, Ed25519PublicKey):
                raise KeyUnreadable(Place(str(path), field="key"))
            return found.public_bytes_raw()
        raw = base64.b64decode(data, validate=True)
        Ed25519PublicKey.from_public_bytes(raw)
    except (OSError, ValueError, binascii.Error, UnsupportedAlgorithm):
        raise KeyUnreadable(Place(str(path), field="key")) from None
    return raw


def _organ_kind(unit: Unit, organ: str, said: str | None) -> OrganKind:
    """What the organ is: as it is on the register, else as said; raises UnknownOrganKind."""
    there = offices.organ(unit, organ)
    if there is not None and said in (None, there.kind.value):
        return there.kind
    if there is None and said in set(OrganKind):
        return OrganKind(said)
    known = ", ".join(OrganKind) if there is None else there.kind.value
    raise UnknownOrganKind(Place(field="organ_kind"), value=(said or "–")[:64], known=known)


def _read(file: Path | None) -> Mapping[str, Mapping[str, Any]]:
    """The assertions in a file, by officer; none where there is no file."""
    said = {} if file is None else read_object(file)
    if not all(isinstance(one, dict) for one in said.values()):
        raise CeremonyUnreadable(Place(str(file)))
    return said


def _id(text: str) -> str:
    if not ID.fullmatch(text):
        raise BadSourceId(Place(field="id"), value=text[:64])
    return text


def _kinds(text: str) -> frozenset[str]:
    kinds = frozenset(word for part in text.split(",") if (word := part.strip()))
    known = ", ".join(KINDS)
    for kind in sorted(kinds - KINDS.keys()):
        raise UnknownKind(Place(field="kinds"), value=kind[:64], known=known)
    if not kinds:
        raise NoKinds(Place(field="kinds"), known=known)
    return kinds


def _record(source: Source) -> dict[str, object]:
    return {
        "id": source.id,
        "organ": source.organ,
        "title": source.title,
        "key": base64.b64encode(source.key).decode(),
        "kinds": sorted(source.kinds),
        "demo": source.demo,
    }


def _line(source: Source) -> str:
    demo = " (demo)" if source.demo else ""
    return f"{source.id}{demo}: {source.organ}, {source.title}: {', '.join(sorted(source.kinds))}"
