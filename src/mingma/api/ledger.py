"""The log's public files, for witnesses, auditors and whoever wants a proof (C2SP tlog-tiles).

Nobody is asked who they are and nothing is noted. What a full tile or bundle holds never changes.
Bundles of entries go compressed to whoever accepts that; hashes would only grow by it, and nothing
of a person's is sent so.
"""

from __future__ import annotations

from typing import Final

from litestar import MediaType, Response, get
from litestar.config.compression import CompressionConfig
from litestar.datastructures import State
from litestar.middleware import DefineMiddleware
from litestar.middleware.compression import CompressionMiddleware
from litestar.params import FromPath

from mingma.api.problems import NoSuchRoute, no
from mingma.app import Instance
from mingma.flows.publish_log import CHECKPOINT

FOREVER: Final = "public, max-age=31536000, immutable"  # a year, the most that caches keep
BRIEFLY: Final = "public, max-age=60"  # a partial never changes either, but soon nobody asks for it
BYTES: Final = "application/octet-stream"
ENTRIES_ZIPPED: Final = DefineMiddleware(
    CompressionMiddleware,
    config=CompressionConfig("gzip", gzip_compress_level=6, exclude=r"^/ledger/tile/(?!entries/)"),
)


@get(
    "/ledger/checkpoint",
    sync_to_thread=True,
    media_type=MediaType.TEXT,
    tags=["ledger"],
    summary="The newest signed checkpoint",
    responses=no(404),
)
def checkpoint(state: State) -> Response[bytes]:
    """Origin, size and root under the log's signature; 404 before the first seal."""
    return _answer(state, CHECKPOINT, "text/plain; charset=utf-8", "no-cache")


@get(
    "/ledger/tile/{path:path}",
    sync_to_thread=True,
    media_type=BYTES,
    middleware=[ENTRIES_ZIPPED],
    tags=["ledger"],
    summary="A tile or bundle of entries, full or partial",
    responses=no(404),
)
def tile(state: State, path: FromPath[str]) -> Response[bytes]:
    """The bytes that docs/formats/checkpoint.md describes; 404 for what the log does not have."""
    kept = BRIEFLY if ".p/" in path else FOREVER
    return _answer(state, f"tile/{path.removeprefix('/')}", BYTES, kept)


@get(
    "/ledger/landmarks",
    sync_to_thread=True,
    media_type=MediaType.TEXT,
    tags=["ledger"],
    summary="The heads that short receipts lead to",
)
def landmarks(state: State) -> Response[bytes]:
    """Cosigned heads, as docs/formats/landmarks.md says; a specimen has none."""
    instance: Instance = state.instance
    headers = {"Content-Type": "text/plain; charset=utf-8", "Cache-Control": "no-cache"}
    return Response(instance.landmarks_file(), headers=headers)


def _answer(state: State, path: str, media: str, kept: str) -> Response[bytes]:
    instance: Instance = state.instance
    found = instance.public_log.file(path)
    if found is None:
        raise NoSuchRoute
    return Response(found, headers={"Content-Type": media, "Cache-Control": kept})
