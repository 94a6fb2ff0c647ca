"""A unit of work on PostgreSQL: waiting for one person's other writers, and bulk loads."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Final, TypeAlias

import psycopg
import sqlalchemy as sa

from mingma.kernel.errors import Problem
from mingma.records import Person
from mingma.storage import tables as t
from mingma.storage.rows import Row
from mingma.storage.statements import Statements
from mingma.storage.unit import SqlUnit

COPY_FROM: Final = 200  # rows from which a COPY is faster than as many INSERTs

# Advisory locks: the first number is what for, the second which.
NEW_PEOPLE: Final = 1
SOURCE: Final = 2
RECORDS: Final = 3
# Who is not there has no row to lock. Locks are few (a server keeps some thousands in all), so
# new people share them by the hash of their pseudonym.
BUCKETS: Final = 64
_HOLD: Final = "SELECT pg_advisory_xact_lock(%s, one) FROM unnest(%s::int[]) AS one"


# A COPY, and the types of its columns: its rows are sent in the server's own form.
Copy: TypeAlias = tuple[str, Sequence[str]]
TYPES: Final = {sa.BigInteger: "int8", sa.Text: "text", sa.LargeBinary: "bytea"}


def copies(sql: Statements) -> Mapping[str, Copy]:
    """The COPY that does what a plain INSERT of many rows does."""
    plain = {
        sql.add_person: t.person,
        sql.add_receipt: t.receipt,
        sql.add_fact: t.fact,
        sql.add_turned: t.turned,
        sql.add_decision: t.decision,
        sql.add_notice: t.notice,
        sql.add_act: t.leaf,
    }
    return {text: _copy(table) for text, table in plain.items()}


def _copy(table: sa.Table) -> Copy:
    columns = ", ".join(table.c.keys())
    types = [TYPES[type(column.type)] for column in table.c]
    return f"COPY {table.name} ({columns}) FROM STDIN (FORMAT BINARY)", types


class PostgresUnit(SqlUnit):
    """One transaction on one connection."""

    def __init__(
        self,
        link: psycopg.Connection[Row],
        sql: Statements,
        copies: Mapping[str, Copy],
        refusal: Callable[[Exception, str], Problem | None],
        *,
        writes: bool,
    ) -> None:
        super().__init__(sql, writes=writes)
        self._link = link
        self._copies = copies
        self._refusal = refusal

    def refusal(self, error: Exception, what: str) -> Problem | None:
        return self._refusal(error, what)

    def _run(self, text: str, row: Sequence[Any]) -> psycopg.Cursor[Row]:
        return self._link.execute(text, row, binary=True)  # in text every byte would be two

    def _run_many(self, text: str, rows: Sequence[Row]) -> int:
        with self._link.cursor() as cursor:
            if text in self._copies and len(rows) >= COPY_FROM:
                columns, types = self._copies[text]
                with cursor.copy(columns) as copy:
                    copy.set_types(types)
                    for row in rows:
                        copy.write_row(row)
            else:
                cursor.executemany(text, rows)
            return cursor.rowcount

    def _among(self, values: Collection[str]) -> list[str]:
        return list(values)

    def _hold_new(self, refs: Collection[str]) -> Mapping[str, Person]:
        self._read(_HOLD, NEW_PEOPLE, sorted({_number(ref) % BUCKETS for ref in refs}))
        return self._people(self._sql.people_held, refs)  # somebody may have added them meanwhile

    def _hold_source(self, source: str) -> None:
        self._read(_HOLD, SOURCE, [_number(source) >> 1])  # 31 bits: a signed number there

    def _hold_records(self, kind: str, prefix: str) -> None:
        self._read(_HOLD, RECORDS, [_number(f"{kind}/{prefix}") >> 1])


def _number(text: str) -> int:
    return zlib.crc32(text.encode())
