"""An instance outside specimen mode: a trust policy, and a witness in the test's hands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mingma.flows.cosigned import COSIGNED, size_id
from mingma.flows.receipts import Receipts
from mingma.kernel.times import Instant
from mingma.ledger.checkpoint import parse_checkpoint
from mingma.ledger.cosignature import cosign
from mingma.ledger.landmarks import parse_landmarks
from mingma.ledger.note import KeyType, Note, parse_note
from mingma.ledger.policy import Policy, parse_policy
from mingma.records import Record
from tests.instances import Stage
from tests.unit.ledger.published import ed25519

WITNESS, SIGN = ed25519(b"W" * 32, "witness.test.example/w1", KeyType.ED25519_COSIGNATURE)
OTHER, OTHER_SIGN = ed25519(b"V" * 32, "witness.test.example/w2", KeyType.ED25519_COSIGNATURE)


@dataclass(slots=True)
class Proving:
    """An instance with a policy, and what makes its heads believable."""

    stage: Stage
    policy_text: bytes

    @property
    def policy(self) -> Policy:
        return parse_policy(self.policy_text)

    def cosign(self, at: Instant | None = None) -> int:
        """Have the newest head cosigned at an instant, as the witnesses' round does; its size."""
        instance = self.stage.instance
        found = instance.public_log.head()
        assert found is not None
        note = cosigned(found[0])
        size = parse_checkpoint(note.text).size
        at = self.stage.clock() if at is None else at
        with instance.store.write() as unit:
            if (last := unit.last_record(COSIGNED, "")) is None or int(last.id) < size:
                unit.add_record(Record(COSIGNED, size_id(size), at, bytes(note)))
        return size

    def send(self, *records: Mapping[str, Any]) -> None:
        """Bring records in, as if approved acts had: whoever sends is not this test's matter."""
        instance = self.stage.instance
        real = instance.context
        instance.context = replace(real, specimen=True)
        try:
            batch = self.stage.send(*records)
        finally:
            instance.context = real
        assert batch.refused == 0

    def landmarks(self) -> dict[int, bytes]:
        """What a gate loads and believes."""
        with self.stage.instance.store.read() as unit:
            found = self.stage.instance.receipts.landmarks(unit, self.stage.clock())
        return parse_landmarks(bytes(found)).verify(self.policy)


def cosigned(head: bytes) -> Note:
    """A head with the witness's line."""
    note = parse_note(head)
    line = cosign(parse_checkpoint(note.text), WITNESS, 1_655_179_200, SIGN)
    return Note(note.text, (*note.signatures, line))


def policy_text(keys: Path) -> bytes:
    """The policy: this log's keys, and one witness."""
    logs = (keys / "log.vkey").read_text().split()
    lines = [*(f"log {key}" for key in logs), f"witness w1 {WITNESS}", "quorum w1"]
    return "\n".join(lines).encode() + b"\n"


def proving(stage: Stage) -> Proving:
    """Put a policy on an instance, which is no specimen from here on."""
    instance = stage.instance
    text = policy_text(Path(instance.settings.keys))
    policy = parse_policy(text)
    instance.context = replace(instance.context, specimen=False, policy=policy)
    instance.receipts = Receipts(instance.public_log, policy)
    return Proving(stage, text)
