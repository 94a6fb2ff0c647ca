"""Where a published log is read from: a folder, or an address. Nothing of it is trusted."""

from __future__ import annotations

import urllib.error
import urllib.request
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Final

from cyclopts import Parameter

from mingma.engines.fact_files import FileUnreadable
from mingma.flows.durable import read_file
from mingma.kernel.errors import Place, Unavailable
from mingma.ledger.files import Read
from mingma.ledger.tiles import MAX_ENTRY_LENGTH, WIDTH

MAX_FILE: Final = WIDTH * (2 + MAX_ENTRY_LENGTH) + 1  # bytes: one over the largest bundle
ANSWER_WITHIN: Final = 30  # seconds
TILES: Final = "tile/"
NOT_THERE: Final = (404, 410)
GZIP: Final = 16 + zlib.MAX_WBITS  # zlib's word for data in gzip's form
ACCEPTED: Final = {"Accept-Encoding": "gzip, identity"}  # a log may send entries as gzip unasked

# What every command is told that reads a year's log whole.
Before = Annotated[
    list[str] | None,
    Parameter(
        help="Where the logs of earlier years are, which this one goes on from.", negative=()
    ),
]


class LogAway(Unavailable):
    """An address that does not answer, or not as a log does."""

    slug = "ledger.away"
    zh = "`{url}` 取不到:{why}"
    en = "`{url}` cannot be fetched: {why}"
    remedy_zh = "请稍后再试,或改查一份下载好的日志文件夹"
    remedy_en = "try again later, or check a folder with a copy of the log"


def reader(place: str, before: Sequence[str] = ()) -> Read:
    """How the files of a log in a folder or under an address are read.

    Of a tree that earlier years' logs began, tiles that are not here stand in one of theirs.
    """
    here, *earlier = (_reader(one) for one in (place, *before))

    def read(path: str) -> bytes | None:
        data = here(path)
        if data is None and path.startswith(TILES):
            data = next((found for one in earlier if (found := one(path)) is not None), None)
        return data

    return read if earlier else here


def is_address(place: str) -> bool:
    """Whether a log is read from where it is published, and not from a copy in a folder."""
    return place.startswith(("http://", "https://"))


def _reader(place: str) -> Read:
    if is_address(place):
        root = place.rstrip("/")
        return lambda path: _fetched(f"{root}/{path}")
    folder = Path(place)
    return lambda path: read_local(folder / path)


def read_local(path: Path) -> bytes | None:
    """The bytes of a file, None if there is none; raises FileUnreadable."""
    try:
        return read_file(path, MAX_FILE)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "no such name"
        raise FileUnreadable(Place(str(path)), why=why) from None


def must_read(path: Path) -> bytes:
    """The bytes of a file; raises FileUnreadable if there is none."""
    data = read_local(path)
    if data is None:
        raise FileUnreadable(Place(str(path)), why="there is no such file")
    return data


def _fetched(url: str) -> bytes | None:
    try:
        # `reader` lets only addresses of the web come here.
        request = urllib.request.Request(url, headers=ACCEPTED)  # noqa: S310
        with urllib.request.urlopen(request, timeout=ANSWER_WITHIN) as answer:  # noqa: S310
            data: bytes = answer.read(MAX_FILE)
            zipped = answer.headers.get("Content-Encoding", "") == "gzip"
        return _unzipped(data) if zipped else data
    except urllib.error.HTTPError as error:
        error.close()
        if error.code in NOT_THERE:
            return None
        raise LogAway(url=url, why=f"status {error.code}") from None
    except (OSError, ValueError, zlib.error) as error:
        why = str(getattr(error, "reason", None) or error)
        raise LogAway(url=url, why=why) from None


def _unzipped(data: bytes) -> bytes:
    """The bytes in a gzip, no more of them than of a file that was sent as it is."""
    unzip = zlib.decompressobj(GZIP)
    plain = unzip.decompress(data, MAX_FILE)
    if not unzip.eof and len(plain) < MAX_FILE:
        raise ValueError("a gzip that was cut short")
    return plain
