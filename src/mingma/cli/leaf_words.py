"""An entry of the log in words, as commands print it."""

from __future__ import annotations

from mingma.kernel.times import midnight, print_instant
from mingma.ledger.leaf import parse
from mingma.ledger.leaf_values import LeafUnreadable


def in_words(entry: bytes) -> str:
    """What an entry says: day of its seal, kind, organ, change, rule. Nobody is in it."""
    try:
        leaf, day = parse(entry)
    except LeafUnreadable:
        return "unverifiable: no leaf of a version that is known here"
    parts = [print_instant(midnight(day))[:10], leaf.kind.value]
    if leaf.organ is not None:
        parts.append(f"by {leaf.organ}")
    if leaf.before is not None and leaf.after is not None:
        parts.append(f"from {leaf.before} to {leaf.after}")
    if leaf.rule is not None:
        parts.append(f"under {leaf.rule}")
    if leaf.answers is not None:
        parts.append(f"about leaf {leaf.answers}")
    return "  ".join(parts)
