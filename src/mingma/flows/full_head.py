"""The head as it leaves the house: with each of the log's lines, the post-quantum one added here.

The database's head has the Ed25519 line alone: no act waits for the other, which takes a
millisecond and 3.3 kB. It is made once for each head that is served, published, exported or shown
to witnesses, and kept: ML-DSA-44 signs with chance in it, and one head should have one face. The
line states when it was made, at the seal or later. A head that no key of ours signed is left as it
is.
"""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Final

from mingma.flows.signed_tree import LogSigner
from mingma.kernel.errors import Malformed, Unavailable
from mingma.kernel.times import Instant
from mingma.ledger.checkpoint import parse_checkpoint
from mingma.ledger.cosignature import cosign, verify_checkpoint
from mingma.ledger.note import Note, NoteNotTrusted, VerifierKey, parse_note

KEPT: Final = 64  # heads whose bytes are remembered; a later asker wants the newest


class SignerSilent(Unavailable):
    """The process that holds the log's keys gives no answer, or none that holds.

    Nothing is taken in until it does; codes are shown as before, and none gets worse. `why` is
    silent, signature, or the status it answered.
    """

    slug = "ledger.signer_silent"
    zh = "持有日志密钥的签名进程没有应答(`{why}`),暂不受理写入;已有的码照常出示"
    en = "the log's signer does not answer (`{why}`): nothing is taken in; codes show as before"
    remedy_zh = "请核查签名进程;其恢复后自行继续"
    remedy_en = "look after the signer; all goes on by itself once it answers"


class Heads(ABC):
    """Has them, whoever makes them. Safe from several threads; two processes may have two made."""

    def __init__(self, keys: Sequence[VerifierKey]) -> None:
        self.keys = tuple(keys)  # what the log's heads verify under, outside
        self._made: dict[str, bytes] = {}  # by the text signed
        self._making = threading.Lock()

    def of(self, head: bytes) -> bytes:
        """The head with every line of the log; the same bytes each time."""
        note = parse_note(head)
        if not self._is_ours(note):
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

    @abstractmethod
    def _is_ours(self, note: Note) -> bool:
        """Whether the seal of this log signed it."""

    @abstractmethod
    def _completed(self, note: Note) -> bytes:
        """The note with every line of the log."""


class FullHeads(Heads):
    """Makes them with the keys that are at hand; those of two processes both hold."""

    def __init__(self, signers: Sequence[LogSigner], clock: Callable[[], Instant]) -> None:
        super().__init__([signer.key for signer in signers])
        self._signers = tuple(signers)
        self._clock = clock

    def _is_ours(self, note: Note) -> bool:
        return any(line.is_by(self.keys[0]) for line in note.signatures)

    def _completed(self, note: Note) -> bytes:
        lines = list(note.signatures)
        for signer in self._signers[1:]:
            if not any(line.is_by(signer.key) for line in lines):
                head = parse_checkpoint(note.text)
                lines.append(cosign(head, signer.key, self._clock(), signer.sign))
        return bytes(Note(note.text, tuple(lines)))
