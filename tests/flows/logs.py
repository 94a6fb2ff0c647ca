"""Logs of any size on a store in memory, sealed as an instance seals them."""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

from mingma.flows.publish_log import PublicLog
from mingma.flows.seal import Log
from mingma.keys import LogKey, QuantumLogKey
from mingma.ledger.checkpoint import Checkpoint, parse_checkpoint
from mingma.ledger.leaf import Kind, Leaf
from mingma.ledger.note import parse_note
from mingma.ledger.tiles import growth
from mingma.ports import Store
from mingma.records import Outgoing
from tests.instances import NOW

ORIGIN = "ledger.test.example/codes"
KEY = LogKey(ORIGIN, Ed25519PrivateKey.from_private_bytes(b"L" * 32))
QUANTUM_KEY = QuantumLogKey(ORIGIN, MLDSA44PrivateKey.from_seed_bytes(b"Q" * 32))
OTHER_KEY = LogKey(ORIGIN, Ed25519PrivateKey.from_private_bytes(b"O" * 32))


def fill(store: Store, count: int, start: int = 0) -> None:
    """Put leaves where they wait for the seal."""
    leaves = [
        Outgoing("instance:test", number, unsealed(number), NOW)
        for number in range(start, start + count)
    ]
    with store.write() as unit:
        unit.add_leaves(leaves)


def unsealed(number: int) -> bytes:
    commitment = number.to_bytes(32, "big")
    return Leaf(kind=Kind.ENROL, commitment=commitment, organ="o", tag=b"t" * 16).unsealed()


def sealed(store: Store, count: int) -> Log:
    """A log with so many leaves more."""
    log = Log(store, KEY)
    fill(store, count, log.tree.size)
    log.seal_all(NOW)
    return log


def public_files(store: Store) -> dict[str, bytes]:
    """Every file of a log, by path."""
    public = PublicLog(store)
    found = public.head()
    assert found is not None
    note, head = found
    files = {"checkpoint": note}
    for tile in growth(0, head.size):
        data = public.file(tile.path)
        assert data is not None, tile
        files[tile.path] = data
    return files


def head_of(files: dict[str, bytes]) -> Checkpoint:
    """The head in a folder's files."""
    return parse_checkpoint(parse_note(files["checkpoint"]).text)
