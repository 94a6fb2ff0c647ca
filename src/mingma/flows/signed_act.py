"""An act as an officer signed it: which act, by whom, at which instant, with what in it.

The officer's passkey signs the digest of all of it, so no word of it can be changed, and nobody
can add one (docs/formats/act.md). It is fresh for five minutes and counts once. Reading one here
proves nothing yet: `perform_act` asks the passkey.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from mingma.authority.acts import Act, Group, groups_of
from mingma.authority.proposal import challenge
from mingma.kernel.canonical import canonical
from mingma.kernel.errors import Malformed, Place, Refused
from mingma.kernel.times import Instant, parse_instant

ACT: Final = "act"  # the kind of records that are signed acts, by digest
FRESH: Final = 300  # seconds a signature may be old, or ahead of our clock
_SIGNATURE: Final = ("assertion", "at", "nonce", "officer")  # whoever signs says these
_ACT: Final = ("act", "body", "session")
_LABEL: Final = b"mingma/act/2\0"
_SESSION: Final = b"mingma/session/1\0"
_NONCE: Final = re.compile(r"[A-Za-z0-9_-]{16,64}", re.ASCII)
_WORD: Final = re.compile(r"[A-Za-z0-9_-]{43}|", re.ASCII)
OFFICER_FORM: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:@-]{0,63}", re.ASCII)


class ActMalformed(Malformed):
    """A signed act that is none. `why` says what of it."""

    slug = "act.malformed"
    zh = "这不是一项签名行为:{why}"
    en = "this is no signed act: {why}"
    remedy_zh = "请对照 docs/formats/act.md"
    remedy_en = "compare it with docs/formats/act.md"


class ActStale(Refused):
    """A signature more than five minutes from now: too old, or of a clock that is ahead."""

    slug = "act.stale"
    status = 409
    zh = "签名时刻与现在相差超过 5 分钟"
    en = "the act was signed more than five minutes from now"
    remedy_zh = "核对时钟,重新签名"
    remedy_en = "check the clock and sign again"


class ActReplayed(Refused):
    """An act that was done, or refused, before. Nothing of it is done again."""

    slug = "act.replayed"
    status = 409
    zh = "这项签名行为已经用过"
    en = "this very act was sent before"
    remedy_zh = "如需再次办理,请另行签名"
    remedy_en = "to do it again, sign it again"


@dataclass(frozen=True, slots=True)
class SignedAct:
    """One act and the assertion of the passkey over it. `body` is the act's own (docs/formats).

    `session` is the word of the session it is signed in, or empty.
    """

    act: Act
    officer: str
    at: Instant
    nonce: str
    body: Mapping[str, Any]
    assertion: Mapping[str, Any]
    session: str = field(default="", repr=False)

    def digest(self) -> bytes:
        """The digest of everything but the assertion; `challenge` of it is what is signed."""
        return act_digest(self.act, self.officer, self.at, self.nonce, self.body, self.session)

    def challenge(self) -> bytes:
        """What the passkey signs as WebAuthn's challenge."""
        return challenge(self.digest())


@dataclass(frozen=True, slots=True)
class Signature:
    """Who signed when, with which nonce, and the passkey's assertion."""

    officer: str
    at: Instant
    nonce: str
    assertion: Mapping[str, Any]


def session_name(word: str) -> str:
    """What is signed and kept of a session's word: who reads it cannot act in the session."""
    return hashlib.sha256(_SESSION + word.encode()).hexdigest() if word else ""


def act_digest(
    act: Act, officer: str, at: Instant, nonce: str, body: Mapping[str, Any], session: str
) -> bytes:
    """SHA-256 of the label and the canonical act; `at` as whole seconds."""
    return kept_digest(act, officer, at, nonce, body, session_name(session))


def kept_digest(
    act: Act, officer: str, at: Instant, nonce: str, body: Mapping[str, Any], session: str
) -> bytes:
    """The same of an act as it is kept, with its session's name."""
    whole = {
        "act": act.value,
        "at": int(at),
        "body": dict(body),
        "nonce": nonce,
        "officer": officer,
        "session": session,
    }
    return hashlib.sha256(_LABEL + canonical(whole)).digest()


def read_signed_act(value: object) -> SignedAct:
    """The signed act in a decoded JSON object; raises ActMalformed with the field named."""
    by = read_signature(value, _ACT)
    assert isinstance(value, dict)  # it was read
    act, session = _act(value["act"]), _text(value, "session", _WORD)
    body = _object(value, "body")
    signed = SignedAct(act, by.officer, by.at, by.nonce, body, by.assertion, session)
    try:
        signed.digest()
    except (TypeError, ValueError, RecursionError):
        why = "texts, whole numbers, lists, yes and no"
        raise ActMalformed(Place(field="body"), why=why) from None
    return signed


def read_signature(value: object, other: Sequence[str]) -> Signature:
    """Who signed an object that has these other fields; raises ActMalformed."""
    wanted = sorted({*_SIGNATURE, *other})
    if not isinstance(value, dict) or sorted(value) != wanted:
        raise ActMalformed(why="an object with " + ", ".join(wanted))
    officer, nonce = _text(value, "officer", OFFICER_FORM), _text(value, "nonce", _NONCE)
    at = parse_instant(value["at"], "at")
    return Signature(officer, at, nonce, _object(value, "assertion"))


def _act(value: object) -> Act:
    """An act that an officer can sign; those that nobody has can be tried, and are refused."""
    try:
        act = Act(str(value))
    except ValueError:
        raise ActMalformed(Place(field="act"), why="there is no such act") from None
    if not groups_of(act) & {Group.STAFF, Group.NEVER}:
        raise ActMalformed(Place(field="act"), why="no officer does this act")
    return act


def _object(value: Mapping[str, Any], name: str) -> dict[str, Any]:
    found = value[name]
    if not isinstance(found, dict):
        raise ActMalformed(Place(field=name), why="an object is wanted")
    return found


def _text(value: Mapping[str, Any], name: str, form: re.Pattern[str]) -> str:
    found = value[name]
    if not isinstance(found, str) or not form.fullmatch(found):
        raise ActMalformed(Place(field=name), why=f"a text of the form {form.pattern}")
    return found
