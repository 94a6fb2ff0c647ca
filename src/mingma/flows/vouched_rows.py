"""Rows of power, each kept with a digest over everything it says, keyed outside the database.

Organs, officers, passkeys, grants and their ends, rosters, approvals, sources: whoever writes one
into the database, or edits one, without `keys/evidence.key` has written nothing, because a unit of
this store shows only rows that are vouched for. What it met beside them is remembered for an alarm.
Under the same key each person's K is kept encrypted (`kept_keys`).
"""

from __future__ import annotations

import hmac
import threading
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, Final, cast

from mingma.flows.kept_keys import (
    PERSON,
    KeptKeys,
    OtherDatabaseS,
    Unopened,
    is_clear,
    is_enrolled,
)
from mingma.kernel.canonical import b64url, canonical
from mingma.kernel.errors import Broken
from mingma.kernel.times import Instant
from mingma.ports import Last, Store, Unit
from mingma.records import Person, Record, Source

SOURCE: Final = "source"  # the kind of records that say what a registered source is
VOUCHED: Final = frozenset(
    {"organ", "officer", "passkey", "grant", "grant_end", "shift", "approval", SOURCE}
)  # kinds of records that give somebody power, or take it; an approval has the next one complete it
_LABEL: Final = b"mingma/vouched-row/1"
_NAME: Final = b'"vouched":"'  # the last field of a kept body
_SIZE: Final = 43  # characters of 32 bytes in base64url
_TRIED: Final = 100  # people whose K is tried at a start


class NotVouched(Broken):
    """A row of power that this instance did not write, or that was edited: it gives no power."""

    slug = "row.not_vouched"
    zh = "库中的 `{kind}` 记录 `{id}` 不是本机所写,或已被改动"
    en = "the row `{kind}` `{id}` in the database is not as this instance wrote it"
    remedy_zh = "该记录不生效;请用 mingma audit --database 查明并核查数据库"
    remedy_en = "it has no effect; find it with `mingma audit --database`, examine the database"


@dataclass(slots=True)
class Met:
    """Rows met that nobody vouches for, by kind and id, until an alarm is kept."""

    _rows: set[tuple[str, str]] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, kind: str, id: str) -> None:
        """Remember a row."""
        with self._lock:
            self._rows.add((kind, id))

    def take(self) -> list[tuple[str, str]]:
        """The rows met since the last time one asked."""
        with self._lock:
            found, self._rows = sorted(self._rows), set()
        return found


class VouchedStore:
    """A store whose units write rows of power with their digest, and show no others."""

    def __init__(self, store: Store, key: bytes) -> None:
        """Over another store; `key` is what the database does not have.

        An auditor who has no key (b"") sees every row that bears some digest.
        """
        self._store = store
        self.key = hmac.digest(key, _LABEL, "sha256") if key else b""
        self.keys = KeptKeys(key)
        self.met = Met()

    @contextmanager
    def write(self, last: Last | None = None) -> Iterator[Unit]:
        """A unit of the store below."""
        with self._store.write(last) as unit:
            yield cast(Unit, _VouchedUnit(unit, self))

    @contextmanager
    def read(self) -> Iterator[Unit]:
        """A snapshot of the store below."""
        with self._store.read() as unit:
            yield cast(Unit, _VouchedUnit(unit, self))

    @property
    def one_writer(self) -> bool:
        """As the store below."""
        return self._store.one_writer

    def close(self) -> None:
        """Release the store below."""
        self._store.close()

    def must_be_opened_by_its_key(self) -> None:
        """Raise OtherDatabaseS where no K opens: whoever is taken in then would be lost later."""
        with self._store.read() as unit:
            people = unit.people(unit.refs("", _TRIED))
        kept = [(ref, one.key) for ref, one in people.items() if not is_clear(one.key)]
        if kept and all(self.keys.opened(*one) is None for one in kept):
            raise OtherDatabaseS

    def encrypted(self, clear: Mapping[str, bytes]) -> Mapping[str, bytes]:
        """What to keep instead of each K in the clear to which the log commits."""
        with self._store.read() as unit:
            return {
                ref: self.keys.kept(ref, key)
                for ref, key in clear.items()
                if is_enrolled(unit, ref, key)
            }


def strangers(unit: Unit, kind: str, prefix: str = "") -> Sequence[str]:
    """The ids of a kind's rows that nobody vouches for, by id; none where no key is known."""
    return unit.strangers(kind, prefix) if isinstance(unit, _VouchedUnit) else ()


def opens_keys(unit: Unit) -> bool:
    """Whether a K that does not open was edited, and is not only closed to who has no key."""
    return isinstance(unit, _VouchedUnit) and bool(unit.keys)


def must_be_vouched(unit: Unit, kind: str, id: str) -> None:
    """Raise NotVouched if there is such a row that nobody vouches for."""
    if id in strangers(unit, kind, id):
        raise NotVouched(kind=kind, id=id)


class _VouchedUnit:
    """A unit of which all is the one's below, but the rows of power and what K is kept as."""

    def __init__(self, unit: Unit, store: VouchedStore) -> None:
        self._unit = unit
        self._key = store.key
        self.keys = store.keys
        self._met = store.met

    def __getattr__(self, name: str) -> Any:
        return getattr(self._unit, name)

    def people(self, refs: Collection[str]) -> Mapping[str, Person]:
        return {ref: self._opened_person(one) for ref, one in self._unit.people(refs).items()}

    def add_people(self, people: Iterable[Person]) -> None:
        self._unit.add_people(replace(one, key=self.keys.kept(one.ref, one.key)) for one in people)

    def _opened_person(self, kept: Person) -> Person:
        key = self.keys.opened(kept.ref, kept.key)
        if key is not None:
            return Person(kept.ref, key, kept.events, kept.name, kept.last_four)
        if is_clear(kept.key) and is_enrolled(self._unit, kept.ref, kept.key):
            return kept
        if self.keys:
            self._met.add(PERSON, kept.ref)
        return Unopened(kept.ref, b"", kept.events, kept.name, kept.last_four)

    def add_record(self, record: Record) -> None:
        if record.kind in VOUCHED:
            body = record.body[:-1] + (b"," if len(record.body) > len(b"{}") else b"")
            record = replace(record, body=body + _NAME + self._digest(record) + b'"}')
        self._unit.add_record(record)

    def records(self, kind: str) -> Sequence[Record]:
        return self._vouched(kind, self._unit.records(kind))

    def records_under(self, kind: str, prefix: str) -> Sequence[Record]:
        return self._vouched(kind, self._unit.records_under(kind, prefix))

    def first_record(self, kind: str, id: str) -> Record | None:
        while (record := self._unit.first_record(kind, id)) is not None and kind in VOUCHED:
            if (own := self._opened(record)) is not None:
                return own
            id = f"{record.id}!"
        return record

    def last_record(self, kind: str, prefix: str) -> Record | None:
        # Not the one before it: that would give back a passkey that was replaced.
        record = self._unit.last_record(kind, prefix)
        if record is None or kind not in VOUCHED:
            return record
        if (own := self._opened(record)) is None:
            raise NotVouched(kind=kind, id=record.id)
        return own

    def add_source(self, source: Source) -> None:
        self._unit.add_source(source)
        self.add_record(Record(SOURCE, source.id, Instant(0), statement(source)))

    def sources(self) -> Mapping[str, Source]:
        said = {record.id: record.body for record in self.records(SOURCE)}
        found = {}
        for id, source in self._unit.sources().items():
            if said.get(id) == statement(source):
                found[id] = source
            else:
                self._met.add(SOURCE, id)
        return found

    def strangers(self, kind: str, prefix: str) -> Sequence[str]:
        records = self._unit.records_under(kind, prefix)
        found = {one.id for one in records if self._opened(one) is None}
        if kind == SOURCE:
            found |= {id for id in self._unit.sources() if id.startswith(prefix)} - set(
                self.sources()
            )
        return sorted(found)

    def _vouched(self, kind: str, records: Sequence[Record]) -> Sequence[Record]:
        if kind not in VOUCHED:
            return records
        return [own for one in records if (own := self._opened(one)) is not None]

    def _opened(self, record: Record) -> Record | None:
        """The record as it was added, or None."""
        at = len(record.body) - len(_NAME) - _SIZE - len(b'"}')
        said, told = record.body[: max(at, 0)], record.body[max(at, 0) :]
        own = replace(record, body=said.removesuffix(b",") + b"}")
        if self._key and told == _NAME + self._digest(own) + b'"}':
            return own
        if not self._key and told.startswith(_NAME):
            return own
        self._met.add(record.kind, record.id)
        return None

    def _digest(self, record: Record) -> bytes:
        whole = canonical([record.kind, record.id, int(record.at)]) + b"\0" + record.body
        return b64url(hmac.digest(self._key, whole, "sha256")).encode()


@lru_cache(4096)
def statement(source: Source) -> bytes:
    """All that a registered source is, as canonical JSON."""
    return canonical(
        {
            "demo": source.demo,
            "id": source.id,
            "key": b64url(source.key),
            "kinds": sorted(source.kinds),
            "organ": source.organ,
            "title": source.title,
        }
    )
