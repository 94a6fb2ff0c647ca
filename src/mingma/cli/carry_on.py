"""Carry an instance on after an acknowledged loss: its settings, its keys, its signers' file.

Who may sign a loss stands in a file `loss-signers` beside the trust policy (in a specimen beside
its keys): a verifier key a line, an organ each. `flows.accept_loss` says what is checked.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from mingma.clock import clock_of
from mingma.flows.accept_loss import (
    Loss,
    LossNotSigned,
    accept_loss,
    loss_of,
    published_log,
    read_signers,
)
from mingma.flows.decide import redecide
from mingma.flows.publish_log import CHECKPOINT
from mingma.flows.second_head import FILE, SecondHead
from mingma.kernel.errors import Place
from mingma.key_files import KeyUnreadable
from mingma.keys import log_keys
from mingma.ledger.files import Read
from mingma.ledger.note import Note, VerifierKey, parse_note
from mingma.opening import open_instance
from mingma.settings import Settings
from mingma.storage import open_store

SIGNERS: Final = "loss-signers"
PAGE: Final = 1000  # people of one transaction


@dataclass(frozen=True, slots=True)
class Carried:
    """The statement of a loss and, once it was accepted, how many were decided anew."""

    statement: str
    start: int
    end: int
    accepted: bool = False
    anew: int = 0


def carry_on(
    settings: Settings,
    read: Read,
    reason: str,
    signed: Sequence[bytes] = (),
    heads: Sequence[bytes] = (),
) -> Carried:
    """State a loss; once two organs have signed it, bring its leaves back and decide anew."""
    keys = [signer.key for signer in log_keys(Path(settings.keys), settings.origin)]
    kept = SecondHead(Path(settings.keys) / FILE).read().notes.get(settings.origin)
    known = [*heads, kept] if kept is not None else list(heads)
    published = published_log(read, read(CHECKPOINT) or b"", keys, known)
    clock = clock_of(settings.clock)
    with closing(open_store(settings.database)) as store:
        with store.read() as unit:
            loss = loss_of(unit, published, reason)
        if not signed:
            return _carried(loss)
        note = merged(signed)
        with store.write() as unit:
            affected = accept_loss(
                unit, published, loss, note, _signers(settings),
                organ=settings.organ, now=clock(),
            )  # fmt: skip
    return _carried(loss, accepted=True, anew=_decide_anew(settings, sorted(affected)))


def merged(notes: Sequence[bytes]) -> bytes:
    """One note of several over the same text, each by another organ."""
    parsed = [parse_note(one) for one in notes]
    if any(one.text != parsed[0].text for one in parsed):
        raise LossNotSigned(why="statement")
    lines = dict.fromkeys(line for one in parsed for line in one.signatures)
    return bytes(Note(parsed[0].text, tuple(lines)))


def _signers(settings: Settings) -> tuple[VerifierKey, ...]:
    folder = Path(settings.policy).parent if settings.policy else Path(settings.keys)
    path = folder / SIGNERS
    try:
        return read_signers(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError):
        raise KeyUnreadable(Place(str(path))) from None


def _decide_anew(settings: Settings, refs: Sequence[str]) -> int:
    """Decide anew for those whose decisions were lost, and seal what tells of the loss."""
    made = 0
    with closing(open_instance(settings)) as instance:
        instance.seal()
        for start in range(0, len(refs), PAGE):
            page = refs[start : start + PAGE]
            with instance.acting() as unit:
                made += redecide(unit, instance.context, page, instance.clock(), anew=page)
    return made


def _carried(loss: Loss, *, accepted: bool = False, anew: int = 0) -> Carried:
    return Carried(loss.statement(), loss.start, loss.head.size, accepted, anew)
