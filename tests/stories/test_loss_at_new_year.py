"""The newer database is lost around a New Year: an older copy goes on, in one line of logs.

The files are those that the service published, a folder a year; the witnesses know this year's log.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from mingma.cli.carry_on import SIGNERS
from mingma.cli.exported_head import log_to_export
from mingma.cli.next_log import LastHeadNotCosigned, NextLogHasBegun
from mingma.codes.results import Result
from mingma.flows.cosigned import cosigned_head
from mingma.flows.export_log import export_log
from mingma.flows.second_head import SecondHead
from mingma.flows.stored_head import HeadBehind, HeadBroken
from mingma.kernel.times import HOUR, print_instant
from mingma.keys import LogKey, log_key
from mingma.ledger.checkpoint import Checkpoint, parse_checkpoint
from mingma.ledger.leaf import Kind, parse
from mingma.ledger.note import Note, parse_note, sign
from mingma.opening import open_instance
from mingma.settings import Settings
from tests.cli.files import Done, Run
from tests.everywhere import settle
from tests.instances import contact
from tests.stories.new_year import NEXT, PEOPLE, Year, backup, instance_keys

ONE = LogKey("henan-hc.example/loss", Ed25519PrivateKey.from_private_bytes(b"1" * 32))
TWO = LogKey("henan-gov.example/loss", Ed25519PrivateKey.from_private_bytes(b"2" * 32))
COPIES = ("last_year", "its_end", "this_year")


@dataclass
class Wreck:
    """Copies of three moments, what was published of each year, and the commands."""

    year: Year
    run: Run
    enter: Callable[[Settings], None]
    folders: tuple[Path, Path]
    old: Settings
    new: Settings
    head: bytes  # the last that the lost database had

    def restored(self, copy: str, settings: Settings | None = None) -> Settings:
        """The settings over a copy, for commands too."""
        name = f"sqlite:///{self.year.folder / copy}.db"
        clock = print_instant(self.year.scene.clock())
        found = replace(settings or self.new, database=name, clock=clock)
        self.enter(found)
        return found

    def accept(self, *words: object, folder: int = 1, sign_it: bool = True) -> Done:
        """`accept-loss`: stated, and signed by two organs."""
        command = ("ledger", "accept-loss", self.folders[folder], "--reason", "disk", *words)
        stated = self.run(*command)
        if stated.status or not sign_it:
            return stated
        signed: list[object] = []
        for organ in (ONE, TWO):
            path = self.year.folder / organ.origin.partition("/")[0]
            path.write_bytes(bytes(Note(stated.out, (sign(stated.out, organ.key, organ.sign),))))
            signed += ["--signed", path]
        return self.run(*command, *signed)

    @property
    def before(self) -> tuple[object, ...]:
        return "--before", self.folders[0]


@pytest.fixture
def enter(monkeypatch: pytest.MonkeyPatch) -> Callable[[Settings], None]:
    """The settings in the environment, for commands."""

    def enter(settings: Settings) -> None:
        for name, value in asdict(settings).items():
            if value != getattr(Settings(), name):
                monkeypatch.setenv(f"MINGMA_{name.upper()}", str(value))

    return enter


@pytest.fixture
def wreck(
    year: Year, run: Run, enter: Callable[[Settings], None], monkeypatch: pytest.MonkeyPatch
) -> Wreck:
    """Copies: before somebody turned red last year; at its end; before another did this year."""
    folder = year.folder
    monkeypatch.setattr("mingma.opening.HttpWitnesses", lambda: year.witnesses)
    (folder / SIGNERS).write_text(f"{ONE.key}\n{TWO.key}\n")
    folders = folder / "public-2022", folder / "public-2023"
    backup(folder, folder / "last_year.db")
    year.scene.approve(contact("c5", "p-cat"))
    settle(year.instance)
    # Enough leaves for a full tile, which stands in that year's folder alone.
    year.scene.approve(*(contact(f"x{n}", f"p-{n}") for n in range(100)))
    settle(year.instance)
    old = year.instance.settings
    year.witnesses.sleep()
    with pytest.raises(LastHeadNotCosigned):
        year.turn()
    backup(folder, folder / "its_end.db")
    year.witnesses.wake()
    made = year.turn()
    year.watch(made)
    instance = year.start(replace(year.settings(made), publish=str(folders[1])))
    backup(folder, folder / "this_year.db")
    export_log(log_to_export(instance.store, old.origin), folders[0])
    year.scene.approve(contact("c7", "p-eve"))
    year.scene.clock.forward(HOUR)
    year.scene.approve(contact("c8", "p-dan"))
    settle(instance)
    head = instance.log.newest.note
    instance.close()
    year.opened.remove(instance)
    return Wreck(year, run, enter, folders, old, replace(instance.settings, publish=""), head)


@pytest.mark.parametrize("copy", COPIES)
def test_an_older_copy_of_either_year_goes_on_in_one_line(wreck: Wreck, copy: str) -> None:
    year = wreck.year
    settings = wreck.restored(copy)
    with pytest.raises((HeadBehind, HeadBroken)):
        open_instance(settings, witness_client=year.witnesses)
    # This year's folder has not the whole tree: which file is missing is said, and what to do.
    alone = wreck.accept("--json")
    assert (alone.status, alone.problem["slug"]) == (1, "loss.not_proven")
    assert alone.problem["file"] == "tile/0/000"
    assert "--before" in alone.problem["detail"]
    # Witnesses know last year's log, too: what they have of it is held against the files.
    known = year.folder / "head-2022"
    known.write_bytes(SecondHead(instance_keys(year, 0) / "head").read().notes[wreck.old.origin])
    done = wreck.accept(*wreck.before, "--head", known)
    assert done.status == 0, done.err
    assert f"of {NEXT} are back without their rows" in done.out
    ended = f"{wreck.old.origin} ended with"
    assert (ended in done.out) == (copy != "this_year")
    # The log goes on: witnesses that cosigned what was lost cosign it.
    instance = year.start(settings)
    lost = parse_checkpoint(parse_note(wreck.head).text)
    assert instance.log.tree.root(lost.size) == lost.root
    settle(instance)
    with instance.store.read() as unit:
        found = cosigned_head(unit)
        told = [parse(one)[0] for one in unit.leaves(lost.size, unit.head()[0])]
    assert found is not None
    assert (found[1].origin, found[1].size) == (NEXT, instance.log.newest.size)
    assert [one.end for one in told if one.kind is Kind.LOSS_ACCEPT] == [lost.size]
    assert instance.reconcile() == []
    instance.must_fit()
    # Nobody is worse by what was lost, and who sends again is heard.
    reds = {"p-cat": "red"} if copy != "last_year" else {}
    assert year.colours() == PEOPLE | reds
    assert year.at_the_gate("p-ann").result is Result.OK
    year.scene.approve(contact("c5", "p-cat"), contact("c7", "p-eve"), contact("c8", "p-dan"))
    settle(instance)
    assert [year.scene.colour(ref) for ref in ("p-cat", "p-eve", "p-dan")] == ["red"] * 3
    assert year.at_the_gate("p-eve").result is Result.OK
    assert instance.reconcile() == []
    # Each year's folder goes on as it was published, and whoever audits finds one line.
    for folder, log in zip(
        wreck.folders,
        (log_to_export(instance.store, wreck.old.origin), instance.public_log),
        strict=True,
    ):
        published = (folder / "checkpoint").read_bytes()
        export_log(log, folder)
        assert ((folder / "checkpoint").read_bytes() == published) == (log.start == 0)
    key = (instance_keys(year, 1) / "log.vkey").read_text()
    audit = wreck.run("audit", "--public", wreck.folders[1], "--key", key, *wreck.before)
    assert (audit.status, audit.out.splitlines()[-1]) == (0, "nothing found")
    # It is lost once: the same statement again is refused, and nobody is decided anew twice.
    assert wreck.accept(*wreck.before).status == 1
    assert instance.renew_lost() == 0


def test_the_last_head_of_a_year_that_was_lost_comes_from_where_it_was_kept(wreck: Wreck) -> None:
    # Neither the folder of that year nor our own second head: only the whole tree's files.
    for path in sorted(wreck.folders[0].rglob("*")):
        target = wreck.folders[1] / path.relative_to(wreck.folders[0])
        if path.is_file() and not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(path.read_bytes())
    wreck.restored("last_year")
    (instance_keys(wreck.year, 1) / "head").unlink()
    done = wreck.accept("--json", sign_it=False)
    assert (done.status, done.problem["slug"]) == (1, "loss.last_head_missing")
    assert wreck.old.origin in done.problem["title"]
    assert "--before" in done.problem["detail"]
    published = wreck.folders[0] / "checkpoint"
    good = published.read_bytes()
    for bent in (
        good[:-9],
        good.replace(b"\n\n", b"\nx\n\n"),
        good.replace(b"/codes\n", b"/other\n"),
    ):
        (wreck.year.folder / "bent").write_bytes(bent)
        done = wreck.accept("--head", wreck.year.folder / "bent", sign_it=False)
        assert done.status, bent
    assert wreck.accept("--head", published).status == 0
    assert wreck.year.start(wreck.restored("last_year")).reconcile() == []


def test_a_head_of_last_year_that_the_files_do_not_continue_accepts_nothing(wreck: Wreck) -> None:
    wreck.restored("this_year")
    last = parse_checkpoint(parse_note((wreck.folders[0] / "checkpoint").read_bytes()).text)
    for head, year, why in (
        (replace(last, size=5), 0, "history"),
        (replace(last, size=last.size + 1), 0, "smaller"),  # beyond that log's end
        (replace(last, origin="ledger.elsewhere.example"), 0, "head"),
        (last, 1, "head"),  # by another key than that log's
    ):
        path = wreck.year.folder / "known"
        path.write_bytes(signed_by(instance_keys(wreck.year, year), head))
        done = wreck.accept(*wreck.before, "--head", path, "--json", sign_it=False)
        assert (done.status, done.problem["slug"]) == (1, "loss.not_proven")
        assert f"`{why}`" in done.problem["title"]


def test_last_year_s_settings_are_told_which_log_to_take(wreck: Wreck) -> None:
    wreck.restored("last_year", wreck.old)
    done = wreck.accept(*wreck.before, "--json", sign_it=False)
    assert (done.status, done.problem["slug"]) == (1, "loss.files_of_another_log")
    assert NEXT in done.problem["title"]
    assert "MINGMA_ORIGIN" in done.problem["detail"]
    # Last year's files alone end that log: nothing forks the next one, which has begun.
    done = wreck.accept(folder=0)
    assert done.status == 0, done.err
    assert f"rotate-key {NEXT}" in done.out
    instance = wreck.year.start(wreck.restored("last_year", wreck.old))
    assert wreck.year.colours() == PEOPLE  # codes are shown
    with pytest.raises(NextLogHasBegun, match=r"accept-loss"):
        wreck.year.turn()
    instance.close()
    # So the loss is accepted up to the next log's newest head, and that log goes on.
    wreck.restored("last_year")
    assert wreck.accept(*wreck.before).status == 0
    instance = wreck.year.start(wreck.restored("last_year"))
    settle(instance)
    assert instance.reconcile() == []


def test_a_log_lost_after_its_last_leaf_goes_on_as_the_next_one(
    year: Year,
    run: Run,
    enter: Callable[[Settings], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ended = lost_at_its_end(year, run, enter, monkeypatch)
    settings = ended.restored("last_year", ended.old)
    done = ended.accept(folder=0)
    assert done.status == 0, done.err
    assert f"rotate-key {NEXT}" in done.out
    year.start(settings)
    assert year.scene.instance.catch_up() == 0  # an ended log takes nothing in
    made = year.turn()
    year.watch(made)
    instance = year.start(replace(year.settings(made), database=settings.database))
    assert instance.catch_up() > 0
    assert instance.catch_up() == 0
    settle(instance)
    assert instance.reconcile() == []
    assert year.colours() == PEOPLE
    with instance.store.read() as unit:
        leaves = [parse(one)[0] for one in unit.leaves(made.start, unit.head()[0])]
    assert leaves[0].kind is Kind.KEY_ROTATE
    assert [one.end for one in leaves if one.kind is Kind.LOSS_ACCEPT] == [made.start]


def lost_at_its_end(
    year: Year, run: Run, enter: Callable[[Settings], None], monkeypatch: pytest.MonkeyPatch
) -> Wreck:
    """The disk breaks when the log has ended and its last head is not cosigned yet."""
    monkeypatch.setattr("mingma.opening.HttpWitnesses", lambda: year.witnesses)
    (year.folder / SIGNERS).write_text(f"{ONE.key}\n{TWO.key}\n")
    backup(year.folder, year.folder / "last_year.db")
    year.scene.approve(contact("c5", "p-cat"))
    settle(year.instance)
    year.witnesses.sleep()
    with pytest.raises(LastHeadNotCosigned):
        year.turn()
    year.witnesses.wake()
    folder, old = year.folder / "public-2022", year.instance.settings
    export_log(year.instance.public_log, folder)
    return Wreck(year, run, enter, (folder, folder), old, old, year.instance.log.newest.note)


def signed_by(folder: Path, head: Checkpoint) -> bytes:
    """A head as the log with the keys in a folder would sign it."""
    key = log_key(folder / "log.key", head.origin)
    return bytes(Note(str(head), (sign(str(head), key.key, key.sign),)))
