"""What each passkey signed, told to the officer whose it is: no copy of a key acts unseen.

A use is kept with the act, refused ones too, and names nobody an act was about. The counter of a
key rises from use to use; where it does not, there are two of it (F03).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from mingma.flows import offices
from mingma.kernel.canonical import b64url, canonical, from_b64url
from mingma.kernel.errors import Refused
from mingma.kernel.times import Instant
from mingma.ports import Unit
from mingma.records import Passkey, Record

PASSKEY_USE: Final = "passkey_use"  # the kind of records; ids are the credential and a number
MOST: Final = 100  # uses of a passkey that its officer is told of, the newest


class PasskeyCloned(Refused):
    """A passkey whose counter went back: there are two of it. The act is not done."""

    slug = "passkey.cloned"
    zh = "通行密钥的计数倒退,疑被复制,此次不办理"
    en = "the passkey's counter went back: it may have been copied; the act was not done"
    remedy_zh = "停用该密钥,由两个机关更换"
    remedy_en = "stop using it; two organs give a new one"


@dataclass(frozen=True, slots=True)
class Use:
    """One signature: what it was for, when it counted, and in which session if in one."""

    act: str
    id: str
    at: Instant
    session: str
    refused: str  # why the signature itself was not good enough; else empty


def counts_on(unit: Unit, key: Passkey, count: int) -> bool:
    """Whether the counter rose, or the key has none and never had."""
    last = _highest(_last(unit, key))
    return count > last or count == last == 0


def add_use(
    unit: Unit,
    key: Passkey,
    now: Instant,
    *,
    act: str,
    id: str,
    count: int = 0,
    session: str = "",
    refused: str = "",
) -> None:
    """Keep a use, and the highest counter there was."""
    last = _last(unit, key)
    said = {
        "act": act,
        "highest": max(_highest(last), count),
        "id": id,
        "refused": refused,
        "session": session,
    }
    number = 1 + (_number(last) if last else 0)
    unit.add_record(Record(PASSKEY_USE, _id(key, number), now, canonical(said)))


def uses_of(unit: Unit, officer_id: str) -> list[Use]:
    """What the officer's passkeys signed, replaced ones too; newest first."""
    found: list[Use] = []
    for record in unit.records_under(offices.PASSKEY, f"{officer_id}/"):
        said = json.loads(record.body)
        credential, key = from_b64url(said["credential"]), from_b64url(said["key"])
        found += _newest(unit, Passkey(credential, key))
    return sorted(found, key=lambda one: one.at)[::-1]


def _newest(unit: Unit, key: Passkey) -> Iterator[Use]:
    """The last uses of one passkey, oldest first."""
    last = _last(unit, key)
    first = max(1, _number(last) - MOST + 1) if last else 1
    record = unit.first_record(PASSKEY_USE, _id(key, first))
    while record is not None and record.id.startswith(f"{b64url(key.credential)}/"):
        said: dict[str, Any] = json.loads(record.body)
        if said:
            yield Use(said["act"], said["id"], record.at, said["session"], said["refused"])
        record = unit.first_record(PASSKEY_USE, _id(key, _number(record) + 1))


def _last(unit: Unit, key: Passkey) -> Record | None:
    return unit.last_record(PASSKEY_USE, f"{b64url(key.credential)}/")


def _highest(last: Record | None) -> int:
    # An older record has the counter in its id, and nothing else.
    return 0 if last is None else int(json.loads(last.body).get("highest", _number(last)))


def _number(record: Record) -> int:
    return int(record.id.rpartition("/")[2])


def _id(key: Passkey, number: int) -> str:
    return f"{b64url(key.credential)}/{number:010}"
