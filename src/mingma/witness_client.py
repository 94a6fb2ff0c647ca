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
from mingma.ports import WitnessSilent

TIMEOUT: Final = 5.0  # seconds for each of connecting, sending and reading
MAX_ANSWER: Final = 65_536  # bytes: a line of each kind, and room
KEPT: Final = 2  # idle connections for each witness
HEADERS: Final = {"Content-Type": "text/plain", "User-Agent": f"mingma/{__version__}"}

# A connection that was kept may have been closed by the other side meanwhile.
_CLOSED: Final = (http.client.RemoteDisconnected, ConnectionError, BrokenPipeError)


class HttpWitnesses:
    """Witnesses at http and https addresses."""

    def __init__(self, timeout: float = TIMEOUT) -> None:
        self._timeout = timeout
        self._idle: dict[str, list[http.client.HTTPConnection]] = defaultdict(list)
        self._lock = threading.Lock()

    def add_checkpoint(self, url: str, request: bytes) -> tuple[int, bytes]:
        """What the witness answers; a connection found closed is opened anew, once."""
        try:
            kept = self._kept(url)
            if kept is not None:
                try:
                    return self._ask(kept, url, request)
                except _CLOSED:
                    kept.close()
            return self._ask(self._open(url), url, request)
        except (OSError, http.client.HTTPException, ValueError):
            raise WitnessSilent(url=url) from None

    def close(self) -> None:
        """Close what is idle."""
        with self._lock:
            idle, self._idle = self._idle, defaultdict(list)
        for connections in idle.values():
            for one in connections:
                one.close()

    def _ask(
        self, connection: http.client.HTTPConnection, url: str, request: bytes
    ) -> tuple[int, bytes]:
        path = urlsplit(url).path.rstrip("/") + "/add-checkpoint"
        try:
            connection.request("POST", path, request, HEADERS)
            with closing(connection.getresponse()) as answer:
                body = answer.read(MAX_ANSWER)
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
        return status, body

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
