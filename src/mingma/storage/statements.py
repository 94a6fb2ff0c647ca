"""Every statement the adapters run, once for both databases.

Written in SQLAlchemy Core against tables.py and made into text once, when a store is opened: Core's
own way of running a statement costs three times what SQLite needs for it. Parameters stand in the
order in which the text has them.
"""

from __future__ import annotations

from functools import cache
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from mingma.storage import tables as t
from mingma.storage.personal import OWN

POSTGRES: Final = "postgresql"


class Statements:
    """The texts for one database."""

    def __init__(self, dialect: sa.Dialect) -> None:
        self._dialect = dialect
        self._people()
        self._erasure()
        self._evidence()
        self._decisions()
        self._ledger()
        self._instance()

    def _people(self) -> None:
        people = sa.select(t.person).where(self._among(t.person.c.sid)).order_by(t.person.c.sid)
        self.people = self._text(people)
        person = t.person.c
        self.refs = self._text(
            sa.select(person.sid)
            .where(person.sid > _given("after"))
            .order_by(person.sid)
            .limit(_given("limit", t.WHOLE))
            .offset(_given("skip", t.WHOLE))  # always 0, as below
        )
        # SQLite has one writer and no such lock. Not the strongest: a fact may refer meanwhile.
        self.people_held = self._text(people.with_for_update(key_share=True))
        self.add_person = self._text(sa.insert(t.person))
        self.count_events = self._text(
            sa.update(t.person)
            .values(events=_given("raised", t.WHOLE))
            .where(t.person.c.sid == _given("who"), t.person.c.events < _given("to", t.WHOLE))
        )

    def _erasure(self) -> None:
        """What erasing people runs, in the order of who refers to whom."""
        fact, receipt, leaf, outbox = t.fact.c, t.receipt.c, t.leaf.c, t.outbox.c
        theirs = sa.select(fact.source, fact.id).where(self._among(fact.sid))
        doomed = {
            "notice": sa.delete(t.notice).where(self._among(t.notice.c.sid)),
            "decision": sa.delete(t.decision).where(self._among(t.decision.c.sid)),
            # A digest of a fact would tell whoever guesses the fact that she guessed right.
            "receipt": sa.delete(t.receipt).where(
                sa.tuple_(receipt.source, receipt.id).in_(theirs)
            ),
            "fact": sa.delete(t.fact).where(self._among(fact.sid)),
            "person": sa.delete(t.person).where(self._among(t.person.c.sid)),
        }
        self.erase = {what: self._text(statement) for what, statement in doomed.items()}
        record = t.record.c
        own = record.kind.in_([sa.literal_column(f"'{kind}'") for kind in sorted(OWN)])
        self.erase_own = self._text(
            sa.delete(t.record).where(own, self._among(self._first_part(record.id)))
        )
        self.erase_record = self._text(
            sa.delete(t.record).where(record.kind == _given("what"), record.id == _given("which"))
        )
        turned, batch = t.turned.c, t.batch.c
        early = sa.select(batch.source, batch.id).where(
            batch.received_at < _given("before", t.WHOLE)
        )
        self.erase_turned = self._text(
            sa.delete(t.turned).where(sa.tuple_(turned.source, turned.batch).in_(early))
        )
        self.waiting_of = self._text(sa.select(outbox.number).where(self._among(outbox.sid)))
        self.unname_leaves = self._text(
            sa.update(t.leaf)
            .values(sid=_given("nobody"), number=leaf.i)
            .where(self._among(leaf.sid))
        )

    def _evidence(self) -> None:
        receipt, fact, batch, turned = t.receipt.c, t.fact.c, t.batch.c, t.turned.c
        self.known = self._text(
            sa.select(receipt.id, receipt.digest).where(
                receipt.source == _given("of"), self._among(receipt.id)
            )
        )
        self.add_receipt = self._text(sa.insert(t.receipt))
        self.add_fact = self._text(sa.insert(t.fact))
        self.facts_of = self._text(
            sa.select(fact.sid, fact.body)
            .where(self._among(fact.sid))
            .order_by(fact.sid, fact.at, fact.id, fact.source)
        )
        same = (receipt.source == fact.source) & (receipt.id == fact.id)
        self.digests = self._text(
            sa.select(fact.body, receipt.digest)
            .select_from(t.fact.join(t.receipt, same))
            .where(self._among(fact.sid))
        )
        self.add_batch = self._text(
            self._insert(t.batch).on_conflict_do_nothing().returning(batch.id)
        )
        self.batch = self._text(
            sa.select(t.batch).where(batch.source == _given("of"), batch.id == _given("which"))
        )
        self.add_turned = self._text(sa.insert(t.turned))
        self.turned = self._text(
            sa.select(turned.line, turned.slug, turned.message, turned.record)
            .where(turned.source == _given("of"), turned.batch == _given("which"))
            .order_by(turned.n)
        )
        channel = t.channel.c
        arrived = self._insert(t.channel)
        self.touch_channel = self._text(
            arrived.on_conflict_do_update(
                index_elements=[channel.source, channel.kind],
                set_={"last": arrived.excluded.last},
                where=channel.last < arrived.excluded.last,
            )
        )
        self.channels = self._text(
            sa.select(channel.kind, sa.func.max(channel.last)).group_by(channel.kind)
        )

    def _decisions(self) -> None:
        decision, notice = t.decision.c, t.notice.c
        later = t.decision.alias("later")
        newest = (
            sa.select(sa.func.max(later.c.number))
            .where(later.c.sid == decision.sid)
            .scalar_subquery()
        )
        self.in_force = self._text(
            sa.select(decision.sid, decision.body).where(
                self._among(decision.sid), decision.number == newest
            )
        )
        self.decisions_of = self._text(
            sa.select(decision.body).where(decision.sid == _given("who")).order_by(decision.number)
        )
        self.add_decision = self._text(sa.insert(t.decision))
        self.add_notice = self._text(sa.insert(t.notice))
        self.notices_of = self._text(
            sa.select(t.notice).where(notice.sid == _given("who")).order_by(notice.number.desc())
        )

    def _ledger(self) -> None:
        outbox, sealed, leaf, head = t.outbox.c, t.sealed.c, t.leaf.c, t.head.c
        # (sid, number, unsealed, committed_at, sid, number): not if that act is sealed already.
        has_leaf = sa.exists().where(
            leaf.sid == _given("who"), leaf.number == _given("which", t.WHOLE)
        )
        values = [_given(column.name, column.type) for column in t.outbox.c]
        self.add_leaf = self._text(
            sa.insert(t.outbox).from_select(
                list(outbox.keys()), sa.select(*values).where(~has_leaf)
            )
        )
        self.has_leaf = self._text(
            sa.select(leaf.i)
            .where(leaf.sid == _given("who"), leaf.number == _given("which", t.WHOLE))
            .union_all(
                sa.select(outbox.number).where(
                    outbox.sid == _given("waits"), outbox.number == _given("there", t.WHOLE)
                )
            )
        )
        oldest = (outbox.committed_at, outbox.sid, outbox.number)
        self.pool = self._text(
            sa.select(t.outbox)
            .order_by(*oldest)
            .limit(_given("limit", t.WHOLE))
            .offset(_given("skip", t.WHOLE))  # always 0: Core writes one for SQLite regardless
        )
        self.waiting = self._text(sa.select(sa.func.count()).select_from(t.outbox))
        self.add_sealed = self._text(sa.insert(t.sealed))
        self.add_act = self._text(sa.insert(t.leaf))
        done = sa.select(leaf.sid, leaf.number).where(
            leaf.i >= _given("start", t.WHOLE), leaf.i < _given("end", t.WHOLE)
        )
        self.clear_acts = self._text(
            sa.delete(t.outbox).where(sa.tuple_(outbox.sid, outbox.number).in_(done))
        )
        self.move_head = self._text(
            sa.update(t.head)
            .values(size=_given("to", t.WHOLE), note=_given("says", t.BYTES))
            .where(head.size == _given("from", t.WHOLE))
        )
        self.head = self._text(sa.select(head.size, head.note))
        # (start, end): from the row on that has leaf `start`, or would have it.
        row = t.sealed.alias("row").c
        first = sa.select(sa.func.max(row.i)).where(row.i <= _given("start", t.WHOLE))
        self.sealed = self._text(
            sa.select(t.sealed)
            .where(sealed.i >= first.scalar_subquery(), sealed.i < _given("end", t.WHOLE))
            .order_by(sealed.i)
        )
        self.index_of = self._text(
            sa.select(leaf.i).where(
                leaf.sid == _given("who"), leaf.number == _given("which", t.WHOLE)
            )
        )
        self.acts = self._text(
            sa.select(leaf.i, leaf.sid, leaf.number)
            .where(leaf.i >= _given("start", t.WHOLE), leaf.i < _given("end", t.WHOLE))
            .order_by(leaf.i)
        )

    def _instance(self) -> None:
        emergency, end, record = t.emergency.c, t.emergency_end.c, t.record.c
        self.add_source = self._text(sa.insert(t.source))
        self.sources = self._text(sa.select(t.source))
        self.add_emergency = self._text(sa.insert(t.emergency))
        self.end_emergency = self._text(self._insert(t.emergency_end).on_conflict_do_nothing())
        # Few rows: which of them is in force, `storage.rows` says.
        self.emergencies = self._text(
            sa.select(t.emergency, sa.func.min(end.at))
            .outerjoin(t.emergency_end, end.emergency == emergency.id)
            .group_by(*t.emergency.c)
        )
        self.add_record = self._text(sa.insert(t.record))
        of_kind = sa.select(record.id, record.at, record.body).where(record.kind == _given("what"))
        under = of_kind.where(record.id >= _given("prefix"), record.id < _given("after"))
        self.records = self._text(of_kind.order_by(record.at, record.id))
        self.records_under = self._text(under.order_by(record.id))
        self.last_record = self._text(_one(under.order_by(record.id.desc())))
        self.newest_record = self._text(_one(of_kind.order_by(record.id.desc())))
        from_id = of_kind.where(record.id >= _given("id"))
        self.first_record = self._text(_one(from_id.order_by(record.id)))
        counted = {"people": t.person, "facts": t.receipt, "decisions": t.decision}
        counted |= {"waiting": t.outbox}
        counts = [
            sa.select(sa.func.count()).select_from(table).scalar_subquery().label(name)
            for name, table in counted.items()
        ]
        counts.append(sa.select(t.head.c.size).scalar_subquery().label("leaves"))
        self.counted = (*counted, "leaves")
        self.counts = self._text(sa.select(*counts))

    def _insert(self, table: sa.Table) -> Any:
        """An insert that may meet a row: its form is each database's own, its text the same."""
        made = postgresql.insert if self._dialect.name == POSTGRES else sqlite.insert
        return made(table)

    def _first_part(self, column: sa.Column[Any]) -> sa.ColumnElement[str]:
        """What stands before the first `/` of an id; all of it where there is none."""
        slash: sa.ColumnElement[str] = sa.literal_column("'/'")
        if self._dialect.name == POSTGRES:
            return sa.func.split_part(column, slash, sa.literal_column("1"))
        upto = sa.func.instr(column.op("||")(slash), slash).op("-")(sa.literal_column("1"))
        return sa.func.substr(column, sa.literal_column("1"), upto)

    def _among(self, column: sa.ColumnElement[Any]) -> sa.ColumnElement[bool]:
        """`column` is one of the values of one parameter: an array, or on SQLite a JSON list."""
        if self._dialect.name == POSTGRES:
            return column == sa.any_(_given("among", postgresql.ARRAY(sa.Text())))
        listed = sa.func.json_each(_given("among")).table_valued("value").alias("listed")
        return column.in_(sa.select(listed.c.value))

    def _text(self, statement: sa.Executable) -> str:
        return str(statement.compile(dialect=self._dialect))  # type: ignore[attr-defined]


@cache
def of_one(text: str) -> str:
    """What SQLite is asked of one value alone: it then makes no list."""
    return text.replace("IN (SELECT listed.value \nFROM json_each(?) AS listed)", "= ?")


def _given(name: str, kind: sa.types.TypeEngine[Any] = t.TEXT) -> sa.BindParameter[Any]:
    return sa.bindparam(name, type_=kind)


def _one(statement: sa.Select[Any]) -> sa.Select[Any]:
    """The first row of a statement; SQLite's text would have a parameter for a plain offset."""
    return statement.limit(sa.literal_column("1")).offset(sa.literal_column("0"))
