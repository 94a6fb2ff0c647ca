"""The log's part of a unit of work in SQL: leaves that wait, are sealed, and are read again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mingma.records import AlreadyThere, Outgoing, Stale
from mingma.storage import rows
from mingma.storage.born import Born
from mingma.storage.packed import packed, unpacked
from mingma.storage.statements import Statements
from mingma.storage.transaction import Transaction


class LedgerUnit(Transaction):
    """Where `holds_leaves`, leaves added stay in the unit until it seals them, or until its end.

    Those that are born and sealed in one unit never see the outbox. Their acts are compared with
    what is stored before anything else is asked or done, so that a refusal comes in its turn; a
    seal finds it out by itself.
    """

    holds_leaves = False

    def __init__(self, sql: Statements, *, writes: bool) -> None:
        super().__init__(writes=writes)
        self._sql = sql
        self._born = Born()  # leaves of this unit that are in no table yet

    def keep(self) -> None:
        """Put what waits where it waits; refuse to keep a unit of which a part was refused."""
        self._check_unspoiled()
        self._send_out(self._born.take_all())

    def _settle(self) -> None:
        if self._born.unchecked:
            self._check_born()

    def add_leaves(self, leaves: Iterable[Outgoing]) -> None:
        self._check_writing()
        if not self.holds_leaves:
            self._send_out(leaves)
        elif not self._born.add(leaves):
            raise self._refuse(AlreadyThere, "leaf")

    def _send_out(self, leaves: Iterable[Outgoing]) -> None:
        """To where leaves wait for a later unit's seal."""
        waiting = [rows.leaf_row(leaf) for leaf in leaves]
        done = self._put("leaf", self._sql.add_leaf, waiting)
        self._insist(done, len(waiting), AlreadyThere, "leaf")

    def _check_born(self) -> None:
        """Refuse leaves added of which an act has one, before anything else is asked or done."""
        for leaf in self._born.take_unchecked():
            if self._look(self._sql.has_leaf, *leaf, *leaf):
                raise self._refuse(AlreadyThere, "leaf")

    def pool(self, limit: int) -> Sequence[Outgoing]:
        found = [rows.read_leaf(row) for row in self._look(self._sql.pool, limit, 0)]
        return self._born.merged(found)[:limit]

    def waiting(self) -> int:
        ((count,),) = self._read(self._sql.waiting)
        return int(count) + len(self._born)

    def seal(self, size: int, entries: Sequence[bytes], head: bytes) -> None:
        # Whoever moves the head first has the indices; the other's swap finds another size.
        moved = self._put("head", self._sql.move_head, [(size + len(entries), head, size)])
        if moved != 1:
            self._check_born()
        self._insist(moved, 1, Stale, "head of the log")
        try:
            self._put("leaf", self._sql.add_sealed, packed(size, entries))
        except AlreadyThere as error:
            raise Stale(what="leaf") from error

    def add_acts(self, start: int, leaves: Sequence[Outgoing]) -> None:
        # (1) What this unit added is in no table yet; the rest must wait in the outbox.
        if self._born.unchecked and self._look(self._sql.pool, 1, 0):
            self._check_born()
        # (2) An act that has a leaf waits no longer. Sorted, rows of one person meet one page.
        acts = sorted((leaf.subject, leaf.number, i) for i, leaf in enumerate(leaves, start))
        try:
            self._put("leaf", self._sql.add_act, [(i, who, number) for who, number, i in acts])
        except AlreadyThere as error:
            self._check_born()
            raise Stale(what="leaf") from error
        # (3) Only what waits is sealed, and waits no longer.
        sent = self._born.take(leaves)
        if sent:
            cleared = self._put("leaf", self._sql.clear_acts, [(start, start + len(leaves))])
            self._insist(cleared, sent, Stale, "leaf")

    def head(self) -> tuple[int, bytes]:
        ((size, note),) = self._look(self._sql.head)
        return size, note

    def leaves(self, start: int, end: int) -> Sequence[bytes]:
        return unpacked(self._look(self._sql.sealed, start, end), start, end)

    def index_of(self, subject: str, number: int) -> int | None:
        found = self._read(self._sql.index_of, subject, number)
        return found[0][0] if found else None

    def acts(self, start: int, end: int) -> Sequence[tuple[str, int]]:
        found = self._read(self._sql.acts, start, end)
        return [(who, number) for at, (i, who, number) in enumerate(found, start) if i == at]
