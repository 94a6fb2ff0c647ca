"""The head as it leaves the house: with each of the log's lines, the post-quantum one added here.

The database's head has the Ed25519 line alone: no act waits for the other, which takes a
millisecond and 3.3 kB. It is made once for each head that is served, published, exported or shown
to witnesses, and kept: ML-DSA-44 signs with chance in it, and one head should have one face. The
line states when it was made, at the seal or later. A head that no key of ours signed is left as it
is.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Final

from mingma.flows.seal import LogSigner
from mingma.kernel.errors import Malformed
from mingma.kernel.times import Instant
from mingma.ledger.checkpoint import parse_checkpoint
from mingma.ledger.cosignature import cosign, verify_checkpoint
from mingma.ledger.note import Note, NoteNotTrusted, parse_note

KEPT: Final = 64  # heads whose bytes are remembered; a later asker wants the newest


class FullHeads:
    """Makes them. Safe from several threads; two processes may make two, and both hold."""

    def __init__(self, signers: Sequence[LogSigner], clock: Callable[[], Instant]) -> None:
        self._signers = tuple(signers)
        self.keys = tuple(signer.key for signer in signers)  # what the log's heads verify under
        self._clock = clock
        self._made: dict[str, bytes] = {}  # by the text signed
        self._making = threading.Lock()

    def of(self, head: bytes) -> bytes:
        """The head with every line of the log; the same bytes each time."""
        note = parse_note(head)
        if not any(line.is_by(self.keys[0]) for line in note.signatures):
            return head  # another log's, or another key's: not ours to sign
        with self._making:
            if note.text not in self._made:
                self._keep(note.text, self._completed(note))
            return self._made[note.text]

    def remember(self, note: bytes) -> None:
        """From now on give these bytes for their head, if every line of the log is there and holds.

        What an earlier run published stays what is published.
        """
        try:
            found = parse_note(note)
            _, signed = verify_checkpoint(found, self.keys)
        except (Malformed, NoteNotTrusted):
            return
        if tuple(one.key for one in signed) == self.keys and len(found.signatures) == len(signed):
            with self._making:
                self._keep(found.text, note)

    def _keep(self, text: str, note: bytes) -> None:
        self._made[text] = note
        while len(self._made) > KEPT:
            del self._made[next(iter(self._made))]

    def _completed(self, note: Note) -> bytes:
        lines = list(note.signatures)
        for signer in self._signers[1:]:
            if not any(line.is_by(signer.key) for line in lines):
                head = parse_checkpoint(note.text)
                lines.append(cosign(head, signer.key, self._clock(), signer.sign))
        return bytes(Note(note.text, tuple(lines)))
