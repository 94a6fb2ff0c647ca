"""The one byte form of a value, for hashing and signing.

JSON with sorted keys, no spaces, ASCII only, no floats: equal values give equal bytes.
"""

from __future__ import annotations

import base64
import json


def canonical(value: object) -> bytes:
    """Canonical JSON of text, whole numbers, booleans, null, lists and string-keyed objects.

    Raises TypeError for anything else: a float has no single canonical spelling.
    """
    _check(value)
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return text.encode("ascii")


def _check(value: object) -> None:
    if value is None or isinstance(value, (str, bool, int)):
        return
    if isinstance(value, (list, tuple)):
        for item in value:
            _check(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, str):
                raise TypeError(f"canonical JSON has text keys only, not {type(key).__name__}")
            _check(item)
    else:
        raise TypeError(f"canonical JSON has no {type(value).__name__}")


def b64url(data: bytes) -> str:
    """base64url without padding, as binary fields of leaves are written."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")
