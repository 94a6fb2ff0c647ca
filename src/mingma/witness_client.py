"""Ask witnesses over HTTP (the port `WitnessClient`), on connections that are kept open.

A witness's answer is believed by nobody here: whoever asked checks the signatures in it. Follows no
redirection and sends nothing but the request: the log's public checkpoint and a proof.
"""

from __future__ import annotations

import http.client
import ssl
import threading
from collections import defaultdict
from contextlib import closing
from typing import Final
from urllib.parse import SplitResult, urlsplit

from mingma import __version__
from mingma.records import WitnessSilent

TIMEOUT: Final = 5.0  # seconds for each of connecting, sending and reading
MAX_ANSWER: Final = 65_536  # bytes: a line of each kind, and room
MAX_FORKS: Final = 1 << 24  # bytes: over a thousand pairs of notes
KEPT: Final = 2  # idle connections for each witness
ASKING: Final = {"User-Agent": f"mingma/{__version__}"}
HEADERS: Final = {"Content-Type": "text/plain", **ASKING}

# A connection that was kept may have been closed by the other side meanwhile.
_CLOSED: Final = (http.client.RemoteDisconnected, ConnectionError, BrokenPipeError)


class HttpWitnesses:
    """Witnesses at http and https addresses."""

    def __init__(self, timeout: float = TIMEOUT) -> None:
        self._timeout = timeout
        self._idle: dict[str, list[http.client.HTTPConnection]] = defaultdict(list)
        self._lock = threading.Lock()

    def add_checkpoint(self, url: str, request: bytes) -> tuple[int, bytes]:
        """What the witness answers to a submission."""
        return self._answer(url, "POST", "add-checkpoint", request)

    def checkpoint(self, url: str, origin_hash: str) -> tuple[int, bytes]:
        """What the witness gives as the last checkpoint of a log."""
        return self._answer(url, "GET", f"{origin_hash}/checkpoint", None)

    def forks(self, url: str, origin_hash: str) -> tuple[int, bytes]:
        """What the witness gives as what speaks against a log: docs/formats/witness.md."""
        return self._answer(url, "GET", f"{origin_hash}/forks", None, MAX_FORKS)

    def close(self) -> None:
        """Close what is idle."""
        with self._lock:
            idle, self._idle = self._idle, defaultdict(list)
        for connections in idle.values():
            for one in connections:
                one.close()

    def _answer(
        self, url: str, method: str, what: str, body: bytes | None, most: int = MAX_ANSWER
    ) -> tuple[int, bytes]:
        """The answer; a connection found closed is opened anew, once."""
        try:
            kept = self._kept(url)
            if kept is not None:
                try:
                    return self._ask(kept, url, method, what, body, most)
                except _CLOSED:
                    kept.close()
            return self._ask(self._open(url), url, method, what, body, most)
        except (OSError, http.client.HTTPException, ValueError):
            raise WitnessSilent(url=url) from None

    def _ask(
        self,
        connection: http.client.HTTPConnection,
        url: str,
        method: str,
        what: str,
        body: bytes | None,
        most: int,
    ) -> tuple[int, bytes]:
        path = f"{urlsplit(url).path.rstrip('/')}/{what}"
        try:
            connection.request(method, path, body, HEADERS if body is not None else ASKING)
            with closing(connection.getresponse()) as answer:
                found = answer.read(most)
                whole = answer.isclosed() and not answer.will_close
                status = answer.status
        except BaseException:
            connection.close()
            raise
        with self._lock:
            keep = whole and len(self._idle[url]) < KEPT
            if keep:
                self._idle[url].append(connection)
        if not keep:
            connection.close()
        return status, found

    def _kept(self, url: str) -> http.client.HTTPConnection | None:
        with self._lock:
            return self._idle[url].pop() if self._idle[url] else None

    def _open(self, url: str) -> http.client.HTTPConnection:
        parts: SplitResult = urlsplit(url)
        host = parts.hostname
        if host is None or parts.scheme not in {"http", "https"}:
            raise ValueError(url)
        if parts.scheme == "http":
            return http.client.HTTPConnection(host, parts.port, timeout=self._timeout)
        context = ssl.create_default_context()
        return http.client.HTTPSConnection(host, parts.port, timeout=self._timeout, context=context)
