"""Speak with the process that holds the log's keys (`held_keys`), over a Unix socket.

A message is its length in four bytes and the message; one question and one answer a connection.
Nothing in an answer is believed here: whoever asked checks the signatures in it.
"""

from __future__ import annotations

import socket
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Final

TIMEOUT: Final = 5.0  # seconds for each of connecting, sending and reading
MAX_MESSAGE: Final = 65_536  # bytes: a head with its proof, and room
_LENGTH: Final = struct.Struct(">I")


@dataclass(frozen=True, slots=True)
class SocketSigner:
    """The signer that listens at a path."""

    path: Path
    timeout: float = TIMEOUT

    def ask(self, request: bytes) -> bytes:
        """Its answer; raises OSError where it gives none in time, or half of one."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(self.timeout)
            connection.connect(str(self.path))
            send(connection, request)
            return receive(connection)


def send(connection: socket.socket, message: bytes) -> None:
    """Send one message whole."""
    connection.sendall(_LENGTH.pack(len(message)) + message)


def receive(connection: socket.socket) -> bytes:
    """The next message; OSError where it is cut short or too long."""
    (length,) = _LENGTH.unpack(_exactly(connection, _LENGTH.size))
    if length > MAX_MESSAGE:
        raise OSError(f"a message of {length} bytes")
    return _exactly(connection, length)


def _exactly(connection: socket.socket, length: int) -> bytes:
    found = b""
    while len(found) < length:
        part = connection.recv(length - len(found))
        if not part:
            raise OSError("cut short")
        found += part
    return found
