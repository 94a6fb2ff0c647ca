"""The embedded store: one SQLite file in WAL mode, one writer at a time, readers beside it.

Not trusted – whoever can modify the file can at most withhold: lose a decision, its notice or its
leaf, so that a code gets better or is missing. A decision made worse does not open its leaf's
commitment, an inserted one has no leaf, and a restored copy is behind the head that the witnesses
cosigned. (A specimen has no witnesses: there the file is trusted, and every page says so.)
Whoever can read it learns who is behind which leaf. Durable when a unit of work ends: WAL with
`synchronous=FULL`.
"""

from __future__ import annotations

from mingma.storage.sqlite.store import SqliteStore

__all__ = ["SqliteStore"]
