"""What an instance does before the disk fails, what it promised until then, and whether it kept it.

`run` and `check` each happen in a process of their own (`starter`), which forgets everything.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from mingma.app import Instance
from mingma.flows.emergency import declare_emergency
from mingma.kernel.errors import Problem
from mingma.kernel.times import DAY, Instant, print_instant
from mingma.ledger.checkpoint import Checkpoint, parse_checkpoint
from mingma.ledger.files import LogFiles, check_log
from mingma.ledger.note import parse_key, parse_note, verify
from mingma.ledger.tree import leaf_hash, root_of, verify_consistency, verify_inclusion
from mingma.opening import open_instance
from mingma.records import Emergency
from mingma.settings import Settings
from tests.folders import files_in
from tests.instances import DEMO, LAB, NOW, envelope, ndjson, sample

BATCHES = 4
PEOPLE = 3  # of each batch
BEFORE = 125  # people of the base: two leaves each, so that the run crosses the first full tile
Promise = dict[str, Any]
Say = Callable[[Promise], None]


def settings(folder: Path, database: str = "") -> Settings:
    """An instance in a folder; its database too, unless a server has it."""
    return Settings(
        database=database or f"sqlite:///{folder}/mingma.db",
        keys=str(folder / "keys"),
        packs="cn-henan-2021-08",
        sign_in="development",
        clock=print_instant(NOW),
        publish=str(folder / "public"),
    )


def base(folder: Path, database: str = "") -> None:
    """An instance that has worked for a while, closed properly."""
    with closing(open_instance(settings(folder, database))) as instance:
        _furnish(instance)
        _send(instance, "base", BEFORE)


def run(
    folder: Path, say: Say, *, fresh: bool = False, name: str = "run", closes: bool = True,
    database: str = "",
) -> None:  # fmt: skip
    """Work: each thing that was promised is said, and each refusal, and it goes on after one."""
    try:
        instance = open_instance(settings(folder, database))
        if fresh:
            _furnish(instance)
    except Problem as refusal:
        say({"refused": refusal.slug})
        return
    known = [] if fresh else _people("base", 1)
    for number in range(BATCHES):
        try:
            say(_send(instance, f"{name}{number}", PEOPLE))
            say(_published(instance, folder))
            known = _people(f"{name}{number}", 1)
        except Problem as refusal:
            say({"refused": refusal.slug})
        for ref in known:
            _read_on(instance, ref)
    if closes:
        instance.close()


def check(
    folder: Path, promises: list[Promise], seen: list[str], database: str = ""
) -> dict[str, Any]:
    """Start again: every promise is kept, nothing seen is forked, and the log goes on.

    `seen` are the checkpoints that stood in the public folder at any time. Gives the refusal if
    the instance does not start.
    """
    try:
        instance = open_instance(settings(folder, database))
    except Problem as refusal:
        return {"refused": refusal.slug, "remedy": refusal.remedy("en")}
    with closing(instance):
        instance.seal()
        _must_be_kept(instance, folder, promises, seen)
        with instance.store.read() as unit:
            furnished = bool(unit.sources())
        if not furnished:  # it died before
            _furnish(instance)
        _send(instance, "after", PEOPLE)
        _must_be_kept(instance, folder, promises, seen)
        return {"size": instance.public_log.head()[1].size}  # type: ignore[index]


def _furnish(instance: Instance) -> None:
    with instance.acting() as unit:
        for source in (LAB, DEMO):
            unit.add_source(source)
        emergency = Emergency(
            id="e-1",
            basis="传染病防治法第四十三条",
            organ="specimen.example/command",
            starts=Instant(NOW - DAY),
            ends=Instant(NOW + 30 * DAY),
        )
        declare_emergency(unit, emergency, NOW)


def _people(name: str, count: int) -> list[str]:
    return [f"p-{name}-{n}" for n in range(count)]


def _send(instance: Instance, name: str, count: int) -> Promise:
    """Send a batch; what its answer promises."""
    people = _people(name, count)
    body = ndjson([sample(f"t-{one}", one) for one in people])
    batch = instance.receive(envelope(body))
    assert (batch.admitted, batch.refused) == (count, 0)
    with instance.store.read() as unit:
        acts = []
        for ref in people:
            for decision in unit.decisions_of(ref):
                index = unit.index_of(ref, decision.number)
                assert index is not None, "a decision was answered and is not sealed"
                (entry,) = unit.leaves(index, index + 1)
                acts.append([ref, decision.number, index, base64.b64encode(entry).decode()])
    assert len(acts) >= count
    return {"batch": batch.id, "admitted": batch.admitted, "acts": acts}


def _published(instance: Instance, folder: Path) -> Promise:
    """The head as the instance answers it, as it stands in the public folder, and the keys."""
    found = instance.public_log.head()
    assert found is not None
    file = folder / "public" / "checkpoint"
    heads = [found[0].decode(), *([file.read_text("utf-8")] if file.exists() else [])]
    return {"heads": heads, "keys": _keys(folder)}


def _keys(folder: Path) -> dict[str, str]:
    """What every key file holds: a log or a person signed for by a lost key is lost too."""
    return {path.name: path.read_bytes().hex() for path in (folder / "keys").glob("*.key")}


def _read_on(instance: Instance, ref: str) -> None:
    """Codes are shown whatever failed; what cannot be read is refused by name."""
    try:
        assert instance.show(ref, "en").colour
    except Problem as refusal:
        if refusal.slug != "store.failed":
            raise


def _must_be_kept(
    instance: Instance, folder: Path, promises: list[Promise], seen: list[str]
) -> None:
    # (1) What is there proves itself, as stored and as published.
    found = instance.public_log.head()
    assert found is not None
    note, head = found
    with instance.store.read() as unit:
        size, _ = unit.head()
        entries = unit.leaves(0, size)
        assert unit.pool(1) == []
    leaves = [leaf_hash(entry) for entry in entries]
    assert (len(leaves), root_of(leaves)) == (head.size, head.root)
    public = folder / "public"
    assert (public / "checkpoint").read_bytes() == note
    files = files_in(public)
    assert check_log(files.get, head) is None
    # (2) No fork: every head that anybody saw is a prefix of it, by proof and by hashing.
    heads = [text for promise in promises for text in promise.get("heads", [])]
    for text in {*heads, *seen}:
        old = _signed(folder, text)
        assert root_of(leaves[: old.size]) == old.root, "a fork"
        proof = LogFiles(files.get, head).consistency_proof(old.size)
        verify_consistency(old.size, old.root, head.size, head.root, proof)
    # (3) No lost promise: batches, their decisions, their leaves where they were, the keys.
    for promise in promises:
        assert promise.get("keys", {}).items() <= _keys(folder).items(), "a key is lost"
        if "batch" in promise:
            _batch_is_there(instance, promise, files, head)


def _batch_is_there(
    instance: Instance, promise: Promise, files: dict[str, bytes], head: Checkpoint
) -> None:
    with instance.store.read() as unit:
        batch = unit.batch("demo", promise["batch"])
        assert batch is not None, "an answered batch is lost"
        assert batch.admitted == promise["admitted"]
        for ref, number, index, entry in promise["acts"]:
            assert number in [one.number for one in unit.decisions_of(ref)]
            assert unit.index_of(ref, number) == index
            hashed = leaf_hash(base64.b64decode(entry))
            proof = LogFiles(files.get, head).inclusion_proof(index)
            verify_inclusion(hashed, index, head.size, proof, head.root)


def _signed(folder: Path, text: str) -> Checkpoint:
    keys = (folder / "keys" / "log.vkey").read_text("utf-8").split()
    note = parse_note(text.encode())
    verify(note, [parse_key(keys[0])])
    return parse_checkpoint(note.text)
