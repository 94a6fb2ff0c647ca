"""A machine that can be killed, have a bad disk, or lose its power at any call."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.crash import shim
from tests.crash.disk import Call, Disk
from tests.crash.shim import Failure
from tests.crash.workload import Promise
from tests.paths import ROOT

KILLED = -9
CHECKPOINT = "public/checkpoint"


@dataclass(frozen=True, slots=True)
class Ran:
    """One run: how it ended, and what was said until then."""

    status: int
    said: tuple[Promise, ...]

    @property
    def calls(self) -> int:
        """How many calls there were when it last said something."""
        return max((one["calls"] for one in self.said), default=0)

    @property
    def refused(self) -> list[str]:
        return [one["refused"] for one in self.said if "refused" in one]


@dataclass(slots=True)
class Machine:
    """Runs, each in a fresh copy of a folder, and the checks of what they left."""

    folder: Path
    _starter: subprocess.Popen[str]
    _runs: int = field(default=0)

    def order(self, **order: Any) -> dict[str, Any]:
        """Have the starter fork a child for this."""
        stdin, stdout = self._starter.stdin, self._starter.stdout
        assert stdin is not None
        assert stdout is not None
        stdin.write(json.dumps(order) + "\n")
        stdin.flush()
        line = stdout.readline()
        assert line, "the starter is gone"
        answer: dict[str, Any] = json.loads(line)
        broken = [one["broken"] for one in answer["said"] if "broken" in one]
        assert broken == [], "\n".join(broken)
        return answer

    def base(self, database: str = "") -> Path:
        """The folder of an instance that worked and was closed; made once."""
        base = self.folder / ("base-served" if database else "base")
        if not base.exists():
            base.mkdir()
            self.order(do="base", folder=str(base), database=database)
        return base

    def place(self, *, fresh: bool = False, base: Path | None = None) -> Path:
        """A folder of its own for a run."""
        self._runs += 1
        place = self.folder / f"run{self._runs}"
        if fresh:
            place.mkdir()
        else:
            shutil.copytree(base or self.base(), place)
        return place

    def run(
        self,
        place: Path,
        failure: Failure = Failure.NOTHING,
        at: int = 0,
        *,
        fresh: bool = False,
        journal: Path | None = None,
        name: str = "run",
        closes: bool = True,
        database: str = "",
    ) -> Ran:
        answer = self.order(
            do="run", folder=str(place), failure=failure, at=at, fresh=fresh, name=name,
            closes=closes, database=database, journal=str(journal) if journal else None,
        )  # fmt: skip
        return Ran(answer["status"], tuple(answer["said"]))

    def check(
        self, place: Path, said: Sequence[Promise], seen: Sequence[str], database: str = ""
    ) -> dict[str, Any]:
        """What a new process says of what is there: the size, or why it does not start."""
        answer = self.order(
            do="check", folder=str(place), promises=said, seen=list(seen), database=database
        )
        assert answer["status"] == 0
        (found,) = answer["said"]
        shutil.rmtree(place)
        return dict(found)


@contextmanager
def machine(folder: Path) -> Iterator[Machine]:
    """A starter with the shim loaded."""
    library = shim.compiled(folder)
    with subprocess.Popen(
        [sys.executable, "-m", "tests.crash.starter"],
        cwd=ROOT,
        env={**os.environ, shim.PRELOADED: str(library)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as starter:
        yield Machine(folder, starter)
        assert starter.stdin is not None
        starter.stdin.close()


def public_note(place: Path) -> list[str]:
    """The checkpoint that stands in the public folder, if there is one."""
    path = place / CHECKPOINT
    return [path.read_text("utf-8")] if path.exists() else []


def losses(disk: Disk, calls: Sequence[Call], at: Sequence[int]) -> Iterator[tuple[int, list[str]]]:
    """Replay; at each of these numbers of calls, what the public had seen by then."""
    before = disk.read(disk.root / CHECKPOINT)
    seen: dict[str, None] = {} if before is None else {before.decode(): None}
    wanted = set(at)
    for number, call in enumerate(calls, start=1):
        disk.do(call)
        if call.what == "R" and call.second.endswith(CHECKPOINT):
            note = disk.read(Path(call.second))
            assert note is not None
            seen[note.decode()] = None
        if number in wanted:
            yield number, list(seen)
