"""`mingma receipt check`: that an entry is in the log, offline, by the signatures of a policy."""

from __future__ import annotations

import json as json_text
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from cyclopts import App

from mingma.cli.leaf_words import in_words
from mingma.cli.log_place import must_read
from mingma.codes.decision import Decision, Outcome
from mingma.codes.receipt_frame import DECIDED
from mingma.kernel.errors import Malformed, Place
from mingma.kernel.times import print_instant
from mingma.ledger.leaf import parse
from mingma.ledger.leaf_values import LeafUnreadable
from mingma.ledger.policy import parse_policy
from mingma.ledger.proof import Extra, Receipt, ReceiptUnreadable, parse_extra, parse_receipt

app = App(name="receipt", help="Check a receipt of the log, offline.")

LEAF: Final = "--leaf"
BELIEVED: Final = "the leaf's commitment opens to the body carried here, which says:"
NOT_BELIEVED: Final = (
    "the body carried here is not believed: the leaf's commitment does not open to it"
)


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

    Whether the entry can be read as a leaf is said apart: what cannot is unverifiable. So is the
    body that our own receipts carry: it is believed only if the leaf's commitment opens to it.

    Args:
        file: The receipt, a .tlog-proof.
        policy: The trust policy: logs, witnesses, quorum.
        leaf: The entry, byte for byte as it stands in the log, if the receipt does not carry it.
        json: Print JSON; errors as JSON too.
    """
    receipt = parse_receipt(must_read(file))
    believed = parse_policy(must_read(policy))
    extra = _extra(receipt)
    if leaf is None and extra is None:
        raise NoLeaf(Place(str(file)), option=LEAF)
    entry = must_read(leaf) if leaf is not None else extra.entry if extra is not None else b""
    head, signatures = receipt.verify(entry, believed)
    signers = [one.key.name for one in signatures]
    carried = extra is not None and extra.body is not None
    body = _opened(entry, extra)
    decision = _decision(entry, body)
    if json:
        found = {
            "origin": head.origin,
            "size": head.size,
            "index": receipt.index,
            "signed_by": signers,
            "leaf": _read(entry),
            "body_believed": body is not None if carried else None,
            "decision": json_text.loads(decision.body()) if decision else None,
        }
        print(json_text.dumps(found, ensure_ascii=False))
    else:
        print(f"{head.origin}: leaf {receipt.index} of {head.size} is in the log")
        print(f"signed by {', '.join(signers)}")
        print(in_words(entry))
        if carried:
            print(BELIEVED if body is not None else NOT_BELIEVED)
        for line in decision_in_words(decision) if decision else ():
            print(line)
    return 0


def decision_in_words(decision: Decision) -> Iterator[str]:
    """What a decision says: outcome, each colour with its rule and its end, the decision's end."""
    yield f"decision {decision.number} of {print_instant(decision.decided_at)}: {decision.outcome}"
    for span in decision.spans:
        says = span.colour.value if span.colour else f"notice {span.notice}"
        until = "no end known yet" if span.until is None else f"until {print_instant(span.until)}"
        rule = f"under {span.pack}/{span.rule}"
        yield f"  {says}  from {print_instant(span.starts)}  {until}  {rule}"
    if decision.outcome is Outcome.ISSUED and not decision.spans:
        yield "  green"
    if decision.expires is not None:
        yield f"  ends with its emergency, {print_instant(decision.expires)} at the latest"


def _extra(receipt: Receipt) -> Extra | None:
    """What one of our own receipts carries; None for another's `extra`, which says nothing here."""
    if receipt.extra is None:
        return None
    try:
        return parse_extra(receipt.extra)
    except ReceiptUnreadable:
        return None


def _opened(entry: bytes, extra: Extra | None) -> bytes | None:
    """The carried body, if the proven entry's commitment opens to it."""
    try:
        return extra.opened(parse(entry)[0]) if extra is not None else None
    except LeafUnreadable:
        return None


def _decision(entry: bytes, body: bytes | None) -> Decision | None:
    """The decision that a believed body holds; None for what is none that is known here."""
    if body is None or parse(entry)[0].kind not in DECIDED:
        return None
    try:
        decision = Decision.read(body)
        return decision if decision.body() == body else None
    except (ValueError, TypeError, KeyError, AttributeError):
        return None


def _read(entry: bytes) -> object:
    """The entry as the object it writes; None if it is no leaf that is known here."""
    try:
        parse(entry)
    except LeafUnreadable:
        return None
    return json_text.loads(entry)
