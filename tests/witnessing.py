"""A log of a test's own, its checkpoints, and what it asks of a witness."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from mingma.flows.witness import Cosigner, Witness
from mingma.ledger.checkpoint import Checkpoint
from mingma.ledger.cosignature import cosign
from mingma.ledger.note import KeyType, Note, VerifierKey, sign
from mingma.ledger.text import write_base64
from mingma.ledger.tree import Tree, leaf_hash
from tests.unit.ledger.published import ed25519, mldsa44

ORIGIN = "ledger.henan.example/codes/2026"
WITNESS, _WITNESS_SIGNS = ed25519(
    b"w" * 32, "witness.hebei.example/w1", KeyType.ED25519_COSIGNATURE
)
TIME = 1_655_179_200


def tree(size: int, name: str = "leaf") -> Tree:
    return Tree(leaf_hash(f"{name}-{n}".encode()) for n in range(size))


TRUE = tree(5000)


def forked(at: int, size: int, of: Tree = TRUE, name: str = "other") -> Tree:
    """A log up to a size, and other leaves from there."""
    other = Tree(of.leaf(n) for n in range(at))
    other.extend(leaf_hash(f"{name}-{n}".encode()) for n in range(at, size))
    return other


@dataclass
class Log:
    """A log that signs whatever it is told to."""

    origin: str = ORIGIN
    seed: bytes = b"l" * 32
    key: VerifierKey = field(init=False)

    def __post_init__(self) -> None:
        self.key, self._sign = ed25519(self.seed, self.origin, KeyType.ED25519)
        self.quantum_key, self._quantum_sign = mldsa44(self.seed, self.origin)

    def note(self, size: int, of: Tree = TRUE, root: bytes | None = None) -> Note:
        """A signed checkpoint; a given root is signed whatever it is."""
        text = f"{self.origin}\n{size}\n{write_base64(root or of.root(size))}\n"
        return Note(text, (sign(text, self.key, self._sign),))

    def twice_signed(self, size: int) -> Note:
        """A checkpoint under an Ed25519 and an ML-DSA-44 signature."""
        head = Checkpoint(self.origin, size, TRUE.root(size))
        line = cosign(head, self.quantum_key, TIME, self._quantum_sign)
        return Note(str(head), (*self.note(size).signatures, line))

    def ask(
        self,
        old: int,
        size: int,
        of: Tree = TRUE,
        *,
        proof: Sequence[bytes] | None = None,
        root: bytes | None = None,
    ) -> bytes:
        """A request to extend: with its true proof unless told otherwise."""
        if proof is None:
            proof = of.consistency_proof(old, size) if old <= size else []
        return body(old, proof, self.note(size, of, root))


def body(old: int, proof: Sequence[bytes], note: Note) -> bytes:
    lines = [f"old {old}", *(write_base64(one) for one in proof), "", ""]
    return "\n".join(lines).encode() + bytes(note)


LOG = Log()


def witness(*logs: Log) -> Witness:
    """A witness of these logs, of `LOG` if none is named."""
    watched = {one.origin: (one.key,) for one in logs or (LOG,)}
    return Witness((Cosigner(WITNESS, _WITNESS_SIGNS),), watched)
