"""Carry an instance on after an acknowledged loss: its settings, its keys, its signers' file.

Who may sign a loss stands in a file `loss-signers` beside the trust policy (in a specimen beside
its keys): a verifier key a line, an organ each. `flows.accept_loss` says what is checked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from mingma.cli.log_place import must_read
from mingma.clock import clock_of
from mingma.flows.accept_loss import Loss, LossNotSigned, accept_loss, loss_of, read_signers
from mingma.flows.proven_log import last_heads, proven_log
from mingma.flows.publish_log import CHECKPOINT
from mingma.flows.second_head import FILE, SecondHead
from mingma.kernel.errors import Place
from mingma.key_files import KeyUnreadable
from mingma.keys import seal_key
from mingma.ledger.files import Read
from mingma.ledger.note import Note, VerifierKey, parse_note
from mingma.ledger.policy import parse_policy
from mingma.opening import log_s_own, open_instance
from mingma.settings import Settings
from mingma.storage import open_store

SIGNERS: Final = "loss-signers"


@dataclass(frozen=True, slots=True)
class Carried:
    """The statement of a loss and, once it was accepted, what came of it.

    `last_heads` are the origins of earlier logs whose last heads came back, by size. Where the log
    had ended, `goes_on_at` is the next one, in which people are decided anew.
    """

    statement: str
    origin: str
    start: int
    end: int
    accepted: bool = False
    anew: int = 0
    last_heads: Mapping[int, str] = field(default_factory=dict)
    goes_on_at: str | None = None


def carry_on(
    settings: Settings,
    read: Read,
    reason: str,
    signed: Sequence[bytes] = (),
    heads: Sequence[bytes] = (),
    before: Sequence[bytes] = (),
) -> Carried:
    """State a loss; once two organs have signed it, bring its leaves back and decide anew.

    `heads` are further signed heads that are known, `before` the last ones of earlier years' logs.
    """
    keys, kept = _keys(settings), SecondHead(Path(settings.keys) / FILE).read().notes
    known = [*before, *heads]
    published = proven_log(read, read(CHECKPOINT) or b"", keys, known, kept)
    clock = clock_of(settings.clock)
    with closing(open_store(settings.database)) as store:
        with store.read() as unit:
            loss = loss_of(unit, published, reason)
            _, head = unit.head()
        ended = last_heads(published, loss.start, [*known, *kept.values(), head], keys)
        if not signed:
            return _carried(loss)
        note = merged(signed)
        with store.write() as unit:
            accept_loss(
                unit, published, loss, note, _signers(settings),
                organ=settings.organ, now=clock(), last_heads=ended,
            )  # fmt: skip
    with closing(open_instance(settings)) as instance:
        anew = instance.renew_lost()
    return replace(
        _carried(loss), accepted=True, anew=anew, goes_on_at=published.goes_on_at,
        last_heads={one.size: one.origin for one in published.earlier if one.size in ended},
    )  # fmt: skip


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


def _keys(settings: Settings) -> list[VerifierKey]:
    """The log's own keys, then those of other logs that its trust policy knows."""
    own = list(log_s_own(settings))
    if settings.signer:  # heads that are kept here bear the seal's line alone
        own.append(seal_key(Path(settings.keys), settings.origin).key)
    if not settings.policy:
        return own
    logs = parse_policy(must_read(Path(settings.policy))).logs
    return [*own, *(log.key for log in logs if log.key not in own)]


def _carried(loss: Loss) -> Carried:
    return Carried(loss.statement(), loss.head.origin, loss.start, loss.head.size)
