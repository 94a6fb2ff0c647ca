"""At the gate: what is shown there, in pictures or pasted lines, is a token and its receipt.

Offline: it reads the trust list and the landmarks it is given and nothing else, writes nothing and
is no look (P9). A picture may hold token and receipt, or each has one of its own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from mingma.codes import receipt_frame
from mingma.codes.check import Acceptance, check
from mingma.codes.outcome import Checked, nothing_read
from mingma.codes.token import PREFIX
from mingma.codes.trust import Trust
from mingma.kernel.errors import Malformed
from mingma.kernel.times import Instant

_LINE_END: Final = re.compile(r"[\r\n]+")

ReadCodes = Callable[[bytes], Sequence[str]]


def check_pictures(
    pictures: Iterable[bytes],
    now: Instant,
    read_codes: ReadCodes,
    *,
    trust: Trust,
    specimen: bool = False,
    acceptance: Acceptance | None = None,
    receipt: str | None = None,
    landmarks: Mapping[int, bytes] | None = None,
) -> Checked:
    """The named result for what the pictures show together.

    Of several codes, the first that is a token's and the first that is a receipt's; `receipt`
    stands in where no picture shows one. `read_codes` gives the texts in a picture and raises
    Malformed for what is none.
    """
    codes: list[str] = []
    reason = "picture.no_code"
    for picture in pictures:
        try:
            codes += read_codes(picture)
        except Malformed:
            reason = "picture.unreadable"
    token, shown = frames(codes)
    if token is None:
        return nothing_read(reason)
    return check(
        token, now,
        trust=trust, specimen=specimen, acceptance=acceptance,
        receipt=shown or receipt, landmarks=landmarks,
    )  # fmt: skip


def frames(codes: Sequence[str]) -> tuple[str | None, str | None]:
    """The token's text and the receipt's among some texts.

    Where no text is a token's it is the first that is no receipt's, so that it is told what it
    lacks.
    """
    receipts = [one for one in codes if one.startswith(receipt_frame.PREFIX)]
    others = [one for one in codes if one not in receipts]
    tokens = [one for one in others if one.startswith(PREFIX)] or others
    return next(iter(tokens), None), next(iter(receipts), None)


def frames_in(text: str) -> tuple[str, str | None]:
    """The token's text and the receipt's in a text that was pasted, whatever lines it came in."""
    parts: list[str] = []
    for line in _LINE_END.split(text):
        begins = line.lstrip()
        if not parts or begins.startswith((PREFIX, receipt_frame.PREFIX)):
            parts.append(begins)
        else:
            parts[-1] += line
    token, receipt = frames(parts)
    return token or "", receipt
