"""An older copy of the database goes on with two organs' word only, and forks no history."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from mingma.cli.carry_on import SIGNERS, carry_on, merged
from mingma.flows.accept_loss import LossNotSigned, NothingLost
from mingma.flows.export_log import export_log
from mingma.flows.leaf_posts import LEAF_POSTS
from mingma.flows.proven_log import LossNotProven
from mingma.flows.reconcile import LOSS
from mingma.flows.renew_lost import RENEWED
from mingma.flows.stored_head import HeadBehind
from mingma.flows.witness import add_checkpoint
from mingma.kernel.times import HOUR, print_instant
from mingma.kernel.words import SEVERITY
from mingma.keys import LogKey
from mingma.ledger.audit import audit
from mingma.ledger.checkpoint import Checkpoint
from mingma.ledger.files import LogFiles, check_log
from mingma.ledger.leaf import Kind, parse
from mingma.ledger.note import Note, parse_note, sign
from mingma.ledger.published import entries_of
from mingma.ledger.tree import verify_consistency
from mingma.opening import open_instance
from mingma.records import Record
from mingma.settings import Settings
from mingma.storage.memory import MemoryStore
from tests import witnessing
from tests.cli.files import runner
from tests.flows.logs import head_of
from tests.folders import files_in
from tests.instances import NOW, Hands, Stage, contact, envelope, ndjson, sample, stage, withdrawal
from tests.older_copies import SQLITE, bring_back, copy_of
from tests.witnessing import body

ONE = LogKey("henan-hc.example/loss", Ed25519PrivateKey.from_private_bytes(b"1" * 32))
TWO = LogKey("henan-gov.example/loss", Ed25519PrivateKey.from_private_bytes(b"2" * 32))
ALSO_ONE = LogKey("henan-hc.example/other", Ed25519PrivateKey.from_private_bytes(b"3" * 32))
STRANGER = LogKey("elsewhere.example/loss", Ed25519PrivateKey.from_private_bytes(b"4" * 32))
LATER = NOW + 3 * HOUR


@dataclass
class Wreck:
    """An instance whose newer database is gone: its folder, settings and the published files."""

    folder: Path
    settings: Settings
    files: dict[str, bytes]
    size_of_copy: int

    def read(self, path: str) -> bytes | None:
        return self.files.get(path)

    def signed(self, *organs: LogKey, reason: str = "disk") -> list[bytes]:
        text = carry_on(self.settings, self.read, reason).statement
        return [bytes(Note(text, (sign(text, one.key, one.sign),))) for one in organs]

    @property
    def head(self) -> Checkpoint:
        return head_of(self.files)


ON_BOTH = pytest.mark.parametrize(
    "wreck", ["sqlite", pytest.param("empty_postgres", marks=pytest.mark.postgres)], indirect=True
)


@pytest.fixture
def wreck(tmp_path: Path, request: pytest.FixtureRequest) -> Wreck:
    """A copy was made while Ann was red; then Bob turned red, Ann green, and the disk broke."""
    asked = getattr(request, "param", "sqlite")
    name = f"{SQLITE}{tmp_path / 'a.db'}" if asked == "sqlite" else request.getfixturevalue(asked)
    with stage(tmp_path, name) as scene:
        scene.send(contact("c1"), sample("t0", "p-bob", result="negative"))
        with scene.instance.store.read() as unit:
            size, _ = unit.head()
        copy = copy_of(name)
        scene.clock.forward(HOUR)
        scene.send(contact("c2", "p-bob"), contact("c3", "p-new"))
        scene.send(withdrawal("c1", hours=0.5))
        export_log(scene.instance.public_log, tmp_path / "log")
        settings = scene.instance.settings
    bring_back(name, copy)
    (tmp_path / "keys" / SIGNERS).write_text(
        f"# two organs\n{ONE.key}\n{ALSO_ONE.key}\n{TWO.key}\n"
    )
    later = Settings(
        **{
            name: getattr(settings, name)
            for name in ("database", "keys", "packs", "sign_in", "origin", "organ", "region")
        },
        clock=print_instant(LATER),
    )
    return Wreck(tmp_path, later, files_in(tmp_path / "log"), size)


def opened(wreck: Wreck) -> Stage:
    made = Stage(open_instance(wreck.settings), Hands(type(NOW)(LATER)))
    made.instance.clock = made.clock
    return made


@ON_BOTH
def test_an_older_copy_is_refused_at_the_start(wreck: Wreck) -> None:
    with pytest.raises(HeadBehind, match="accept-loss"):
        opened(wreck)


@pytest.mark.parametrize(
    ("organs", "why"),
    [
        ([ONE], "organs"),
        ([ONE, ALSO_ONE], "organs"),
        ([ONE, STRANGER], "organs"),
        ([STRANGER], "signature"),
    ],
)
def test_fewer_than_two_organs_accept_nothing(wreck: Wreck, organs: list[LogKey], why: str) -> None:
    with pytest.raises(LossNotSigned, match=f"`{why}`"):
        carry_on(wreck.settings, wreck.read, "disk", wreck.signed(*organs))
    with pytest.raises(HeadBehind):
        opened(wreck)


def test_another_statement_or_a_changed_signature_accepts_nothing(wreck: Wreck) -> None:
    notes = wreck.signed(ONE, TWO)
    with pytest.raises(LossNotSigned, match="`statement`"):
        carry_on(wreck.settings, wreck.read, "flood", notes)
    with pytest.raises(LossNotSigned, match="`statement`"):
        carry_on(wreck.settings, wreck.read, "disk", [notes[0], wreck.signed(TWO, reason="x")[0]])
    note = parse_note(notes[1])
    bent = bytes(Note(note.text, (replace(note.signatures[0], signature=bytes(64)),)))
    with pytest.raises(LossNotSigned, match="`signature`"):
        carry_on(wreck.settings, wreck.read, "disk", [notes[0], bent])


@ON_BOTH
def test_two_organs_carry_the_log_on_without_a_fork(wreck: Wreck) -> None:
    done = carry_on(wreck.settings, wreck.read, "disk", wreck.signed(ONE, TWO))
    assert (done.accepted, done.start, done.end) == (True, wreck.size_of_copy, wreck.head.size)
    assert done.anew == 2  # Ann and Bob; the copy never knew the third
    scene = opened(wreck)
    try:
        # (1) The log begins with the old published head; witnesses that know it go on with it.
        folder = wreck.folder / "new"
        head, _ = export_log(scene.instance.public_log, folder)
        files = files_in(folder)
        assert check_log(files.get, head) is None
        proof = LogFiles(files.get, head).consistency_proof(wreck.head.size)
        verify_consistency(wreck.head.size, wreck.head.root, head.size, head.root, proof)
        before = list(entries_of(wreck.read, wreck.head.size))
        assert list(entries_of(files.get, head.size))[: wreck.head.size] == before
        store = MemoryStore()
        keys = {scene.instance.log.origin: scene.instance.log.keys[:1]}
        watching = replace(witnessing.witness(), logs=keys)
        for old, hashes, note in (
            (0, [], wreck.files["checkpoint"]),
            (wreck.head.size, proof, files["checkpoint"]),
        ):
            add_checkpoint(store, watching, body(old, hashes, parse_note(note)), LATER)
        # (2) Everybody can read of it, and nothing else is wrong with the log or the rows.
        last = [parse(entry)[0] for entry in entries_of(files.get, head.size)]
        [told] = [leaf for leaf in last if leaf.kind is Kind.LOSS_ACCEPT]
        assert (told.index, told.end) == (wreck.size_of_copy, wreck.head.size)
        worse = {colour.value: rank for colour, rank in SEVERITY.items()}
        entries = partial(entries_of, files.get, head.size)
        assert list(audit(entries, head.size, worse, LEAF_POSTS)) == []
        assert scene.instance.reconcile() == []
        scene.instance.must_fit()
        # (3) Nobody is red by what was lost; who sends again is heard.
        assert scene.colour("p-bob") == "green"
        assert scene.colour("p-ann") == "red"  # until the withdrawal is sent again
        records = [contact("c2", "p-bob"), contact("c3", "p-new"), withdrawal("c1", hours=0.5)]
        batch = scene.instance.receive(envelope(ndjson(records)))
        assert (batch.admitted, batch.repeated) == (3, 0)
        assert [scene.colour(ref) for ref in ("p-ann", "p-bob", "p-new")] == ["green", "red", "red"]
        assert scene.instance.reconcile() == []
    finally:
        scene.instance.close()
    with pytest.raises(LossNotProven, match="`smaller`"):
        carry_on(wreck.settings, wreck.read, "disk")
    scene = opened(wreck)
    export_log(scene.instance.public_log, folder)
    scene.instance.close()
    with pytest.raises(NothingLost):
        carry_on(wreck.settings, files_in(folder).get, "disk")


@ON_BOTH
def test_cut_short_after_the_leaves_are_back_the_next_start_decides_anew_once(
    wreck: Wreck, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr("mingma.app.renew_lost", crash)
        with pytest.raises(KeyboardInterrupt):
            carry_on(wreck.settings, wreck.read, "disk", wreck.signed(ONE, TWO))
    scene = opened(wreck)
    try:
        with scene.instance.store.read() as unit:
            before = unit.statistics()["decisions"]
        with monkeypatch.context() as broken:  # and once more, before it is on record
            broken.setattr("mingma.flows.renew_lost.Record", crash)
            with pytest.raises(KeyboardInterrupt):
                scene.instance.renew_lost()
        with scene.instance.store.read() as unit:
            made = unit.statistics()
        assert made["decisions"] == before + 2
        assert scene.instance.renew_lost() == 0
        with scene.instance.store.read() as unit:
            assert [one.id for one in unit.records(RENEWED)] == [f"{wreck.size_of_copy:019}"]
            assert unit.statistics() == made
        assert scene.colour("p-bob") == "green"
        assert scene.instance.reconcile() == []
    finally:
        scene.instance.close()


def test_a_record_of_a_loss_that_no_leaf_tells_of_hides_nothing(wreck: Wreck) -> None:
    carry_on(wreck.settings, wreck.read, "disk", wreck.signed(ONE, TWO))
    scene = opened(wreck)
    try:
        with scene.instance.store.write() as unit:
            text = f"mingma-loss/1\nx\n0 {wreck.size_of_copy}\nx\nx\n"
            note = bytes(Note(text, (sign(text, ONE.key, ONE.sign),)))
            unit.add_record(Record(LOSS, f"{0:019}", scene.clock(), note))
        import sqlite3

        link = sqlite3.connect(wreck.folder / "a.db")
        link.execute("DELETE FROM notice WHERE number = 1")
        link.execute("DELETE FROM decision WHERE number = 1")
        link.commit()
        link.close()
        assert "decision_missing" in {one.word for one in scene.instance.reconcile()}
    finally:
        scene.instance.close()


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda files: files.pop("checkpoint"), "head"),
        (lambda files: files.update(checkpoint=files["checkpoint"][:-3]), "head"),
        (lambda files: files.pop(next(p for p in files if "entries" in p)), "files"),
        (
            lambda files: files.update({p: b"\0" * len(d) for p, d in files.items() if "/0/" in p}),
            "files",
        ),
    ],
)
def test_published_files_that_do_not_hold_carry_nothing_on(
    wreck: Wreck, change: object, why: str
) -> None:
    change(wreck.files)  # type: ignore[operator]
    with pytest.raises(LossNotProven, match=f"`{why}`"):
        carry_on(wreck.settings, wreck.read, "disk")


def test_files_older_than_a_known_head_or_of_another_history_carry_nothing_on(
    tmp_path: Path, wreck: Wreck
) -> None:
    with stage(tmp_path / "other", f"sqlite:///{tmp_path / 'b.db'}") as other:
        for path in ("log.key", "log.vkey", "log.mldsa.key"):
            shutil.copy(tmp_path / "keys" / path, tmp_path / "other" / "keys" / path)
        note = other.instance.log.newest.note
    with pytest.raises(LossNotProven, match="`head`"):  # signed by nobody that is known
        carry_on(wreck.settings, wreck.read, "disk", heads=[note])
    keys = tmp_path / "keys"
    shutil.copytree(keys, tmp_path / "third" / "keys")
    (tmp_path / "third" / "keys" / "head").unlink()
    with stage(tmp_path / "third", f"sqlite:///{tmp_path / 'c.db'}") as third:
        third.send(contact("c9", "p-eve"))
        short = third.instance.log.newest.note
        third.send(*(contact(f"d{n}", f"p-{n}") for n in range(9)))
        long = third.instance.log.newest.note
    with pytest.raises(LossNotProven, match="`history`"):
        carry_on(wreck.settings, wreck.read, "disk", heads=[short])
    with pytest.raises(LossNotProven, match="`smaller`"):
        carry_on(wreck.settings, wreck.read, "disk", heads=[long])


@ON_BOTH
def test_the_statement_is_signed_and_accepted_from_the_command_line(
    wreck: Wreck, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = runner(capsys)
    for name in ("database", "keys", "clock"):
        monkeypatch.setenv(f"MINGMA_{name.upper()}", getattr(wreck.settings, name))
    words = ("ledger", "accept-loss", wreck.folder / "log", "--reason", "disk")
    stated = run(*words)
    assert stated.status == 0
    statement = wreck.folder / "statement"
    statement.write_text(stated.out)
    signers, signed = [], []
    for name in ("henan-hc.example/loss", "henan-gov.example/loss"):
        key = wreck.folder / name.replace("/", "-")
        done = run("ledger", "sign-loss", statement, "--key", key, "--name", name)
        assert done.status == 0
        signers.append(done.err.partition(": ")[2])
        signed += ["--signed", wreck.folder / f"{key.name}.note"]
        (wreck.folder / f"{key.name}.note").write_text(done.out)
    (wreck.folder / "keys" / SIGNERS).write_text("".join(signers))
    done = run(*words, *signed[:2], "--json")
    assert (done.status, done.problem["slug"]) == (1, "loss.not_signed")
    done = run(*words, *signed)
    assert done.status == 0, done.err
    assert "2 people decided anew" in done.out
    assert run(*words).status == 1  # nothing is lost any more
    opened(wreck).instance.close()


def test_notes_over_different_texts_are_not_merged() -> None:
    notes = [bytes(Note(text, (sign(text, ONE.key, ONE.sign),))) for text in ("a\n", "b\n")]
    with pytest.raises(LossNotSigned, match="`statement`"):
        merged(notes)
