"""What a witness is asked, and when it may cosign (c2sp.org/tlog-witness, docs/formats/witness.md).

Checked in this order, each with its status: the form (400), the origin (404), the signature (403),
the old size against the new (400), the old size against the last one cosigned (409), consistency
(422). Knows no store and no key of its own: it says what may be cosigned, and signs nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import Final

from mingma.kernel.errors import Malformed, Problem, Refused
from mingma.ledger.checkpoint import Checkpoint, CheckpointUnreadable, parse_checkpoint
from mingma.ledger.cosignature import verify_checkpoint
from mingma.ledger.note import (
    KeyType,
    Note,
    NoteNotTrusted,
    NoteUnreadable,
    Signature,
    VerifierKey,
    parse_note,
    parse_signature,
    verify,
)
from mingma.ledger.text import read_decimal, read_hash, write_base64
from mingma.ledger.tree import EMPTY_ROOT, ProofDoesNotHold, verify_consistency

MAX_PROOF: Final = 63  # hashes: the height of the largest tree
LOG_KEYS: Final = (KeyType.ED25519, KeyType.MLDSA44_COSIGNATURE)  # what a log signs its head with
_OLD: Final = "old "

Logs = Mapping[str, Collection[VerifierKey]]  # the keys that are trusted for each origin


class RequestUnreadable(Malformed):
    """A body that is no request to a witness. `why` is one of lines, old, proof."""

    slug = "witness.request_unreadable"
    zh = "不是合格的见证请求(`{why}`)"
    en = "not a request to a witness (`{why}`)"
    remedy_zh = "请照 docs/formats/witness.md:旧大小、证明、空行、检查点"
    remedy_en = "write it as docs/formats/witness.md says: old size, proof, empty line, checkpoint"


class UnknownLog(Refused):
    """A log that this witness does not watch."""

    slug = "witness.unknown_log"
    status = 404
    zh = "本见证方不见证此日志"
    en = "this witness does not watch that log"
    remedy_zh = "请联系见证方登记日志的公钥"
    remedy_en = "ask the witness to add the log's key"


class NotSignedByTheLog(Refused):
    """No trusted key of the log signed, or one did not sign this. `why` as `note.verify`."""

    slug = "witness.not_signed_by_the_log"
    zh = "检查点没有该日志的有效签名(`{why}`)"
    en = "the log did not sign the checkpoint (`{why}`)"
    remedy_zh = "请用登记的公钥签名,原样传送"
    remedy_en = "sign it with the registered key and send it unchanged"


class OldBeyondNew(Malformed):
    """An old size that is larger than the checkpoint's."""

    slug = "witness.old_beyond_new"
    zh = "旧大小 {old} 大于检查点的大小 {size}"
    en = "the old size {old} is larger than the checkpoint's, {size}"
    remedy_zh = "请送较新的检查点"
    remedy_en = "send the newer checkpoint"


class NotTheLatest(Refused):
    """An old size that is not the last one cosigned; `size` is."""

    slug = "witness.not_the_latest"
    status = 409
    zh = "上次见证的大小是 {size}"
    en = "the last cosigned size is {size}"
    remedy_zh = "请自该大小起另作证明"
    remedy_en = "prove consistency from that size"


class NotAnExtension(Refused):
    """A checkpoint not shown to extend the last cosigned one.

    `why` is empty_root (size 0 has one root only), or as `tree.ProofDoesNotHold` says.
    """

    slug = "witness.not_an_extension"
    status = 422
    zh = "未能证明检查点延续上次见证的检查点(`{why}`)"
    en = "the checkpoint is not shown to extend the last cosigned one (`{why}`)"
    remedy_zh = "请核对证明;若日志已分叉,请勿再采信"
    remedy_en = "check the proof; if the log has forked, do not rely on it"


class UnknownBuild(Refused):
    """A log run by a build that this witness does not know."""

    slug = "witness.unknown_build"
    zh = "第 {index} 片叶所载的程序构建 `{build}` 不在本见证方的名单上,不予见证"
    en = "leaf {index} names the build `{build}`, which this witness does not know"
    remedy_zh = "自公开源码重新构建,核对 `mingma build`;相符的由见证方列入名单"
    remedy_en = "build the published source and compare `mingma build`; if it is that one, the"
    remedy_en += " witness's operator lists it"


class Suspicion(StrEnum):
    """What a refused checkpoint says about a log that signed it."""

    SAME_SIZE = "same_size"  # two heads of one size: the log lied, and its signatures prove it
    UNPROVEN = "unproven"  # no good proof came with it, which may be the sender's doing


@dataclass(frozen=True, slots=True)
class Submission:
    """A checkpoint as a note, what it is said to extend, and the proof.

    The root may be impossible for size 0: that is judged, not read. `note` is None where the
    lines below the text are no signatures.
    """

    old: int
    proof: tuple[bytes, ...]
    note: Note | None
    origin: str
    size: int
    root: bytes


def parse_submission(body: bytes) -> Submission:
    """The request in a body; raises Malformed unless it prints back the same."""
    head, blank, rest = body.partition(b"\n\n")
    try:
        first, *hashes = head.decode("ascii").split("\n")
    except UnicodeDecodeError:
        raise RequestUnreadable(why="lines") from None
    if not blank:
        raise RequestUnreadable(why="lines")
    try:
        old = read_decimal(first.removeprefix(_OLD))
    except ValueError:
        raise RequestUnreadable(why="old") from None
    if not first.startswith(_OLD):
        raise RequestUnreadable(why="old")
    if len(hashes) > MAX_PROOF:
        raise RequestUnreadable(why="proof")
    try:
        proof = tuple(read_hash(line) for line in hashes)
    except ValueError:
        raise RequestUnreadable(why="proof") from None
    text, note = _note(rest)
    return Submission(old, proof, note, *_head(text))


def _note(data: bytes) -> tuple[str, Note | None]:
    """The text, and the whole if its signatures can be read: nobody signed it otherwise."""
    try:
        note = parse_note(data)
    except NoteUnreadable as refusal:
        if refusal.details["why"] not in ("signature", "signatures"):
            raise
        return data.decode().rpartition("\n\n")[0] + "\n", None
    return note.text, note


def _head(text: str) -> tuple[str, int, bytes]:
    """Origin, size and root of a checkpoint's text; a wrong root of size 0 included."""
    try:
        found = parse_checkpoint(text)
    except CheckpointUnreadable as refusal:
        if refusal.details["why"] != "empty_root":
            raise
        origin, _, root, _ = text.split("\n")
        return origin, 0, read_hash(root)
    return found.origin, found.size, found.root


def signed_by_the_log(submission: Submission, logs: Logs) -> Note:
    """The note with the lines of trusted keys only; raises UnknownLog or NotSignedByTheLog."""
    keys = logs.get(submission.origin)
    if keys is None:
        raise UnknownLog
    note = submission.note
    if note is None:
        raise NotSignedByTheLog(why="signature")
    try:
        if submission.size == 0 and submission.root != EMPTY_ROOT:
            # There is no such checkpoint, so only what is signed as text can be checked.
            keys = [key for key in keys if key.type is KeyType.ED25519]
            verify(note, keys)
        else:
            verify_checkpoint(note, keys)
    except NoteNotTrusted as refusal:
        raise NotSignedByTheLog(why=refusal.details["why"]) from None
    lines = (line for line in note.signatures if any(line.is_by(key) for key in keys))
    return Note(note.text, tuple(lines))


def to_cosign(submission: Submission, latest: Checkpoint | None) -> Checkpoint:
    """The checkpoint, if a witness that last cosigned `latest` may cosign it.

    Raises OldBeyondNew, NotTheLatest or NotAnExtension, in this order.
    """
    size, root = (latest.size, latest.root) if latest else (0, EMPTY_ROOT)
    if submission.old > submission.size:
        raise OldBeyondNew(old=submission.old, size=submission.size)
    if submission.old != size:
        raise NotTheLatest(size=size)
    try:
        checkpoint = Checkpoint(submission.origin, submission.size, submission.root)
        verify_consistency(size, root, checkpoint.size, checkpoint.root, submission.proof)
    except (CheckpointUnreadable, ProofDoesNotHold) as refusal:
        raise NotAnExtension(why=refusal.details["why"]) from None
    return checkpoint


def suspicion(
    submission: Submission, refusal: Problem, same_size: Checkpoint | None
) -> Suspicion | None:
    """What a refused checkpoint of the log's says about it; None for an honest mistake.

    `same_size` is what was cosigned at the submitted size before.
    """
    if same_size is not None and same_size.root != submission.root:
        return Suspicion.SAME_SIZE
    extends = 0 < submission.old < submission.size
    return Suspicion.UNPROVEN if extends and isinstance(refusal, NotAnExtension) else None


def origin_hash(origin: str) -> str:
    """How a log is named in addresses: SHA-256 of its origin, in lower-case hexadecimal."""
    return sha256(origin.encode()).hexdigest()


def submission(old: int, proof: Sequence[bytes], note: Note) -> bytes:
    """The request to cosign a head: old size, proof, empty line, note."""
    lines = [f"old {old}", *(write_base64(one) for one in proof), "", ""]
    return "\n".join(lines).encode() + bytes(note)


def verified(
    answer: bytes, note: Note, keys: Sequence[VerifierKey]
) -> dict[VerifierKey, Signature]:
    """The lines in a witness's answer that these keys made over the note; others are dropped."""
    found: dict[VerifierKey, Signature] = {}
    for text in answer.decode().splitlines(keepends=True):
        try:
            line = parse_signature(text)
            _, signed = verify_checkpoint(Note(note.text, (line,)), keys)
        except Problem:
            continue
        found.setdefault(signed[0].key, line)
    return found
