"""Records as rows and rows as records, the same for both databases.

A column's place is tables.py's. What a sender wrote may be no valid text, so it is kept as bytes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, Final, TypeAlias

from mingma.codes.decision import Decision
from mingma.evidence.record import fact_to_stored
from mingma.kernel.canonical import canonical
from mingma.kernel.times import Instant
from mingma.records import Emergency, Notice, Outgoing, Person, Received, Source, Turned
from mingma.storage.errors import UnreadableDecision

Row: TypeAlias = tuple[Any, ...]

# PostgreSQL's index rows end at 2,704 bytes, and a sender's id may have 4,096 characters.
LONGEST_KEY: Final = 256  # bytes of an id kept as it is


def key_of(id: str) -> str:
    """The id as a key: a long one by its beginning and its digest, itself too long to be an id's.

    INVARIANT: two ids have two keys.
    """
    if len(id) <= LONGEST_KEY // 4:  # a character has at most 4 bytes
        return id
    whole = id.encode()
    if len(whole) <= LONGEST_KEY:
        return id
    return f"{id[:LONGEST_KEY]}…{hashlib.sha256(whole).hexdigest()}"


def after(prefix: str) -> str:
    """What sorts after every id that begins so; no id goes on with the last of all characters."""
    return prefix + "\U0010ffff"


def person_row(person: Person) -> Row:
    """A row of `person`."""
    return (person.ref, person.key, person.events, person.name, person.last_four)


def receipt_row(received: Received, digest: bytes) -> Row:
    """A row of `receipt`."""
    return (
        received.source,
        key_of(received.fact.id),
        digest,
        received.received_at,
        key_of(received.batch),
    )


def fact_row(received: Received) -> Row:
    """A row of `fact`."""
    fact = received.fact
    return (fact.subject, fact.at, key_of(fact.id), received.source, fact_to_stored(fact))


def latest(received: Iterable[Received]) -> list[Row]:
    """Rows of `channel`: the latest arrival of each kind from each source."""
    found: dict[tuple[str, str], int] = {}
    for one in received:
        channel = (one.source, one.fact.kind)
        found[channel] = max(found.get(channel, one.received_at), one.received_at)
    return [(*channel, last) for channel, last in sorted(found.items())]


def turned_rows(turned: Iterable[Turned]) -> list[Row]:
    """Rows of `turned`, numbered in order of line."""
    made = []
    for n, one in enumerate(sorted(turned, key=lambda one: one.line)):
        message, record = _to_bytes(one.message), _to_bytes(one.record)
        made.append((one.source, key_of(one.batch), n, one.line, one.slug, message, record))
    return made


def read_turned(source: str, batch: str, row: Row) -> Turned:
    """The record turned away in (line, slug, message, record)."""
    line, slug, message, record = row
    return Turned(source, batch, line, slug, _from_bytes(message), _from_bytes(record))


def _to_bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _from_bytes(kept: bytes) -> str:
    return kept.decode("utf-8", "surrogatepass")


def decision_row(decision: Decision) -> Row:
    """A row of `decision`."""
    body = decision.body().decode("ascii")
    return (decision.subject, decision.number, decision.decided_at, body)


def read_decision(body: str) -> Decision:
    """The decision a body tells; raises UnreadableDecision."""
    try:
        return Decision.read(body.encode("ascii"))
    except (ValueError, TypeError, LookupError, AttributeError) as error:
        raise UnreadableDecision from error


def notice_row(notice: Notice) -> Row:
    """A row of `notice`."""
    return (notice.subject, notice.number, notice.at, notice.body)


def read_notice(row: Row) -> Notice:
    """The notice in a row of `notice`."""
    subject, number, at, body = row
    return Notice(subject, number, Instant(at), body)


def leaf_row(leaf: Outgoing) -> Row:
    """A row for `add_leaf`: one of `outbox`, and the act it must not be sealed for already."""
    act = (leaf.subject, leaf.number)
    return (*act, leaf.unsealed, leaf.committed_at, *act)


def read_leaf(row: Row) -> Outgoing:
    """The waiting leaf in a row of `outbox`."""
    return Outgoing._make(row)


def source_row(source: Source) -> Row:
    """A row of `source`."""
    kinds = canonical(sorted(source.kinds)).decode("ascii")
    return (source.id, source.organ, source.title, source.key, kinds, int(source.demo))


def read_source(row: Row) -> Source:
    """The source in a row of `source`."""
    id, organ, title, key, kinds, demo = row
    return Source(id, organ, title, key, frozenset(json.loads(kinds)), bool(demo))


def emergency_row(emergency: Emergency) -> Row:
    """A row of `emergency`."""
    return (emergency.id, emergency.basis, emergency.organ, emergency.starts, emergency.ends)


def as_ended(emergencies: Sequence[tuple[Emergency, int | None]]) -> list[Emergency]:
    """Emergencies, each of which may have been ended, with the end that counts; in order."""
    found = [
        one if ended is None else replace(one, ends=Instant(min(one.ends, ended)))
        for one, ended in emergencies
    ]
    return sorted(found, key=lambda one: (one.starts, one.id))


def in_force(emergencies: Sequence[tuple[Emergency, int | None]], at: int) -> Emergency | None:
    """Of emergencies and when each was ended, the one in force that ends last, then by id."""
    found = [one for one in as_ended(emergencies) if one.starts <= at < one.ends]
    return min(found, key=lambda one: (-one.ends, one.id), default=None)
