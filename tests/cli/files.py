"""Files that commands read, written by tests; and a command line run in this process."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from mingma.cli import main

PACK = "cn-henan-2021-08"
OTHER = "cn-fujian-2022-08-20"
AT = "2021-10-12T12:00:00+08:00"
AREAS = "level,province,city,county,community,first_seen,gone_by\n"


@dataclass(frozen=True)
class Done:
    """What a command left behind."""

    status: int
    out: str
    err: str

    @property
    def records(self) -> list[dict[str, Any]]:
        """Its standard output as NDJSON."""
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def problem(self) -> dict[str, Any]:
        """Its standard error as an RFC 9457 object."""
        [line] = self.err.splitlines()
        value = json.loads(line)
        assert isinstance(value, dict)
        return value


Run = Callable[..., Done]


def runner(capsys: pytest.CaptureFixture[str]) -> Run:
    def run(*words: object) -> Done:
        status = main([str(word) for word in words])
        out, err = capsys.readouterr()
        return Done(status, out, err)

    return run


def finding(
    id: str = "f", subject: str = "p", at: str = "2021-10-09T10:00:00+08:00", **data: Any
) -> dict[str, Any]:
    """A contact finding as a record."""
    return {
        "id": id, "kind": "contact_finding", "subject": subject, "at": at,
        "data": {"relation": "close", "index": "case-1", **data},
    }  # fmt: skip


def check_in(id: str, subject: str) -> dict[str, Any]:
    """A scan as a record: it grounds nothing."""
    return {
        "id": id, "kind": "check_in", "subject": subject, "at": "2021-10-09T10:00:00+08:00",
        "data": {"venue": "v", "grade": "A"},
    }  # fmt: skip


def write(path: Path, *records: object) -> Path:
    """Records as NDJSON; a text stands as it is."""
    lines = [
        one if isinstance(one, str) else json.dumps(one, ensure_ascii=False) for one in records
    ]
    path.write_text("".join(line + "\n" for line in lines), "utf-8")
    return path


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        return None


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """A folder on the web; gives its address."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()
