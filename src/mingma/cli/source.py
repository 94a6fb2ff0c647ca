"""`mingma source`: which keys may bring evidence in, and of which kinds."""

from __future__ import annotations

import base64
import binascii
import json as json_text
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from cyclopts import App, Parameter

from mingma.cli.serve import with_words
from mingma.evidence.admit import UnknownKind
from mingma.evidence.channels import KINDS
from mingma.kernel.errors import Malformed, Place
from mingma.keys import KeyUnreadable
from mingma.ports import Source, Store
from mingma.settings import read_settings
from mingma.storage import open_store

app = App(name="source", help="Register who may bring evidence in.")

# No slash: a stored id is the source's, a slash, the record's.
ID: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}", re.ASCII)
RAW_SIZE: Final = 32  # bytes of an Ed25519 public key
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


@app.command
def register(
    *,
    id: str,
    organ: str,
    title: str,
    key: Path,
    kinds: str,
    database: str | None = None,
    json: bool = False,
) -> int:
    """Register a source: its batches count from now on, for these kinds only.

    Args:
        id: The name it signs under, as in Mingma-Source.
        organ: The organ that answers for it.
        title: What people read.
        key: A file with its Ed25519 public key, PEM or base64 of 32 bytes.
        kinds: Kinds of records, separated by commas.
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
    with _store(database) as store, store.write() as unit:
        unit.add_source(source)
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
    with _store(database) as store, store.read() as unit:
        sources = [source for _, source in sorted(unit.sources().items())]
    for source in sources:
        print(json_text.dumps(_record(source), ensure_ascii=False) if json else _line(source))
    return 0


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


@contextmanager
def _store(database: str | None) -> Iterator[Store]:
    settings = with_words(read_settings(os.environ), database=database)
    store = open_store(settings.database)
    try:
        yield store
    finally:
        store.close()


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
