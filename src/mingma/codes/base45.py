"""Base45 (RFC 9285), strict: one text for one sequence of bytes.

Two bytes are three characters, a last single byte is two. Groups that would overflow (`GGW`,
`:::`) are refused; lenient decoders give such a token a second text.
"""

from __future__ import annotations

import struct
from functools import cache
from typing import Final

from mingma.codes.unreadable import unreadable

ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
_TRIPLES: Final = 65_536
_PAIRS: Final = 256


def encode(data: bytes) -> str:
    """The base45 text of the bytes."""
    triples, pairs = _texts()
    count, odd = divmod(len(data), 2)
    groups = [triples[one] for one in struct.unpack_from(f">{count}H", data)]
    groups += [pairs[one] for one in data[len(data) - odd :]]
    return "".join(groups)


def decode(text: str) -> bytes:
    """The bytes that encode to exactly this text; raises TokenUnreadable."""
    numbers = _numbers()
    try:
        return b"".join([numbers[text[at : at + 3]] for at in range(0, len(text), 3)])
    except KeyError:
        pass  # refused below, by what is wrong with it
    if not set(text) <= set(ALPHABET):
        raise unreadable("base45.character")
    raise unreadable("base45.length" if len(text) % 3 == 1 else "base45.overflow")


@cache
def _texts() -> tuple[list[str], list[str]]:
    """Every group of three and of two, in order of its number; made once, when first asked for."""
    pairs = [low + high for high in ALPHABET for low in ALPHABET]
    triples = [pair + high for high in ALPHABET for pair in pairs]
    return triples[:_TRIPLES], pairs[:_PAIRS]


@cache
def _numbers() -> dict[str, bytes]:
    """The bytes of every group that does not overflow."""
    triples, pairs = _texts()
    numbers = {text: number.to_bytes(2, "big") for number, text in enumerate(triples)}
    numbers.update({text: bytes([number]) for number, text in enumerate(pairs)})
    return numbers
