"""What every command of the auditor's console is told: where it reads, and how it prints."""

from __future__ import annotations

import json as json_text
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from cyclopts import Parameter

from mingma.cli.log_place import Before
from mingma.cli.published import Published, published
from mingma.cli.serve import with_words
from mingma.clock import clock_of
from mingma.kernel.times import Instant
from mingma.ports import Unit
from mingma.settings import read_settings
from mingma.storage import open_store


@Parameter(name="*")
@dataclass(frozen=True, slots=True)
class Auditing:
    """Where a command reads, and how it prints.

    Attributes:
        public: A folder, or an address like https://log.example/ledger.
        policy: A trust policy that says whose signatures make its checkpoint believable, or
            the landmarks beside it that it continues.
        key: The log's own keys, written name+id+base64, one a line.
        database: sqlite:///path or postgresql://…; MINGMA_DATABASE, else mingma.db here.
        json: Print JSON; errors as JSON too.
    """

    public: str | None = None
    policy: Path | None = None
    key: str | None = None
    before: Before = None
    database: str | None = None
    json: bool = False

    def published(self) -> Published | None:
        """The public log, its files whole under its checkpoint; raises FilesDoNotHold.

        None where a database is asked instead.
        """
        if self.public is None:
            return None
        return published(self.public, self.policy, self.key, self.before or ())

    @contextmanager
    def unit(self) -> Iterator[tuple[Unit, Instant]]:
        """A snapshot of the database, and the instant of its clock."""
        settings = with_words(read_settings(os.environ), database=self.database)
        clock = clock_of(settings.clock)
        with closing(open_store(settings.database)) as store, store.read() as unit:
            yield unit, clock()

    def print(self, rows: Iterable[Mapping[str, Any]], none: str = "") -> None:
        """A row a line; `none` where there is no row."""
        shown = list(rows)
        for row in shown:
            print(json_text.dumps(row, ensure_ascii=False) if self.json else _line(row))
        if not shown and not self.json:
            print(none)


BY_DEFAULT: Final = Auditing()


def _line(row: Mapping[str, Any]) -> str:
    return "  ".join(f"{name} {_plain(value)}" for name, value in row.items() if value != "")


def _plain(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {_plain(one)}" for name, one in value.items())
    if isinstance(value, list):
        return " ".join(map(str, value)) or "–"
    return str(value)
