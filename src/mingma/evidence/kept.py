"""A refused record as it may be kept: its sender sees what was wrong, nobody reads a number in it.

Fields and texts of the closed lists stay, values under any other name go, and of a line that is no
record every word with a digit in it goes: an identity number may stand anywhere in a faulty record.
"""

from __future__ import annotations

import json
import re
from typing import Any, Final

from mingma.evidence.admit import FIELDS
from mingma.evidence.channels import KINDS
from mingma.kernel.errors import printable

KEPT_TEXT: Final = 4096  # characters of a refused record that are kept for its sender
BLANK: Final = "…"
_NUMBER: Final = re.compile(r"[^\W_]*\d[^\W_]*")


def kept_record(record: object) -> str:
    """The text to keep of a decoded record that was refused."""
    if not isinstance(record, dict):
        return BLANK
    shown: dict[str, Any] = {}
    for name, value in record.items():
        if name == "data" and isinstance(value, dict):
            shown[name] = _data(record.get("kind"), value)
        else:
            shown[_name(name, FIELDS)] = value if name in FIELDS and _flat(value) else BLANK
    return printable(json.dumps(shown, ensure_ascii=False))[:KEPT_TEXT]


def kept_line(line: bytes) -> str:
    """The text to keep of a line that is no record."""
    return _NUMBER.sub(BLANK, line[:KEPT_TEXT].decode("utf-8", "replace"))


def _data(kind: object, value: dict[str, Any]) -> dict[str, Any]:
    channel = KINDS.get(kind) if isinstance(kind, str) else None
    known = channel.__struct_encode_fields__ if channel else ()
    return {_name(n, known): v if n in known and _plain(v) else BLANK for n, v in value.items()}


def _name(name: str, known: tuple[str, ...]) -> str:
    return name if name in known else _NUMBER.sub(BLANK, name[:64])


def _flat(value: object) -> bool:
    return value is None or isinstance(value, (str, int, float, bool))


def _plain(value: object) -> bool:
    return _flat(value) or (isinstance(value, list) and all(map(_flat, value)))
