"""The log's keys in a process of their own, under an owner of their own (docs/guides/keys.md).

It signs a head only if a proof shows that it extends the last one signed, and keeps it before the
answer goes out: whoever has the service can have no second history of the log signed. Beside heads
it signs the two kinds of note under which the log stands, a pass note and a bundle's statement, and
nothing else. It states its own time, and answers one user of this machine.

*Not trusted*: whoever asks. *Trusted*: whoever can change the file `signed`.
"""

from __future__ import annotations

import fcntl
import logging
import re
import socket
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from mingma.appeals.pass_note import NoPassNote, read_pass_note
from mingma.codes.bundle import FORMAT
from mingma.flows.durable import DISK, Disk
from mingma.kernel.errors import Broken, Malformed, Place, Problem, Refused, Unavailable
from mingma.kernel.times import Instant
from mingma.keys import LOG_KEYS, log_keys
from mingma.ledger.checkpoint import Checkpoint, parse_checkpoint
from mingma.ledger.cosignature import cosign
from mingma.ledger.note import sign
from mingma.ledger.witnessing import (
    NotTheLatest,
    RequestUnreadable,
    UnknownLog,
    parse_submission,
    to_cosign,
)
from mingma.signer_client import receive, send

SIGNED: Final = "signed"  # the file with the checkpoint signed last, beside the keys
PATIENCE: Final = 5.0  # seconds for each step of an exchange with who asks
OK: Final = 200
_MAX_FILE: Final = 1024  # bytes
_STATEMENT: Final = re.compile(rf"{re.escape(FORMAT)}\n[A-Za-z0-9_-]{{43}}\n", re.ASCII)
_PEER: Final = struct.Struct("3i")  # process, user, group

_log = logging.getLogger(__name__)


class NotToBeSigned(Refused):
    """A text that is none of those under which the log stands."""

    slug = "signer.not_to_be_signed"
    zh = "签名进程只签树头、急事通行说明与个人凭证包的声明"
    en = "the signer signs heads, pass notes and the statements of bundles, and nothing else"
    remedy_zh = "请核查是谁送来此文本"
    remedy_en = "find out who sent this text"


class SignedUnreadable(Broken):
    """The file with the checkpoint signed last is not one that the signer of this log wrote."""

    slug = "signer.signed_unreadable"
    zh = "读不出最后签过的树头"
    en = "the checkpoint signed last cannot be read, or is another log's"
    remedy_zh = "请从另一份备份恢复,或写入最后公布的树头;不得为启动而删除它"
    remedy_en = "bring it back, or write the newest published one; do not delete it to start"


class SignerRuns(Unavailable):
    """Another process holds these keys, or listens at this socket, already."""

    slug = "signer.runs"
    zh = "已有签名进程在运行"
    en = "a signer runs there already"
    remedy_zh = "一本日志只有一个签名进程;请先停止另一个"
    remedy_en = "a log has one signer: stop the other one first"


class HeldKeys:
    """The keys of one log, and the checkpoint they signed last. For one thread."""

    def __init__(
        self, folder: Path, origin: str, clock: Callable[[], Instant], disk: Disk = DISK
    ) -> None:
        self._plain, self._quantum = log_keys(folder, origin)
        self.keys = self._plain.key, self._quantum.key
        self._file = folder / SIGNED
        self._origin, self._clock, self._disk = origin, clock, disk
        self._last = self._remembered()

    def answer(self, request: bytes) -> bytes:
        """A status as a witness gives it, and the lines signed; OSError: nothing more is signed."""
        kind, _, body = request.partition(b"\n")
        try:
            if kind == b"head":
                return _answer(OK, self._head(body))
            if kind == b"note":
                return _answer(OK, self._note(body))
            raise RequestUnreadable(why="lines")
        except NotTheLatest as refusal:
            return _answer(refusal.status, f"{refusal.details['size']}\n")
        except Problem as refusal:
            return _answer(refusal.status, f"{refusal.slug}\n")

    def _head(self, body: bytes) -> str:
        """The log's lines under a head that extends the last one, or is that one."""
        # (1) What it is, and that it goes on from what was signed.
        submission = parse_submission(body)
        if submission.note is None:
            raise RequestUnreadable(why="lines")
        if submission.origin != self._origin:
            raise UnknownLog
        head = to_cosign(submission, self._last)
        # (2) Keep it before anybody can have a signature. A crash here has signed nothing, and the
        # same head is signed when it is asked for again.
        if head != self._last:
            self._disk.write(self._file, str(head).encode())
            self._last = head
        # (3) Sign it.
        plain = sign(str(head), self._plain.key, self._plain.sign)
        quantum = cosign(head, self._quantum.key, self._clock(), self._quantum.sign)
        return f"{plain}{quantum}"

    def _note(self, body: bytes) -> str:
        try:
            text = body.decode()
        except UnicodeDecodeError:
            raise NotToBeSigned from None
        if text.startswith(f"{self._origin}\n") or not _stands_under(text):
            raise NotToBeSigned
        return str(sign(text, self._plain.key, self._plain.sign))

    def _remembered(self) -> Checkpoint | None:
        data = self._disk.read(self._file, _MAX_FILE)
        if data is None:
            return None
        try:
            head = parse_checkpoint(data.decode())
        except (UnicodeDecodeError, Malformed):
            raise SignedUnreadable(Place(str(self._file))) from None
        if head.origin != self._origin:
            raise SignedUnreadable(Place(str(self._file)))
        return head


def _stands_under(text: str) -> bool:
    """Whether it is a pass note or a bundle's statement, to the last byte."""
    if _STATEMENT.fullmatch(text):
        return True
    try:
        read_pass_note(text)
    except NoPassNote:
        return False
    return True


def _answer(status: int, text: str) -> bytes:
    return f"{status}\n{text}".encode()


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Hold the keys in a folder as the only process that does; raises SignerRuns.

    Two signers with a memory each could be given a history each.
    """
    with (folder / LOG_KEYS[0]).open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise SignerRuns(Place(str(folder))) from None
        yield


def listen(path: Path) -> socket.socket:
    """A socket at a path, where nobody listens; anybody may connect, and `attend` looks who it is.

    Raises SignerRuns; what an earlier run left there is replaced.
    """
    server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe, suppress(OSError):
            probe.connect(str(path))
            raise SignerRuns(Place(str(path)))
        if path.is_socket():
            path.unlink()
        server.bind(str(path))
        path.chmod(0o666)
        server.listen()
    except BaseException:
        server.close()
        raise
    return server


def attend(server: socket.socket, held: HeldKeys, uid: int, patience: float = PATIENCE) -> None:
    """Answer who comes next, if it is this user. What comes garbled, or not at all, has no answer.

    Raises OSError where the disk failed: only a restart finds out what it kept.
    """
    connection, _ = server.accept()
    with connection:
        connection.settimeout(patience)
        if (peer := _user(connection)) != uid:
            _log.warning("the user %d asked, and was not answered", peer)
            return
        try:
            request = receive(connection)
        except OSError:
            return
        answer = held.answer(request)
        with suppress(OSError):
            send(connection, answer)


def _user(connection: socket.socket) -> int:
    """Whose process is at the other end, as the kernel knows it."""
    found = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _PEER.size)
    user: int = _PEER.unpack(found)[1]
    return user
