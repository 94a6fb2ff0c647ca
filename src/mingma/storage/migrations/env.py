"""What Alembic runs: on the connection it was given, inside that connection's transaction."""

from __future__ import annotations

from alembic import context

from mingma.storage.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,  # SQLite cannot alter a constraint: it makes the table anew
    compare_type=True,
    compare_server_default=True,
)
with context.begin_transaction():
    context.run_migrations()
