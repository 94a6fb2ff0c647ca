"""What the service's role may do: read, append, and change the four things that do change.

The owner of the tables migrates; the service runs as another role, which this makes unable to
edit or delete a fact, a decision, a notice or a sealed leaf. People whose data are due are erased
under a third role, which may do that besides, and is nobody's while nothing is due. By privileges
and not by triggers, because a cluster runs no triggers on distributed tables.
"""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from mingma.storage import migrations
from mingma.storage import tables as t
from mingma.storage.personal import PERSONAL
from mingma.storage.postgres.link import engine

# It is filled by the first migration and only moved since.
NOT_INSERTED: Final = frozenset({t.head})


def grants(role: str, schema: str, *, erases: bool = False) -> list[str]:
    """The statements that leave `role`, already quoted, with these rights and no others."""
    made = [f"GRANT USAGE ON SCHEMA {schema} TO {role}"]
    for table in t.metadata.sorted_tables:
        made.append(f"REVOKE ALL ON {table.name} FROM PUBLIC, {role}")
        rights = ["SELECT"]
        if table not in NOT_INSERTED:
            rights.append("INSERT")
        changed = t.MUTABLE.get(table, ()) + (t.UNNAMED.get(table, ()) if erases else ())
        if changed:
            rights.append(f"UPDATE ({', '.join(changed)})")
        if table in t.QUEUE or (erases and table in t.PERSONAL):
            rights.append("DELETE")
        made.append(f"GRANT {', '.join(rights)} ON {table.name} TO {role}")
    return [*made, *_only_personal_records(), f"GRANT SELECT ON alembic_version TO {role}"]


def _only_personal_records() -> list[str]:
    """Rows of `record` that may be deleted at all are those of personal kinds, whoever erases."""
    name, kinds = t.record.name, ", ".join(f"'{kind}'" for kind in sorted(PERSONAL))
    made = [f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY"]
    for policy, rule in {
        "anyone_reads": "FOR SELECT USING (true)",
        "anyone_appends": "FOR INSERT WITH CHECK (true)",
        "personal_goes": f"FOR DELETE USING (kind IN ({kinds}))",
    }.items():
        made.append(f"DROP POLICY IF EXISTS {policy} ON {name}")
        made.append(f"CREATE POLICY {policy} ON {name} {rule}")
    return made


def grant_service(dsn: str, role: str) -> None:
    """Migrate as the owner whom `dsn` names; give the existing `role` what the service needs."""
    _grant(dsn, role, erases=False)


def grant_erasure(dsn: str, role: str) -> None:
    """The same for the existing `role` under which people are erased whose data are due."""
    _grant(dsn, role, erases=True)


def _grant(dsn: str, role: str, *, erases: bool) -> None:
    owner = engine(dsn)
    try:
        migrations.upgrade(owner)
        quote = owner.dialect.identifier_preparer.quote
        with owner.begin() as connection:
            schema = str(connection.scalar(sa.func.current_schema()))
            for statement in grants(quote(role), quote(schema), erases=erases):
                connection.execute(sa.text(statement))
    finally:
        owner.dispose()
