"""Say in the log which build runs: a `key.rotate` leaf of `build` whenever it is another one.

A checkpoint has no room for it (C2SP forbids lines beside origin, size and root), so the leaf says
it, and every later head covers the leaf. Witnesses and monitors compare it with their own build.
"""

from __future__ import annotations

from typing import Final

from mingma.flows.emergency import INSTANCE
from mingma.flows.index_hour import Acting
from mingma.kernel.canonical import canonical
from mingma.kernel.times import Instant
from mingma.ledger.leaf import Kind, Leaf
from mingma.records import Outgoing, Record

BUILD: Final = "build"  # the kind of records, by number; and the `what` of the leaves


def keep_build(acting: Acting, organ: str, build: bytes, now: Instant) -> bool:
    """Publish a build's id if it is not the one published last; whether it was."""
    body = canonical({"build": build.hex()})
    with acting() as unit:
        last = unit.last_record(BUILD, "")
        if last and last.body == body:
            return False
        number = int(last.id) + 1 if last else 0
        leaf = Leaf(kind=Kind.KEY_ROTATE, organ=organ, what=BUILD, digest=build)
        unit.add_record(Record(BUILD, f"{number:019}", now, body))
        unit.add_leaves([Outgoing(f"{INSTANCE}:{BUILD}", number, leaf.unsealed(), now)])
    return True
