"""What an earlier release kept of K in the clear is encrypted at a start.

Broken to see these fail: the walk on from page to page, the comparison with what was read, the
cleaning of the file, and the answer where the role may not.
"""

from __future__ import annotations

import logging
import os
import secrets
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import pytest

from mingma.records import Person
from mingma.storage import clear_keys, encrypt_clear_keys, open_store
from mingma.storage.errors import StoreFailed
from mingma.storage.sqlite import link as sqlite_link
from tests.storage import make

REFS = [f"p{number}" for number in range(25)]


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def dsn(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database with people, every fifth of them encrypted already."""
    made = f"sqlite:///{tmp_path / 'a.db'}"
    if request.param == "postgres":
        made = request.getfixturevalue("empty_postgres")
    with closing(open_store(made)) as store, store.write() as unit:
        unit.add_people(
            Person(ref, ref.encode().ljust(48 if n % 5 == 0 else 32, b"k"), n)
            for n, ref in enumerate(REFS)
        )
    return made


def longer(clear: Mapping[str, bytes]) -> Mapping[str, bytes]:
    """48 other bytes for everybody but one."""
    return {ref: b"e" + key[::-1].rjust(47, b"e") for ref, key in clear.items() if ref != "p7"}


def keys(dsn: str) -> dict[str, bytes]:
    with closing(open_store(dsn)) as store, store.read() as unit:
        return {ref: one.key for ref, one in unit.people(REFS).items()}


def test_every_one_in_the_clear_is_replaced_and_no_other(
    dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clear_keys, "PAGE", 3)
    before = keys(dsn)
    clear = {ref: key for ref, key in before.items() if len(key) == 32}
    encrypt_clear_keys(dsn, longer)
    assert keys(dsn) == {**before, **longer(clear)}
    again: list[str] = []
    encrypt_clear_keys(dsn, lambda clear: again.extend(clear) or {})
    assert again == ["p7"]


def test_a_row_that_changed_meanwhile_stays_as_it_is(dsn: str) -> None:
    def late(clear: Mapping[str, bytes]) -> Mapping[str, bytes]:
        encrypt_clear_keys(dsn, longer)  # another process starts, too
        return dict.fromkeys(clear, b"x" * 48)

    before = keys(dsn)
    wanted = longer({ref: key for ref, key in before.items() if len(key) == 32})
    encrypt_clear_keys(dsn, late)
    assert keys(dsn) == {**before, **wanted, "p7": b"x" * 48}


def test_memory_has_nothing_to_encrypt() -> None:
    encrypt_clear_keys("memory:", lambda _: pytest.fail("asked"))


def test_no_byte_of_what_was_in_the_clear_stays_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "a.db"
    people = [Person(f"p-{secrets.token_hex(8)}", os.urandom(32), 0) for _ in range(2000)]
    with closing(open_store(f"sqlite:///{file}")) as store:
        for at in range(0, len(people), 100):
            with store.write() as unit:
                unit.add_people(people[at : at + 100])
        encrypt_clear_keys(f"sqlite:///{file}", longer)
        held = b"".join(path.read_bytes() for path in sorted(tmp_path.glob("a.db*")))
        assert not [one.ref for one in people if one.key in held]
        with store.write() as unit:  # and it goes on
            unit.add_people([make.person("later")])


def test_a_file_that_cannot_be_written_is_refused_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "a.db"
    with closing(open_store(f"sqlite:///{file}")) as store:
        with store.write() as unit:
            unit.add_people([make.person("ann")])
        monkeypatch.setattr(sqlite_link, "BUSY_WITHIN", 1)
        with store.write(), pytest.raises(StoreFailed):  # as another process may
            encrypt_clear_keys(f"sqlite:///{file}", longer)


@pytest.mark.postgres
def test_the_service_s_role_may_not_and_is_told_so(
    service_dsn: str, postgres_dsn: str, caplog: pytest.LogCaptureFixture
) -> None:
    with closing(open_store(service_dsn)) as store, store.write() as unit:
        unit.add_people([make.person("ann")])
    with caplog.at_level(logging.WARNING):
        encrypt_clear_keys(service_dsn, longer)
    assert "start once as the owner" in caplog.text
    with closing(open_store(service_dsn)) as store, store.read() as unit:
        assert unit.people(["ann"])["ann"].key == make.person("ann").key
    encrypt_clear_keys(postgres_dsn, longer)
    with closing(open_store(service_dsn)) as store, store.read() as unit:
        assert len(unit.people(["ann"])["ann"].key) == 48
