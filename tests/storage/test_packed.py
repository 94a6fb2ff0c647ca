"""Rows of sealed entries give each entry at its own index; what somebody did to them ends there."""

from __future__ import annotations

import pytest

from mingma.ledger.tiles import MAX_ENTRY_LENGTH, WIDTH, bundle
from mingma.storage.packed import packed, unpacked

ENTRIES = [b"entry %d" % number for number in range(30)]
ROWS = [*packed(0, ENTRIES[:10]), *packed(10, ENTRIES[10:11]), *packed(11, ENTRIES[11:])]


def test_a_seal_is_a_row_and_a_long_one_several_of_at_most_a_bundle_s_entries() -> None:
    assert [index for index, _ in ROWS] == [0, 10, 11]
    many = [b"%d" % number for number in range(2 * WIDTH + 1)]
    rows = packed(7, many)
    assert [index for index, _ in rows] == [7, 7 + WIDTH, 7 + 2 * WIDTH]
    assert rows[0][1] == bundle(many[:WIDTH])
    assert unpacked(rows, 7, 7 + len(many)) == many
    assert packed(7, []) == []


def test_an_entry_of_any_length_is_kept() -> None:
    entries = [b"", b"x" * MAX_ENTRY_LENGTH, b""]
    assert unpacked(packed(0, entries), 0, 3) == entries
    with pytest.raises(ValueError, match="65,535"):
        packed(0, [b"x" * (MAX_ENTRY_LENGTH + 1)])


def test_what_is_read_ends_at_the_first_index_that_no_row_has() -> None:
    assert unpacked(ROWS, 0, 99) == ENTRIES
    assert unpacked([ROWS[0], ROWS[2]], 3, 30) == ENTRIES[3:10]
    assert unpacked(ROWS[1:], 3, 30) == []  # none has 3
    assert unpacked([], 0, 9) == []


def test_what_is_read_ends_at_the_first_index_that_two_rows_have() -> None:
    inserted = (5, bundle([b"mine"]))
    assert unpacked([ROWS[0], inserted, *ROWS[1:]], 0, 30) == ENTRIES[:5]
    longer = (0, bundle([*ENTRIES[:5], b"mine", *ENTRIES[5:10]]))
    assert unpacked([longer, *ROWS[1:]], 0, 30) == [*ENTRIES[:5], b"mine", *ENTRIES[5:9]]


@pytest.mark.parametrize("at", range(len(ROWS[0][1])))
@pytest.mark.parametrize("deed", ["bit", "cut", "byte more", "byte less"])
def test_no_change_of_a_row_reads_as_what_was_sealed(at: int, deed: str) -> None:
    data = bytearray(ROWS[0][1])
    match deed:
        case "bit":
            data[at] ^= 1
        case "cut":
            del data[at:]
        case "byte more":
            data.insert(at, 0)
        case "byte less":
            del data[at]
    assert unpacked([(0, bytes(data)), *ROWS[1:]], 0, 30) != ENTRIES
    last = [*ROWS[1:], (30, bytes(data))]
    assert unpacked(last, 10, 99) != [*ENTRIES[10:], *ENTRIES[:10]]


@pytest.mark.parametrize("added", [b"\0", b"\0\0", b"\0\1", b"\0\1x"])
def test_what_was_added_behind_the_last_entry_is_an_entry_too_many(added: bytes) -> None:
    last = [*ROWS[:2], (11, ROWS[2][1] + added)]
    assert len(unpacked(last, 0, 99)) > 30
    first = [(0, ROWS[0][1] + added), *ROWS[1:]]
    assert unpacked(first, 0, 30) == ENTRIES[:10]


def test_a_row_of_nothing_is_no_seal_and_is_seen() -> None:
    assert unpacked([(30, b"")], 30, 31) == [b""]
