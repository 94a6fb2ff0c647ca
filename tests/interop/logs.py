"""One log at five sizes, exported as an instance exports it, under three witnesses' signatures."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mingma.flows.cosigned import COSIGNED, size_id
from mingma.flows.durable import read_file
from mingma.flows.export_log import export_log
from mingma.flows.publish_log import PublicLog
from mingma.flows.receipts import Receipts
from mingma.ledger.checkpoint import Checkpoint
from mingma.ledger.cosignature import cosign
from mingma.ledger.note import KeyType, Note, VerifierKey, parse_note
from mingma.ledger.policy import Policy, parse_policy
from mingma.ledger.proof import Receipt
from mingma.ports import Store
from mingma.records import Record
from mingma.storage.memory import MemoryStore
from tests.flows.logs import KEY, sealed
from tests.instances import NOW
from tests.unit.ledger.published import ed25519

SMALL = (1, 255, 256, 257)
SIZES = (*SMALL, 70_000)
STEP = 7_000  # leaves waiting at once
TIME = 1_655_179_200
WITNESSES = [
    ed25519(bytes([n]) * 32, f"witness.{n}.example/w1", KeyType.ED25519_COSIGNATURE)
    for n in range(3)
]
Flip = tuple[str, int]  # a file's path, and which of its bits


@dataclass(frozen=True, slots=True)
class Exported:
    """The log at one size: a folder as it is published, its checkpoint cosigned there."""

    folder: Path
    head: Checkpoint
    note: Note
    receipts: dict[int, tuple[Receipt, bytes]]  # and the entries they are about

    @property
    def size(self) -> int:
        return self.head.size

    def read(self, path: str) -> bytes | None:
        return read_file(self.folder / path)

    def flipped(self, flip: Flip | None, path: str) -> bytes | None:
        """A file, with one bit changed if it is the one."""
        data = self.read(path)
        if flip is None or flip[0] != path:
            return data
        assert data is not None
        return bent(data, flip[1])


def export(folder: Path, sizes: tuple[int, ...]) -> Iterator[Exported]:
    """The log as it grows through these sizes."""
    store = MemoryStore()
    public = PublicLog(store)
    have = 0
    for size in sizes:
        while have < size:  # in steps: a store in memory sorts what waits at every seal
            step = min(STEP, size - have)
            sealed(store, step)
            have += step
        place = folder / str(size)
        head, _ = export_log(public, place)
        note = cosigned(parse_note((place / "checkpoint").read_bytes()), head)
        (place / "checkpoint").write_bytes(bytes(note))
        yield Exported(place, head, note, receipts(store, public, head, note))
    store.close()


def receipts(
    store: Store, public: PublicLog, head: Checkpoint, note: Note
) -> dict[int, tuple[Receipt, bytes]]:
    """Receipts as an instance gives them once the witnesses' quorum has cosigned this head."""
    with store.write() as unit:
        unit.add_record(Record(COSIGNED, size_id(head.size), NOW, bytes(note)))
    giving = Receipts(public, policy())
    with store.read() as unit:
        return {
            index: (giving.receipt(unit, index), unit.leaves(index, index + 1)[0])
            for index in some_indexes(head.size)
        }


def some_indexes(size: int) -> list[int]:
    """The first, the last, those beside an edge of a tile, and some in the middle."""
    wanted = {0, 1, 199, 200, 201, 254, 255, 256, size // 2, size - 2, size - 1, 65_535, 65_536}
    return sorted(index for index in wanted if 0 <= index < size)


def cosigned(note: Note, head: Checkpoint) -> Note:
    lines = [cosign(head, key, TIME + n, sign) for n, (key, sign) in enumerate(WITNESSES)]
    return Note(note.text, (*note.signatures, *lines))


def keys(quorum: int = 3) -> dict[str, Any]:
    """The keys as the judges take them."""
    named = [str(key) for key, _ in WITNESSES]
    return {"log": str(KEY.key), "witnesses": named, "quorum": quorum}


def policy(quorum: int = 3) -> Policy:
    """The same for ourselves."""
    lines = [f"log {KEY.key}"]
    lines += [f"witness w{n} {key}" for n, (key, _) in enumerate(WITNESSES)]
    lines += [f"group all {quorum} w0 w1 w2", "quorum all", ""]
    return parse_policy("\n".join(lines).encode())


def bent(data: bytes, bit: int) -> bytes:
    """The bytes with one bit changed."""
    changed = bytearray(data)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


def judged_bits(note: Note) -> list[int]:
    """The bits of a note that every known key's signature, or its absence, depends on.

    All but those of lines by keys that the judges do not know, which must be ignored.
    """
    known: list[VerifierKey] = [KEY.key, *(key for key, _ in WITNESSES)]
    at = len(note.text.encode()) + 1
    bits = list(range(8 * at))
    for line in note.signatures:
        end = at + len(str(line).encode())
        if any(line.is_by(key) for key in known):
            bits += range(8 * at, 8 * end)
        at = end
    return bits


def some(bits: list[int], count: int, chance: random.Random) -> list[int]:
    """So many of them, or all if there are fewer."""
    return sorted(chance.sample(bits, min(count, len(bits))))
