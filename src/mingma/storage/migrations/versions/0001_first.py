"""The first tables."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
BYTES = sa.LargeBinary()
TABLES = (
    "person receipt fact batch turned channel decision notice outbox sealed leaf head source"
    " emergency emergency_end record"
).split()


def _table(name: str, *parts: sa.schema.SchemaItem, by_key: bool = False) -> None:
    op.create_table(name, *parts, sqlite_strict=True, sqlite_with_rowid=not by_key)


def _column(name: str, kind: sa.types.TypeEngine[Any]) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False, autoincrement=False)


def upgrade() -> None:
    _table(
        "person",
        _column("sid", TEXT),
        _column("key", BYTES),
        _column("events", WHOLE),
        _column("name", TEXT),
        _column("last_four", TEXT),
        sa.PrimaryKeyConstraint("sid", name="pk_person"),
        by_key=True,
    )
    _table(
        "receipt",
        _column("source", TEXT),
        _column("id", TEXT),
        _column("digest", BYTES),
        _column("received_at", WHOLE),
        _column("batch", TEXT),
        sa.PrimaryKeyConstraint("source", "id", name="pk_receipt"),
        by_key=True,
    )
    _table(
        "fact",
        _column("sid", TEXT),
        _column("at", WHOLE),
        _column("id", TEXT),
        _column("source", TEXT),
        _column("body", TEXT),
        sa.PrimaryKeyConstraint("sid", "at", "id", "source", name="pk_fact"),
        sa.ForeignKeyConstraint(
            ["sid"], ["person.sid"], name="fk_fact_person", deferrable=True, initially="DEFERRED"
        ),
        by_key=True,
    )
    _table(
        "batch",
        _column("source", TEXT),
        _column("id", TEXT),
        _column("received_at", WHOLE),
        _column("received", WHOLE),
        _column("admitted", WHOLE),
        _column("repeated", WHOLE),
        _column("refused", WHOLE),
        sa.PrimaryKeyConstraint("source", "id", name="pk_batch"),
    )
    _table(
        "turned",
        _column("source", TEXT),
        _column("batch", TEXT),
        _column("n", WHOLE),
        _column("line", WHOLE),
        _column("slug", TEXT),
        _column("message", BYTES),
        _column("record", BYTES),
        sa.PrimaryKeyConstraint("source", "batch", "n", name="pk_turned"),
        sa.ForeignKeyConstraint(
            ["source", "batch"], ["batch.source", "batch.id"], name="fk_turned_batch"
        ),
    )
    _table(
        "channel",
        _column("source", TEXT),
        _column("kind", TEXT),
        _column("last", WHOLE),
        sa.PrimaryKeyConstraint("source", "kind", name="pk_channel"),
    )
    _table(
        "decision",
        _column("sid", TEXT),
        _column("number", WHOLE),
        _column("decided_at", WHOLE),
        _column("body", TEXT),
        sa.PrimaryKeyConstraint("sid", "number", name="pk_decision"),
        sa.ForeignKeyConstraint(["sid"], ["person.sid"], name="fk_decision_person"),
    )
    _table(
        "notice",
        _column("sid", TEXT),
        _column("number", WHOLE),
        _column("at", WHOLE),
        _column("body", BYTES),
        sa.PrimaryKeyConstraint("sid", "number", name="pk_notice"),
        sa.ForeignKeyConstraint(
            ["sid", "number"], ["decision.sid", "decision.number"], name="fk_notice_decision"
        ),
    )
    _table(
        "outbox",
        _column("sid", TEXT),
        _column("number", WHOLE),
        _column("unsealed", BYTES),
        _column("committed_at", WHOLE),
        sa.PrimaryKeyConstraint("sid", "number", name="pk_outbox"),
        by_key=True,
    )
    op.create_index(
        "ix_outbox_committed_at_sid_number", "outbox", ["committed_at", "sid", "number"]
    )
    _table(
        "sealed",
        _column("i", WHOLE),
        _column("entries", BYTES),
        sa.PrimaryKeyConstraint("i", name="pk_sealed"),
    )
    _table(
        "leaf",
        _column("i", WHOLE),
        _column("sid", TEXT),
        _column("number", WHOLE),
        sa.PrimaryKeyConstraint("i", name="pk_leaf"),
        sa.UniqueConstraint("sid", "number", name="uq_leaf_sid_number"),
    )
    _table(
        "head",
        _column("id", WHOLE),
        _column("size", WHOLE),
        _column("note", BYTES),
        sa.PrimaryKeyConstraint("id", name="pk_head"),
        sa.CheckConstraint("id = 1", name=op.f("ck_head_one_row")),
    )
    _table(
        "source",
        _column("id", TEXT),
        _column("organ", TEXT),
        _column("title", TEXT),
        _column("key", BYTES),
        _column("kinds", TEXT),
        _column("demo", WHOLE),
        sa.PrimaryKeyConstraint("id", name="pk_source"),
    )
    _table(
        "emergency",
        _column("id", TEXT),
        _column("basis", TEXT),
        _column("organ", TEXT),
        _column("starts", WHOLE),
        _column("ends", WHOLE),
        sa.PrimaryKeyConstraint("id", name="pk_emergency"),
    )
    _table(
        "emergency_end",
        _column("emergency", TEXT),
        _column("at", WHOLE),
        sa.PrimaryKeyConstraint("emergency", "at", name="pk_emergency_end"),
        sa.ForeignKeyConstraint(["emergency"], ["emergency.id"], name="fk_emergency_end_emergency"),
    )
    _table(
        "record",
        _column("kind", TEXT),
        _column("id", TEXT),
        _column("at", WHOLE),
        _column("body", BYTES),
        sa.PrimaryKeyConstraint("kind", "id", name="pk_record"),
    )
    empty = sa.bindparam("note", b"", type_=BYTES)
    op.execute(sa.text("INSERT INTO head (id, size, note) VALUES (1, 0, :note)").bindparams(empty))


def downgrade() -> None:
    for name in reversed(TABLES):
        op.drop_table(name)
