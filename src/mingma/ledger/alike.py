"""What a leaf says apart from its commitment and its tag: many say the same of other events.

Both are numbers that mean nothing to whoever has no key. So where an entry is a leaf, which `skim`
decides, every other one of the same words is a leaf, and says the same.
"""

from __future__ import annotations

import string
from typing import Final

Words = tuple[bytes, ...]

_BEFORE: Final = b'{"c":"'  # a leaf that refers to another has `a` or `b` before it, and no words
_AFTER: Final = len(_BEFORE) + 43  # digits; the last of each has no spare bits
_BEFORE_TAG: Final = b'"s":"'
_TAG: Final = 22
_LAST_OF_COMMITMENT: Final = b"AEIMQUYcgkosw048"
_LAST_OF_TAG: Final = b"AQgw"
_DIGITS: Final = f"{string.ascii_letters}{string.digits}-_".encode()
_ARE_DIGITS: Final = bytes(one in _DIGITS for one in range(256))
_COMMITMENT: Final = b"\1" * 43
_BOTH: Final = _COMMITMENT + b"\1" * _TAG


def words_of(entry: bytes) -> tuple[Words, bytes | None]:
    """What an entry says apart from its commitment and its tag; and the tag, None without one.

    No words where the entry does not begin with a commitment, or one is not written as it must be.
    """
    if entry[: len(_BEFORE)] != _BEFORE:
        return (), None
    at = entry.find(_BEFORE_TAG, _AFTER) + len(_BEFORE_TAG)
    if at < _AFTER:
        return _words_alone(entry), None
    tag = entry[at : at + _TAG]
    both = entry[len(_BEFORE) : _AFTER] + tag
    if both.translate(_ARE_DIGITS) != _BOTH:
        return (), None
    if both[-1] not in _LAST_OF_TAG or both[len(_COMMITMENT) - 1] not in _LAST_OF_COMMITMENT:
        return (), None
    return (entry[_AFTER:at], entry[at + _TAG :]), tag


def _words_alone(entry: bytes) -> Words:
    """… of an entry without a tag."""
    alone = entry[len(_BEFORE) : _AFTER]
    if alone.translate(_ARE_DIGITS) != _COMMITMENT or alone[-1] not in _LAST_OF_COMMITMENT:
        return ()
    return (entry[_AFTER:],)
