"""The head as it leaves the house, where another process holds the log's keys (`held_keys`).

The store's head is signed by the seal's own key, which counts nowhere else, and in the act's own
transaction; the log's keys sign it after the COMMIT. So what they signed is never taken back: they
sign nothing that does not extend it, and a crash between two steps leaves nothing to undo.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from mingma.flows.full_head import Heads, SignerSilent
from mingma.flows.publish_log import PublicLog
from mingma.flows.second_head import SecondHead
from mingma.flows.signed_tree import LogSigner
from mingma.flows.stored_head import HeadBehind, stored_head
from mingma.kernel.errors import Malformed
from mingma.ledger.checkpoint import parse_checkpoint
from mingma.ledger.cosignature import verify_checkpoint
from mingma.ledger.files import LogFiles
from mingma.ledger.note import Note, NoteNotTrusted, VerifierKey, parse_note, sign
from mingma.ledger.text import read_decimal
from mingma.ledger.witnessing import submission, verified
from mingma.ports import Store

Ask = Callable[[bytes], bytes]  # a question to the signer; raises OSError

SIGNED, HAS_ANOTHER_SIZE, IS_NO_EXTENSION = 200, 409, 422


class HeldHeads(Heads):
    """Has them made. Safe from several threads and processes."""

    def __init__(
        self, store: Store, keys: Sequence[VerifierKey], seal: VerifierKey, ask: Ask
    ) -> None:
        super().__init__(keys)
        self._store = store
        self._files = PublicLog(store)
        self._seal = seal
        self._ask = ask
        self._old = 0  # the size that was signed last, as far as it is known here

    def vouch(self, text: str) -> bytes:
        """A note under which the log stands; raises SignerSilent."""
        status, answer = self._answer(b"note\n" + text.encode())
        if status != SIGNED:
            raise SignerSilent(why=status)
        try:
            note = parse_note(f"{text}\n{answer}".encode())
        except Malformed:
            raise SignerSilent(why="signature") from None
        if not any(
            line.is_by(self.keys[0]) and self.keys[0].verifies(text.encode(), line.signature)
            for line in note.signatures
        ):
            raise SignerSilent(why="signature")
        return bytes(note)

    def _is_ours(self, note: Note) -> bool:
        return any(line.is_by(self._seal) for line in note.signatures)

    def _completed(self, note: Note) -> bytes:
        """The head with the log's lines, or the store's newest where a later one was signed."""
        head = parse_checkpoint(note.text)
        status, answer = self._asked(note)
        if status == HAS_ANOTHER_SIZE:
            self._old = read_decimal(answer.removesuffix("\n"))
            if self._old > head.size:
                return self._overtaken(note)
            status, answer = self._asked(note)
        if status == IS_NO_EXTENSION:
            raise HeadBehind(size=head.size, signed=self._old, why="history")
        if status != SIGNED:
            raise SignerSilent(why=status)
        lines = verified(answer.encode(), note, self.keys)
        if set(lines) != set(self.keys):
            raise SignerSilent(why="signature")
        self._old = head.size
        return bytes(Note(note.text, tuple(lines[key] for key in self.keys)))

    def _overtaken(self, note: Note) -> bytes:
        """The store has gone on meanwhile, or it is an older copy; raises HeadBehind."""
        with self._store.read() as unit:
            size, head = unit.head()
        if size < self._old or not size:
            raise HeadBehind(size=size, signed=self._old, why="behind")
        newest, _ = stored_head(head, size)
        if newest.text not in self._made:
            self._keep(newest.text, self._completed(newest))
        return self._made[newest.text]

    def _asked(self, note: Note) -> tuple[int, str]:
        head = parse_checkpoint(note.text)
        old = min(self._old, head.size)
        proof = LogFiles(self._files.file, head).consistency_proof(old)
        return self._answer(b"head\n" + submission(old, proof, note))

    def _answer(self, request: bytes) -> tuple[int, str]:
        try:
            status, _, rest = self._ask(request).decode().partition("\n")
            return read_decimal(status), rest
        except (OSError, ValueError):
            raise SignerSilent(why="silent") from None


def take_seal(store: Store, keys: Sequence[VerifierKey], seal: LogSigner) -> None:
    """Put the seal's line under a stored head that the log's own key signed.

    That key signed it before it had a process of its own, or it came back with an accepted loss.
    """
    with store.read() as unit:
        size, head = unit.head()
    if not head or any(line.is_by(seal.key) for line in stored_head(head, size)[0].signatures):
        return
    note, _ = stored_head(head, size)
    try:
        verify_checkpoint(note, keys)
    except NoteNotTrusted:
        return  # another log's, or nobody's: whoever loads the log says so
    sealed = bytes(Note(note.text, (sign(note.text, seal.key, seal.sign),)))
    _put(store, size, head, sealed)


def leave_seal(store: Store, heads: Heads, second_head: SecondHead) -> int:
    """Put the log's own lines under the stored head: how many leaves it is of. Raises SignerSilent.

    The signer makes them, so it is a head that it signed last. From then on a service that holds
    the keys itself goes on; cut short, it is done again.
    """
    while True:
        with store.read() as unit:
            size, head = unit.head()
        note = heads.of(head)
        if _put(store, size, head, note):
            second_head.write(note)
            return size


def _put(store: Store, size: int, head: bytes, note: bytes) -> bool:
    """Store another note over the stored head, unless that is another by now."""
    with store.write() as unit:
        if unit.head() != (size, head):
            return False
        unit.seal(size, [], bytes(stored_head(note, size)[0]))
        return True
