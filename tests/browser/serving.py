"""A real server for browser tests: the demo's people on an instance, behind uvicorn in a thread."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import uvicorn

from mingma.serving import create_app
from tests.instances import Stage, stage
from tests.web.site import people_on

STARTED_WITHIN = 30  # seconds


@dataclass(slots=True)
class Served:
    """An instance and the address it is served at."""

    scene: Stage
    address: str


@contextmanager
def served(folder: Path) -> Iterator[Served]:
    """A specimen under development with its people, on a port of its own."""
    with stage(folder, f"sqlite:///{folder / 'store.db'}") as scene:
        people_on(scene)
        listener = socket.create_server(("127.0.0.1", 0))
        config = uvicorn.Config(create_app(scene.instance), log_level="warning", lifespan="off")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        try:
            _wait(server, thread)
            yield Served(scene, f"http://127.0.0.1:{listener.getsockname()[1]}")
        finally:
            server.should_exit = True
            thread.join(STARTED_WITHIN)
            listener.close()


def _wait(server: uvicorn.Server, thread: threading.Thread) -> None:
    until = time.monotonic() + STARTED_WITHIN
    while not server.started:
        assert thread.is_alive(), "the server stopped"
        assert time.monotonic() < until, "the server did not start"
        time.sleep(0.02)
