"""The second frame beside a token: the short receipt of its decision, as text for a QR code.

`MCR1:` + base45(short receipt). And the rules by which a proven entry supports a token: it is the
leaf of a decision, it is the very one the token names, and the decision can give the token's colour
or a worse one. A token's signature alone never makes a colour worse than green (P1).

Does not know whose the decision is: the leaf names nobody, so that it is the bearer's is only as
sure as the issuer's key (docs/decisions/0022).
"""

from __future__ import annotations

from typing import Final

from mingma.codes import base45
from mingma.codes.token import LEAF_SIZE, MAX_TEXT
from mingma.codes.unreadable import TokenUnreadable
from mingma.kernel.errors import Malformed
from mingma.kernel.words import SEVERITY, Colour
from mingma.ledger.leaf import Kind, Leaf, parse
from mingma.ledger.leaf_values import LeafUnreadable
from mingma.ledger.short_receipt import ShortReceipt, ShortReceiptUnreadable, parse_short_receipt
from mingma.ledger.tree import leaf_hash

PREFIX: Final = "MCR1:"
# The kinds of leaf that a decision about a person has.
DECIDED: Final = frozenset({Kind.DECISION, Kind.FALL})


class FrameUnreadable(Malformed):
    """A text that is no receipt's frame. `why` is one of prefix, length, base45, receipt."""

    slug = "receipt.frame_unreadable"
    zh = "读不出回执帧(`{why}`)"
    en = "not a readable receipt frame (`{why}`)"
    remedy_zh = "请重新扫描第二帧;读不出既不是红码也不是绿码"
    remedy_en = "scan the second frame again; unreadable is neither red nor green"


def write_frame(receipt: ShortReceipt) -> str:
    """The text of the second frame."""
    return PREFIX + base45.encode(bytes(receipt))


def read_frame(text: str) -> ShortReceipt:
    """The short receipt in a frame's text, proven by nobody yet; raises FrameUnreadable."""
    if not text.startswith(PREFIX):
        raise FrameUnreadable(why="prefix")
    if len(text) > MAX_TEXT:
        raise FrameUnreadable(why="length")
    try:
        return parse_short_receipt(base45.decode(text.removeprefix(PREFIX)))
    except TokenUnreadable:
        raise FrameUnreadable(why="base45") from None
    except ShortReceiptUnreadable:
        raise FrameUnreadable(why="receipt") from None


def objection(entry: bytes, named: bytes | None, colour: Colour) -> str | None:
    """Why a proven entry does not support a token of this colour that names a leaf; None: it does.

    The answer is a reason of docs/formats/token.md.
    """
    if named is None or leaf_hash(entry)[:LEAF_SIZE] != named:
        return "receipt.other_leaf"
    try:
        leaf, _ = parse(entry)
    except LeafUnreadable:
        return "receipt.other_leaf"
    return weakness(leaf, colour)


def weakness(leaf: Leaf, colour: Colour) -> str | None:
    """Why a proven leaf does not support a colour; None where it does."""
    if leaf.kind not in DECIDED:
        return "receipt.other_leaf"
    worst = _SEVERITY.get(leaf.after or "")
    return None if worst is not None and SEVERITY[colour] <= worst else "receipt.other_colour"


_SEVERITY: Final = {colour.value: severity for colour, severity in SEVERITY.items()}
