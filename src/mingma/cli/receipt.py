"""`mingma receipt check`: that an entry is in the log, offline, by the signatures of a policy."""

from __future__ import annotations

import json as json_text
from pathlib import Path
from typing import Final

from cyclopts import App

from mingma.cli.ledger import in_words
from mingma.cli.log_place import must_read
from mingma.kernel.errors import Malformed, Place
from mingma.ledger.leaf import LeafUnreadable, parse
from mingma.ledger.policy import parse_policy
from mingma.ledger.proof import parse_receipt

app = App(name="receipt", help="Check a receipt of the log, offline.")

LEAF: Final = "--leaf"


class NoLeaf(Malformed):
    """A receipt without the entry that it is about: there is nothing to prove."""

    slug = "receipt.no_leaf"
    zh = "未指明回执所证明的条目"
    en = "the entry that the receipt proves is not named"
    remedy_zh = "请用 {option} 指明条目文件,与日志中的字节完全相同"
    remedy_en = "name a file with it by {option}, byte for byte as it stands in the log"


@app.command
def check(file: Path, /, *, policy: Path, leaf: Path | None = None, json: bool = False) -> int:
    """Say whether an entry is in a log that the policy believes; needs no network.

    Whether the entry can be read as a leaf is said apart: what cannot is unverifiable.

    Args:
        file: The receipt, a .tlog-proof.
        policy: The trust policy: logs, witnesses, quorum.
        leaf: The entry, byte for byte as it stands in the log.
        json: Print JSON; errors as JSON too.
    """
    receipt = parse_receipt(must_read(file))
    believed = parse_policy(must_read(policy))
    if leaf is None:
        raise NoLeaf(Place(str(file)), option=LEAF)
    entry = must_read(leaf)
    head, signatures = receipt.verify(entry, believed)
    signers = [one.key.name for one in signatures]
    if json:
        found = {
            "origin": head.origin,
            "size": head.size,
            "index": receipt.index,
            "signed_by": signers,
            "leaf": _read(entry),
        }
        print(json_text.dumps(found, ensure_ascii=False))
    else:
        print(f"{head.origin}: leaf {receipt.index} of {head.size} is in the log")
        print(f"signed by {', '.join(signers)}")
        print(in_words(entry))
    return 0


def _read(entry: bytes) -> object:
    """The entry as the object it writes; None if it is no leaf that is known here."""
    try:
        parse(entry)
    except LeafUnreadable:
        return None
    return json_text.loads(entry)
