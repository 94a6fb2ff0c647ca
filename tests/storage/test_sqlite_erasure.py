"""What is erased is in no byte of SQLite's files."""

from __future__ import annotations

import random
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from mingma.ports import Store
from mingma.records import Person
from mingma.storage.sqlite import SqliteStore
from tests.storage import make

PEOPLE = 600


def key_of(ref: str) -> bytes:
    return sha256(ref.encode()).digest()


def files(file: Path) -> bytes:
    """Every byte of the database and of what lies beside it."""
    return b"".join(path.read_bytes() for path in sorted(file.parent.glob(f"{file.name}*")))


def stand(file: Path, refs: list[str]) -> list[str]:
    """Whose key, or whose pseudonym, is still in the files."""
    held = files(file)
    return [ref for ref in refs if key_of(ref) in held or ref.encode() in held]


def busy_life(store: Store, refs: list[str]) -> None:
    """Rows that come in another order than they are kept, and are changed: pages split and move."""
    for at in range(0, len(refs), 50):
        page = refs[at : at + 50]
        with store.write() as unit:
            unit.add_people(Person(ref, key_of(ref), 0, "安*", "123X") for ref in page)
            make.add_facts(unit, *(make.fact(f"lab/{ref}", ref) for ref in page))
    for number in (1, 2):
        with store.write() as unit:
            make.decide(unit, *((ref, number) for ref in refs))
            unit.count_events(dict.fromkeys(refs, number))
            size, _ = unit.head()
            unit.add_acts(size, unit.pool(PEOPLE))
            # As a real one does, a leaf says nothing of her.
            unit.seal(size, [b"leaf %d" % index for index in range(PEOPLE)], b"head")


def test_no_page_keeps_what_once_stood_between_its_rows(store: Store, file: Path) -> None:
    """Rows of many sizes, in no order, changed between: SQLite moves them, and copies linger."""
    chance = random.Random(1)
    refs = [f"p-{key_of(str(n)).hex()[:43]}" for n in range(4000)]
    events = dict.fromkeys(refs, 0)
    for at in range(0, len(refs), 100):
        with store.write() as unit:
            unit.add_people(
                Person(ref, key_of(ref), 0, "安" * chance.randrange(1, 70), "123X")
                for ref in refs[at : at + 100]
            )
        with store.write() as unit:
            some = chance.sample(refs[: at + 100], 60)
            for ref in some:
                events[ref] += 1
            unit.count_events({ref: events[ref] for ref in some})
    with store.write() as unit:
        unit.erase(chance.sample(refs, 1000))
    with store.write() as unit:
        unit.erase(chance.sample(refs, 1000))
    with store.write() as unit:
        kept = unit.people(refs)
    held = files(file)
    assert [ref for ref in refs if held.count(key_of(ref)) != (ref in kept)] == []


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "store.db"


@pytest.fixture
def store(file: Path) -> Iterator[Store]:
    opened = SqliteStore(file)
    yield opened
    opened.close()


@pytest.fixture
def refs(store: Store) -> list[str]:
    refs = sorted((f"p-{key_of(str(n)).hex()}" for n in range(PEOPLE)), key=key_of)
    busy_life(store, refs)
    return refs


def test_nothing_in_the_files_has_the_key_of_who_was_erased_and_the_others_stay(
    store: Store, file: Path, refs: list[str]
) -> None:
    gone, kept = refs[::2], refs[1::2]
    assert stand(file, refs) == refs
    with store.write() as unit:
        leaves = unit.leaves(0, 2 * PEOPLE)
        assert unit.erase(gone) == len(gone)
    with store.write():
        pass  # the first unit after those that erase
    assert stand(file, gone) == []
    assert stand(file, kept) == kept
    with store.read() as unit:
        assert unit.leaves(0, 2 * PEOPLE) == leaves
        assert unit.people(refs).keys() == set(kept)


def test_what_a_reader_still_looks_at_goes_when_he_is_done(
    store: Store, file: Path, refs: list[str]
) -> None:
    with store.read() as reader:
        assert reader.people(refs[:1])
        with store.write() as unit:
            unit.erase(refs)
        with store.read() as later:
            assert not later.people(refs)
        assert reader.people(refs[:1])  # his snapshot stays
    with store.write():
        pass  # any later write cleans
    held = files(file)
    assert [ref for ref in refs if key_of(ref) in held] == []


def test_closing_cleans_what_was_left(file: Path) -> None:
    store = SqliteStore(file)
    with store.write() as unit:
        unit.add_people([Person("p-ann", key_of("p-ann"), 0, "安*", "123X")])
    with store.write() as unit:
        unit.erase(["p-ann"])
    store.close()
    assert stand(file, ["p-ann"]) == []
