"""Reads the data that ships with the product, and area lists from files.

Promises: a file is read whole or refused whole, with file, line and field; nothing is kept of a bad
one. Gzip is told by its first bytes, not by its name. A file that cannot be opened raises OSError.
What the shipped files are and where they come from: data/README.md.
"""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Final

from mingma.evidence.areas.divisions import Divisions, table
from mingma.evidence.areas.listings import Listing, parse_listings
from mingma.kernel.errors import Malformed, Place

DIVISIONS: Final = "divisions-2022.csv"
DIVISIONS_EDITION: Final = "2022-12-31"  # the day whose state the table shows
PLACE_POLICY: Final = "place-policy.json"
DEMO_AREAS: Final = "areas-henan-2022-08-to-11.csv.gz"
_GZIP: Final = b"\x1f\x8b"


class TruncatedGzip(Malformed):
    """A gzip file that ends early or is damaged."""

    slug = "file.truncated_gzip"
    zh = "压缩文件不完整或已损坏"
    en = "the gzip file is cut short or damaged"
    remedy_zh = "请重新取得该文件"
    remedy_en = "fetch the file again"


class NotUtf8(Malformed):
    """A text file with bytes that are not UTF-8."""

    slug = "file.not_utf8"
    zh = "不是 UTF-8 编码"
    en = "the text is not UTF-8"
    remedy_zh = "请另存为 UTF-8"
    remedy_en = "save the file as UTF-8"


@cache
def divisions() -> Divisions:
    """The shipped division table: GB/T 2260 at the end of 2022."""
    return table(csv.reader(io.StringIO(_shipped(DIVISIONS).decode())), DIVISIONS_EDITION)


def demo_area_listings() -> tuple[Listing, ...]:
    """The shipped listings: Henan, August to November 2022."""
    return area_listings(_shipped(DEMO_AREAS), DEMO_AREAS)


def place_policy() -> bytes:
    """The shipped place policy, as JSON."""
    return _shipped(PLACE_POLICY)


def read_area_list(path: Path) -> tuple[Listing, ...]:
    """The listings of an area list, CSV or gzip of it; raises Malformed or OSError."""
    return area_listings(path.read_bytes(), str(path))


def area_listings(data: bytes, file: str) -> tuple[Listing, ...]:
    """The listings that a file's bytes hold."""
    if data.startswith(_GZIP):
        try:
            data = gzip.decompress(data)
        except (EOFError, gzip.BadGzipFile, zlib.error):
            raise TruncatedGzip(Place(file)) from None
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise NotUtf8(Place(file, data.count(b"\n", 0, error.start) + 1)) from None
    return parse_listings(io.StringIO(text, newline=""), file)


def _shipped(name: str) -> bytes:
    return (files("mingma") / "data" / name).read_bytes()


__all__ = [
    "DEMO_AREAS",
    "DIVISIONS",
    "DIVISIONS_EDITION",
    "NotUtf8",
    "TruncatedGzip",
    "area_listings",
    "demo_area_listings",
    "divisions",
    "place_policy",
    "read_area_list",
]
