"""A published log, proven from its files: what a loss is made good from.

It is whole, signed by its own keys, and begins with every head that is known here, also those of
the earlier years' logs that it goes on from.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from mingma.kernel.errors import Malformed, Place, Problem, Refused
from mingma.ledger.checkpoint import Checkpoint, parse_checkpoint
from mingma.ledger.cosignature import verify_checkpoint
from mingma.ledger.files import LogFiles, Read, check_log
from mingma.ledger.leaf import parse
from mingma.ledger.note import Note, VerifierKey, parse_note
from mingma.ledger.published import SameAgain, entries_of
from mingma.ledger.succession import begins_a_log, handed_to, verify_beginning
from mingma.ledger.tree import verify_consistency


class LossNotProven(Refused):
    """Published files that do not hold, or do not continue what is known of the log.

    `why` is one of head, files, line, database, smaller, history.
    """

    slug = "loss.not_proven"
    zh = "所公布的文件不足以接续日志(`{why}`)"
    en = "the published files do not carry the log on (`{why}`)"
    remedy_zh = (
        "请另取完整的公开文件(镜像、见证方或审计方的副本);往年日志的文件以 --before 指明;"
        "切勿另起历史"
    )
    remedy_en = (
        "fetch whole files elsewhere (a mirror, a witness, an auditor), and name those of earlier"
        " years' logs with --before; never start anew"
    )


class FilesOfAnotherLog(Refused):
    """Published files of a log that does not have the name in the settings."""

    slug = "loss.files_of_another_log"
    zh = "公开文件属于日志 `{origin}`,而设置所指的是 `{ours}`"
    en = "the published files are those of `{origin}`, and the settings are those of `{ours}`"
    remedy_zh = (
        "过了新年,请用最新日志的设置与文件(MINGMA_ORIGIN、MINGMA_KEYS、MINGMA_POLICY),"
        "往年的以 --before 指明"
    )
    remedy_en = (
        "over a New Year take the settings and the files of the newest log (MINGMA_ORIGIN,"
        " MINGMA_KEYS, MINGMA_POLICY), and name the earlier ones with --before"
    )


class LastHeadMissing(Refused):
    """A log ended within the loss, and its last head is nowhere to be found."""

    slug = "loss.last_head_missing"
    zh = "日志 `{origin}` 在丢失的范围内结束,其最后的树头(大小 {size})无处可寻"
    en = "the log `{origin}` ended within the loss; its last head ({size} leaves) is nowhere"
    remedy_zh = "请以 --before 指明该日志公布之处,或以 --head 给出其最后的检查点"
    remedy_en = "name where that log was published with --before, or its last checkpoint by --head"


@dataclass(frozen=True, slots=True)
class ProvenLog:
    """The published log as it was proven: its files, its head, and the head's note."""

    read: Read
    head: Checkpoint
    note: bytes  # under the log's own lines
    earlier: tuple[Checkpoint, ...] = ()  # the last heads of the logs it goes on from
    goes_on_at: str | None = None  # the next log's name, if this one has ended


def proven_log(
    read: Read,
    note: bytes,
    keys: Sequence[VerifierKey],
    known: Collection[bytes] = (),
    kept: Mapping[str, bytes] | None = None,
) -> ProvenLog:
    """The log in published files, which continues every head known to us or kept by its name.

    The first key is the log's own; others may be earlier logs'. A head of an earlier log whose keys
    nobody has is held against the tree alone: it can only make the files be refused.
    """
    read = SameAgain(read)
    # (1) Its own head, and all that stands under it.
    try:
        signed = parse_note(note)
        head = parse_checkpoint(signed.text)
    except Malformed:
        raise LossNotProven(why="head") from None
    if head.origin != keys[0].name:
        raise FilesOfAnotherLog(origin=head.origin, ours=keys[0].name)
    if keys[0] not in _signed(note, keys)[1]:
        raise LossNotProven(why="head")
    fault = check_log(read, head)
    if fault is not None:
        raise LossNotProven(Place(fault.path), why="files")
    # (2) The logs it goes on from, each at the leaf that says so.
    files = LogFiles(read, head)
    begun, goes_on_at = _line(read, head)
    earlier = tuple(_ended(files, index, entry) for index, entry in begun.items())
    # (3) Every other head of these logs.
    logs = {one.origin: one for one in (*earlier, head)}
    ours = [kept[origin] for origin in logs if kept and origin in kept]
    for one in (*known, *ours):
        _must_continue(files, logs, head, one, keys)
    own = [line for line in signed.signatures if any(line.is_by(key) for key in keys)]
    return ProvenLog(read, head, bytes(Note(signed.text, tuple(own))), earlier, goes_on_at)


def last_heads(
    proven: ProvenLog, start: int, notes: Sequence[bytes], keys: Sequence[VerifierKey]
) -> dict[int, bytes]:
    """By size, the last head of each log that ended at `start` or later, as it was published.

    The first that fits of the notes; raises LastHeadMissing.
    """
    found = {}
    for last in proven.earlier:
        if last.size >= start:
            found[last.size] = _last_head(last, notes, keys)
    return found


def _last_head(last: Checkpoint, notes: Sequence[bytes], keys: Sequence[VerifierKey]) -> bytes:
    for one in notes:
        try:
            head, _ = _signed(one, keys)
        except LossNotProven:
            continue
        if head == last:
            note = parse_note(one)
            own = [line for line in note.signatures if line.name == last.origin]
            return bytes(Note(note.text, tuple(own)))
    raise LastHeadMissing(origin=last.origin, size=last.size)


def _signed(note: bytes, keys: Sequence[VerifierKey]) -> tuple[Checkpoint, Collection[VerifierKey]]:
    """The checkpoint in a note, and which keys signed it: one, if any of its log is known."""
    try:
        found = parse_note(note)
        head = parse_checkpoint(found.text)
        own = [key for key in keys if key.name == head.origin]
        signed = verify_checkpoint(found, own)[1] if own else ()
    except Problem:
        raise LossNotProven(why="head") from None
    return head, {one.key for one in signed}


def _line(read: Read, head: Checkpoint) -> tuple[dict[int, bytes], str | None]:
    """The leaves with which logs begin in this one, and where it goes on if it has ended."""
    begun, entry = {}, b""
    for index, entry in enumerate(entries_of(read, head.size)):
        if begins_a_log(entry):
            begun[index] = entry
    return begun, handed_to(entry)


def _ended(files: LogFiles, index: int, entry: bytes) -> Checkpoint:
    """The last checkpoint of the log that goes on with this leaf."""
    try:
        last = Checkpoint(parse(entry)[0].origin or "", index, files.root(index))
        verify_beginning(entry, index, last)
    except Problem:
        raise LossNotProven(Place(f"leaf {index}"), why="line") from None
    return last


def _must_continue(
    files: LogFiles,
    logs: Mapping[str, Checkpoint],
    head: Checkpoint,
    note: bytes,
    keys: Sequence[VerifierKey],
) -> None:
    """The published log begins with a head that it, or one of its line, signed before."""
    old, _ = _signed(note, keys)
    place = Place(f"{old.origin}, {old.size} leaves")
    if old.origin not in logs:
        raise LossNotProven(place, why="head")
    if old.size > logs[old.origin].size:
        raise LossNotProven(place, why="smaller")
    try:
        proof = files.consistency_proof(old.size)
        verify_consistency(old.size, old.root, head.size, head.root, proof)
    except Problem:
        raise LossNotProven(place, why="history") from None
