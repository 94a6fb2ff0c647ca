"""Where landmarks are read from: a file, a folder of files, or a log's address.

Nothing of them is trusted before the policy believes it.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from mingma.cli.log_place import must_read, reader
from mingma.engines.fact_files import FileUnreadable
from mingma.kernel.errors import Malformed, Place
from mingma.ledger.landmarks import Landmarks, parse_landmarks, roots_of
from mingma.ledger.policy import Policy

NAME: Final = "landmarks"  # of the file under a log's address


def read_landmarks(place: str, policy: Policy) -> Mapping[int, bytes]:
    """The roots by size that the policy believes at a place; raises Problem.

    What it does not believe is counted on stderr and left out.
    """
    files = [_parsed(name, data) for name, data in _files(place)]
    roots = roots_of(files, policy)
    unbelieved = len({head for one in files for head in one.heads if head.size not in roots})
    if unbelieved:
        print(f"warning: {place}: {unbelieved} landmarks the policy does not believe",
              file=sys.stderr)  # fmt: skip
    return roots


def _files(place: str) -> list[tuple[str, bytes]]:
    if place.startswith(("http://", "https://")):
        address = place.rstrip("/")
        address = address if address.endswith(f"/{NAME}") else f"{address}/{NAME}"
        data = reader(address.rpartition("/")[0])(NAME)
        if data is None:
            raise FileUnreadable(Place(address), why="there is no such file")
        return [(address, data)]
    path = Path(place)
    paths = sorted(path.iterdir()) if path.is_dir() else [path]
    return [(str(one), must_read(one)) for one in paths if not one.name.startswith(".")]


def _parsed(name: str, data: bytes) -> Landmarks:
    try:
        return parse_landmarks(data)
    except Malformed as refused:
        raise refused.at(file=name) from None
