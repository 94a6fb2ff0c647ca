"""A private PostgreSQL server for a benchmark, where one is installed: durable, on a Unix socket.

It is stopped and deleted at the end. PostgreSQL refuses to run as root; there it runs as the system
user `postgres`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import quote

NEW_CLUSTER: Final = ["-U", "mingma", "-A", "trust", "-E", "UTF8", "--locale=C"]
START_WITHIN: Final = "60"  # seconds


def programs() -> Path | None:
    """The folder of the newest installed server's programs; None where there is none."""
    found = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3])
    )
    initdb = found[-1] if found else shutil.which("initdb")
    return Path(initdb).parent if initdb else None


@dataclass(frozen=True, slots=True)
class Server:
    """A running server: the address of its database, and the process the others come from."""

    dsn: str
    pid: int

    def new_database(self) -> str:
        """The address of an empty database."""
        import psycopg

        with psycopg.connect(self.dsn, autocommit=True) as link:
            ((count,),) = link.execute("SELECT count(*) FROM pg_database").fetchall()
            link.execute(f"CREATE DATABASE bench_{count}")
        return self.dsn.replace("/postgres?", f"/bench_{count}?")

    def cpu_seconds(self) -> float:
        """What its processes have computed so far, those that have ended included."""
        ticks = 0
        for path in Path("/proc").glob("[0-9]*/stat"):
            try:
                said = path.read_text("utf-8", "replace").rpartition(") ")[2].split()
            except OSError:
                continue  # it has just ended
            parent, own, ended = int(said[1]), said[11:13], said[13:15]
            if int(path.parent.name) == self.pid:
                ticks += sum(map(int, own + ended))
            elif parent == self.pid:
                ticks += sum(map(int, own))
        return ticks / os.sysconf("SC_CLK_TCK")


@contextmanager
def server(bin_folder: Path) -> Iterator[Server]:
    """A server for the length of a block."""
    folder = Path(tempfile.mkdtemp(prefix="mingma-bench-"))
    user = "postgres" if os.geteuid() == 0 else None
    if user:
        shutil.chown(folder, user, user)

    def run(program: str, *words: str) -> None:
        command = [str(bin_folder / program), "-D", str(folder / "data"), *words]
        quiet = subprocess.DEVNULL
        subprocess.run(command, user=user, cwd=folder, check=True, stdout=quiet)  # noqa: S603

    options = f"-c listen_addresses= -c unix_socket_directories={folder}"
    try:
        run("initdb", *NEW_CLUSTER)
        run("pg_ctl", "start", "-w", "-t", START_WITHIN, "-l", str(folder / "log"), "-o", options)
        try:
            pid = int((folder / "data" / "postmaster.pid").read_text("ascii").split()[0])
            yield Server(f"postgresql://mingma@/postgres?host={quote(str(folder), safe='')}", pid)
        finally:
            run("pg_ctl", "stop", "-m", "fast")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
