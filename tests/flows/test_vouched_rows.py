"""Rows of power count only as this instance wrote them, on every store.

Controls broken to see these fail: the comparison of the digest, each part of what it covers, and
the comparison of a source's row with its record.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from mingma.flows import offices
from mingma.flows.proposals import APPROVAL
from mingma.flows.vouched_rows import SOURCE, VOUCHED, NotVouched, VouchedStore, strangers
from mingma.kernel.times import Instant
from mingma.ports import Store
from mingma.records import Record, Source
from mingma.storage import open_store
from tests.instances import LAB

KEY, OTHER = b"k" * 32, b"o" * 32
BODY = b'{"post":"checker"}'
ONE = Record("officer", "zz-checker-1", Instant(7), BODY)


@pytest.fixture(
    params=["memory", "sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]
)  # fmt: skip
def below(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """A store as somebody with the database has it."""
    dsn = {"memory": "memory:", "sqlite": f"sqlite:///{tmp_path / 'a.db'}"}.get(request.param)
    with closing(open_store(dsn or request.getfixturevalue("empty_postgres"))) as store:
        yield store


def kept(store: Store, record: Record = ONE) -> Record:
    """A record as it is kept once this instance wrote it."""
    with VouchedStore(store, KEY).write() as unit:
        unit.add_record(record)
    with store.read() as unit:
        [found] = unit.records_under(record.kind, record.id)
    return found


def test_a_row_reads_back_as_it_was_added_and_is_kept_with_its_digest(below: Store) -> None:
    assert kept(below).body.startswith(b'{"post":"checker","vouched":"')
    ours = VouchedStore(below, KEY)
    with ours.read() as unit:
        assert unit.first_record("officer", ONE.id) == unit.last_record("officer", "zz-") == ONE
        assert [*unit.records("officer")] == [*unit.records_under("officer", "zz")] == [ONE]
        assert not strangers(unit, "officer")
    assert ours.met.take() == []


def test_an_empty_row_and_rows_of_other_kinds_read_back_too(below: Store) -> None:
    empty, tally = replace(ONE, id="e", body=b"{}"), replace(ONE, kind="tally")
    assert kept(below, empty).body.startswith(b'{"vouched":"')
    assert kept(below, tally) == tally
    with VouchedStore(below, KEY).read() as unit:
        assert unit.first_record("officer", "e") == empty
        assert [*unit.records("tally")] == [unit.last_record("tally", "")] == [tally]


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "grant"}, {"id": "zz-checker-2"}, {"at": Instant(8)},
        {"body": "edited"}, {"body": BODY}, {"body": b"{}"}, {"body": b""}, {"body": b'"'},
    ],
    ids=str,
)  # fmt: skip
def test_a_row_of_another_kind_id_instant_or_body_is_not_shown(
    below: Store, change: dict[str, object]
) -> None:
    with closing(open_store("memory:")) as elsewhere:
        good = kept(elsewhere)
    if change.get("body") == "edited":
        change = {"body": good.body.replace(b"checker", b"auditor")}
    bad = replace(good, **change)  # type: ignore[arg-type]
    with below.write() as unit:
        unit.add_record(bad)
    ours = VouchedStore(below, KEY)
    with ours.read() as unit:
        assert unit.first_record(bad.kind, bad.id) is None
        assert not unit.records(bad.kind)
        assert not unit.records_under(bad.kind, "zz-")
        with pytest.raises(NotVouched):
            unit.last_record(bad.kind, "zz-")
        assert strangers(unit, bad.kind) == [bad.id]
    assert ours.met.take() == [(bad.kind, bad.id)]
    assert ours.met.take() == []


def test_a_row_written_under_another_key_is_not_shown(below: Store) -> None:
    kept(below)
    with VouchedStore(below, OTHER).read() as unit:
        assert not unit.records("officer")
    with VouchedStore(below, b"").read() as unit:  # an auditor's, who has none
        assert unit.records("officer") == [ONE]


def test_the_first_row_that_counts_is_found_behind_one_that_does_not(below: Store) -> None:
    with below.write() as unit:
        unit.add_record(replace(ONE, id="zz-checker-0"))
    kept(below)
    with VouchedStore(below, KEY).read() as unit:
        assert unit.first_record("officer", "zz-checker-0") == ONE


@pytest.mark.parametrize(
    "change",
    [
        {"id": "lab-9"}, {"organ": "x"}, {"title": "x"}, {"key": b"x" * 32}, {"demo": True},
        {"kinds": frozenset({"infection"})},
    ],
    ids=str,
)  # fmt: skip
def test_a_source_counts_only_as_it_was_registered(below: Store, change: dict[str, object]) -> None:
    with VouchedStore(below, KEY).write() as unit:
        unit.add_source(LAB)
        [said] = unit.records(SOURCE)
    bad: Source = replace(LAB, **{"id": "lab-9", **change})  # type: ignore[arg-type]
    with below.write() as unit:  # its row, under the other's words
        unit.add_source(bad)
    ours = VouchedStore(below, KEY)
    with ours.write() as unit:
        unit.add_record(replace(said, id=bad.id))
    with ours.read() as unit:
        assert unit.sources() == {LAB.id: LAB}
        assert strangers(unit, SOURCE) == [bad.id]
    assert ours.met.take() == [(SOURCE, bad.id)]


def test_every_kind_of_record_that_gives_power_is_vouched_for() -> None:
    kinds = {offices.ORGAN, offices.OFFICER, *offices.LEAF_OF, APPROVAL, SOURCE}
    assert kinds == VOUCHED
