"""Which records go when people are erased: the one closed list, by kind.

`OWN`: the id begins with the person's reference. `NAMING`: she stands anywhere in it, and it goes
with the first of those it names. `SHARED`: it is about several people – a proposal, a signed act –
and goes with the last of them, since its digest holds for the whole of it or not at all. Every
other kind is `PUBLIC`: counts, offices, editions and what leaves of nobody point to; it names no
person and stays. A kind in none of the lists is refused by a test, not guessed at.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Any, Final

from mingma.records import Record

OWN: Final = frozenset(
    "advice appeal appeal_event look order place_complained re_mark ticket ticket_wrong".split()
)
NAMING: Final = frozenset(
    "appeal_due appeal_swept delegation delegation_to demo_person glass observation"
    " order_id order_place".split()
)
SHARED: Final = frozenset("act case link proposal".split())
PERSONAL: Final = OWN | NAMING | SHARED

_PARTS: Final = re.compile(r"[/|]")


def whose(id: str) -> str:
    """The reference that the id of an `OWN` record begins with."""
    return id.partition("/")[0]


def going(
    records: Iterable[Record],
    gone: Collection[str],
    there: Callable[[Collection[str]], Collection[str]],
) -> list[Record]:
    """Of `NAMING` and `SHARED` records, those that go with these people.

    `there` says which of the names it is given are people who are still kept.
    """
    found = []
    for record in records:
        names = _names(record)
        if names.isdisjoint(gone):
            continue
        if record.kind in NAMING or not there(names.difference(gone)):
            found.append(record)
    return found


def _names(record: Record) -> set[str]:
    """Every text that may be a reference."""
    return {*_PARTS.split(record.id), *_texts(json.loads(record.body))}


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for one in value.values():
            yield from _texts(one)
    elif isinstance(value, list):
        for one in value:
            yield from _texts(one)
