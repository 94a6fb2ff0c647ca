"""What a witness keeps against a log: two heads that the log signed and that may not fit together.

Only the log's own signatures count. What a witness merely says, and what is no such list at all,
proves nothing.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any, Final

from mingma.kernel.errors import Problem
from mingma.ledger.checkpoint import Checkpoint
from mingma.ledger.cosignature import verify_checkpoint
from mingma.ledger.note import VerifierKey, parse_note

_BOTH: Final = ("cosigned", "submitted")


@dataclass(frozen=True, slots=True)
class Signed:
    """A head of the log that its keys signed, as somebody showed it."""

    head: Checkpoint
    note: str


def signed_head(note: str, origin: str, keys: Collection[VerifierKey]) -> Signed | None:
    """The head in a note, if the log of this origin signed it."""
    try:
        head, _ = verify_checkpoint(parse_note(note.encode()), keys)
    except (Problem, UnicodeEncodeError):
        return None
    return Signed(head, note) if head.origin == origin else None


def kept_against(
    data: bytes, origin: str, keys: Collection[VerifierKey]
) -> list[tuple[Signed, ...]]:
    """Those of each pair that the log signed; raises ValueError where it is no list of pairs."""
    try:
        found = json.loads(data)
    except RecursionError:
        raise ValueError("too deep") from None
    if not isinstance(found, list):
        raise ValueError("not a list")
    return [tuple(_signed(one, origin, keys)) for one in found]


def are_two_histories(heads: tuple[Signed, ...]) -> bool:
    """Whether heads prove by themselves that their log showed two histories."""
    sizes, roots = {one.head.size for one in heads}, {one.head.root for one in heads}
    return len(sizes) == 1 and len(roots) > 1


def _signed(pair: Any, origin: str, keys: Collection[VerifierKey]) -> Iterator[Signed]:
    for which in _BOTH:
        note = pair.get(which) if isinstance(pair, dict) else None
        if not isinstance(note, str):
            raise ValueError("not a pair of notes")
        if (one := signed_head(note, origin, keys)) is not None:
            yield one
