"""Every byte that anybody can have: the answers of each address that is for everyone.

The addresses are those of docs/routes.md, which a test holds to those served: a new one is asked by
itself. One with a blank of a new name is an error until `blanks` says what is written there. What
is asked for by POST or DELETE is sent nothing: an answer to that tells nothing of anybody either.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Final

from litestar.testing import TestClient

from mingma.app import Instance
from mingma.flows.editions import EDITION
from mingma.flows.proposals import PROPOSAL
from mingma.flows.tally_day import TALLY
from mingma.ledger.leaf import parse
from mingma.ledger.tiles import growth
from mingma.ledger.witnessing import origin_hash
from mingma.serving import create_app
from mingma.web.render import STATIC
from tests.routes import LINES, Line
from tests.witnessing import ORIGIN

BLANK: Final = re.compile(r"{(\w+)}")
Blanks = Mapping[str, Iterable[object]]


@dataclass(frozen=True, slots=True)
class PublicBytes:
    """Everything that was answered, and the addresses that answered at all."""

    data: bytes
    answered: frozenset[str]


def public_bytes(instance: Instance, only: str = "") -> PublicBytes:
    """Ask every address for everyone, with everything that the instance has to write in it."""
    known, answered = blanks(instance), set()
    parts: list[bytes] = []
    with TestClient(create_app(instance), raise_server_exceptions=False) as client:
        for line in for_everyone():
            for path in addresses(line, known) if only in line.path else ():
                answer = client.request(line.method, path, follow_redirects=False)
                assert answer.status_code != 500, path
                if answer.status_code == 200:
                    answered.add(str(line))
                headers = (f"{name}: {value}" for name, value in answer.headers.items())
                parts += [answer.content, *(one.encode() for one in headers)]
    return PublicBytes(b"\0".join(dict.fromkeys(parts)), frozenset(answered))


def for_everyone() -> list[Line]:
    """The lines that ask nobody who she is."""
    return [line for line in LINES if line.who == "everyone"]


def addresses(line: Line, known: Blanks) -> Iterator[str]:
    """The line's address with everything known written in its blanks."""
    names = BLANK.findall(line.path)
    for values in product(*(known[name] for name in names)):
        filled = iter(values)
        yield BLANK.sub(lambda _: str(next(filled)), line.path)  # noqa: B023 # used up at once


def blanks(instance: Instance) -> Blanks:
    """What stands in an address's blanks, by their names: all that this instance has."""
    with instance.store.read() as unit:
        size, _ = unit.head()
        entries = unit.leaves(0, size)
        digests = [one.id for kind in (PROPOSAL, EDITION) for one in unit.records(kind)]
        days = [one.id for one in unit.records(TALLY)]
    tags = {leaf.tag.hex() for entry in entries if (leaf := parse(entry)[0]).tag is not None}
    ranges = [line.split() for line in instance.public_index.listing().decode().splitlines()]
    return {
        "index": range(size),
        "path": [tile.path.removeprefix("tile/") for tile in growth(0, size)],
        "leaves": [f"{start}-{end}" for start, end, _ in ranges],
        "tag": [*sorted(tags), "00" * 16],
        "digits": ["", *(f"{digit:x}" for digit in range(16))],
        "day": days,
        "digest": digests,
        "origin_hash": [origin_hash(ORIGIN), origin_hash(instance.log.origin)],
        "id": [pack.id for pack in instance.context.packs],
        "file_path": [one.relative_to(STATIC) for one in STATIC.rglob("*") if one.is_file()],
    }
