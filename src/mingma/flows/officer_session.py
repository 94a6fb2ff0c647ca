"""An officer's session: begun with her passkey, and named in every act that she signs in it.

A passkey's signature alone does nothing. Each act names the session that the key began last, by a
word that only its beginner was given and that is kept as a digest. An officer has one session: a
later one ends it, so of two places that use one key each learns of the other with its next act.
Beginning one tells her what her key signed lately. It is no act, and gives no power.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from mingma.authority.organs import Organ
from mingma.authority.proposal import challenge
from mingma.flows import offices
from mingma.flows.act_case import Desk
from mingma.flows.attempt_flood import note_attempt
from mingma.flows.attempts import write_attempt
from mingma.flows.leaf_names import NONCE_SIZE
from mingma.flows.log_time import log_time
from mingma.flows.passkey_uses import PasskeyCloned, Use, add_use, counts_on, uses_of
from mingma.flows.signed_act import (
    FRESH,
    ActReplayed,
    ActStale,
    SignedAct,
    read_signature,
    session_name,
)
from mingma.kernel.canonical import b64url, canonical
from mingma.kernel.errors import Place, Refused
from mingma.kernel.times import HOUR, Instant, print_instant
from mingma.ports import Unit
from mingma.records import Passkey, PasskeyRefused, Record

SESSION: Final = "session"  # the kind of records; ids are the credential and a number
BEGIN: Final = "begin_session"  # what uses and attempts call it
LIFETIME: Final = 12 * HOUR  # seconds: a shift
WORD_BYTES: Final = 32
_LABEL: Final = b"mingma/begin-session/1\0"


class SessionOver(Refused):
    """An act in one's own last session, after its twelve hours."""

    slug = "session.over"
    status = 409
    zh = "工作时段已于 {until} 结束"
    en = "the session was over at {until}"
    remedy_zh = "用通行密钥重新开始工作时段"
    remedy_en = "begin a session with the passkey"


class NotInSession(Refused):
    """An act signed outside the session that the officer's passkey began last. It is not done."""

    slug = "session.another"
    zh = "签名不在该通行密钥最近开始的工作时段之内(最近一次始于 {since}),此次不办理"
    en = "signed outside the session that the passkey began last ({since}); the act was not done"
    remedy_zh = "开始工作时段,核对密钥签过什么;有不是自己签的,即停用密钥,由两个机关更换"
    remedy_en = "begin a session and read what the key signed; if that was not all you, stop using"
    remedy_en += " it: two organs replace it"


@dataclass(frozen=True, slots=True)
class Beginning:
    """What a passkey signs to begin a session."""

    officer: str
    at: Instant
    nonce: str
    assertion: Mapping[str, Any]

    def digest(self) -> bytes:
        """SHA-256 of the label and all but the assertion."""
        return beginning_digest(self.officer, self.at, self.nonce)


@dataclass(frozen=True, slots=True)
class Begun:
    """A session: the word that its acts name, when it is over, what the key signed before."""

    session: str
    ends: Instant
    uses: Sequence[Use]


def beginning_digest(officer: str, at: Instant, nonce: str) -> bytes:
    """What `challenge` is made of; `at` as whole seconds."""
    whole = {"at": int(at), "nonce": nonce, "officer": officer}
    return hashlib.sha256(_LABEL + canonical(whole)).digest()


def read_beginning(value: object) -> Beginning:
    """The beginning in a decoded JSON object; raises ActMalformed."""
    said = read_signature(value, ())
    return Beginning(said.officer, said.at, said.nonce, said.assertion)


def begin(unit: Unit, desk: Desk, asked: Beginning, now: Instant) -> Begun | PasskeyCloned:
    """Begin a session, which ends the last one; a copied key's is refused in public.

    Raises what is kept nowhere: ActStale, ActReplayed, PasskeyRefused.
    """
    # (1) The officer's own passkey signed this, freshly and once.
    digest = asked.digest().hex()
    if abs(now - asked.at) > FRESH:
        raise ActStale(Place(field="at"))
    offices.take_turn(unit, asked.officer)
    key, officer = offices.passkey(unit, asked.officer), offices.officer(unit, asked.officer)
    organ = offices.organ(unit, officer.organ) if officer else None
    if key is None or organ is None:
        raise PasskeyRefused
    proved = desk.passkeys.verify(asked.assertion, key, challenge(asked.digest()))
    uses = uses_of(unit, asked.officer)
    if any(one.id == digest for one in uses):
        raise ActReplayed

    # (2) Its counter went on; either way its owner is told.
    now = log_time(unit, now)
    cloned = not counts_on(unit, key, proved.count)
    refused = PasskeyCloned.slug if cloned else ""
    word = b64url(desk.chance(WORD_BYTES))
    name = "" if cloned else session_name(word)
    add_use(unit, key, now, act=BEGIN, id=digest, count=proved.count, session=name, refused=refused)
    if cloned:
        _attempt(unit, desk, asked.officer, organ, digest, now)
        return PasskeyCloned()

    # (3) From here on no other session of hers counts.
    last = _last(unit, key)
    number = 1 + (int(last.id.rpartition("/")[2]) if last else 0)
    id = f"{b64url(key.credential)}/{number:010}"
    unit.add_record(Record(SESSION, id, now, canonical({"session": name})))
    return Begun(word, Instant(now + LIFETIME), uses)


def lacks_session(unit: Unit, key: Passkey, signed: SignedAct, now: Instant) -> NotInSession | None:
    """Why an act is in no session; raises SessionOver where it was the officer's own last one."""
    last = _last(unit, key)
    if last is None:
        return NotInSession(since="–")
    if json.loads(last.body)["session"] != session_name(signed.session):
        return NotInSession(since=print_instant(last.at))
    if now >= last.at + LIFETIME:
        raise SessionOver(until=print_instant(Instant(last.at + LIFETIME)))
    return None


def _last(unit: Unit, key: Passkey) -> Record | None:
    return unit.last_record(SESSION, f"{b64url(key.credential)}/")


def _attempt(unit: Unit, desk: Desk, officer: str, organ: Organ, digest: str, now: Instant) -> None:
    """A copied key's try, in public as the acts it might have signed."""
    why = ("F03-passkey",)
    if note_attempt(
        unit, act=BEGIN, officer=officer, organ=organ.id, policies=why, people=1, now=now
    ):
        write_attempt(
            unit, act=BEGIN, id=digest, organ=organ, officer_id=officer, policies=why, people=1,
            now=now, nonce=desk.chance(NONCE_SIZE), audit_key=desk.audit_key,
        )  # fmt: skip
