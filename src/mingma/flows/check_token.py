"""At the gate: a token's text, or a picture of it, becomes a named result.

Offline: it reads the trust list it is given and nothing else, writes nothing and is no look (P9).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from mingma.codes.check import Acceptance, Checked, check, nothing_read
from mingma.codes.token import PREFIX
from mingma.codes.trust import Trust
from mingma.kernel.errors import Malformed
from mingma.kernel.times import Instant

ReadCodes = Callable[[bytes], Sequence[str]]


def check_token(
    text: str,
    now: Instant,
    *,
    trust: Trust,
    specimen: bool = False,
    acceptance: Acceptance | None = None,
) -> Checked:
    """The named result for a token's text."""
    return check(text, now, trust=trust, specimen=specimen, acceptance=acceptance)


def check_picture(
    picture: bytes,
    now: Instant,
    read_codes: ReadCodes,
    *,
    trust: Trust,
    specimen: bool = False,
    acceptance: Acceptance | None = None,
) -> Checked:
    """The named result for the token in a picture; of several codes, the first that is a token's.

    `read_codes` gives the texts in a picture and raises Malformed for what is none.
    """
    try:
        codes = read_codes(picture)
    except Malformed:
        return nothing_read("picture.unreadable")
    if not codes:
        return nothing_read("picture.no_code")
    text = next((code for code in codes if code.startswith(PREFIX)), codes[0])
    return check(text, now, trust=trust, specimen=specimen, acceptance=acceptance)
