"""An act as an officer signed it: which act, by whom, at which instant, with what in it.

The officer's passkey signs the digest of all of it, so no word of it can be changed, and nobody
can add one (docs/formats/act.md). It is fresh for five minutes and counts once. Reading one here
proves nothing yet: `perform_act` asks the passkey.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from mingma.authority.acts import Act, Group, groups_of
from mingma.authority.proposal import challenge
from mingma.kernel.canonical import canonical
from mingma.kernel.errors import Malformed, Place, Refused
from mingma.kernel.times import Instant, parse_instant

ACT: Final = "act"  # the kind of records that are signed acts, by digest
FRESH: Final = 300  # seconds a signature may be old, or ahead of our clock
FIELDS: Final = ("act", "assertion", "at", "body", "nonce", "officer")
_LABEL: Final = b"mingma/act/1\0"
_NONCE: Final = re.compile(r"[A-Za-z0-9_-]{16,64}", re.ASCII)
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
    """One act and the assertion of the passkey over it. `body` is the act's own (docs/formats)."""

    act: Act
    officer: str
    at: Instant
    nonce: str
    body: Mapping[str, Any]
    assertion: Mapping[str, Any]

    def digest(self) -> bytes:
        """The digest of everything but the assertion; `challenge` of it is what is signed."""
        return act_digest(self.act, self.officer, self.at, self.nonce, self.body)

    def challenge(self) -> bytes:
        """What the passkey signs as WebAuthn's challenge."""
        return challenge(self.digest())


def act_digest(act: Act, officer: str, at: Instant, nonce: str, body: Mapping[str, Any]) -> bytes:
    """SHA-256 of the label and the canonical act; `at` as whole seconds."""
    whole = {
        "act": act.value,
        "at": int(at),
        "body": dict(body),
        "nonce": nonce,
        "officer": officer,
    }
    return hashlib.sha256(_LABEL + canonical(whole)).digest()


def read_signed_act(value: object) -> SignedAct:
    """The signed act in a decoded JSON object; raises ActMalformed with the field named."""
    if not isinstance(value, dict) or set(value) != set(FIELDS):
        raise ActMalformed(why="an object with " + ", ".join(FIELDS))
    act = _act(value["act"])
    officer, nonce = _text(value, "officer", OFFICER_FORM), _text(value, "nonce", _NONCE)
    body, assertion = value["body"], value["assertion"]
    for name, found in (("body", body), ("assertion", assertion)):
        if not isinstance(found, dict):
            raise ActMalformed(Place(field=name), why="an object is wanted")
    signed = SignedAct(act, officer, parse_instant(value["at"], "at"), nonce, body, assertion)
    try:
        signed.digest()
    except (TypeError, ValueError, RecursionError):
        why = "texts, whole numbers, lists, yes and no"
        raise ActMalformed(Place(field="body"), why=why) from None
    return signed


def _act(value: object) -> Act:
    """An act that an officer can sign; those that nobody has can be tried, and are refused."""
    try:
        act = Act(str(value))
    except ValueError:
        raise ActMalformed(Place(field="act"), why="there is no such act") from None
    if not groups_of(act) & {Group.STAFF, Group.NEVER}:
        raise ActMalformed(Place(field="act"), why="no officer does this act")
    return act


def _text(value: Mapping[str, Any], name: str, form: re.Pattern[str]) -> str:
    found = value[name]
    if not isinstance(found, str) or not form.fullmatch(found):
        raise ActMalformed(Place(field=name), why=f"a text of the form {form.pattern}")
    return found
