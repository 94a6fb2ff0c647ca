"""End a year's log and go on as the next year's: other keys, another origin, the same tree.

The log's last leaf, a `key.rotate`, names the next origin and keys; the next log's first leaf names
the log before it and that one's last checkpoint (`ledger/succession.py`). No row moves, no leaf
changes its index, and nobody is decided anew: every receipt and reference holds on. Run with the
service stopped. Other keys are replaced by `replace_key`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from mingma.flows.emergency import INSTANCE
from mingma.flows.offices import Signed
from mingma.flows.seal import Log
from mingma.flows.signed_tree import LogHasEnded, LogSigner
from mingma.flows.stored_head import HeadBroken, earlier_logs, stored_head
from mingma.kernel.errors import Place, Refused
from mingma.kernel.times import Instant
from mingma.ledger.leaf import LOG, Kind, Leaf
from mingma.ledger.succession import (
    SuccessionBroken,
    beginning,
    handed_to,
    keys_in,
    verify_succession,
    vkey_digest,
)
from mingma.ports import Store, Unit
from mingma.records import Outgoing

BEGIN: Final = f"{INSTANCE}:begin"


class LeavesWait(Refused):
    """Leaves wait for the seal, and would stand after the last one."""

    slug = "ledger.leaves_wait"
    status = 409
    zh = "尚有 {count} 片叶待封存,不能结束日志"
    en = "{count} leaves wait for the seal: the log cannot end"
    remedy_zh = "请停止服务,封存之后再结束"
    remedy_en = "stop the service, seal, then end it"


class NotANewOrigin(Refused):
    """The next log's keys bear this log's name, or none of one log."""

    slug = "ledger.not_a_new_origin"
    zh = "下一本日志须有新的来源名,其公钥均须署此名"
    en = "the next log needs an origin of its own, and all its keys bear it"
    remedy_zh = "例如 ledger.henan.example/codes/2023"
    remedy_en = "for example ledger.henan.example/codes/2023"


def end_log(unit: Unit, by: Signed, next_vkey: str, now: Instant) -> Leaf:
    """Write the leaf that ends the log; the caller seals it, and the seal takes nothing after it.

    Nothing is written where the log has ended with this very leaf already. `by` says under whose
    name: once anybody is in office, of who agreed to these keys (`agree_key`).
    """
    # (1) Where the log goes on.
    size, head = unit.head()
    names = {key.name for key in keys_in(next_vkey)}
    taken = [stored_head(head, size)[1], *earlier_logs(unit)]
    if len(names) != 1 or names & {log.origin for log in taken}:
        raise NotANewOrigin(Place(field="origin"))
    leaf = Leaf(
        kind=Kind.KEY_ROTATE, what=LOG, origin=names.pop(), digest=vkey_digest(next_vkey),
        organ=by.organ, officer=by.mark, grant=by.grant,
    )  # fmt: skip
    # (2) Nothing may stand behind it.
    if has_ended(unit, next_vkey):
        return leaf
    if waiting := unit.waiting():
        raise LeavesWait(count=waiting)
    # (3) The leaf: the first that a log ends with at this size.
    unit.add_leaves([Outgoing(f"{INSTANCE}:end", size, leaf.unsealed(), now)])
    return leaf


def has_ended(unit: Unit, next_vkey: str) -> bool:
    """Whether the last leaf hands the log on to these keys; LogHasEnded if it is to others."""
    size, _ = unit.head()
    for entry in unit.leaves(max(0, size - 1), size):
        origin = handed_to(entry)
        if origin is None:
            break
        try:
            verify_succession(entry, size - 1, size, next_vkey)
        except SuccessionBroken:
            raise LogHasEnded(origin=origin) from None
        return True
    return False


def go_on(
    store: Store,
    log: Log,
    signers: Sequence[LogSigner],
    organ: str,
    now: Instant,
    complete: Callable[[bytes], bytes] = bytes,
    vkey: str | None = None,
) -> None:
    """Hand the log that ended over to the keys that its last leaf names.

    `complete` gives the last head as it was published. `vkey` are the keys as they are published,
    where the signers, which seal, are others.
    """
    # (1) The leaf names exactly these keys.
    vkey = vkey or "".join(f"{signer.key}\n" for signer in signers)
    with store.read() as unit:
        size, head = unit.head()
        if not has_ended(unit, vkey):
            raise HeadBroken(size=size, why="origin")
    # (2) The next log's first leaf, sealed under its own keys, with nothing else in that seal.
    _, final = stored_head(head, size)
    leaf = beginning(organ, final)
    log.hand_over(signers, Outgoing(BEGIN, size, leaf.unsealed(), now), now, complete)
