"""What the log's benchmark measures is what it says: honest leaves, the same rows, named peers."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from mingma.bench import leaves, log_hashing, log_seals, one_fact, peers
from mingma.flows.seal import Log
from mingma.keys import log_keys
from mingma.ledger.leaf import Kind, parse
from mingma.storage import open_store
from mingma.storage.sqlite.link import connect


@pytest.fixture(autouse=True)
def _no_peers(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(peers, "PLACE", tmp_path / "nothing")


def test_the_leaves_are_leaves_and_one_in_twenty_is_red() -> None:
    leaves.check()
    found = [parse(entry)[0] for entry in log_hashing.entries(101)]
    assert found[0].kind is Kind.EMERGENCY_DECLARE
    assert sum(one.after == "red" for one in found) == 5
    assert len({one.tag for one in found}) == 101


def test_an_audit_finds_nothing_in_the_log_of_the_benchmark() -> None:
    everything, files = log_hashing.audits(log_hashing.entries(1000))
    assert everything.figure
    assert files.figure


def test_a_peer_that_is_not_installed_is_named_with_how_to_get_it() -> None:
    assert peers.peer("no_such_peer") is None
    rows = log_hashing.appends(log_hashing.entries(100))
    assert rows[2].met is None
    assert rows[2].why == "pymerkle is not installed: `make bench` installs it"
    assert rows[1].ratio is not None


def test_a_proof_a_leaf_is_asked_for() -> None:
    assert log_hashing.proofs(100, 200).figure


@pytest.mark.parametrize("sealed", [False, True])
def test_the_peer_of_an_act_writes_the_same_rows(
    sealed: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(one_fact, "ACTS", 5)
    found = one_fact.one_fact(tmp_path, sealed=sealed)
    assert found["ratio_one_fact_to_bare_commit"] > 0
    ours, bare = (connect(tmp_path / f"{name}.db", writes=False) for name in ("ours", "peer"))
    written = ("receipt", "fact", "decision", "notice", "person")
    for table in (*written, *(("leaf", "sealed") if sealed else ("outbox",))):
        assert count(ours, table) == count(bare, table) > 0
    for table in written:
        query = f"SELECT * FROM {table} ORDER BY 1, 2"
        assert ours.execute(query).fetchall() == bare.execute(query).fetchall()
    size = "SELECT size FROM head"
    assert ours.execute(size).fetchone() == bare.execute(size).fetchone()
    for link in (ours, bare):
        link.close()


def count(link: sqlite3.Connection, table: str) -> int:
    ((found,),) = link.execute(f"SELECT count(*) FROM {table}").fetchall()
    return int(found)


def test_the_log_itself_and_an_act_s_whole_way_leave_the_same_log(tmp_path: Path) -> None:
    """Entries ready made, or leaves of acts: all are sealed and signed, and only acts are named."""
    ways = {"alone": log_seals.alone_in, "born": log_seals.born_in, "waits": log_seals.sequenced_in}
    found = {}
    for name, way in ways.items():
        address = f"sqlite:///{tmp_path / name}.db"
        spent = way(open_store(address), tmp_path, 2500, lambda: 0.0)
        assert (spent.of, spent.rate > 0) == (2500, True)
        store = open_store(address)
        log = Log(store, *log_keys(tmp_path, log_seals.ORIGIN))  # the stored head is signed
        assert log.tree.size == 2500
        with store.read() as unit:
            found[name] = sorted(unit.leaves(0, 2500))
            assert len(unit.acts(0, 2500)) == (0 if name == "alone" else 2500)
            assert unit.waiting() == 0
        store.close()
    assert found["alone"] == found["born"] == found["waits"]


def test_the_bare_store_is_given_the_rows_of_a_sealed_log(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[int, int, int]] = []
    true = log_seals._by_seal

    def watched(rows: log_seals.Rows) -> Iterator[tuple[int, log_seals.Rows]]:
        for size, (sealed, acts) in true(rows):
            seen.append((size, len(sealed), len(acts)))
            yield size, (sealed, acts)

    monkeypatch.setattr(log_seals, "_by_seal", watched)
    assert log_seals._bare_sqlite(2500).of == 2500
    assert seen == [(1000, 4, 1000), (2000, 4, 1000), (2500, 2, 500)]


def test_acts_at_once_are_all_done(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(one_fact, "ACTS", 32)
    ours, bare = one_fact.facts_at_once(tmp_path)
    assert min(ours, bare) > 0
    link = connect(tmp_path / "ours.db", writes=False)
    assert count(link, "decision") == count(link, "receipt") == 32
    assert link.execute("SELECT size FROM head").fetchone()[0] == count(link, "leaf")
