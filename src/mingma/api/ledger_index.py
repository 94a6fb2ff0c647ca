"""The log's tag indexes and the tables of its days, for a person's own app and for auditors.

Nobody is asked who they are and nothing is noted. Whoever looks for her own tags fetches a whole
index, or everything under a prefix that many share: neither says whose tag was meant.
"""

from __future__ import annotations

import base64
import re
from typing import Final

from litestar import MediaType, Response, get
from litestar.datastructures import State
from litestar.params import FromPath

from mingma.api.ledger import BYTES, FOREVER
from mingma.api.problems import NoSuchRoute, no
from mingma.app import Instance
from mingma.flows.tally_day import table_of
from mingma.kernel.canonical import b64url
from mingma.ledger.leaf_values import TAG_SIZE
from mingma.ledger.tag_index import NIBBLES, TagIndex

_RANGE: Final = re.compile(r"(0|[1-9]\d{0,15})-(0|[1-9]\d{0,15})", re.ASCII)
_HEX: Final = re.compile(r"[0-9a-f]*", re.ASCII)
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


@get(
    "/ledger/index",
    sync_to_thread=True,
    media_type=MediaType.TEXT,
    tags=["ledger"],
    summary="Which ranges of leaves have an index of their tags",
)
def indexes(state: State) -> Response[bytes]:
    """A line each, oldest first: start, end, the index of the `index.hour` leaf."""
    return _listing(state)


# A handler of its own: Litestar hands one of two paths to its threads twice.
@get(
    "/ledger/index/ranges",
    sync_to_thread=True,
    media_type=MediaType.TEXT,
    tags=["ledger"],
    summary="The same, under the name it has in a folder",
)
def ranges(state: State) -> Response[bytes]:
    """A line each, oldest first: start, end, the index of the `index.hour` leaf."""
    return _listing(state)


@get(
    "/ledger/index/{leaves:str}",
    sync_to_thread=True,
    media_type=BYTES,
    tags=["ledger"],
    summary="The whole index of a range of leaves",
    responses=no(404),
)
def whole_index(state: State, leaves: FromPath[str]) -> Response[bytes]:
    """Tag and leaf index of every entry, in order (docs/formats/tag-index.md)."""
    return _kept(bytes(_index(state, leaves)))


@get(
    "/ledger/index/{leaves:str}/{tag:str}",
    sync_to_thread=True,
    media_type=BYTES,
    tags=["ledger"],
    summary="That a tag is in an index, or that it is not",
    responses=no(404),
)
def tag_proof(state: State, leaves: FromPath[str], tag: FromPath[str]) -> Response[bytes]:
    """The proof of presence or absence; it tells us whose tag was asked for, if we know her."""
    return _kept(bytes(_index(state, leaves).prove(_tag(tag))))


@get(
    "/ledger/index/{leaves:str}/prefix/{digits:str}",
    sync_to_thread=True,
    media_type=BYTES,
    tags=["ledger"],
    summary="Everything about the tags that begin alike",
    responses=no(400, 404),
)
def tag_run(state: State, leaves: FromPath[str], digits: FromPath[str]) -> Response[bytes]:
    """All entries with that prefix and their neighbours, each with its hashes."""
    if not _HEX.fullmatch(digits) or len(digits) > NIBBLES:
        raise NoSuchRoute
    return _kept(bytes(_index(state, leaves).run(digits)))


@get(
    "/ledger/tally/{day:str}",
    sync_to_thread=True,
    media_type=MediaType.JSON,
    tags=["ledger"],
    summary="The table of a day that is over",
    responses=no(404),
)
def day_table(state: State, day: FromPath[str]) -> Response[bytes]:
    """The bytes whose digest is in the `tally.day` leaf (docs/formats/tally.md)."""
    instance: Instance = state.instance
    if not _DAY.fullmatch(day):
        raise NoSuchRoute
    with instance.store.read() as unit:
        table = table_of(unit, day)
    if table is None:
        raise NoSuchRoute
    headers = {"Content-Type": "application/json", "Cache-Control": FOREVER}
    return Response(table, headers=headers)


def _listing(state: State) -> Response[bytes]:
    instance: Instance = state.instance
    headers = {"Content-Type": "text/plain; charset=utf-8", "Cache-Control": "no-cache"}
    return Response(instance.public_index.listing(), headers=headers)


def _index(state: State, leaves: str) -> TagIndex:
    instance: Instance = state.instance
    match = _RANGE.fullmatch(leaves)
    found = instance.public_index.index(int(match[1]), int(match[2])) if match else None
    if found is None:
        raise NoSuchRoute
    return found


def _tag(text: str) -> bytes:
    """The tag in 32 hexadecimal digits, or in base64url without padding."""
    if len(text) == NIBBLES and _HEX.fullmatch(text):
        return bytes.fromhex(text)
    try:
        tag = base64.urlsafe_b64decode(text + "==")
    except ValueError:
        raise NoSuchRoute from None
    if len(tag) != TAG_SIZE or b64url(tag) != text:
        raise NoSuchRoute
    return tag


def _kept(found: bytes) -> Response[bytes]:
    return Response(found, headers={"Content-Type": BYTES, "Cache-Control": FOREVER})
