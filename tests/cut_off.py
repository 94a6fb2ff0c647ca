"""A line to a PostgreSQL server that is cut when a COMMIT goes over it, before or after it counts.

It stands between the server's Unix socket and whoever connects to its own, passes bytes on, and
cuts once. So nobody who sent that COMMIT has an answer to it.
"""

from __future__ import annotations

import socket
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from select import select
from urllib.parse import parse_qs, quote, urlsplit

COMMIT = b"Q\0\0\0\x0bCOMMIT\0"  # as a client sends it
COMMITTED = b"COMMIT\0Z"  # how the answer to it ends, but for six bytes
SOCKET = ".s.PGSQL.5432"
CHUNK = 1 << 16


class Line:
    """All connections over it."""

    def __init__(self, server: Path, own: Path) -> None:
        self._server = server
        self._left = 0  # COMMITs until the one at which it is cut; 0: it is not
        self._reaches = False
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(own))
        self._listener.listen()

    def cut_at(self, commit: int, *, reaches: bool) -> None:
        """Cut at the n-th COMMIT from here on: once the server has it done, or before it has it."""
        self._left, self._reaches = commit, reaches

    @property
    def cut(self) -> bool:
        """Whether that has happened, or was never asked for."""
        return self._left == 0

    def accept(self) -> None:
        """Connect everybody who comes, until it is closed."""
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._pass_on, args=(client,), daemon=True).start()

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _pass_on(self, client: socket.socket) -> None:
        server = socket.socket(socket.AF_UNIX)
        with client, server, suppress(OSError):
            server.connect(str(self._server))
            while True:
                for here in select([client, server], [], [])[0]:
                    data = here.recv(CHUNK)
                    if not data:
                        return
                    if here is client and data == COMMIT and self._is_the_one():
                        if self._reaches:
                            _do(server)
                        return
                    (server if here is client else client).sendall(data)

    def _is_the_one(self) -> bool:
        if self.cut:
            return False
        self._left -= 1
        return self.cut


def _do(server: socket.socket) -> None:
    """Have the server commit, and wait until it has."""
    server.sendall(COMMIT)
    answer = b""
    while COMMITTED not in answer:
        answer += server.recv(CHUNK)


@contextmanager
def line_to(dsn: str) -> Iterator[tuple[str, Line]]:
    """The server's address over a line that may be cut, and the line."""
    [host] = parse_qs(urlsplit(dsn).query)["host"]
    with tempfile.TemporaryDirectory() as folder:
        line = Line(Path(host) / SOCKET, Path(folder) / SOCKET)
        threading.Thread(target=line.accept, daemon=True).start()
        try:
            yield dsn.replace(quote(host, safe=""), quote(folder, safe="")), line
        finally:
            line.close()
