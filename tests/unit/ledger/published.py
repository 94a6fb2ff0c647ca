"""The published notes and logs under tests/vectors/ledger/c2sp, and keys made for a test."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

from mingma.ledger.checkpoint import Checkpoint
from mingma.ledger.note import KeyType, VerifierKey
from mingma.ledger.tiles import ENTRIES, WIDTH, bundle, growth, hashes_of
from mingma.ledger.tree import Tree
from tests.folders import files_in
from tests.paths import ROOT

VECTORS = ROOT / "tests" / "vectors" / "ledger" / "c2sp"
NOTES: dict[str, Any] = json.loads((VECTORS / "notes.json").read_text(encoding="utf-8"))
GOLDEN = NOTES["golden"]
Files = dict[str, bytes]


def golden_log() -> Files:
    return files_in(VECTORS / "golden" / "log")


def golden(name: str) -> bytes:
    return (VECTORS / "golden" / name).read_bytes()


def ed25519(seed: bytes, name: str, type_: KeyType) -> tuple[VerifierKey, Callable[..., bytes]]:
    """A verifier key and its signer."""
    private = Ed25519PrivateKey.from_private_bytes(seed)
    return VerifierKey(name, type_, private.public_key().public_bytes_raw()), private.sign


def mldsa44(seed: bytes, name: str) -> tuple[VerifierKey, Callable[..., bytes]]:
    private = MLDSA44PrivateKey.from_seed_bytes(seed)
    public = private.public_key().public_bytes_raw()
    return VerifierKey(name, KeyType.MLDSA44_COSIGNATURE, public), private.sign


def laid_out(entries: list[bytes], sizes: list[int]) -> tuple[Files, list[Checkpoint]]:
    """A log that grew through these sizes: its files, and a checkpoint of each size."""
    tree = Tree()
    files: Files = {}
    checkpoints = []
    for size in sizes:
        old = tree.size
        for entry in entries[old:size]:
            tree.append(entry)
        for tile in growth(old, size):
            start = tile.index * WIDTH
            files[tile.path] = (
                bundle(entries[start : start + tile.width])
                if tile.level == ENTRIES
                else hashes_of(tile, tree._node)
            )
        checkpoints.append(Checkpoint("log.example/test", size, tree.root()))
    return files, checkpoints


def flipped(data: bytes, chance: random.Random) -> bytes:
    """The bytes with one bit changed."""
    bent = bytearray(data)
    bent[chance.randrange(len(bent))] ^= 1 << chance.randrange(8)
    return bytes(bent)
