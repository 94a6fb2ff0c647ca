"""The tables, once for SQLite and PostgreSQL.

Promises: instants are whole seconds (a database's own date type drops the zone on one of the
two); nothing holds a colour, so none can be set here; in every table that Citus may distribute,
`sid` – the subject's pseudonym – is part of each key, and a person's rows lie together.
Append-only tables are so by privileges (postgres/roles.py), not by triggers.
"""

from __future__ import annotations

from typing import Any, Final

import sqlalchemy as sa

# Names that migrations can rely on, from the first day.
NAMES: Final = {
    "pk": "pk_%(table_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(referred_table_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
}

# SQLite's strict tables know INTEGER, TEXT and BLOB only, and its INTEGER has 64 bits.
WHOLE: Final = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
# By code point everywhere: a server's locale would order otherwise than Python and SQLite do.
TEXT: Final = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
BYTES: Final = sa.LargeBinary()

metadata = sa.MetaData(naming_convention=NAMES)


def _table(name: str, *parts: sa.schema.SchemaItem, by_key: bool = False) -> sa.Table:
    """A table; `by_key`: SQLite keeps its (short) rows in order of their key, not of arrival."""
    return sa.Table(name, metadata, *parts, sqlite_strict=True, sqlite_with_rowid=not by_key)


def _key(name: str, kind: sa.types.TypeEngine[Any] = TEXT) -> sa.Column[Any]:
    return sa.Column(name, kind, primary_key=True, nullable=False, autoincrement=False)


def _column(name: str, kind: sa.types.TypeEngine[Any]) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False)


# -- people

person = _table(
    "person",
    _key("sid"),
    _column("key", BYTES),  # K, encrypted (flows/kept_keys.py)
    _column("events", WHOLE),
    _column("name", TEXT),
    _column("last_four", TEXT),
    by_key=True,
)

# -- evidence

# What came in, by its sender's id: the same again is known by its digest. Not by subject, because
# a sender must not use one id for two subjects.
receipt = _table(
    "receipt",
    _key("source"),
    _key("id"),
    _column("digest", BYTES),
    _column("received_at", WHOLE),
    _column("batch", TEXT),
    by_key=True,
)
# `body` is evidence.record's stored form; the key is the order in which rules read. The person may
# be added after the fact, in the same transaction.
fact = _table(
    "fact",
    _key("sid"),
    _key("at", WHOLE),
    _key("id"),
    _key("source"),
    _column("body", TEXT),
    sa.ForeignKeyConstraint(["sid"], ["person.sid"], deferrable=True, initially="DEFERRED"),
    by_key=True,
)
batch = _table(
    "batch",
    _key("source"),
    _key("id"),
    _column("received_at", WHOLE),
    _column("received", WHOLE),
    _column("admitted", WHOLE),
    _column("repeated", WHOLE),
    _column("refused", WHOLE),
)
# `message` and `record` repeat what a sender wrote, valid text or not, hence bytes. `n` counts the
# refused: one line may be refused twice.
turned = _table(
    "turned",
    _key("source"),
    _key("batch"),
    _key("n", WHOLE),
    _column("line", WHOLE),
    _column("slug", TEXT),
    _column("message", BYTES),
    _column("record", BYTES),
    sa.ForeignKeyConstraint(["source", "batch"], ["batch.source", "batch.id"]),
)
# When each kind last arrived: kept apart, since asking the facts would read all of them, and by
# source, since writers of one source take turns anyway.
channel = _table("channel", _key("source"), _key("kind"), _column("last", WHOLE))

# -- decisions

# `body` is Decision.body(), which the leaf commits to.
decision = _table(
    "decision",
    _key("sid"),
    _key("number", WHOLE),
    _column("decided_at", WHOLE),
    _column("body", TEXT),
    sa.ForeignKeyConstraint(["sid"], ["person.sid"]),
)
notice = _table(
    "notice",
    _key("sid"),
    _key("number", WHOLE),
    _column("at", WHOLE),
    _column("body", BYTES),
    sa.ForeignKeyConstraint(["sid", "number"], ["decision.sid", "decision.number"]),
)

# -- ledger

outbox = _table(
    "outbox",
    _key("sid"),
    _key("number", WHOLE),
    _column("unsealed", BYTES),
    _column("committed_at", WHOLE),
    sa.Index(None, "committed_at", "sid", "number"),
    by_key=True,
)
# The log: entries from index `i` on, packed as a bundle is (storage/packed.py).
sealed = _table("sealed", _key("i", WHOLE), _column("entries", BYTES))
# Whose act each leaf of it is.
leaf = _table(
    "leaf",
    _key("i", WHOLE),
    _column("sid", TEXT),
    _column("number", WHOLE),
    sa.UniqueConstraint("sid", "number"),
)
# One row, there from the first migration on.
head = _table(
    "head",
    _key("id", WHOLE),
    _column("size", WHOLE),
    _column("note", BYTES),
    sa.CheckConstraint("id = 1", name="one_row"),
)

# -- the instance

source = _table(
    "source",
    _key("id"),
    _column("organ", TEXT),
    _column("title", TEXT),
    _column("key", BYTES),
    _column("kinds", TEXT),
    _column("demo", WHOLE),
)
emergency = _table(
    "emergency",
    _key("id"),
    _column("basis", TEXT),
    _column("organ", TEXT),
    _column("starts", WHOLE),
    _column("ends", WHOLE),
)
# The end is a row of its own, so that nothing is edited; the earliest counts.
emergency_end = _table(
    "emergency_end",
    _key("emergency"),
    _key("at", WHOLE),
    sa.ForeignKeyConstraint(["emergency"], ["emergency.id"]),
)
record = _table("record", _key("kind"), _key("id"), _column("at", WHOLE), _column("body", BYTES))

# -- how Citus would lay them out: hashed by sid; a copy on every node; on one node only

DISTRIBUTED: Final = frozenset({person, fact, decision, notice})
REFERENCE: Final = frozenset({source, emergency, emergency_end})
# The queue and the log have one sequencer; receipts and batches are keyed by their sender.
LOCAL: Final = frozenset({receipt, batch, turned, channel, outbox, sealed, leaf, head, record})

# -- what the application may do to a row once it is there; all else is append-only, but for erasure

MUTABLE: Final = {person: ("events",), channel: ("last",), head: ("size", "note")}
QUEUE: Final = frozenset({outbox})
# What goes when people are erased, and what of a sealed leaf then changes: whose act it was.
PERSONAL: Final = frozenset({person, receipt, fact, turned, decision, notice, record})
UNNAMED: Final = {leaf: ("sid", "number")}
