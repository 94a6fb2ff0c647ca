"""The one byte form of a value, for hashing and signing.

JSON with sorted keys, no spaces, ASCII only, no floats: equal values give equal bytes.
"""

from __future__ import annotations

import base64
import json
from typing import Final

_ENCODER: Final = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def canonical(value: object) -> bytes:
    """Canonical JSON of text, whole numbers, booleans, null, lists and string-keyed objects.

    Raises TypeError for anything else: a float has no single canonical spelling.
    """
    _check(value)
    return _ENCODER.encode(value).encode("ascii")


def _check(value: object) -> None:
    kind = type(value)
    if kind is str or kind is int or value is None:
        return
    if isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, str):
                raise TypeError(f"canonical JSON has text keys only, not {type(key).__name__}")
            _check(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            _check(item)
    elif not isinstance(value, (str, int)):
        raise TypeError(f"canonical JSON has no {kind.__name__}")


def b64url(data: bytes) -> str:
    """base64url without padding, as binary fields of leaves are written."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")
