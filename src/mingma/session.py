"""Who is signed in: a reference and an end in a cookie, under the instance's own HMAC key.

A cookie says whose page it is and nothing else: no role, no colour, no number of a paper. It is
read, never stored; to end every session, replace the key file.
*Trusted*: whoever holds the key can read any person's own page, and can change nothing.
"""

from __future__ import annotations

import binascii
import hmac
import re
from typing import Final, Literal, TypedDict

from mingma.kernel.canonical import b64url, from_b64url
from mingma.kernel.times import HOUR

COOKIE: Final = "mingma_session"
ACTING: Final = "mingma_acting"  # by which receipt its person acts for somebody else
LIFETIME: Final = 2 * HOUR  # seconds a sign-in lasts: a phone left behind is not a page left open
KEY_BYTES: Final = 32
DESK: Final = "desk:demo"  # who is signed in at the demo's import desk: nobody's reference
MAX_COOKIE: Final = 1024  # characters; a reference has 44
_LABEL: Final = b"mingma/session/v1"
_ACTING: Final = "acting:"
_FORM: Final = re.compile(r"([A-Za-z0-9_-]+)\.([0-9]{1,12})\.([A-Za-z0-9_-]{43})", re.ASCII)


class Kept(TypedDict):
    """How a browser keeps our cookies: out of scripts, other sites and plain connections."""

    max_age: int | None
    path: str
    httponly: bool
    samesite: Literal["strict"]
    secure: bool


def kept(scheme: str, age: int | None) -> Kept:
    """The attributes of every cookie, for `age` seconds (None: until the browser closes)."""
    return Kept(max_age=age, path="/", httponly=True, samesite="strict", secure=scheme == "https")


def sign_session(key: bytes, ref: str, expires: int) -> str:
    """The cookie's value that says who is signed in until `expires`."""
    payload = f"{b64url(ref.encode())}.{int(expires)}"
    return f"{payload}.{_mac(key, payload)}"


def read_session(key: bytes, cookie: str | None, now: int) -> str | None:
    """Whose session the cookie is at `now`; None where it is forged, over or unreadable."""
    match = _FORM.fullmatch(cookie) if cookie and len(cookie) <= MAX_COOKIE else None
    if match is None:
        return None
    payload = f"{match[1]}.{match[2]}"
    if not hmac.compare_digest(_mac(key, payload), match[3]) or now >= int(match[2]):
        return None
    try:
        return from_b64url(match[1]).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None


def sign_acting(key: bytes, person: str, receipt: str, expires: int) -> str:
    """The second cookie's value: by which receipt a signed-in person acts until `expires`."""
    return sign_session(key, f"{_ACTING}{person}:{receipt}", expires)


def read_acting(key: bytes, cookie: str | None, person: str, now: int) -> str | None:
    """The receipt that this very person opened; None where she acts for herself."""
    said = read_session(key, cookie, now) or ""
    mine = f"{_ACTING}{person}:"
    return said.removeprefix(mine) if said.startswith(mine) else None


def _mac(key: bytes, payload: str) -> str:
    if len(key) != KEY_BYTES:
        raise ValueError(f"a session key has {KEY_BYTES} bytes")
    return b64url(hmac.digest(key, _LABEL + b"\0" + payload.encode(), "sha256"))
