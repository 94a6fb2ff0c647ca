"""A disk that fails when a transaction ends."""

from __future__ import annotations

import sqlite3
from typing import Any


class FailingCommit:
    """A connection whose commit fails as a failing disk makes it fail."""

    def __init__(self, link: sqlite3.Connection) -> None:
        self._link = link

    def __getattr__(self, name: str) -> Any:
        return getattr(self._link, name)

    def execute(self, text: str, row: Any = ()) -> sqlite3.Cursor:
        if text == "COMMIT":
            raise sqlite3.OperationalError("disk I/O error")
        return self._link.execute(text, row)
