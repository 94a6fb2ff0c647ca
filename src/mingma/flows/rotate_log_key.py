"""End this log and name the next one: a `key.rotate` leaf, which is the log's last.

The year's log ends with it; the next one, under another origin and other keys, opens empty in a
store of its own. Run it with the service stopped: a leaf sealed after it shows everybody that the
log did not end (`ledger/succession.py`). Every other key is replaced with a leaf that ends nothing.
"""

from __future__ import annotations

from mingma.flows.emergency import INSTANCE
from mingma.kernel.errors import Place, Refused
from mingma.kernel.times import Instant
from mingma.ledger.leaf import LOG, Kind, Leaf, parse
from mingma.ledger.succession import keys_in, vkey_digest
from mingma.ports import Outgoing, Unit


class LogHasEnded(Refused):
    """A log whose last leaf hands it on already."""

    slug = "ledger.has_ended"
    zh = "本日志已经结束,并已交给 `{origin}`"
    en = "this log has ended; it goes on at `{origin}`"
    remedy_zh = "请以新日志的来源与密钥继续"
    remedy_en = "go on under the new log's origin and keys"


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


def end_log(unit: Unit, organ: str, origin: str, next_vkey: str, now: Instant) -> Leaf:
    """Write the leaf that ends the log of this origin; the caller seals it and nothing after."""
    # (1) Nothing may stand behind it.
    refuse_ended(unit)
    if waiting := unit.statistics()["waiting"]:
        raise LeavesWait(count=waiting)
    # (2) Where the log goes on.
    names = {key.name for key in keys_in(next_vkey)}
    if len(names) != 1 or origin in names:
        raise NotANewOrigin(Place(field="origin"))
    # (3) The leaf.
    leaf = Leaf(
        kind=Kind.KEY_ROTATE, organ=organ, what=LOG,
        origin=names.pop(), digest=vkey_digest(next_vkey),
    )  # fmt: skip
    unit.add_leaves([Outgoing(f"{INSTANCE}:end", 0, leaf.unsealed(), now)])
    return leaf


def replace_key(unit: Unit, organ: str, what: str, published: str, now: Instant) -> Leaf:
    """Say in the log that a key of another kind was replaced, by what is published of the new."""
    digest = vkey_digest(published)
    leaf = Leaf(kind=Kind.KEY_ROTATE, organ=organ, what=what, digest=digest)
    subject = f"{INSTANCE}:{what}:{digest.hex()}"
    unit.add_leaves([Outgoing(subject, 0, leaf.unsealed(), now)])
    return leaf


def refuse_ended(unit: Unit) -> None:
    """LogHasEnded if the last leaf hands the log on."""
    size, _ = unit.head()
    for entry in unit.leaves(max(0, size - 1), size):
        leaf, _ = parse(entry)
        if leaf.kind is Kind.KEY_ROTATE and leaf.what == LOG:
            raise LogHasEnded(origin=leaf.origin)
