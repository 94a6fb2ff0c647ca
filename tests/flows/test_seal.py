"""The head is signed over what the store gives back, and believed again only with its signature."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from mingma.flows.full_head import FullHeads
from mingma.flows.seal import POOL, Log, SealingStopped
from mingma.flows.signed_tree import StoredOtherwise
from mingma.flows.stored_head import HeadBehind, HeadBroken, HeadOfEarlierSpecimen, stored_head
from mingma.kernel.times import DAY, Instant, day_of
from mingma.ledger.cosignature import verify_checkpoint
from mingma.ledger.leaf import sealed_on
from mingma.ledger.note import Note, SignerDoesNotFit, VerifierKey, parse_note, sign
from mingma.ledger.tree import EMPTY_ROOT, leaf_hash, root_of
from mingma.ports import Store
from mingma.records import AlreadyThere, Outgoing, Stale
from mingma.storage.memory import MemoryStore
from mingma.storage.memory.unit import MemoryUnit
from tests.flows.logs import KEY, ORIGIN, OTHER_KEY, QUANTUM_KEY, fill, sealed, unsealed
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


def test_no_leaf_s_day_is_before_its_act_s_where_the_clock_was_put_back(store: Store) -> None:
    fill(store, 1)  # acts of NOW
    assert Log(store, KEY).seal_all(Instant(NOW - 2 * DAY)) == 1
    with store.read() as unit:
        assert sealed_on(unit.leaves(0, 1)[0]) == day_of(NOW)


def test_two_sequencers_of_one_log_read_anew_what_the_other_sealed(store: Store) -> None:
    one, other = Log(store, KEY), Log(store, KEY)
    fill(store, 3)
    assert one.seal_all(NOW) == 3
    fill(store, 2, start=3)
    assert other.seal_all(NOW) == 2  # the head had moved: what the first sealed is read before
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
    assert log.newest.size == 0


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


def test_the_order_within_a_seal_is_by_chance_and_a_person_s_own_leaves_keep_theirs(
    store: Store,
) -> None:
    waiting = [
        Outgoing(f"p-{person:02}", number, unsealed(100 * person + number), NOW)
        for person in range(40)
        for number in range(3)
    ]
    with store.write() as unit:
        unit.add_leaves(waiting)
    Log(store, KEY).seal_all(NOW)
    with store.read() as unit:
        acts = list(unit.acts(0, len(waiting)))
    assert sorted(acts) == [(one.subject, one.number) for one in waiting]
    assert acts != sorted(acts)  # of so many orders chance does not take that one
    for person in {subject for subject, _ in acts}:
        assert [number for subject, number in acts if subject == person] == [0, 1, 2]


# -- two keys, and a head of size 0


def lines_of(store: Store) -> list[VerifierKey]:
    """The keys that signed the stored head."""
    _, head = head_of(store)
    _, signed = verify_checkpoint(parse_note(head), [KEY.key, QUANTUM_KEY.key])
    return [one.key for one in signed]


def test_a_stored_head_has_the_first_key_s_line_alone(store: Store) -> None:
    log = Log(store, KEY, QUANTUM_KEY)
    fill(store, 3)
    assert log.seal_all(NOW) == 3
    assert lines_of(store) == [KEY.key]
    assert Log(store, KEY, QUANTUM_KEY).tree.root() == log.tree.root()


def test_a_log_s_first_head_is_of_size_0_and_signed_once(store: Store) -> None:
    log = Log(store, KEY, QUANTUM_KEY)
    log.begin()
    size, head = head_of(store)
    assert stored_head(head, size)[1].root == EMPTY_ROOT
    assert log.newest.note == head
    Log(store, KEY, QUANTUM_KEY).begin()
    assert head_of(store) == (0, head)
    fill(store, 2)
    assert log.seal_all(NOW) == 2


def both_lines(store: Store) -> bytes:
    """The stored head with both lines, as earlier releases stored it, put in its place."""
    Log(store, KEY, QUANTUM_KEY).begin()
    full = FullHeads([KEY, QUANTUM_KEY], lambda: NOW).of(head_of(store)[1])
    put_head(store, full)
    return full


def test_a_head_of_both_lines_is_loaded_and_sealed_on(store: Store) -> None:
    sealed(store, 3)
    both_lines(store)
    assert lines_of(store) == [KEY.key, QUANTUM_KEY.key]
    log = Log(store, KEY, QUANTUM_KEY)
    log.begin()
    fill(store, 2, start=3)
    assert log.seal_all(NOW) == 2
    assert lines_of(store) == [KEY.key]


def test_of_two_that_begin_one_signs(store: Store) -> None:
    one, other = Log(store, KEY), Log(store, KEY)
    one.begin()
    before = head_of(store)
    other.begin()
    assert head_of(store) == before
    assert other.newest.note == before[1]


def test_a_changed_line_of_either_key_is_refused(store: Store) -> None:
    head = both_lines(store)
    for at in range(0, len(head) * 8, 101):
        bent = bytearray(head)
        bent[at // 8] ^= 1 << at % 8
        put_head(store, bytes(bent))
        with pytest.raises((HeadBroken, HeadOfEarlierSpecimen)):
            Log(store, KEY, QUANTUM_KEY)


def test_a_head_without_the_first_key_s_line_is_broken(store: Store) -> None:
    note = parse_note(both_lines(store))
    put_head(store, bytes(Note(note.text, note.signatures[1:])))
    with pytest.raises(HeadBroken, match="`signature`"):
        Log(store, KEY, QUANTUM_KEY)


# -- within an act


def test_an_act_and_its_seal_are_one_transaction(store: Store) -> None:
    log = Log(store, KEY)
    with log.writing(lambda: NOW) as act:
        act.unit.add_leaves(leaves(3))
        assert head_of(store) == (0, b"")
    assert act.head == log.newest
    assert log.newest.size == head_of(store)[0] == 3
    assert (log.newest.size, log.newest.note) == head_of(store)


def test_an_act_that_is_refused_seals_nothing_and_the_next_one_goes_on(store: Store) -> None:
    log = sealed(store, 5)
    with pytest.raises(AlreadyThere), log.writing(lambda: NOW) as act:
        act.unit.add_leaves(leaves(1, start=9) + leaves(1))  # one was sealed before
    assert head_of(store)[0] == log.newest.size == 5
    with log.writing(lambda: NOW) as act:
        act.unit.add_leaves(leaves(2, start=5))
    assert act.head == log.newest
    assert Log(store, KEY).newest.note == log.newest.note
    assert head_of(store)[0] == 7


def test_an_act_without_a_leaf_moves_no_head(store: Store) -> None:
    log = sealed(store, 5)
    before = head_of(store)
    with log.writing(lambda: NOW) as act:
        pass  # nothing is written
    assert act.head is None
    assert head_of(store) == before


class Lost(MemoryUnit):
    """A unit in which another sealer was first, as a store of many writers may find out late."""

    def seal(self, size: int, entries: Sequence[bytes], head: bytes) -> None:
        super().seal(size + 1, entries, head)


def test_a_lost_swap_seals_nothing_and_the_tree_is_read_anew(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = sealed(store, 5)
    fill(store, 3, start=5)
    with monkeypatch.context() as patch:
        patch.setattr("mingma.storage.memory.store.MemoryUnit", Lost)
        assert log.seal(NOW) == 0
        with pytest.raises(Stale), log.writing(lambda: NOW):
            pass  # the swap is lost where the block ends
    assert log.stopped is None
    assert head_of(store)[0] == 5
    assert log.seal_all(NOW) == 3
    assert Log(store, KEY).tree.root() == log.tree.root()


class FailsToCommit(MemoryUnit):
    """A unit whose commit reports a failure of the disk."""

    def kept(self) -> Any:
        raise OSError(5, "Input/output error")


def test_after_a_commit_of_unknown_outcome_nothing_is_signed_before_a_restart(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = sealed(store, 5)
    fill(store, 3, start=5)
    signer = Counting()
    log._signed.sign_with([signer])
    with monkeypatch.context() as patch:
        patch.setattr("mingma.storage.memory.store.MemoryUnit", FailsToCommit)
        with pytest.raises(OSError, match="Input/output"):
            log.seal(NOW)
    assert log.stopped == "commit"
    signed = len(signer.signed)
    with pytest.raises(SealingStopped, match="`commit`"):
        log.seal(NOW)
    with pytest.raises(SealingStopped), log.writing(lambda: NOW):
        pass  # it does not even begin
    assert len(signer.signed) == signed
    again = Log(store, KEY)
    assert again.seal_all(NOW) == 3


def test_a_store_that_shrinks_under_a_running_log_stops_it(store: Store) -> None:
    log = sealed(store, 5)
    older = MemoryStore()
    sealed(older, 3)
    log._store = older  # somebody restored an older copy
    fill(older, 2, start=3)
    with pytest.raises(HeadBehind, match="`behind`"):
        log.seal(NOW)
    assert log.stopped == "head"
    assert head_of(older)[0] == 3


def leaves(count: int, start: int = 0) -> list[Outgoing]:
    return [
        Outgoing("instance:test", number, unsealed(number), NOW)
        for number in range(start, start + count)
    ]
