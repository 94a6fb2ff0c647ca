"""Columns of text made from arrays of numbers, a block of people at once.

A text of fixed width is a matrix of bytes, one row a text; joining matrices side by side and
handing the bytes to Arrow is some fifty times quicker than a Python string a fact.
"""

from __future__ import annotations

from functools import cache
from typing import Any, Final, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from mingma.city.chance import Bools, Ints
from mingma.kernel.times import DAY, OFFSET, midnight, print_instant

Text: TypeAlias = NDArray[np.uint8]  # one row a text, one column a byte
TEXT: Final = pa.string()
_ZERO: Final = ord("0")


def digits(values: Ints, width: int) -> Text:
    """Decimal numbers with leading zeros."""
    found = np.empty((len(values), width), dtype=np.uint8)
    rest = values.astype(np.uint32)
    for place in range(width - 1, -1, -1):
        rest, digit = np.divmod(rest, np.uint32(10))
        found[:, place] = digit + _ZERO
    return found


def instants(seconds: Ints) -> Text:
    """RFC 3339 at +08:00, as kernel.times prints them."""
    days, second = np.divmod(seconds + OFFSET, DAY)
    if not len(days):
        return np.empty((0, 25), dtype=np.uint8)
    earliest = int(days.min())
    dates = _rows([print_instant(midnight(d))[:11] for d in range(earliest, int(days.max()) + 1)])
    return np.hstack([dates[days - earliest], _clock()[second]])


@cache
def _clock() -> Text:
    """`HH:MM:SS+08:00` for every second of a day."""
    return _rows([print_instant(midnight(0) + second)[11:] for second in range(DAY)])


def _rows(texts: list[str]) -> Text:
    return np.frombuffer("".join(texts).encode(), dtype=np.uint8).reshape(len(texts), -1)


def choose(words: tuple[str, ...], index: Ints) -> Text:
    """One of a few words of equal width for each row."""
    return _rows(list(words))[index]


def joined(*parts: str | Text) -> pa.Array:
    """A column of text: fixed words and matrices side by side."""
    rows = next(len(part) for part in parts if not isinstance(part, str))
    sides = [
        np.broadcast_to(np.frombuffer(part.encode(), dtype=np.uint8), (rows, len(part.encode())))
        if isinstance(part, str)
        else part
        for part in parts
    ]
    whole = np.ascontiguousarray(np.hstack(sides))
    offsets = np.arange(rows + 1, dtype=np.int32) * np.int32(whole.shape[1])
    return pa.Array.from_buffers(
        TEXT, rows, [None, pa.py_buffer(offsets.tobytes()), pa.py_buffer(whole)]
    )


def moments(seconds: Ints, there: Bools | None = None) -> pa.Array:
    """A column of instants; null where `there` is false."""
    found = joined(instants(seconds))
    return found if there is None else pc.if_else(pa.array(there), found, pa.scalar(None, TEXT))


def taken(words: pa.Array, index: Ints) -> pa.Array:
    """A column of texts of any width, taken from a table of them."""
    return words.take(pa.array(index))


def constant(word: str | None, rows: int) -> pa.Array:
    """A column of one word, or of nulls."""
    return pa.nulls(rows, TEXT) if word is None else pa.repeat(pa.scalar(word, TEXT), rows)


def subjects(people: Ints) -> Text:
    """The reference of each person: `p0000001` for the first (index 0)."""
    return np.hstack([np.broadcast_to(_rows(["p"]), (len(people), 1)), digits(people + 1, 7)])


def table(rows: int, schema: Any, **columns: Any) -> pa.Table:
    """A table of the schema; columns not given are null, a word is repeated."""
    found = []
    for name in schema.names:
        column = columns.get(name)
        plain = column is None or isinstance(column, str)
        found.append(constant(column, rows) if plain else column)
    return pa.Table.from_arrays(found, schema=schema)
