"""A leaf read at speed: its fields as they are written, for whoever reads millions of them.

One pattern a kind says what a canonical entry of that kind looks like. An entry that fits is a
leaf; one that does not fit is given to `leaf.parse`, which alone decides. So skimming is never
laxer than parsing (a test holds the two equal), and a kind that is new here is only slower.
"""

from __future__ import annotations

import json
import re
from datetime import date
from functools import lru_cache
from typing import Final

from mingma.kernel.times import EARLIEST_YEAR, LATEST_YEAR
from mingma.ledger.leaf import FIELDS, MAX_ENTRY, SEALING_ADDS, Kind, parse

Fields = dict[str, bytes | None]  # what is written behind each key; a text without its quotes

_EPOCH: Final = date(1970, 1, 1).toordinal()
_B64: Final = "[A-Za-z0-9_-]"
_WHOLE: Final = "0|[1-9][0-9]{0,14}"  # the few longer ones that are allowed go the slow way
_NAME: Final = "[A-Za-z0-9][A-Za-z0-9._:/@*+-]{0,127}"
_32_BYTES: Final = f'"({_B64}{{42}}[AEIMQUYcgkosw048])"'  # the last digit has no spare bits
_DAY: Final = '"([0-9]{4}-[0-9]{2}-[0-9]{2})"'
_WORD: Final = '"([a-z][a-z_]{0,31})"'
# Not here: `j`, `what` and others of kinds with rules between their fields, which `parse` knows.
_FORMS: Final = {
    "a": f"({_WHOLE})",
    "b": f"({_WHOLE})",
    "c": _32_BYTES,
    "from": _WORD,
    "g": f"({_WHOLE})",
    "h": _32_BYTES,
    "i": f"({_WHOLE})",
    "l": f'"({_NAME})"',
    "n": f"({_WHOLE})",
    "o": f'"({_NAME})"',
    "r": f'({_WHOLE}|"{_NAME}")',  # its quotes tell a name from an index
    "s": f'"({_B64}{{21}}[AQgw])"',
    "t": _DAY,
    "to": _WORD,
    "u": f'"({_B64}{{8}})"',
    "until": _DAY,
}
_BEFORE_KIND: Final = b'"k":"'


def _pattern(kind: Kind, day: str = _DAY) -> re.Pattern[bytes] | None:
    """What an entry of a kind looks like; each group is named by its key.

    In outbox bytes `day` is not there; its group is empty, and is where it will stand.
    """
    must, may = FIELDS[kind]
    keys = sorted(may | {"k", "t"})
    if not set(keys) <= _FORMS.keys() | {"k"}:
        return None
    parts = []
    for key in keys:
        if key == "t" and not day:
            parts.append("(?P<t>)")
            continue
        named = _FORMS[key].replace("(", f"(?P<{key}>", 1) if key != "k" else f'"{re.escape(kind)}"'
        part = f'"{key}":{named},'
        parts.append(part if key in must or key in "kt" else f"(?:{part})?")
    text = "".join(parts)
    return re.compile(rf'\{{{text}"v":1\}}'.encode(), re.ASCII)


_PATTERNS: Final = {
    kind.value.encode(): (kind, found) for kind in FIELDS if (found := _pattern(kind)) is not None
}
_OTHER_DAYS: Final = {key for key, form in _FORMS.items() if form == _DAY and key != "t"}
_UNSEALED: Final = {
    word: _pattern(kind, day="")
    for word, (kind, pattern) in _PATTERNS.items()
    if _OTHER_DAYS.isdisjoint(pattern.groupindex)
}


def skim(entry: bytes) -> tuple[Kind, Fields]:
    """The kind of an entry and what its fields say; raises LeafUnreadable as `parse` does."""
    start = entry.find(_BEFORE_KIND) + len(_BEFORE_KIND)
    known = _PATTERNS.get(entry[start : entry.find(b'"', start)])
    if known is not None and len(entry) <= MAX_ENTRY:
        kind, pattern = known
        match = pattern.fullmatch(entry)
        if match is not None:
            fields: Fields = match.groupdict()
            if _days_are_days(fields):
                return kind, fields
    return _parsed(entry)


def place_of_day(unsealed: bytes) -> int | None:
    """Where the day goes in outbox bytes that have their kind's form: with it, they are a leaf.

    None if they have not. A kind with another day never has: whether that is one, no pattern sees.
    """
    start = unsealed.find(_BEFORE_KIND) + len(_BEFORE_KIND)
    pattern = _UNSEALED.get(unsealed[start : unsealed.find(b'"', start)])
    if pattern is None or len(unsealed) > MAX_ENTRY - SEALING_ADDS:
        return None
    match = pattern.fullmatch(unsealed)
    return match.start("t") if match is not None else None


@lru_cache(4096)  # a log of ten years has fewer
def day(text: bytes) -> int:
    """The day a `t` or `until` names, as `leaf` counts days; raises ValueError."""
    found = date.fromisoformat(text.decode())
    if not EARLIEST_YEAR <= found.year <= LATEST_YEAR:
        raise ValueError(text)
    return found.toordinal() - _EPOCH


def _days_are_days(fields: Fields) -> bool:
    try:
        day(fields["t"])
        if (until := fields.get("until")) is not None:
            day(until)
    except ValueError:
        return False
    return True


def _parsed(entry: bytes) -> tuple[Kind, Fields]:
    leaf, _ = parse(entry)  # it prints back the same, so what follows is what it says
    value = json.loads(entry)
    kind, keys = leaf.kind, FIELDS[leaf.kind][1] | {"t"}
    fields: Fields = dict.fromkeys(keys)
    for key in keys & value.keys():
        written = value[key]
        quoted = key == "r" and isinstance(written, str)
        fields[key] = (f'"{written}"' if quoted else str(written)).encode()
    return kind, fields
