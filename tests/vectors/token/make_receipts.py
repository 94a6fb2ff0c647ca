"""Makes `receipts.json`: tokens of worse colours beside their receipts, good and bad.

    .venv/bin/python -m tests.vectors.token.make_receipts

The file holds the certificate and the landmarks it is checked with. The key is fresh and thrown
away, so every run rewrites it; run it only to add a case.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

from mingma.codes import base45
from mingma.codes.receipt_frame import write_frame
from mingma.codes.token import Flags, issue
from mingma.kernel.times import print_instant
from mingma.kernel.words import Colour
from mingma.ledger.tree import leaf_hash
from tests.paths import ROOT
from tests.unit.codes.forge import NOW, claims, message, office, status, text
from tests.unit.codes.proofs import COLOURS, FALL, LOG, NONE, UNKNOWN

FILE: Final = ROOT / "tests" / "vectors" / "token" / "receipts.json"
GOOD = office()
Case = dict[str, Any]


def token(index: int, colour: Colour, **more: Any) -> str:
    made = status(colour=colour, leaf=more.pop("leaf", LOG.names(index)), **more)
    return issue(made, GOOD.kid, GOOD.sign)


def case(
    name: str, shown: str, receipt: str | None, reason: str | None = None, colour: str | None = None
) -> Case:
    """One vector: OK with its colour, or UNPROVEN for a reason."""
    return {
        "name": name,
        "result": "UNPROVEN" if reason else "OK",
        "reasons": [reason] if reason else [],
        "colour": colour,
        "token": shown,
        "receipt": receipt,
    }


def cases() -> Iterator[Case]:
    """Every way in which a receipt supports a token, or does not."""
    for index, colour in enumerate(COLOURS[:-1]):
        yield case(f"{colour}, proven", token(index, colour), LOG.frame(index), None, colour)
    yield case("fallen to yellow since", token(0, Colour.YELLOW), LOG.frame(0), None, "yellow")
    yield case("a fall to yellow", token(FALL, Colour.YELLOW), LOG.frame(FALL), None, "yellow")
    yield case("under the larger landmark", token(0, Colour.RED), LOG.frame(0, 11), None, "red")
    green = issue(status(), GOOD.kid, GOOD.sign)
    yield case("green without a receipt", green, None, None, "green")
    yield case("green with another's receipt", green, LOG.frame(0), None, "green")

    red = token(0, Colour.RED)
    yield case("no receipt", red, None, "receipt.missing")
    unreadable = "receipt.unreadable"
    right = LOG.frame(0)
    for name, frame in (
        ("an empty receipt", ""),
        ("a token in its place", green),
        ("a small prefix", "mcr1:" + right[5:]),
        ("a group that overflows", "MCR1:GGW" + right[8:]),
        ("a line end after it", right + "\n"),
        ("a byte more", "MCR1:" + base45.encode(bytes(LOG.short(0)) + b"\x00")),
        ("cut short", right[: 5 + 30]),
        ("another version", "MCR1:" + base45.encode(b"\x02" + bytes(LOG.short(0))[1:])),
    ):
        yield case(name, red, frame, unreadable)
    yield case("a landmark nobody loaded", red, LOG.frame(0, 9), "receipt.landmark")
    short = LOG.short(0)
    for name, bent in (
        ("another index", replace(short, index=1)),
        ("the other landmark's size", replace(short, size=11)),
        ("a hash less", replace(short, hashes=short.hashes[:-1])),
        ("hashes in another order", replace(short, hashes=short.hashes[::-1])),
    ):
        yield case(name, red, write_frame(bent), "receipt.does_not_hold")
    invented = replace(short, entry=short.entry.replace(b"HA-R3", b"HA-R9"))
    named = leaf_hash(invented.entry)[:8]
    yield case(
        "a leaf that does not exist, validly signed",
        token(0, Colour.RED, leaf=named),
        write_frame(invented),
        "receipt.does_not_hold",
    )
    other_leaf = "receipt.other_leaf"
    yield case("another decision's receipt", red, LOG.frame(10), other_leaf)
    yield case("a leaf that is no decision", token(NONE, Colour.GREY), LOG.frame(NONE), other_leaf)
    nameless = text(message(GOOD, claims({1: 2})))
    yield case("a red token that names no leaf", nameless, right, other_leaf)
    worse = "receipt.other_colour"
    yield case("red, the leaf says yellow", token(1, Colour.RED), LOG.frame(1), worse)
    yield case("grey, the leaf says green", token(5, Colour.GREY), LOG.frame(5), worse)
    yield case("grey, no code was issued", token(UNKNOWN, Colour.GREY), LOG.frame(UNKNOWN), worse)
    specimen = token(0, Colour.RED, flags=Flags.STATIC | Flags.SPECIMEN)
    yield case("a specimen with a receipt, not asked for", specimen, right, "specimen.not_asked")


def main() -> None:
    """Write the file."""
    found = {
        "at": print_instant(NOW),
        "certificate": base64.b64encode(GOOD.der).decode(),
        "landmarks": {str(size): root.hex() for size, root in LOG.landmarks.items()},
        "cases": list(cases()),
    }
    FILE.write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
