"""Witnesses for a benchmark: whole instances with stores of their own, served by one process.

    python -m mingma.bench.witness_farm FOLDER FIRST LAST

`FOLDER/log.vkey` names the log they watch. When all answer, the process prints a line a witness,
its address and its key, and serves until it is ended.
"""

from __future__ import annotations

import asyncio
import shutil
import socket
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import uvicorn

from mingma.app import Instance
from mingma.opening import open_instance
from mingma.serving import create_app
from mingma.settings import Settings

LOOPBACK: Final = "127.0.0.1"
LOOK_AGAIN: Final = 0.02  # seconds between looks at whether all are started


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Many servers share this process: none of them takes its signals."""
        yield


def open_witness(folder: Path, number: int) -> Instance:
    """An instance that watches the log of the folder, with a key and a store of its own."""
    place = folder / str(number)
    watched = place / "keys" / "witnessed"
    watched.mkdir(parents=True)
    shutil.copy(folder / "log.vkey", watched)
    domain = f"w{number}.bench.example"
    return open_instance(
        Settings(
            database=f"sqlite:///{place / 'witness.db'}",
            keys=str(place / "keys"),
            organ=f"{domain}/witness",
            origin=f"ledger.{domain}/codes",
        )
    )


async def serve(folder: Path, numbers: Sequence[int]) -> None:
    """Serve the witnesses of these numbers."""
    servers, said, jobs = [], [], []
    for number in numbers:
        listening = socket.create_server((LOOPBACK, 0))
        config = uvicorn.Config(
            create_app(open_witness(folder, number)), access_log=False, log_level="error"
        )
        server = _Server(config)
        servers.append(server)
        jobs.append(asyncio.create_task(server.serve(sockets=[listening])))
        key = (folder / str(number) / "keys" / "witness.vkey").read_text("utf-8").splitlines()[0]
        said.append(f"http://{LOOPBACK}:{listening.getsockname()[1]}/witness {key}")
    while not all(server.started for server in servers):  # noqa: ASYNC110 # uvicorn tells nobody
        await asyncio.sleep(LOOK_AGAIN)
    print("\n".join(said), flush=True)
    await asyncio.gather(*jobs)


if __name__ == "__main__":
    _, where, first, last = sys.argv
    asyncio.run(serve(Path(where), range(int(first), int(last))))
