"""Paths, bytes and growth of tiles and bundles."""

from __future__ import annotations

import contextlib
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mingma.kernel.errors import Malformed
from mingma.ledger.tiles import (
    ENTRIES,
    WIDTH,
    Tile,
    TileUnreadable,
    bundle,
    growth,
    parse_path,
    partial,
    split_bundle,
    split_hashes,
    tile_with,
)
from tests.folders import files_in
from tests.unit.ledger.published import VECTORS, golden_log


@pytest.mark.parametrize(
    ("tile", "path"),
    [
        (Tile(0, 0), "tile/0/000"),
        (Tile(0, 1234067), "tile/0/x001/x234/067"),
        (Tile(3, 999, 255), "tile/3/999.p/255"),
        (Tile(7, 1000, 1), "tile/7/x001/000.p/1"),
        (Tile(ENTRIES, 273, 112), "tile/entries/273.p/112"),
    ],
)
def test_a_tile_is_named_by_its_path(tile: Tile, path: str) -> None:
    assert tile.path == path
    assert parse_path(path) == tile
    assert parse_path(tile.full.path) == tile.full


@given(
    st.integers(ENTRIES, 7),
    st.integers(0, 10**4) | st.integers(0, (2**63 - 1) // 256),
    st.integers(1, WIDTH),
)
def test_every_tile_has_one_path(level: int, index: int, width: int) -> None:
    tile = Tile(level, index, width)
    assert parse_path(tile.path) == tile


@pytest.mark.parametrize(
    "path",
    """
    tile tile/0 tile/0/ tile/0/0 tile/0/00 tile/0/0000 tile/8/000 tile/-1/000 tile/00/000 tile/x/000
    tile/0/x000/001 tile/0/001/002 tile/0/x001 tile/0/x001/x002 tile/0/000.p/0 tile/0/000.p/256
    tile/0/000.p/01 tile/0/000.p/1000 tile/0/000.p/ tile/0/000.p /tile/0/000 tile/0/000/ tile//000
    tile/entries tile/Entries/000 tile/data/000 tile/0/../000
    tile/0/x999/x999/x999/x999/x999/x999/999
    """.split()
    + ["", "tile/0/000\n", "tile/0/00\u0660", "tile/0/" + "x001/" * 40 + "000"],
)
def test_what_names_no_tile_is_refused(path: str) -> None:
    with pytest.raises(TileUnreadable, match="path"):
        parse_path(path)


@given(st.text("tile/0123entris.px", max_size=30).map(lambda text: "tile/" + text))
def test_any_path_prints_back_or_is_malformed(path: str) -> None:
    with contextlib.suppress(Malformed):
        assert parse_path(path).path == path


def test_a_tile_out_of_range_is_none() -> None:
    for level, index, width in [
        (-2, 0, 1),
        (8, 0, 1),
        (0, -1, 1),
        (0, 2**60, 1),
        (0, 0, 0),
        (0, 0, 257),
    ]:
        with pytest.raises(TileUnreadable):
            Tile(level, index, width)


def test_partials_are_as_wide_as_the_specification_says() -> None:
    # Its examples: 70,000 leaves, and 256.
    levels = range(ENTRIES, 8)
    assert [partial(level, 70_000) for level in levels] == [
        Tile(ENTRIES, 273, 112), Tile(0, 273, 112), Tile(1, 1, 17), Tile(2, 0, 1), *[None] * 5
    ]  # fmt: skip
    assert [partial(level, 256) for level in range(3)] == [None, Tile(1, 0, 1), None]
    assert tile_with(0, 272, 70_000) == Tile(0, 272)
    assert tile_with(0, 273, 70_000) == Tile(0, 273, 112)
    assert tile_with(0, 0, 256) == Tile(0, 0)


def test_the_golden_log_wrote_what_its_growth_says() -> None:
    sizes = [0, 1, 200, 256, 300, 512, 775]
    written = {tile.path for old, size in itertools.pairwise(sizes) for tile in growth(old, size)}
    assert written == set(golden_log()) - {"checkpoint"}


def test_the_log_of_another_make_wrote_what_its_growth_says() -> None:
    written = {tile.path for old in range(15) for tile in growth(old, old + 1)}
    found = files_in(VECTORS / "tessera" / "log")
    assert written == {path for path in found if not path.startswith("checkpoint")}


@given(st.integers(0, 200_000), st.integers(0, 200_000))
def test_a_growth_leaves_every_tile_of_the_new_size_on_disk(one: int, two: int) -> None:
    old, size = sorted((one, two))
    written = set(growth(old, size))
    for level in range(ENTRIES, 8):
        hashes = size >> 8 * max(level, 0)
        had = old >> 8 * max(level, 0)
        needed = {Tile(level, index) for index in range(hashes // WIDTH)}
        kept = {Tile(level, index) for index in range(had // WIDTH)}
        if last := partial(level, size):
            needed.add(last)
        if before := partial(level, old):
            kept.add(before)
        assert {tile for tile in written if tile.level == level} == needed - kept


def test_a_log_does_not_shrink() -> None:
    with pytest.raises(ValueError, match="grows"):
        list(growth(2, 1))
    assert list(growth(5, 5)) == []


entries = st.lists(st.binary(max_size=40), min_size=1, max_size=10)


@given(entries)
def test_a_bundle_is_read_as_it_was_written(written: list[bytes]) -> None:
    data = bundle(written)
    tile = Tile(ENTRIES, 0, len(written))
    assert split_bundle(tile, data) == written
    for bad in (data[:-1], data + b"\x00", data + b"\x00\x00", b"\x00" + data, b""):
        with pytest.raises(TileUnreadable, match="bundle"):
            split_bundle(tile, bad)


def test_an_entry_has_a_length_of_two_bytes() -> None:
    longest = b"e" * 65_535
    assert split_bundle(Tile(ENTRIES, 0, 1), bundle([longest])) == [longest]
    with pytest.raises(ValueError, match="65,535"):
        bundle([longest + b"e"])


def test_a_tile_has_exactly_its_hashes() -> None:
    assert split_hashes(Tile(0, 0, 2), b"a" * 32 + b"b" * 32) == [b"a" * 32, b"b" * 32]
    for length in (0, 32, 63, 65, 96):
        with pytest.raises(TileUnreadable, match="size"):
            split_hashes(Tile(0, 0, 2), b"x" * length)
