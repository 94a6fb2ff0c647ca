"""Compiles shim.c and arms it, in the process that it was loaded into."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
from enum import IntEnum
from pathlib import Path

from tests.lacking import lacking

SOURCE = Path(__file__).with_name("shim.c")
PRELOADED = "LD_PRELOAD"


class Failure(IntEnum):
    """What happens at the call that is named."""

    NOTHING = 0
    KILL = 1
    EIO_ONCE = 2
    EIO_FROM_THERE = 3  # for that file, whatever is done with it


def compiled(folder: Path) -> Path:
    """The shim, compiled into a folder."""
    compiler = shutil.which("cc")
    if compiler is None:
        lacking("no C compiler here; run scripts/debian_packages compiler")
    made = folder / "shim.so"
    flags = ["-shared", "-fPIC", "-O1", "-Wall", "-Wextra", "-Werror"]
    subprocess.run([compiler, *flags, "-o", str(made), str(SOURCE), "-ldl"], check=True)
    return made


def arm(
    folder: Path, failure: Failure, at: int, journal: Path | None, *, messages: bool = False
) -> None:
    """From here on, count the calls below the folder, and fail at that one (0: at none).

    `messages`: those to and from a database server count too.
    """
    shim = ctypes.CDLL(os.environ[PRELOADED])
    shim.shim_arm.argtypes = [
        ctypes.c_char_p, ctypes.c_int, ctypes.c_long, ctypes.c_char_p, ctypes.c_int,
    ]  # fmt: skip
    path = os.fsencode(journal) if journal else b""
    shim.shim_arm(os.fsencode(folder), failure, at, path, messages)


def count() -> int:
    """How many calls were counted so far."""
    shim = ctypes.CDLL(os.environ[PRELOADED])
    shim.shim_count.restype = ctypes.c_long
    return int(shim.shim_count())
