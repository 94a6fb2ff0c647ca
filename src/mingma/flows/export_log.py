"""Export: write the log's public files into a folder, for a web server or a copy on a disk.

Each file is whole or not there (`durable`); `checkpoint` comes last of what it stands for, after
that was read back from the folder and checked. A crash leaves the earlier checkpoint over files
that still prove it. Landmarks follow their checkpoint: it must continue each of them. A folder
whose checkpoint the log does not continue is left alone.
"""

from __future__ import annotations

from pathlib import Path

from mingma.flows.durable import DISK, Disk
from mingma.flows.publish_log import CHECKPOINT, LANDMARKS, PublicLog
from mingma.flows.publish_tables import Tables
from mingma.flows.stored_head import HeadBroken
from mingma.kernel.errors import Malformed, Place, Refused
from mingma.ledger.checkpoint import Checkpoint, parse_checkpoint
from mingma.ledger.files import LogFiles, check_log
from mingma.ledger.note import parse_note
from mingma.ledger.tiles import growth
from mingma.ledger.tree import ProofDoesNotHold, verify_consistency


class NothingSealed(Refused):
    """A log that no instance has opened yet: it has no checkpoint, not even of size 0."""

    slug = "ledger.nothing_sealed"
    zh = "日志尚无签名的树头"
    en = "the log has no signed head yet"
    remedy_zh = "请先启动实例一次,再导出"
    remedy_en = "start its instance once, then export it"


class FolderOfAnotherLog(Refused):
    """A folder that holds a checkpoint which this log does not continue.

    `why` is one of checkpoint, origin, smaller, history.
    """

    slug = "ledger.folder_of_another_log"
    zh = "文件夹中的检查点不是本日志的前身(`{why}`)"
    en = "the log does not continue the checkpoint in the folder (`{why}`)"
    remedy_zh = "请换一个空文件夹;若本应相符,请保留两份检查点并报警"
    remedy_en = "name an empty folder; if they should fit, keep both checkpoints and alarm"


def export_log(
    log: PublicLog,
    folder: Path,
    disk: Disk = DISK,
    *,
    tables: Tables | None = None,
    landmarks: bytes | None = None,
) -> tuple[Checkpoint, int]:
    """Bring a folder up to the log's newest head; that head, and how many files were written.

    `tables` go on with what they wrote; `landmarks` were read from the log before it was exported.
    """
    old = disk.read(folder / CHECKPOINT)
    if old is not None:
        log.remember(old)
    found = log.head()
    if found is None:
        raise NothingSealed
    note, head = found
    if old is not None:
        _must_continue(Place(str(folder / CHECKPOINT)), old, log, head)
        note = _fuller(old, note)
    # (1) What the head stands for. Full files never change, so most are there already.
    written = 0
    for tile in growth(0, head.size):
        if tile.is_before(log.start):
            continue  # it stands in the folder of an earlier year's log
        data = log.file(tile.path)
        if data is None:
            raise HeadBroken(size=head.size, why="size")
        written += disk.write(folder / tile.path, data)
    # (2) The files as they are in the folder now, not as they were meant.
    if check_log(lambda path: disk.read(folder / path), head, log.start) is not None:
        raise HeadBroken(size=head.size, why="root")
    # (3) What its leaves speak of.
    written += (tables or Tables(log.store, folder, disk)).write()
    # (4) The checkpoint, and what it continues.
    written += disk.write(folder / CHECKPOINT, note)
    if landmarks is not None:
        written += disk.write(folder / LANDMARKS, landmarks)
    return head, written


def _fuller(old: bytes, new: bytes) -> bytes:
    """Of two notes over one head the one with more lines: an export without keys takes none off."""
    was, now = parse_note(old), parse_note(new)
    more = was.text == now.text and set(now.signatures) < set(was.signatures)
    return old if more else new


def _must_continue(place: Place, data: bytes, log: PublicLog, head: Checkpoint) -> None:
    try:
        old = parse_checkpoint(parse_note(data).text)
    except Malformed:
        raise FolderOfAnotherLog(place, why="checkpoint") from None
    if old.origin != head.origin:
        raise FolderOfAnotherLog(place, why="origin")
    if old.size > head.size:
        raise FolderOfAnotherLog(place, why="smaller")
    proof = LogFiles(log.file, head).consistency_proof(old.size)
    try:
        verify_consistency(old.size, old.root, head.size, head.root, proof)
    except ProofDoesNotHold:
        raise FolderOfAnotherLog(place, why="history") from None
