"""Who holds which office: organs, officers, passkeys and grants, as records only added.

An organ's record is written at the ceremony; an officer's and his passkey's with his first grant.
The last passkey of an officer is the one that counts. The store shows only records that it vouches
for (`vouched_rows`); and a grant or a passkey counts once its leaf is sealed, and opens to the very
record. Nothing here decides anything.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from mingma.authority.acts import Act
from mingma.authority.organs import Level, Organ, OrganKind
from mingma.authority.posts import Grant, Officer, Post
from mingma.flows.emergency import INSTANCE
from mingma.flows.exact_record import exact_record
from mingma.flows.leaf_names import leaf_of_nobody, public_name
from mingma.flows.reconcile_found import sealed_leaf
from mingma.flows.vouched_rows import NotVouched
from mingma.kernel.canonical import b64url, canonical, from_b64url
from mingma.kernel.errors import Refused
from mingma.kernel.times import Instant, day_of
from mingma.ledger.commitment import commitment
from mingma.ledger.leaf import Kind, Leaf
from mingma.ports import Unit
from mingma.records import Passkey, Record

ORGAN: Final = "organ"
OFFICER: Final = "officer"
PASSKEY: Final = "passkey"
GRANT: Final = "grant"
GRANT_END: Final = "grant_end"
SHIFT: Final = "shift"
# The kind of leaf that commits to a record.
LEAF_OF: Final[Mapping[str, Kind]] = {
    PASSKEY: Kind.KEY_ROTATE,
    GRANT: Kind.GRANT_GIVE,
    GRANT_END: Kind.GRANT_END,
    SHIFT: Kind.ROSTER_PUT,
}


class GrantNotSealed(Refused):
    """A grant or passkey whose leaf waits for its seal; until then nothing is done with it."""

    slug = "grant.not_sealed"
    status = 409
    zh = "授权或通行密钥尚未封存入日志"
    en = "the leaf of the grant or passkey is not sealed yet"
    remedy_zh = "稍后再试"
    remedy_en = "try again in a moment"


# -- reading


def organ(unit: Unit, id: str) -> Organ | None:
    """The organ of this id, or None."""
    record = exact_record(unit, ORGAN, id)
    return None if record is None else _organ(record)


def organs(unit: Unit) -> Mapping[str, Organ]:
    """Every organ by id."""
    return {record.id: _organ(record) for record in unit.records(ORGAN)}


def officer(unit: Unit, id: str) -> Officer | None:
    """The officer of this id, or None."""
    record = exact_record(unit, OFFICER, id)
    if record is None:
        return None
    said = json.loads(record.body)
    return Officer(id, said["organ"], Post(said["post"]))


def passkey(unit: Unit, officer_id: str) -> Passkey | None:
    """The officer's passkey that counts, or None; raises GrantNotSealed or NotVouched."""
    record = unit.last_record(PASSKEY, f"{officer_id}/")
    if record is None:
        return None
    if leaf_index(unit, PASSKEY, record.id) is None:
        raise GrantNotSealed
    must_fit_its_leaf(unit, record)
    following = _passkey_id(officer_id, record)
    if leaf_index(unit, PASSKEY, following) is not None:  # it was replaced, and that taken away
        raise NotVouched(kind=PASSKEY, id=following)
    said = json.loads(record.body)
    return Passkey(from_b64url(said["credential"]), from_b64url(said["key"]))


def take_turn(unit: Unit, officer_id: str) -> None:
    """Nobody else uses or changes the officer's passkey until this writing unit ends."""
    unit.last_record(PASSKEY, f"{officer_id}/")


def grants_of(unit: Unit, officer_id: str) -> Sequence[Grant]:
    """Every grant the officer ever had, with its end as ended."""
    ends = {record.id: record.at for record in unit.records_under(GRANT_END, f"{officer_id}/")}
    found = [_grant(record) for record in unit.records_under(GRANT, f"{officer_id}/")]
    return [replace(one, ended=ends[one.id]) if one.id in ends else one for one in found]


def grant_by_id(unit: Unit, id: str) -> Grant | None:
    """One grant with its end as ended, or None."""
    return next((one for one in grants_of(unit, id.partition("/")[0]) if one.id == id), None)


def leaf_index(unit: Unit, kind: str, id: str) -> int | None:
    """The index of a record's leaf; None while it waits for its seal."""
    return unit.index_of(f"{INSTANCE}:{kind}:{id}", 0)


def grant_index(unit: Unit, id: str) -> int | None:
    """The index of a grant's leaf; None while it waits for its seal."""
    return leaf_index(unit, GRANT, id)


def sealed_index(unit: Unit, one: Grant) -> int:
    """The index of a grant's leaf; raises GrantNotSealed, or NotVouched for another's leaf.

    A grant whose end is in the log is over, whoever took the record of that away.
    """
    record = exact_record(unit, GRANT, one.id)
    index = grant_index(unit, one.id)
    if index is None or record is None:
        raise GrantNotSealed
    must_fit_its_leaf(unit, record)
    if one.ended is None and leaf_index(unit, GRANT_END, one.id) is not None:
        raise NotVouched(kind=GRANT_END, id=one.id)
    return index


def must_fit_its_leaf(unit: Unit, record: Record) -> None:
    """Raise NotVouched if the record's sealed leaf opens to another one."""
    if not fits_its_leaf(unit, record):
        raise NotVouched(kind=record.kind, id=record.id)


def fits_its_leaf(unit: Unit, record: Record) -> bool:
    """Whether a grant, its end, a passkey or a roster has a leaf that opens to it."""
    index = leaf_index(unit, record.kind, record.id)
    found = None if index is None else sealed_leaf(unit, index)
    if found is None:
        return False
    leaf, _ = found
    if record.kind == GRANT_END:
        about = leaf_index(unit, GRANT, record.id)
        return leaf.kind is Kind.GRANT_END and about is not None and leaf.answers == about
    said = json.loads(record.body)
    opens = commitment(from_b64url(said.pop("nonce", "")), canonical(said))
    return leaf.kind is LEAF_OF[record.kind] and opens in (leaf.commitment, leaf.digest)


# -- writing


def organ_record(one: Organ, now: Instant) -> Record:
    """An organ as it is kept."""
    body = {
        "en": one.en,
        "kind": one.kind.value,
        "level": one.level.value,
        "region": one.region,
        "zh": one.zh,
    }
    return Record(ORGAN, one.id, now, canonical(body))


def officer_record(one: Officer, now: Instant) -> Record:
    """An officer as he is kept."""
    body = {"organ": one.organ, "post": one.post.value}
    return Record(OFFICER, one.id, now, canonical(body))


@dataclass(frozen=True, slots=True)
class Signed:
    """Under whose name a leaf of an office stands; the first ones have no officer, and no grant."""

    organ: str
    mark: bytes | None = None
    grant: int | None = None


def add_passkey(
    unit: Unit, officer_id: str, key: Passkey, now: Instant, *, nonce: bytes, by: Signed
) -> None:
    """Register a passkey, with its leaf; an earlier one of the officer is dead from here on."""
    id = _passkey_id(officer_id, unit.last_record(PASSKEY, f"{officer_id}/"))
    body = {"credential": b64url(key.credential), "id": id, "key": b64url(key.key)}
    leaf = Leaf(
        kind=Kind.KEY_ROTATE, what=PASSKEY,
        digest=keep_committed(unit, Record(PASSKEY, id, now, canonical(body)), nonce),
        organ=by.organ, officer=by.mark, grant=by.grant,
    )  # fmt: skip
    unit.add_leaves([leaf_of_nobody(PASSKEY, id, leaf, now)])


def _passkey_id(officer_id: str, last: Record | None) -> str:
    """The id of the officer's passkey after his last one."""
    number = 1 + (int(last.id.rpartition("/")[2]) if last else 0)
    return f"{officer_id}/{number:06}"


def next_grant_id(unit: Unit, officer_id: str) -> str:
    """The id that the officer's next grant has."""
    last = unit.last_record(GRANT, f"{officer_id}/")
    number = 1 + (int(last.id.rpartition("/")[2]) if last else 0)
    return f"{officer_id}/{number:04}"


def give(
    unit: Unit,
    one: Grant,
    giver: Organ,
    receiver: Organ,
    now: Instant,
    *,
    nonce: bytes,
    mark: bytes | None = None,
    under: int | None = None,
) -> None:
    """Write a grant and its leaf. `under` is the giver's own grant; the first ones have none."""
    leaf = Leaf(
        kind=Kind.GRANT_GIVE,
        commitment=keep_committed(
            unit, Record(GRANT, one.id, now, canonical(_grant_body(one))), nonce
        ),
        organ=public_name(giver),
        receiver=public_name(receiver),
        officer=mark,
        grant=under,
        until=day_of(one.ends),
        what=one.post.value,
    )
    unit.add_leaves([leaf_of_nobody(GRANT, one.id, leaf, now)])


def end(
    unit: Unit, one: Grant, by: Officer, ender: Organ, now: Instant, *, mark: bytes, under: int
) -> None:
    """Write a grant's early end and its leaf; raises GrantNotSealed while the grant's waits."""
    index = sealed_index(unit, one)
    unit.add_record(Record(GRANT_END, one.id, now, canonical({"by": by.id, "organ": by.organ})))
    leaf = Leaf(
        kind=Kind.GRANT_END,
        answers=index,
        organ=public_name(ender),
        officer=mark,
        grant=under,
    )
    unit.add_leaves([leaf_of_nobody(GRANT_END, one.id, leaf, now)])


def keep_committed(unit: Unit, record: Record, nonce: bytes) -> bytes:
    """Write a record with its nonce; returns the commitment that opens to it."""
    body = {**json.loads(record.body), "nonce": b64url(nonce)}
    unit.add_record(replace(record, body=canonical(body)))
    return commitment(nonce, record.body)


# -- forms


def _organ(record: Record) -> Organ:
    said: dict[str, Any] = json.loads(record.body)
    return Organ(
        record.id,
        OrganKind(said["kind"]),
        Level(said["level"]),
        said["region"],
        said["zh"],
        said["en"],
    )


def _grant_body(one: Grant) -> dict[str, object]:
    return {
        "acts": sorted(act.value for act in one.acts),
        "ends": int(one.ends),
        "given_by": one.given_by,
        "given_by_organ": one.given_by_organ,
        "id": one.id,
        "officer": one.officer,
        "organ": one.organ,
        "post": one.post.value,
        "region": one.region,
        "starts": int(one.starts),
    }


def _grant(record: Record) -> Grant:
    said: dict[str, Any] = json.loads(record.body)
    return Grant(
        id=said["id"],
        officer=said["officer"],
        post=Post(said["post"]),
        organ=said["organ"],
        region=said["region"],
        acts=frozenset(map(Act, said["acts"])),
        starts=Instant(said["starts"]),
        ends=Instant(said["ends"]),
        given_by=said["given_by"],
        given_by_organ=said["given_by_organ"],
    )
