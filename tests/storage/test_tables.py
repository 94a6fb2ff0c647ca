"""What the tables may hold, and what a cluster could make of them."""

from __future__ import annotations

import psycopg
import pytest
import sqlalchemy as sa

from mingma.kernel.words import Colour
from mingma.storage import tables as t

TABLES = list(t.metadata.tables.values())


def keys(table: sa.Table) -> list[set[str]]:
    """The columns of each key that a cluster would have to keep across its nodes."""
    constraints = [
        constraint
        for constraint in table.constraints
        if isinstance(
            constraint, sa.PrimaryKeyConstraint | sa.UniqueConstraint | sa.ForeignKeyConstraint
        )
    ]
    found = [set(constraint.columns.keys()) for constraint in constraints]
    return found + [set(index.columns.keys()) for index in table.indexes if index.unique]


def test_every_table_is_distributed_or_a_reference_or_local() -> None:
    laid_out = [*t.DISTRIBUTED, *t.REFERENCE, *t.LOCAL]
    assert sorted(table.name for table in laid_out) == sorted(t.metadata.tables)


@pytest.mark.parametrize("table", sorted(t.DISTRIBUTED, key=str), ids=str)
def test_the_subject_is_in_every_key_of_a_distributed_table(table: sa.Table) -> None:
    assert keys(table)
    assert all("sid" in key for key in keys(table))


@pytest.mark.parametrize("table", TABLES, ids=str)
def test_a_table_refers_only_to_tables_that_lie_with_it(table: sa.Table) -> None:
    lies = next(part for part in (t.DISTRIBUTED, t.REFERENCE, t.LOCAL) if table in part)
    assert {key.column.table for key in table.foreign_keys} <= lies | t.REFERENCE


@pytest.mark.parametrize("table", TABLES, ids=str)
def test_every_row_has_a_key_and_every_column_a_value(table: sa.Table) -> None:
    assert table.primary_key.columns
    assert not [column.name for column in table.columns if column.nullable]
    assert not [column.name for column in table.columns if column.server_default is not None]


@pytest.mark.parametrize("table", TABLES, ids=str)
def test_a_column_is_text_bytes_or_a_whole_number(table: sa.Table) -> None:
    # A database's own date drops the zone on SQLite: eight hours wrong (STACK, traps).
    allowed = (sa.Text, sa.LargeBinary, sa.BigInteger)
    assert not [column.name for column in table.columns if not isinstance(column.type, allowed)]
    assert not [
        c.name for c in table.columns if isinstance(c.type, sa.DateTime | sa.Date | sa.Time)
    ]


def test_no_column_can_hold_a_colour() -> None:
    words = {"colour", "color", "override", "status", *(colour.value for colour in Colour)}
    names = {f"{table.name}.{column.name}" for table in TABLES for column in table.columns}
    assert not {name for name in names if words & set(name.replace(".", "_").split("_"))}


def test_what_may_change_is_little_and_is_no_evidence_and_no_decision() -> None:
    changing = {table.name: columns for table, columns in t.MUTABLE.items()}
    assert changing == {"person": ("events",), "channel": ("last",), "head": ("size", "note")}
    assert {table.name for table in t.QUEUE} == {"outbox"}


def test_every_constraint_has_a_name_a_migration_can_use() -> None:
    dialect = sa.create_engine("sqlite://").dialect
    for table in TABLES:
        for constraint in table.constraints:
            assert dialect.identifier_preparer.format_constraint(constraint)


@pytest.mark.postgres
def test_text_is_ordered_by_code_point_whatever_the_server_s_locale(service_dsn: str) -> None:
    with psycopg.connect(service_dsn) as link:
        found = link.execute(
            "SELECT table_name, column_name, collation_name FROM information_schema.columns"
            " WHERE table_schema = 'public' AND data_type = 'text'"
        ).fetchall()
    assert len(found) > 20
    assert {collation for _, _, collation in found} == {"C"}
