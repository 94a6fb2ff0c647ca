"""The signer signs what extends the log, remembers it first, and signs nothing else."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from mingma.appeals.pass_note import PassNote
from mingma.appeals.terms import Ground
from mingma.codes.bundle import FORMAT
from mingma.flows.durable import Disk
from mingma.held_keys import (
    SIGNED,
    HeldKeys,
    SignedUnreadable,
    SignerRuns,
    alone,
    attend,
    listen,
)
from mingma.kernel.times import Instant
from mingma.ledger.checkpoint import Checkpoint
from mingma.ledger.cosignature import ed25519_message, verify_checkpoint
from mingma.ledger.note import Note, parse_note, parse_signature
from mingma.signer_client import MAX_MESSAGE, SocketSigner, receive, send
from tests.flows.disks import FailingDisk, fails
from tests.instances import NOW
from tests.witnessing import ORIGIN, TRUE, Log, forked

LOG = Log()
OTHER = forked(900, 2000)


def holding(folder: Path, disk: Disk | None = None) -> HeldKeys:
    return HeldKeys(folder, ORIGIN, lambda: NOW, disk or Disk())


@pytest.fixture
def held(tmp_path: Path) -> HeldKeys:
    return holding(tmp_path)


def said(held: HeldKeys, request: bytes) -> tuple[int, str]:
    status, _, rest = held.answer(request).decode().partition("\n")
    return int(status), rest


def status(held: HeldKeys, request: bytes) -> int:
    return said(held, request)[0]


def head(request: bytes) -> bytes:
    return b"head\n" + request


def pass_note() -> str:
    return PassNote(
        name="Ann", last_four="1234", ground=Ground.MEDICAL_CARE, place="hospital", since=NOW,
        until=Instant(NOW + 60), separate=False, specimen=True,
    ).text()  # fmt: skip


def test_it_signs_a_head_that_extends_the_last_with_both_keys(held: HeldKeys) -> None:
    for old, size in ((0, 900), (900, 900), (900, 1000), (1000, 2000)):
        number, lines = said(held, head(LOG.ask(old, size)))
        assert number == 200
        text = str(Checkpoint(ORIGIN, size, TRUE.root(size)))
        signatures = tuple(parse_signature(line) for line in lines.splitlines(keepends=True))
        found, signed = verify_checkpoint(Note(text, signatures), held.keys)
        assert found.size == size
        assert [one.key for one in signed] == list(held.keys)
        assert [one.time for one in signed] == [None, NOW]


@pytest.mark.parametrize(
    ("request_", "refused"),
    [
        (LOG.ask(1000, 1000, OTHER), 422),  # another root for the same size
        (LOG.ask(1000, 2000, OTHER), 422),  # a later head of another history
        (LOG.ask(1000, 2000, proof=[]), 422),  # not proven
        (LOG.ask(0, 2000), 409),  # from nothing
        (LOG.ask(900, 1000, OTHER), 409),
        (LOG.ask(900, 900), 409),  # a smaller one, true or not
        (LOG.ask(1000, 900), 400),
        (LOG.ask(2000, 2000), 409),  # from one that was never signed
        (Log("ledger.henan.example/codes/2027").ask(1000, 2000), 404),
        (Log("ledger.henan.example/codes/2027").ask(0, 10), 404),
    ],
)
def test_it_signs_no_other_head(held: HeldKeys, request_: bytes, refused: int) -> None:
    assert status(held, head(LOG.ask(0, 1000))) == 200
    number, rest = said(held, head(request_))
    assert (number, rest == "1000\n") == (refused, refused == 409)
    assert "—" not in rest
    assert status(held, head(LOG.ask(1000, 1001))) == 200  # and it goes on from the last one


def test_it_remembers_over_a_restart(tmp_path: Path, held: HeldKeys) -> None:
    assert status(held, head(LOG.ask(0, 1000))) == 200
    again = holding(tmp_path)
    assert again.keys == held.keys
    assert status(again, head(LOG.ask(0, 1000, OTHER))) == 409
    assert status(again, head(LOG.ask(1000, 1000, OTHER))) == 422
    assert status(again, head(LOG.ask(1000, 2000))) == 200


@pytest.mark.parametrize("too_late", [False, True])
@pytest.mark.parametrize("step", range(3))
def test_without_a_disk_it_signs_nothing_and_no_fork_afterwards(
    tmp_path: Path, step: int, too_late: bool
) -> None:
    assert status(holding(tmp_path), head(LOG.ask(0, 900))) == 200
    disk = FailingDisk(step, too_late=too_late)
    broken = holding(tmp_path, disk)
    assert fails(lambda: broken.answer(head(LOG.ask(900, 1000))))
    assert disk.steps > step
    after = holding(tmp_path)
    # It either kept the head or did not; the same head is signed in both cases.
    old = 900 if status(after, head(LOG.ask(900, 900))) == 200 else 1000
    assert status(after, head(LOG.ask(old, 1000))) == 200
    assert status(after, head(LOG.ask(1000, 1000, OTHER))) == 422


class Kept(Disk):
    """Notes what was on the disk when the last step was done."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.seen: list[str] = []

    def sync_folder(self, folder: Path) -> None:
        super().sync_folder(folder)
        self.seen.append(self.file.read_text())


def test_what_is_signed_is_durable_before_the_answer(tmp_path: Path) -> None:
    disk = Kept(tmp_path / SIGNED)
    held = holding(tmp_path, disk)
    held.answer(head(LOG.ask(0, 900)))
    held.answer(head(LOG.ask(900, 900)))  # signed again: kept already
    assert disk.seen == [str(Checkpoint(ORIGIN, 900, TRUE.root(900)))]


@pytest.mark.parametrize(
    "text", [pass_note(), f"{FORMAT}\n{'A' * 43}\n"], ids=["pass note", "bundle"]
)
def test_it_signs_the_notes_under_which_the_log_stands(held: HeldKeys, text: str) -> None:
    number, line = said(held, b"note\n" + text.encode())
    assert number == 200
    note = parse_note(f"{text}\n{line}".encode())
    assert held.keys[0].verifies(text.encode(), note.signatures[0].signature)


CHECKPOINT = str(LOG.note(10).text)


@pytest.mark.parametrize(
    "text",
    [
        CHECKPOINT,
        CHECKPOINT.removesuffix("\n"),
        CHECKPOINT + "an extension line\n",
        f"{ORIGIN}\n",
        ORIGIN,
        str(Log("ledger.other.example/codes").note(10).text),
        f"{FORMAT}\n10\n{CHECKPOINT.splitlines()[2]}\n",  # a checkpoint whose origin is the format
        f"{FORMAT}\n{'A' * 43}\n{CHECKPOINT}",
        f"{FORMAT}\n{'A' * 43}",
        pass_note() + CHECKPOINT,
        pass_note().replace("Ann", "Ann\n" + CHECKPOINT),
        ed25519_message(CHECKPOINT, NOW).decode(),
        "anything else\n",
        "",
        "\n",
    ],
)
def test_it_signs_no_other_text(held: HeldKeys, text: str) -> None:
    assert said(held, b"note\n" + text.encode()) == (403, "signer.not_to_be_signed\n")


def test_a_log_named_like_a_note_has_no_note_signed(tmp_path: Path) -> None:
    held = HeldKeys(tmp_path, FORMAT, lambda: NOW)
    assert status(held, f"note\n{FORMAT}\n{'A' * 43}\n".encode()) == 403


@pytest.mark.parametrize(
    "request_",
    [
        b"", b"head", b"head\n", b"note", b"note\n\xff\xfe", b"\x00" * 100,
        b"sign\n" + LOG.ask(0, 10),
        b"HEAD\n" + LOG.ask(0, 10), head(b"old 0\n"), head(b"old 00\n\n" + LOG.ask(0, 10)[7:]),
        head(LOG.ask(0, 10)[:-20]), head(b"\n" + LOG.ask(0, 10)), head(LOG.ask(0, 10) + b"\n"),
        head(LOG.ask(0, 10).replace(b"\n10\n", b"\n010\n")),
        head(LOG.ask(0, 10).replace(b"\n10\n", b"\n-10\n")),
        b"old 0\n\n" + bytes(LOG.note(10)),
    ],
)  # fmt: skip
def test_garbage_is_answered_with_no_signature(held: HeldKeys, request_: bytes) -> None:
    number, rest = said(held, request_)
    assert number in (400, 403)
    assert "—" not in rest
    assert status(held, head(LOG.ask(0, 1))) == 200  # nothing was taken for signed


@pytest.mark.parametrize(
    "memory",
    ["", "\n", "10\n", CHECKPOINT * 2, CHECKPOINT.replace(ORIGIN, "ledger.other.example/codes")],
)
def test_it_does_not_start_on_a_memory_that_is_not_its_own(tmp_path: Path, memory: str) -> None:
    (tmp_path / SIGNED).write_text(memory)
    with pytest.raises(SignedUnreadable):
        holding(tmp_path)


def test_two_signers_never_hold_the_same_keys(tmp_path: Path, held: HeldKeys) -> None:
    assert held.keys
    with alone(tmp_path), pytest.raises(SignerRuns), alone(tmp_path):
        pass
    with alone(tmp_path):
        pass


def test_a_socket_where_somebody_listens_is_not_taken_and_a_dead_one_is(tmp_path: Path) -> None:
    path = tmp_path / "socket"
    with listen(path), pytest.raises(SignerRuns):
        listen(path)
    with listen(path):
        pass


@pytest.mark.parametrize(
    "sent",
    [b"", b"\x00", b"\x00\x00\x00\x09half", (MAX_MESSAGE + 1).to_bytes(4, "big") + b"x" * 4096,
     b"\xff\xff\xff\xff"],
)  # fmt: skip
def test_half_a_message_or_an_endless_one_has_no_answer_and_the_next_has(
    tmp_path: Path, held: HeldKeys, sent: bytes
) -> None:
    me = socket.socket(socket.AF_UNIX)
    uid = tmp_path.stat().st_uid
    with listen(tmp_path / "socket") as server, me, socket.socket(socket.AF_UNIX) as next_one:
        me.connect(str(tmp_path / "socket"))
        me.sendall(sent)
        next_one.connect(str(tmp_path / "socket"))
        send(next_one, head(LOG.ask(0, 10)))
        attend(server, held, uid, patience=0.05)  # it is not kept waiting for the rest
        attend(server, held, uid)
        assert receive(next_one).startswith(b"200\n")
        with pytest.raises(OSError, match=r"cut short|reset"):
            receive(me)


def test_the_client_takes_no_answer_of_another_length_for_one(tmp_path: Path) -> None:
    with listen(tmp_path / "socket") as server:
        me = SocketSigner(tmp_path / "socket", timeout=0.05)
        with pytest.raises(TimeoutError):
            me.ask(b"note\n")  # nobody attends
        assert server.fileno() >= 0
    with pytest.raises(ConnectionRefusedError):
        me.ask(b"note\n")
