"""The public log as pages: its head, its latest entries, and one entry with its proof."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from litestar import Response, get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, FromQuery

from mingma.flows.stored_head import stored_head
from mingma.kernel.canonical import b64url
from mingma.kernel.times import midnight
from mingma.ledger.leaf import Leaf, parse
from mingma.ledger.tree import leaf_hash
from mingma.web.render import page
from mingma.web.texts import known
from mingma.web.visitor import Asked, instance_of

PAGE: Final = 25  # entries on one page


@dataclass(frozen=True, slots=True)
class Row:
    """One entry as a row."""

    index: int
    kind: str  # the key of its words
    day: int  # its instant at 00:00
    leaf: Leaf


@get("/log", sync_to_thread=True)
def log(request: Asked, before: FromQuery[int | None] = None) -> Response[Any]:
    """The head, and a page of entries ending before an index (default: the newest)."""
    with instance_of(request).store.read() as unit:
        size, head = unit.head()
        waiting = unit.statistics().get("waiting", 0)
        end = size if before is None else max(0, min(before, size))
        start = max(0, end - PAGE)
        entries = unit.leaves(start, end)
    return page(
        request,
        "log.html",
        size=size,
        root=b64url(stored_head(head, size)[1].root) if size else "",
        waiting=waiting,
        rows=[_row(start + n, entry) for n, entry in enumerate(entries)][::-1],
        older=start or None,
        newer=min(size, end + PAGE) if end < size else None,
    )


@get("/log/{index:int}", sync_to_thread=True)
def log_entry(request: Asked, index: FromPath[int]) -> Response[Any]:
    """One entry as it stands, with the proof that the root holds it."""
    instance = instance_of(request)
    tree = instance.log.tree
    with instance.store.read() as unit:
        size, _ = unit.head()
        entry = unit.leaves(index, index + 1)[0] if 0 <= index < size else None
    if entry is None:
        raise NotFoundException
    read = size <= tree.size  # another process may have sealed more than this one has read
    return page(
        request,
        "log_entry.html",
        row=_row(index, entry),
        text=entry.decode("ascii"),
        hash=b64url(leaf_hash(entry)),
        proof=[b64url(one) for one in tree.inclusion_proof(index, size)] if read else None,
        root=b64url(tree.root(size)) if read else "",
        size=size,
    )


def _row(index: int, entry: bytes) -> Row:
    leaf, day = parse(entry)
    key = f"leaf.{leaf.kind.value}"
    return Row(index, key if known(key) else "leaf.other", midnight(day), leaf)
