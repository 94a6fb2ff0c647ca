"""A real server in a process of its own."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from mingma.kernel.times import print_instant
from tests.instances import NOW

CLOCK = print_instant(NOW)
START_WITHIN = 60  # seconds


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def server(folder: Path, clock: str = CLOCK) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """A real server over the database in a folder."""
    port = free_port()
    environment = {
        **os.environ,
        "MINGMA_DATABASE": f"sqlite:///{folder}/mingma.db",
        "MINGMA_KEYS": str(folder / "keys"),
        "MINGMA_PORT": str(port),
        "MINGMA_CLOCK": clock,
    }
    command = [sys.executable, "-m", "mingma", "serve"]
    with (
        (folder / "log").open("ab") as log,
        subprocess.Popen(command, env=environment, stdout=log, stderr=log) as process,
    ):
        try:
            address = f"http://127.0.0.1:{port}"
            wait_until_ready(address, process, folder / "log")
            yield address, process
        finally:
            process.kill()


def wait_until_ready(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    give_up_at = time.monotonic() + START_WITHIN
    while True:
        with contextlib.suppress(httpx.TransportError):
            if httpx.get(f"{address}/readyz").status_code == 200:
                return
        if process.poll() is not None or time.monotonic() > give_up_at:
            pytest.fail(f"the server did not start:\n{log.read_text()}")
        time.sleep(0.05)
