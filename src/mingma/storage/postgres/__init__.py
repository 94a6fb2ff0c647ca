"""The server's store: PostgreSQL 15 or newer, through psycopg 3.

Not trusted – whoever administers the database can at most withhold: lose a decision, its notice
or its leaf, so that a code gets better or is missing. A decision made worse does not open its
leaf's commitment, an inserted one has no leaf, and a restored backup is behind the head that the
witnesses cosigned. (A specimen has no witnesses: there the database is trusted, and every page
says so.) Whoever can read it learns who is behind which leaf.
Durable when a unit of work ends: `synchronous_commit` is on. Append-only by privileges: run the
service as a role that `grant_service` was called for, not as the owner, and erase under one that
`grant_erasure` was called for. What is erased is gone for every query at once; its bytes stay in
dead rows until a vacuum, in the write-ahead log until it is recycled, in backups until they end.
"""

from __future__ import annotations

from mingma.storage.postgres.roles import grant_erasure, grant_service
from mingma.storage.postgres.store import PostgresStore

__all__ = ["PostgresStore", "grant_erasure", "grant_service"]
