"""The head of an export: with each line of the log, or a warning that says which one it lacks."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from mingma.clock import wall_clock
from mingma.flows.full_head import FullHeads, Heads
from mingma.flows.publish_log import CHECKPOINT, PublicLog
from mingma.flows.stored_head import last_heads, stored_head
from mingma.kernel.errors import Malformed, Place, Unavailable
from mingma.keys import LOG_KEYS, SEAL_KEY, log_key, quantum_log_key
from mingma.ledger.checkpoint import parse_checkpoint
from mingma.ledger.note import parse_note
from mingma.opening import held_heads
from mingma.ports import Store
from mingma.settings import read_settings


class NoEarlierLog(Malformed):
    """An origin that no log of this database had before."""

    slug = "ledger.no_earlier_log"
    zh = "本数据库没有来源为 `{origin}` 的往年日志"
    en = "no earlier log of this database had the origin `{origin}`"
    remedy_zh = "请核对来源;当前日志无须注明"
    remedy_en = "check the origin; the present log is exported without one"


class OneLineAlone(Unavailable):
    """A head went out with the log's Ed25519 line alone: a warning, never an error.

    `why` is one of missing (there is no such key file), other_key (the keys there are another
    log's).
    """

    slug = "ledger.one_line_alone"
    zh = "导出的树头只有日志的 Ed25519 签名行,缺 ML-DSA-44 签名行(`{why}`)"
    en = "the head goes out with the log's Ed25519 line alone, without its ML-DSA-44 line (`{why}`)"
    remedy_zh = "请以 MINGMA_KEYS 指明该日志的密钥文件夹,再导出一次;要求两行的核验者不采信此树头"
    remedy_en = (
        "name the folder of that log's keys in MINGMA_KEYS and export again; whoever asks for both"
        " lines does not believe this head"
    )


def log_to_export(store: Store, origin: str | None) -> PublicLog:
    """The log, or an earlier year's as it was when it ended, its head completed if it can be."""
    last = None if origin is None else _last_head(store, origin)
    with store.read() as unit:
        size, head = unit.head()
    if not head:
        return PublicLog(store)
    name = origin or stored_head(head, size)[1].origin
    return PublicLog(store, _heads(store, name), last)


def warn_of_one_line(folder: Path) -> None:
    """Say on stderr if the checkpoint in a folder has one line of its log, and why."""
    note = parse_note((folder / CHECKPOINT).read_bytes())
    origin = parse_checkpoint(note.text).origin
    if len([line for line in note.signatures if line.name == origin]) == len(LOG_KEYS):
        return
    place = _missing()
    refused = OneLineAlone(Place(str(place or _keys())), why="missing" if place else "other_key")
    print(f"warning: {refused}", file=sys.stderr)


def _heads(store: Store, origin: str) -> Heads | None:
    """What completes a head of a log, where its signer is named, or the keys are in their folder:
    none is made here.
    """
    settings = read_settings(os.environ)
    elsewhere = settings.signer or (_keys() / SEAL_KEY).exists()
    if elsewhere and settings.origin == origin:
        return held_heads(settings, store)
    if _missing() is not None:
        return None
    plain, quantum = (_keys() / name for name in LOG_KEYS)
    return FullHeads((log_key(plain, origin), quantum_log_key(quantum, origin)), wall_clock)


def _missing() -> Path | None:
    """The first of the log's keys that is not in its folder."""
    paths = (_keys() / name for name in LOG_KEYS)
    return next((one for one in paths if not one.is_file()), None)


def _keys() -> Path:
    return Path(read_settings(os.environ).keys)


def _last_head(store: Store, origin: str) -> bytes:
    with store.read() as unit:
        for size, note in last_heads(unit):
            if stored_head(note, size)[1].origin == origin:
                return note
    raise NoEarlierLog(Place(field="log"), origin=origin)
