"""End an instance's log and go on as the next one: what an operator does at the end of a year.

The next log's folder gets keys of its own for the log, copies of all the others, the trust policy
with the next log's keys in it, and the head to start behind. Done again after a crash, it goes on
where it stopped. Nothing is removed: the folder of the log that ended stays as it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from mingma.app import Instance
from mingma.cli.carry_on import SIGNERS
from mingma.cli.log_place import must_read
from mingma.flows.agree_key import agreed
from mingma.flows.cosigned import cosigned_size
from mingma.flows.durable import DISK
from mingma.flows.offices import Signed
from mingma.flows.rotate_log_key import end_log, go_on, has_ended
from mingma.flows.second_head import FILE, SecondHead
from mingma.flows.signed_tree import LogSigner
from mingma.flows.stored_head import last_heads
from mingma.kernel.errors import Place, Refused, Unavailable
from mingma.keys import LOG_VKEY, carry_keys, log_keys, published_keys, seal_key
from mingma.ledger.leaf import LOG
from mingma.ledger.succession import vkey_digest

POLICY: Final = "policy"  # the next log's trust policy, in its folder


class LastHeadNotCosigned(Unavailable):
    """The log has ended, and the witnesses have not cosigned its last head yet."""

    slug = "ledger.last_head_not_cosigned"
    zh = "日志已结束(大小 {size}),其最后的树头尚未由见证方签认"
    en = "the log has ended with {size} leaves, and its last head is not cosigned yet"
    remedy_zh = "见证方应答后再运行一次;急需时可加 `{option}`,其条目由新日志的树头签认"
    remedy_en = (
        "run it again once the witnesses answer; in need, `{option}`: the next log's heads, once"
        " cosigned, cover the same leaves"
    )


class NextLogHasBegun(Refused):
    """The next log has signed heads already: this database is older than those."""

    slug = "ledger.next_log_has_begun"
    status = 409
    zh = "`{origin}` 已签过树头:本数据库旧于它"
    en = "`{origin}` has signed heads already: this database is older than they are"
    remedy_zh = "请用最新的数据库;已丢失者,以该日志的设置与文件办理认损(ledger accept-loss)"
    remedy_en = (
        "take the newest database; where it is lost, accept the loss with that log's settings and"
        " files (ledger accept-loss)"
    )


@dataclass(frozen=True, slots=True)
class NextLog:
    """Where the log goes on: after how many leaves, by which keys, under which policy."""

    origin: str
    start: int
    vkey: str
    folder: Path
    policy: Path | None


def next_log(instance: Instance, origin: str, folder: Path, *, cosigned: bool) -> NextLog:
    """End the log and hand it over; `cosigned`: not before its last head is.

    Raises NextLogHasBegun; KeyNotAgreed, LogHasEnded, LeavesWait, NotANewOrigin,
    LastHeadNotCosigned, which may be tried again.
    """
    settings, keys = instance.settings, Path(instance.settings.keys)
    second = SecondHead(folder / FILE)
    if origin in second.read().notes:  # another first leaf would be a second history
        raise NextLogHasBegun(Place(str(folder)), origin=origin)
    if not (folder / LOG_VKEY).exists():
        instance.log.must_not_have_ended()  # no keys are made for a log that is another's to go on
    # (1) What the next log starts with, in a folder that nothing reads yet.
    old_policy = Path(settings.policy) if settings.policy else None
    carry_keys(keys, folder, leave=[old_policy] if old_policy else [])
    signers: Sequence[LogSigner]
    if settings.signer:  # the next log's too: it made its keys, and its log.vkey was put there
        signers, published = [seal_key(folder, origin)], published_keys(folder, origin)
    else:
        signers = log_keys(folder, origin)
        published = signers[0].key, signers[1].key
    vkey = "".join(f"{key}\n" for key in published)
    policy = _carry_policy(old_policy, folder, vkey) if old_policy else None
    # (2) The log's last leaf.
    with instance.store.read() as unit:
        ended = has_ended(unit, vkey)
    if not ended:
        now = instance.clock()
        with instance.acting() as unit:
            by = agreed(unit, instance.desk, LOG, vkey_digest(vkey), now)
            end_log(unit, by or Signed(instance.context.organ), vkey, now)
        instance.seal()
    # (3) Its last head, cosigned as the others.
    size = instance.log.newest.size
    if instance.cosigning is not None:
        instance.ask_witnesses()
        with instance.store.read() as unit:
            done = cosigned_size(unit) == size
        if cosigned and not done:
            raise LastHeadNotCosigned(size=size, option="--not-cosigned")
    # (4) The next log's first leaf: from here on the database is the next log's. That there was a
    # policy is known before, so that a crash is no way back to a specimen.
    kept = instance.second_head.read()
    if kept.policy is not None:
        second.remember_policy(kept.policy)
    go_on(
        instance.store, instance.log, signers, instance.context.organ, instance.clock(),
        instance.public_log.completed, vkey,
    )  # fmt: skip
    # (5) The heads to start behind. Without them, after a crash, the database is ahead: it may be.
    with instance.store.read() as unit:
        ended_with = [note for _, note in last_heads(unit)]
    _carry_heads([*kept.notes.values(), *ended_with, instance.log.newest.note], second)
    return NextLog(origin, size, vkey, folder, policy)


def _carry_policy(old: Path, folder: Path, vkey: str) -> Path:
    """The policy with the next log's keys, and who may sign a loss beside it."""
    text = must_read(old).decode("utf-8", "surrogateescape")
    known = {line.split()[1] for line in text.splitlines() if line.startswith("log ")}
    new = [f"log {key}\n" for key in vkey.splitlines() if key not in known]
    DISK.write(folder / POLICY, (text + "".join(new)).encode("utf-8", "surrogateescape"))
    if (signers := old.parent / SIGNERS).exists():
        DISK.write(folder / SIGNERS, must_read(signers))
    return folder / POLICY


def _carry_heads(notes: Iterable[bytes], second: SecondHead) -> None:
    for note in notes:
        second.write(note)
