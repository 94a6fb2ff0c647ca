"""A real signer in a process of its own; where the tests are root's, under a user of its own."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from mingma.keys import LOG_KEYS, LOG_VKEY, SEAL_KEY
from mingma.settings import Settings
from mingma.signer_client import SocketSigner

AS_ROOT = os.getuid() == 0
OWNER = 61_001 if AS_ROOT else os.getuid()  # of the signer
SOMEBODY = 61_002  # who is neither the signer nor the service

# The interpreter may be one that root alone reads: everything is loaded before the step down.
SCRIPT = """
import os, sys
from pathlib import Path
from mingma.cli.ledger import signer
from mingma.flows import durable

owner, keys, socket, user, dies = sys.argv[1:]
if int(owner) != os.getuid():
    os.setgroups([])
    os.setgid(int(owner))
    os.setuid(int(owner))
real = durable.Disk.write
def write(self, path, data):
    done = real(self, path, data)
    os.kill(os.getpid(), 9)
    return done
if dies:
    durable.Disk.write = write
signer(keys=Path(keys), socket=Path(socket), user=user)
"""


@dataclass(slots=True)
class Place:
    """Folders of a signer and of the service that it signs for."""

    folder: Path
    database: str = ""  # the service's, beside its keys unless told otherwise
    running: subprocess.Popen[str] | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        self.database = self.database or f"sqlite:///{self.ours}/mingma.db"

    @property
    def theirs(self) -> Path:
        return self.folder / "signer" / "keys"

    @property
    def socket(self) -> Path:
        return self.folder / "signer" / "socket"

    @property
    def ours(self) -> Path:
        return self.folder / "service"

    def ask(self, request: bytes) -> bytes:
        return SocketSigner(self.socket).ask(request)

    def start(
        self, user: int | None = None, *, dies: bool = False, origin: str = Settings().origin
    ) -> list[str]:
        """Start the signer; the keys it prints. `dies`: once it has kept what it is to sign."""
        words = (OWNER, self.theirs, self.socket, os.getuid() if user is None else user)
        self.running = subprocess.Popen(
            [sys.executable, "-c", SCRIPT, *map(str, words), "dies" if dies else ""],
            stdout=subprocess.PIPE, text=True, env={**os.environ, "MINGMA_ORIGIN": origin},
        )  # fmt: skip
        assert self.running.stdout is not None
        return [self.running.stdout.readline() for _ in range(2)]

    def stop(self) -> None:
        """Kill it, if it has not died, and wait until it is gone."""
        if self.running is not None:
            with self.running:
                self.running.kill()
            self.running = None

    def hand_over(self) -> None:
        """Give the service what it knows of the keys."""
        keys = self.ours / "keys"
        keys.mkdir(parents=True, exist_ok=True, mode=0o700)
        (keys / LOG_VKEY).write_bytes((self.theirs / LOG_VKEY).read_bytes())

    def take_keys(self) -> None:
        """Move the log's keys from the service to the signer."""
        self.theirs.mkdir(mode=0o700, exist_ok=True)
        for name in LOG_KEYS:
            (self.ours / "keys" / name).rename(self.theirs / name)
            os.chown(self.theirs / name, OWNER, -1)
        os.chown(self.theirs, OWNER, -1)

    def give_back_keys(self) -> None:
        """… and back, from a signer that has ended; the seal's is no more."""
        for name in LOG_KEYS:
            (self.theirs / name).rename(self.ours / "keys" / name)
            os.chown(self.ours / "keys" / name, os.getuid(), -1)
        (self.ours / "keys" / SEAL_KEY).unlink()


@contextlib.contextmanager
def place(database: str = "") -> Iterator[Place]:
    """Folders that two users can reach, the signer's own; what runs at the end is stopped."""
    with tempfile.TemporaryDirectory() as folder:
        made = Place(Path(folder), database)
        made.folder.chmod(0o755)
        (made.folder / "signer").mkdir()
        os.chown(made.folder / "signer", OWNER, -1)
        made.ours.mkdir(mode=0o700)
        try:
            yield made
        finally:
            made.stop()


@contextlib.contextmanager
def signing(database: str = "") -> Iterator[Place]:
    """A signer that runs, and a service that has its public keys."""
    with place(database) as made:
        made.start()
        made.hand_over()
        yield made
