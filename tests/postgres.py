"""A private PostgreSQL server for the length of a test run.

It listens on a Unix socket in a temporary folder and nowhere else, keeps nothing (`fsync=off`),
and is stopped and deleted at the end. PostgreSQL refuses to run as root; there it runs as the
system user `postgres`.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest

START_WITHIN = 60  # seconds
STOP_WITHIN = 30  # seconds
NEW_CLUSTER = ["-U", "mingma", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"]
UNDURABLE = ["fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=50"]


def programs() -> Path:
    """The folder of the newest installed server's programs; fails the test where there is none."""
    found = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3])
    )
    initdb = found[-1] if found else shutil.which("initdb")
    if initdb is None:
        pytest.fail("no PostgreSQL server here; install the Debian package postgresql")
    return Path(initdb).parent


@contextlib.contextmanager
def server() -> Iterator[str]:
    """A running server; gives the address of its empty database `mingma`."""
    bin_folder = programs()
    folder = Path(tempfile.mkdtemp(prefix="mingma-pg-"))
    user = "postgres" if os.geteuid() == 0 else None
    if user:
        shutil.chown(folder, user, user)
    try:
        subprocess.run(
            [str(bin_folder / "initdb"), "-D", str(folder / "data"), *NEW_CLUSTER],
            user=user,
            cwd=folder,
            check=True,
            capture_output=True,
        )
        with _running(bin_folder, folder, user):
            dsn = f"postgresql://mingma@/mingma?host={quote(str(folder), safe='')}"
            with psycopg.connect(dsn.replace("/mingma?", "/postgres?"), autocommit=True) as link:
                link.execute("CREATE DATABASE mingma")
            yield dsn
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def empty(dsn: str) -> None:
    """Drop everything in the database."""
    with psycopg.connect(dsn, autocommit=True) as link:
        link.execute("DROP SCHEMA public CASCADE")
        link.execute("CREATE SCHEMA public")


def dump(dsn: str) -> bytes:
    """All there is in the database, as its operator's backup has it."""
    return _ran("pg_dump", "--no-owner", "--dbname", dsn)


def restore(dsn: str, dumped: bytes) -> None:
    """A dump in the place of what is in the database, which nobody else uses."""
    empty(dsn)
    _ran("psql", "--quiet", "--set=ON_ERROR_STOP=1", "--dbname", dsn, given=dumped)


def _ran(program: str, *words: str, given: bytes = b"") -> bytes:
    command = [str(programs() / program), *words]
    return subprocess.run(command, input=given, check=True, stdout=subprocess.PIPE).stdout


@contextlib.contextmanager
def _running(bin_folder: Path, folder: Path, user: str | None) -> Iterator[None]:
    log = folder / "log"
    options = ["listen_addresses=", f"unix_socket_directories={folder}", *UNDURABLE]
    with (
        log.open("wb") as output,
        subprocess.Popen(
            [str(bin_folder / "postgres"), "-D", str(folder / "data")]
            + [f"--{option}" for option in options],
            user=user,
            cwd=folder,
            stdout=output,
            stderr=output,
        ) as process,
    ):
        try:
            _wait_until_ready(bin_folder, folder, process, log)
            yield
        finally:
            process.send_signal(signal.SIGINT)  # "fast": closes connections and stops
            try:
                process.wait(STOP_WITHIN)
            except subprocess.TimeoutExpired:
                process.kill()


def _wait_until_ready(
    bin_folder: Path, folder: Path, process: subprocess.Popen[bytes], log: Path
) -> None:
    give_up_at = time.monotonic() + START_WITHIN
    asked = [str(bin_folder / "pg_isready"), "-q", "-h", str(folder), "-d", "postgres"]
    while subprocess.run(asked, check=False).returncode != 0:
        if process.poll() is not None or time.monotonic() > give_up_at:
            pytest.fail(f"PostgreSQL did not start:\n{log.read_text()}")
        time.sleep(0.05)
