"""How numbers, bytes and names stand in the log's text formats (C2SP).

Reading is the exact inverse of writing: what would not print back the same raises ValueError, and
the format that asked says which of its lines was wrong.
"""

from __future__ import annotations

import base64
import re
from typing import Final

from mingma.ledger.tree import HASH_SIZE

MAX_NUMBER: Final = 2**63 - 1  # sizes, indexes and POSIX times: what every reader of them keeps
_DECIMAL: Final = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)
_NO_TEXT: Final = re.compile(r"[\x00-\x09\x0b-\x1f\ud800-\udfff]")
_NO_NAME: Final = re.compile(r"[\s+]")


def read_decimal(text: str) -> int:
    """The number: digits only, no leading zero, at most 2**63 - 1."""
    if _DECIMAL.fullmatch(text) is None or (number := int(text)) > MAX_NUMBER:
        raise ValueError(text)
    return number


def read_base64(text: str) -> bytes:
    """The bytes of standard base64 with padding and without spare bits."""
    data = base64.b64decode(text, validate=True)
    if write_base64(data) != text:
        raise ValueError(text)
    return data


def write_base64(data: bytes) -> str:
    """Standard base64 with padding."""
    return base64.b64encode(data).decode("ascii")


def read_hash(text: str) -> bytes:
    """The 32 bytes of a hash in base64."""
    data = read_base64(text)
    if len(data) != HASH_SIZE:
        raise ValueError(text)
    return data


def is_text(text: str) -> bool:
    """Whether it can stand in a note: no control character but newline, no half of a character."""
    return _NO_TEXT.search(text) is None


def is_line(text: str) -> bool:
    """Whether it can stand as one line that is not empty."""
    return text != "" and "\n" not in text and is_text(text)


def is_name(text: str) -> bool:
    """Whether it can be the name of a key: a line without spaces of any script and without `+`."""
    return is_line(text) and _NO_NAME.search(text) is None
