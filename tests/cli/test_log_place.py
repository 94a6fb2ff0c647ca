"""A published log is read from a folder, or from an address that may compress what it sends."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from typing import ClassVar

import pytest

from mingma.cli.log_place import MAX_FILE, LogAway, reader
from tests.loopback import answering


class Log(BaseHTTPRequestHandler):
    """Gives everything as gzip, whatever was asked for, as tlog-tiles allows for entries."""

    body: ClassVar[bytes] = b""
    accepted: ClassVar[str | None] = None

    def do_GET(self) -> None:
        Log.accepted = self.headers["Accept-Encoding"]
        self.send_response(200)
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(Log.body)))
        self.end_headers()
        self.wfile.write(Log.body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def address() -> Iterator[str]:
    with answering(Log) as where:
        yield where


def test_a_log_may_send_its_entries_compressed(address: str) -> None:
    Log.body = gzip.compress(b"entries" * 1000)
    assert reader(address)("tile/entries/000") == b"entries" * 1000
    assert Log.accepted == "gzip, identity"


@pytest.mark.parametrize("cut", [-1, -9, 30, 0])
def test_what_was_compressed_and_cut_short_is_no_answer(address: str, cut: int) -> None:
    Log.body = gzip.compress(bytes(range(256)) * 8)[:cut]
    with pytest.raises(LogAway, match="cut short"):
        reader(address)("tile/entries/000")


def test_what_is_said_to_be_compressed_and_is_not_is_no_answer(address: str) -> None:
    Log.body = b"plain"
    with pytest.raises(LogAway):
        reader(address)("tile/entries/000")


def test_a_small_answer_does_not_unfold_without_end(address: str) -> None:
    Log.body = gzip.compress(bytes(4 * MAX_FILE))
    found = reader(address)("tile/entries/000")
    assert found is not None
    assert len(found) == MAX_FILE
