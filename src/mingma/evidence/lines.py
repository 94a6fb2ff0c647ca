"""NDJSON: one JSON object a line, read strictly.

Refuses what would not print back the same: duplicate keys, NaN, infinities, other encodings.
Bytes in, objects out; no files.
"""

from __future__ import annotations

import json
from typing import Any, Final

from mingma.kernel.errors import Malformed

MAX_LINE: Final = 1 << 20  # bytes of one line; a record is far smaller (CONTRACT, Bad input)


class NotJson(Malformed):
    """A line that is no JSON object in UTF-8."""

    slug = "record.not_json"
    zh = "这一行不是 JSON 对象:{why}"
    en = "the line is not a JSON object: {why}"
    remedy_zh = "每行一个 UTF-8 编码的 JSON 对象"
    remedy_en = "write one UTF-8 JSON object a line"


class LineTooLong(Malformed):
    """A line over 1 MiB."""

    slug = "record.line_too_long"
    zh = "这一行有 {size} 字节,上限 {limit}"
    en = "the line has {size} bytes, the limit is {limit}"
    remedy_zh = "请拆成多条记录"
    remedy_en = "split it into several records"


def read_line(line: bytes) -> Any:
    """The JSON value of one line; raises NotJson or LineTooLong."""
    if len(line) > MAX_LINE:
        raise LineTooLong(size=len(line), limit=MAX_LINE)
    try:
        return json.loads(
            line.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_no_constant
        )
    except UnicodeDecodeError:
        raise NotJson(why="it is not UTF-8") from None
    except RecursionError:
        raise NotJson(why="it is nested too deeply") from None
    except ValueError as error:
        raise NotJson(why=str(error)[:120]) from None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the key `{twice[:64]}` stands twice")
    return found


def _no_constant(word: str) -> None:
    raise ValueError(f"`{word}` is not a number")


__all__ = ["MAX_LINE", "LineTooLong", "NotJson", "read_line"]
