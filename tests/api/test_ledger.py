"""The log's files over HTTP are those of an export, and nothing else is there."""

from __future__ import annotations

from pathlib import Path

import pytest

from mingma.flows.export_log import export_log
from mingma.flows.publish_log import PublicLog
from mingma.keys import log_keys
from mingma.ledger.cosignature import verify_checkpoint
from mingma.ledger.files import LogFiles, check_log
from mingma.ledger.note import parse_note
from mingma.ledger.tree import leaf_hash, verify_inclusion
from mingma.storage.memory import MemoryStore
from tests.api.asking import Client, problem
from tests.flows.logs import fill, public_files
from tests.instances import Stage


@pytest.fixture
def grown(scene: Stage) -> Stage:
    """A log of a few tiles."""
    fill(scene.instance.store, 700)
    scene.instance.seal()
    return scene


def test_what_is_served_is_what_is_exported(client: Client, grown: Stage, tmp_path: Path) -> None:
    export_log(grown.instance.public_log, tmp_path / "log")
    exported = [path for path in (tmp_path / "log").rglob("*") if path.is_file()]
    assert len(exported) == 8  # three tiles, three bundles, one above, and the checkpoint
    for path in exported:
        answer = client.get(f"/ledger/{path.relative_to(tmp_path / 'log').as_posix()}")
        assert answer.status_code == 200
        assert answer.content == path.read_bytes()


def test_entries_go_compressed_to_whoever_accepts_it_and_nothing_else_does(
    client: Client, grown: Stage
) -> None:
    for path in sorted(public_files(grown.instance.store)):
        plain = client.http.get(f"/ledger/{path}", headers={"Accept-Encoding": "identity"})
        zipped = client.http.get(f"/ledger/{path}", headers={"Accept-Encoding": "gzip"})
        assert "content-encoding" not in plain.headers
        assert plain.content == zipped.content
        assert plain.content == grown.instance.public_log.file(path)
        if path.startswith("tile/entries/"):
            assert zipped.headers["content-encoding"] == "gzip"
            assert zipped.headers["vary"].lower() == "accept-encoding"
            assert int(zipped.headers["content-length"]) < len(plain.content)
        else:
            assert "content-encoding" not in zipped.headers
        assert zipped.headers["cache-control"] == plain.headers["cache-control"]
        assert zipped.headers["x-content-type-options"] == "nosniff"
    for path in ("/v1/places", "/schema", "/metrics"):
        answer = client.http.get(path, headers={"Accept-Encoding": "gzip"})
        assert "content-encoding" not in answer.headers


def test_a_stranger_with_the_key_checks_the_log_and_proves_a_leaf(
    client: Client, grown: Stage, tmp_path: Path
) -> None:
    settings = grown.instance.settings
    key, quantum = [one.key for one in log_keys(Path(settings.keys), settings.origin)]
    assert (Path(settings.keys) / "log.vkey").read_text() == f"{key}\n{quantum}\n"

    def read(path: str) -> bytes | None:
        answer = client.get(f"/ledger/{path}")
        return answer.content if answer.status_code == 200 else None

    note = parse_note(read("checkpoint") or b"")
    head, signed = verify_checkpoint(note, [key, quantum])
    assert [one.key for one in signed] == [key, quantum]
    assert head.size == grown.instance.log.tree.size > 700
    assert check_log(read, head) is None
    files = LogFiles(read, head)
    entry = files.entry(600)
    proof = files.inclusion_proof(600)
    verify_inclusion(leaf_hash(entry), 600, head.size, proof, head.root)


def test_what_never_changes_may_be_kept_and_the_checkpoint_may_not(
    client: Client, grown: Stage
) -> None:
    kept = {
        path: client.get(f"/ledger/{path}").headers["cache-control"]
        for path in public_files(grown.instance.store)
    }
    assert kept["checkpoint"] == "no-cache"
    assert {path for path, said in kept.items() if "immutable" in said} == {
        path for path in kept if path.startswith("tile/") and ".p/" not in path
    }
    assert client.get("/ledger/checkpoint").headers["content-type"] == "text/plain; charset=utf-8"
    tile = client.get("/ledger/tile/0/000")
    assert tile.headers["content-type"] == "application/octet-stream"


@pytest.mark.parametrize(
    "path",
    [
        "tile/0/009",
        "tile/0/000.p/256",
        "tile/0/%2e%2e/0/000",
        "tile/-1/000",
        "tile/8/000",
        "tile/0/0",
        "tile/entries/x001",
        "tile",
        "log.key",
    ],
)
def test_what_the_log_does_not_have_is_not_found(client: Client, grown: Stage, path: str) -> None:
    assert grown.instance.log.tree.size < 1000
    problem(client.get(f"/ledger/{path}"), 404, "http.not_found")


def test_a_partial_of_an_earlier_size_is_made_on_demand(client: Client, grown: Stage) -> None:
    del grown
    whole = client.get("/ledger/tile/0/000").content
    assert client.get("/ledger/tile/0/000.p/7").content == whole[: 7 * 32]


def test_before_the_first_seal_there_is_no_checkpoint(client: Client, scene: Stage) -> None:
    scene.instance.public_log = PublicLog(MemoryStore())
    problem(client.get("/ledger/checkpoint"), 404, "http.not_found")
