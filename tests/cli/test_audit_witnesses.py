"""The public audit asks the policy's witnesses what they last cosigned of the log."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from concurrent.futures import wait
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from mingma.keys import log_keys
from mingma.ledger.checkpoint import Checkpoint, parse_checkpoint
from mingma.ledger.note import Note, parse_note, sign
from mingma.ledger.witnessing import origin_hash, submission
from tests.cli.files import Run
from tests.flows.logs import OTHER_KEY
from tests.instances import sample
from tests.loopback import answering
from tests.under_policy import Watched, under_policy
from tests.witnessing import body


@pytest.fixture
def watched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Watched]:
    """An instance under three witnesses that publishes into a folder."""
    with under_policy(tmp_path, publish=str(tmp_path / "log")) as made:
        made.send(sample(), source="lab-1")
        tell_everybody(made)
        monkeypatch.setattr("mingma.cli.audit_witnesses.HttpWitnesses", lambda: made.witnesses)
        yield made


def tell_everybody(scene: Watched) -> None:
    """Two are enough, and a third may be behind them: have it see the newest head as well."""
    assert scene.instance.cosigning is not None
    wait(scene.instance.cosigning.witnesses._running.values())
    head = scene.instance.public_log.head()
    assert head is not None
    note, checkpoint = head
    for one in scene.witnesses.witnesses:
        _, last = one.last(ours(scene))
        known = parse_checkpoint(parse_note(last).text).size
        proof = scene.instance.log.tree.consistency_proof(known, checkpoint.size)
        status, _ = one.answer(submission(known, proof, parse_note(note)))
        assert status == 200


def report(run: Run, folder: Path, public: object = "") -> tuple[int, dict[str, Any]]:
    words = ("--public", public or folder / "log", "--policy", folder / "policy")
    done = run("audit", *words, "--json")
    assert done.records, done.err
    [found] = done.records
    return done.status, found


def size_of(scene: Watched) -> int:
    head = scene.instance.public_log.head()
    assert head is not None
    return head[1].size


def ours(scene: Watched) -> str:
    return origin_hash(scene.instance.log.origin)


def signed(
    scene: Watched, size: int, root: bytes, key: Any = None, origin: str | None = None
) -> bytes:
    """A checkpoint that the log signed, unless another key or origin is given."""
    own, _ = log_keys(Path(scene.instance.settings.keys), scene.instance.log.origin)
    text = str(Checkpoint(origin or own.origin, size, root))
    return bytes(Note(text, (sign(text, (key or own).key, (key or own).sign),)))


def test_an_honest_log_is_what_each_of_its_witnesses_saw(
    run: Run, watched: Watched, tmp_path: Path
) -> None:
    size = size_of(watched)
    status, found = report(run, tmp_path)
    assert (status, found["findings"]) == (0, [])
    assert found["witnesses"] == [
        {"url": f"https://w{n}.example", "size": size, "why": ""} for n in range(3)
    ]
    done = run("audit", "--public", tmp_path / "log", "--policy", tmp_path / "policy")
    assert f"witness https://w1.example: {size} leaves cosigned" in done.out
    assert done.out.splitlines()[-1] == "nothing found"
    assert "witnesses" not in run("audit", "--public", tmp_path / "log", "--json").records[0]


def test_a_witness_that_cannot_be_reached_is_said_and_fails_nothing(
    run: Run, watched: Watched, tmp_path: Path
) -> None:
    watched.witnesses[0].awake = False
    watched.witnesses[1].shows = signed(watched, 1, bytes(32), OTHER_KEY)
    watched.witnesses[2].store.close()
    watched.witnesses[2].last = lambda _: (404, b"")  # type: ignore[method-assign]
    status, found = report(run, tmp_path)
    assert (status, found["findings"]) == (0, [])
    assert [one["size"] for one in found["witnesses"]] == [None] * 3
    assert [one["why"] for one in found["witnesses"]] == [
        "no answer", "no checkpoint that the log signed", "status 404",
    ]  # fmt: skip
    done = run("audit", "--public", tmp_path / "log", "--policy", tmp_path / "policy")
    assert "witness https://w0.example: no answer" in done.out.splitlines()


@pytest.mark.parametrize("less", [0, 1])
def test_another_history_that_one_witness_saw_is_found_with_its_proof(
    run: Run, watched: Watched, tmp_path: Path, less: int
) -> None:
    size = size_of(watched) - less
    watched.witnesses[2].shows = other = signed(watched, size, b"x" * 32)
    status, found = report(run, tmp_path)
    assert status == 1
    [one] = found["findings"]
    assert (one["word"], one["index"]) == ("witness_differs", size - 1)
    assert "https://w2.example" in one["what"]
    assert one["note"] == other.decode()


def test_older_heads_of_the_same_history_are_no_finding(
    run: Run, watched: Watched, tmp_path: Path
) -> None:
    tree = watched.instance.log.tree
    for n, size in enumerate((0, 1, size_of(watched) - 1)):
        watched.witnesses[n].shows = signed(watched, size, tree.root(size))
    status, found = report(run, tmp_path)
    assert (status, found["findings"]) == (0, [])
    assert [one["size"] for one in found["witnesses"]] == [0, 1, size_of(watched) - 1]


@contextmanager
def served(folder: Path) -> Iterator[str]:
    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with answering(partial(Quiet, directory=str(folder))) as address:
        yield address


def test_a_log_that_serves_less_than_a_witness_saw_is_found_and_a_copy_may_be_old(
    run: Run, watched: Watched, tmp_path: Path
) -> None:
    size = size_of(watched)
    shutil.copytree(tmp_path / "log", tmp_path / "copy")
    watched.send(sample("t2", "p-bob"), source="lab-1")
    with served(tmp_path / "copy") as address:
        status, found = report(run, tmp_path, address)
    assert status == 1
    assert {(one["word"], one["index"]) for one in found["findings"]} == {("witness_ahead", size)}
    status, found = report(run, tmp_path, tmp_path / "copy")
    assert status == 0
    assert found["counts"] == {"witness_ahead": 3}
    assert report(run, tmp_path)[0] == 0


# -- what witnesses keep against the log


def submit(scene: Watched, n: int, old: int, note: bytes) -> int:
    """A checkpoint sent to a witness as the log would, or whoever has it, with a bad proof."""
    proof = [] if old == size_of(scene) else [b"x" * 32]
    status, _ = scene.witnesses[n].answer(body(old, proof, parse_note(note)))
    return status


def test_two_histories_that_a_witness_was_shown_are_found_with_both_notes(
    run: Run, watched: Watched, tmp_path: Path
) -> None:
    size = size_of(watched)
    other = signed(watched, size, b"x" * 32)
    assert submit(watched, 1, size, other) == 422
    status, found = report(run, tmp_path)
    [one] = found["findings"]
    assert (status, one["word"], one["index"]) == (1, "log_forked", size - 1)
    assert one["what"] == "two histories, kept at https://w1.example"
    true, false = (parse_checkpoint(parse_note(note.encode()).text) for note in one["notes"])
    assert (true.size, true.root) == (size, watched.instance.log.tree.root())
    assert (false.size, false.root) == (size, b"x" * 32)
    watched.witnesses[1].last = lambda _: (404, b"")  # type: ignore[method-assign]
    assert report(run, tmp_path)[1]["counts"] == {"log_forked": 1}


def test_another_history_that_could_not_be_proven_to_a_witness_is_held_against_the_log(
    run: Run, watched: Watched, tmp_path: Path
) -> None:
    size = size_of(watched)
    other = signed(watched, size + 1, b"x" * 32)
    assert submit(watched, 1, size, other) == 422
    assert report(run, tmp_path)[0] == 0  # the log is not so long yet: nobody can say
    watched.send(sample("t2", "p-bob"), source="lab-1")
    watched.witnesses[2].awake = False
    status, found = report(run, tmp_path)
    [one] = found["findings"]
    assert (status, one["word"], one["index"]) == (1, "witness_differs", size)
    assert one["note"] == other.decode()


def test_a_true_checkpoint_that_somebody_sent_with_a_bad_proof_is_no_finding(
    run: Run, watched: Watched, tmp_path: Path
) -> None:
    size = size_of(watched)
    watched.witnesses[1].says = (500, b"")
    watched.send(sample("t2", "p-bob"), source="lab-1")
    watched.witnesses[1].says = None
    grown = signed(watched, size_of(watched), watched.instance.log.tree.root())
    assert watched.witnesses[1].answer(body(size, [b"x" * 32], parse_note(grown)))[0] == 422
    assert json.loads(watched.witnesses[1].against(ours(watched))[1])[0]["why"] == "unproven"
    status, found = report(run, tmp_path)
    assert (status, found["findings"]) == (0, [])


@pytest.mark.parametrize(
    ("key", "origin"), [(OTHER_KEY, None), (None, "ledger.other.example/codes")]
)
def test_what_the_log_did_not_sign_of_itself_is_no_proof(
    run: Run, watched: Watched, tmp_path: Path, key: Any, origin: str | None
) -> None:
    size, root = size_of(watched), watched.instance.log.tree.root()
    notes = (signed(watched, size, one, key, origin).decode() for one in (root, b"x" * 32))
    said = json.dumps([dict(zip(("cosigned", "submitted"), notes, strict=True))])
    watched.witnesses[0].against = lambda _: (200, said.encode())  # type: ignore[method-assign]
    status, found = report(run, tmp_path)
    assert (status, found["findings"]) == (0, [])


@pytest.mark.parametrize(("status", "said"), [(200, b"[]"), (404, b""), (500, b"[{}]")])
def test_a_witness_that_keeps_nothing_against_the_log_or_gives_no_list_is_no_finding(
    run: Run, watched: Watched, tmp_path: Path, status: int, said: bytes
) -> None:
    watched.witnesses[0].against = lambda _: (status, said)  # type: ignore[method-assign]
    done, found = report(run, tmp_path)
    assert (done, found["findings"]) == (0, [])


@pytest.mark.parametrize(
    "said",
    ["", "{}", "[1]", "[{}]", '[{"cosigned": "", "submitted": 1}]', "[" * 200_000, "[\udc80"],
)
def test_a_list_of_evidence_that_cannot_be_read_is_said(
    run: Run, watched: Watched, tmp_path: Path, said: str
) -> None:
    data = said.encode(errors="surrogateescape")
    watched.witnesses[0].against = lambda _: (200, data)  # type: ignore[method-assign]
    status, found = report(run, tmp_path)
    assert (status, found["counts"]) == (0, {"forks_unread": 1})
    assert found["findings"][0]["what"] == "https://w0.example"
