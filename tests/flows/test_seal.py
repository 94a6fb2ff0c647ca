"""The head is signed over what the store gives back, and believed again only with its signature."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest

from mingma.flows.seal import (
    POOL,
    HeadBroken,
    HeadOfEarlierSpecimen,
    Log,
    StoredOtherwise,
    stored_head,
)
from mingma.ledger.cosignature import verify_checkpoint
from mingma.ledger.note import Note, SignerDoesNotFit, VerifierKey, parse_note, sign
from mingma.ledger.tree import leaf_hash, root_of
from mingma.ports import Store
from mingma.storage.memory import MemoryStore
from mingma.storage.memory.unit import MemoryUnit
from tests.flows.logs import KEY, ORIGIN, OTHER_KEY, fill, sealed
from tests.instances import NOW


@pytest.fixture
def store() -> Iterator[Store]:
    made = MemoryStore()
    yield made
    made.close()


def head_of(store: Store) -> tuple[int, bytes]:
    with store.read() as unit:
        return unit.head()


def put_head(store: Store, head: bytes) -> None:
    """Write another head over the stored one, as whoever holds the database can."""
    size, _ = head_of(store)
    with store.write() as unit:
        unit.seal(size, [], head)


@pytest.mark.parametrize("count", [1, 255, 256, 257, POOL, POOL + 1])
def test_the_head_is_a_checkpoint_that_the_log_s_key_signed(store: Store, count: int) -> None:
    sealed(store, count)
    size, head = head_of(store)
    checkpoint, [signature] = verify_checkpoint(parse_note(head), [KEY.key])
    assert signature.key == KEY.key
    assert (checkpoint.origin, checkpoint.size) == (ORIGIN, size) == (ORIGIN, count)
    with store.read() as unit:
        hashes = [leaf_hash(entry) for entry in unit.leaves(0, size)]
    assert checkpoint.root == root_of(hashes)


def test_a_log_is_loaded_and_goes_on_under_its_key(store: Store) -> None:
    sealed(store, 300)
    log = sealed(store, 5)  # loads, then seals
    assert log.tree.size == head_of(store)[0] == 305
    assert stored_head(head_of(store)[1], 305)[1].root == log.tree.root()


def test_two_sequencers_of_one_log_read_anew_what_the_other_sealed(store: Store) -> None:
    one, other = Log(store, KEY), Log(store, KEY)
    fill(store, 3)
    assert one.seal_all(NOW) == 3
    fill(store, 2, start=3)
    assert other.seal_all(NOW) == 0  # the head moved: nothing is written, the tree is read
    assert other.seal_all(NOW) == 2
    assert Log(store, KEY).tree.root() == other.tree.root()


class Counting:
    """A signer that counts what it signed."""

    def __init__(self) -> None:
        self.signed: list[bytes] = []

    @property
    def key(self) -> VerifierKey:
        return KEY.key

    def sign(self, message: bytes) -> bytes:
        self.signed.append(message)
        return KEY.sign(message)


@pytest.mark.parametrize("bit", [0, 9, 700])
@pytest.mark.parametrize("index", [0, 3, 6])
def test_a_bit_that_flips_in_the_store_is_never_signed(
    store: Store, monkeypatch: pytest.MonkeyPatch, bit: int, index: int
) -> None:
    sealed(store, 10)
    before = head_of(store)
    signer = Counting()
    log = Log(store, signer)
    fill(store, 7, start=10)
    true = MemoryUnit.leaves

    def flipped(unit: MemoryUnit, start: int, end: int) -> Sequence[bytes]:
        entries = list(true(unit, start, end))
        if start == 10:
            bent = bytearray(entries[index])
            bent[bit // 8] ^= 1 << bit % 8
            entries[index] = bytes(bent)
        return entries

    with monkeypatch.context() as patch:
        patch.setattr(MemoryUnit, "leaves", flipped)
        with pytest.raises(StoredOtherwise):
            log.seal(NOW)
        assert signer.signed == []
        assert head_of(store) == before
    # The fault is gone: what waited still waits, and is sealed.
    assert log.seal(NOW) == 7
    assert len(signer.signed) == 1
    assert Log(store, KEY).tree.size == 17


def test_an_entry_that_the_store_lost_is_never_signed(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    signer = Counting()
    log = Log(store, signer)
    fill(store, 3)
    monkeypatch.setattr(MemoryUnit, "leaves", lambda *_: [])
    with pytest.raises(StoredOtherwise):
        log.seal(NOW)
    assert signer.signed == []
    assert head_of(store) == (0, b"")


def test_a_signature_that_does_not_verify_is_not_stored(store: Store) -> None:
    class Wrong(Counting):
        def sign(self, message: bytes) -> bytes:
            return OTHER_KEY.sign(message)

    log = Log(store, Wrong())
    fill(store, 3)
    with pytest.raises(SignerDoesNotFit):
        log.seal(NOW)
    assert head_of(store) == (0, b"")
    assert log.tree.size == 0


def test_a_head_by_another_key_or_of_another_log_is_broken(store: Store) -> None:
    sealed(store, 3)
    with pytest.raises(HeadBroken, match="`signature`"):
        Log(store, OTHER_KEY)
    with pytest.raises(HeadBroken, match="`origin`"):
        Log(store, type(KEY)("ledger.other.example/codes", KEY.private))


def test_a_head_over_other_leaves_is_broken(store: Store) -> None:
    sealed(store, 3)
    _, three = head_of(store)
    text = str(stored_head(three, 3)[1])
    other_root = text.replace(text.split("\n")[2], "A" * 43 + "=")
    put_head(store, bytes(Note(other_root, (sign(other_root, KEY.key, KEY.sign),))))
    with pytest.raises(HeadBroken, match="`root`"):
        Log(store, KEY)
    put_head(store, b"a head of another make")
    with pytest.raises(HeadBroken, match="`unsigned`"):
        Log(store, KEY)
    put_head(store, b"")
    with pytest.raises(HeadBroken, match="`unsigned`"):
        Log(store, KEY)


def test_a_signed_head_of_another_size_is_broken(store: Store) -> None:
    sealed(store, 3)
    _, three = head_of(store)
    sealed(store, 1)
    put_head(store, three)
    with pytest.raises(HeadBroken, match="`size`"):
        Log(store, KEY)


def test_every_changed_bit_of_a_head_is_refused(store: Store) -> None:
    sealed(store, 3)
    _, head = head_of(store)
    for at in range(len(head) * 8):
        bent = bytearray(head)
        bent[at // 8] ^= 1 << at % 8
        put_head(store, bytes(bent))
        with pytest.raises((HeadBroken, HeadOfEarlierSpecimen)):
            Log(store, KEY)


def test_a_head_of_an_earlier_specimen_is_refused_in_clear_words(store: Store) -> None:
    sealed(store, 3)
    put_head(store, b'{"root":"q1xSxS5n0sVt8y0e1rS1r2mN0l4qj7C3xq2W0m0l0aE","size":3}')
    with pytest.raises(HeadOfEarlierSpecimen, match="load the specimen anew"):
        Log(store, KEY)
