"""A year ends, and the service goes on: another log, the same people, colours, appeals and powers.

Controls broken to see these fail: the seal's look at where the log goes on, the order in which the
last leaf is sealed, the heads to start behind, the copies of the other keys, the log's name in the
trust policy, and the first leaf's digest.
"""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from mingma.app import Instance
from mingma.authority.acts import Act
from mingma.cli.ledger import earlier_log
from mingma.cli.next_log import LastHeadNotCosigned, NextLog, next_log
from mingma.codes.bundle import check_bundle, parse_bundle
from mingma.codes.outcome import Checked
from mingma.codes.results import Result
from mingma.flows.check_token import check_token
from mingma.flows.cosigned import GRACE, cosigned_head
from mingma.flows.export_log import export_log
from mingma.flows.receipts import NotCosignedYet
from mingma.flows.reconcile import Amiss
from mingma.flows.seal import HeadBehind, HeadBroken, LogHasEnded
from mingma.flows.second_head import SecondHead
from mingma.kernel.times import HOUR, print_instant
from mingma.ledger.checkpoint import Checkpoint, parse_checkpoint
from mingma.ledger.note import parse_key, parse_note
from mingma.ledger.policy import parse_policy
from mingma.ledger.proof import parse_receipt
from mingma.ledger.succession import verify_line
from mingma.opening import open_instance
from mingma.settings import Settings
from tests.appealing import appeals, object_to
from tests.cli.files import Run, runner
from tests.everywhere import Sending, in_office, settle
from tests.instances import contact, sample
from tests.under_policy import FakeWitnesses, Watched

NEXT = "ledger.specimen.example/codes/2023"
PEOPLE = {"p-ann": "red", "p-bob": "yellow", "p-cat": "green"}
WHY = "核对了轨迹与购票记录,当日并不在场,依据不成立"


@dataclass
class Year:
    """An instance at the end of a year, and what an operator does then."""

    here: Sending
    folder: Path
    opened: list[Instance] = field(default_factory=list)

    @property
    def scene(self) -> Watched:
        assert isinstance(self.here.stage, Watched)
        return self.here.stage

    @property
    def instance(self) -> Instance:
        return self.scene.instance

    @property
    def witnesses(self) -> FakeWitnesses:
        return self.scene.witnesses

    def turn(self, origin: str = NEXT, *, cosigned: bool = True) -> NextLog:
        """The command of the year's end, as the service stands still."""
        folder = self.folder / f"keys-{origin[-4:]}"
        return next_log(self.instance, origin, folder, cosigned=cosigned)

    def settings(self, made: NextLog) -> Settings:
        return replace(
            self.instance.settings,
            origin=made.origin, keys=str(made.folder), policy=str(made.policy),
        )  # fmt: skip

    def watch(self, made: NextLog) -> None:
        """The witnesses' operators register the next log's keys."""
        for one in self.witnesses.witnesses:
            one.watch(*(parse_key(key) for key in made.vkey.splitlines()))

    def start(self, settings: Settings) -> Instance:
        """Start again, the earlier process still there and forgotten."""
        settings = replace(settings, clock=print_instant(self.scene.clock()))
        instance = open_instance(settings, witness_client=self.witnesses)
        instance.clock = self.scene.clock
        self.opened.append(instance)
        self.scene.instance = instance
        return instance

    def colours(self) -> dict[str, str]:
        return {ref: self.scene.colour(ref) for ref in PEOPLE}

    def at_the_gate(self, ref: str, landmarks: dict[int, bytes] | None = None) -> Checked:
        shown = self.instance.show(ref, "en")
        assert shown.token is not None
        roots = dict(self.instance.landmarks()) if landmarks is None else landmarks
        return check_token(
            shown.token, self.scene.clock(),
            trust=self.instance.trust, receipt=shown.frame, landmarks=roots,
        )  # fmt: skip


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    return runner(capsys)


@contextlib.contextmanager
def at_the_end_of_a_year(tmp_path: Path, database: str) -> Iterator[Year]:
    """Everybody in office under three witnesses; a red who has objected, a yellow, a green."""
    with in_office(tmp_path, database, watched=True) as here:
        made = Year(here, tmp_path)
        scene, clock = made.scene, made.scene.clock
        made.instance.keep_duties()
        scene.approve(
            sample("t0", result="negative"),
            {**contact(), "organ": "zz-hc", "region": "410105"},
            contact("c2", "p-bob", hours=-15 * 24),
            sample("t3", "p-cat", result="negative"),
        )
        settle(made.instance)
        assert made.colours() == PEOPLE
        object_to(scene)
        settle(made.instance)
        # The first head after a full hour is a landmark that gates keep for days.
        clock.forward(HOUR)
        scene.approve(sample("t4", "p-dan", result="negative"))
        settle(made.instance)
        clock.forward(60)
        with contextlib.ExitStack() as stack:
            stack.callback(lambda: [one.close() for one in made.opened])
            yield made


@pytest.fixture
def year(tmp_path: Path) -> Iterator[Year]:
    with at_the_end_of_a_year(tmp_path, f"sqlite:///{tmp_path}/mingma.db") as made:
        yield made


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def anywhere(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Year]:
    database = f"sqlite:///{tmp_path}/mingma.db"
    if request.param == "postgres":
        database = request.getfixturevalue("empty_postgres")
    with at_the_end_of_a_year(tmp_path, database) as made:
        yield made


def answer(year: Year, officer: str = "zz-hq-appeal_officer") -> dict[str, Any]:
    words = {"outcome": "upheld", "reason": "not_this_person", "text": WHY}
    body = {"subject": "p-ann", "appeal": appeals(year.scene)[-1].appeal.number, **words}
    return year.here.act(officer, Act.ANSWER_APPEAL, body).answer


def test_the_service_goes_on_and_nobody_s_colour_is_another(anywhere: Year) -> None:
    year = anywhere
    loaded = dict(year.instance.landmarks())  # by a gate, in the old year
    decided = {ref: year.instance.show(ref, "en").decision for ref in PEOPLE}
    made = year.turn()
    year.watch(made)
    instance = year.start(year.settings(made))
    assert year.colours() == PEOPLE
    assert {ref: instance.show(ref, "en").decision for ref in PEOPLE} == decided
    for ref, colour in PEOPLE.items():
        for landmarks in (None, loaded):
            found = year.at_the_gate(ref, landmarks)
            assert (found.result, found.colour and found.colour.value) == (Result.OK, colour)
    with instance.store.read() as unit:
        found_head = cosigned_head(unit)
    assert found_head is not None
    assert (found_head[1].origin, found_head[1].size) == (NEXT, made.start + 1)
    # An officer answers under the grant of last year; the person is green at once.
    assert answer(year)["state"] == "upheld"
    assert year.scene.colour("p-ann") == "green"
    assert instance.reconcile() == []


def test_while_the_witnesses_sleep_what_stands_stays_and_all_may_get_better(year: Year) -> None:
    year.witnesses.sleep()
    with pytest.raises(LastHeadNotCosigned):
        year.turn()
    # The log has ended. It shows codes and takes nothing in, until it is handed on all the same.
    assert year.colours() == PEOPLE
    with pytest.raises(LogHasEnded):
        year.scene.approve(sample("t5", "p-eve", result="negative"))
    made = year.turn(cosigned=False)
    instance = year.start(year.settings(made))
    assert year.colours() == PEOPLE
    assert year.at_the_gate("p-ann").result is Result.OK
    with pytest.raises(NotCosignedYet):  # receipts are the earlier log's still
        instance.own_bundle("p-ann")
    year.scene.approve(contact("c6", "p-cat"))
    assert year.scene.colour("p-cat") == "green"
    assert answer(year)["state"] == "upheld"
    assert year.scene.colour("p-ann") == "green"
    # They wake, know nothing of the new log, and are told of it.
    year.witnesses.wake()
    assert not instance.ask_witnesses()
    year.watch(made)
    assert instance.ask_witnesses()
    assert year.scene.colour("p-cat") == "red"
    assert year.at_the_gate("p-cat").result is Result.OK
    assert instance.reconcile() == []


def test_who_was_made_worse_too_late_is_decided_anew_in_the_next_log(year: Year) -> None:
    year.witnesses.sleep()
    year.scene.approve(contact("c8", "p-cat"))
    year.scene.clock.forward(GRACE + 1)
    with pytest.raises(LastHeadNotCosigned):
        year.turn()
    year.witnesses.wake()
    made = year.turn()
    assert year.scene.colour("p-cat") == "green"  # void for the worse (P11)
    year.watch(made)
    instance = year.start(year.settings(made))
    settle(instance)
    assert year.scene.colour("p-cat") == "red"
    with instance.store.read() as unit:
        last = unit.decisions_in_force(["p-cat"])["p-cat"]
        assert unit.index_of("p-cat", last.number) == made.start + 1
    assert year.at_the_gate("p-cat").result is Result.OK
    assert instance.reconcile() == []


def test_one_log_s_proofs_hold_on_in_the_next_year_s(year: Year) -> None:
    bundles = [year.instance.own_bundle("p-ann")]
    old_policy = Path(year.instance.settings.policy).read_bytes()
    receipt = year.instance.own_receipt("p-bob", 1)
    made = year.turn()
    year.watch(made)
    instance = year.start(year.settings(made))
    bundles.append(instance.own_bundle("p-ann"))
    policies = [old_policy, Path(instance.settings.policy).read_bytes()]
    for data, known in ((bundles[0], policies), (bundles[1], policies[1:])):
        bundle, seal = parse_bundle(data)
        for policy in known:
            assert list(check_bundle(bundle, seal, parse_policy(policy))) == []
    # Who knows only the log that ended believes nothing that the next one signed.
    bundle, seal = parse_bundle(bundles[1])
    assert list(check_bundle(bundle, seal, parse_policy(old_policy))) != []
    again = instance.own_receipt("p-bob", 1)
    assert again.index == receipt.index
    for one in (receipt, again):
        with instance.store.read() as unit:
            (entry,) = unit.leaves(one.index, one.index + 1)
        parse_receipt(bytes(one)).verify(entry, parse_policy(policies[1]))


def test_the_keys_of_the_log_that_ended_leave_the_policy_and_every_proof_holds(
    year: Year,
) -> None:
    made = year.turn()
    year.watch(made)
    instance = year.start(year.settings(made))
    policy = Path(instance.settings.policy)
    lines = policy.read_text().splitlines(keepends=True)
    stays = [one for one in lines if not one.startswith("log ") or NEXT in one]
    assert len(stays) < len(lines)
    policy.write_text("".join(stays))
    instance = year.start(instance.settings)
    assert {log.key.name for log in instance.context.policy.logs} == {NEXT}
    instance.keep_duties()
    settle(instance)
    assert year.colours() == PEOPLE
    for ref, colour in PEOPLE.items():
        found = year.at_the_gate(ref)
        assert (found.result, found.colour and found.colour.value) == (Result.OK, colour)
    receipt = instance.own_receipt("p-bob", 1)
    with instance.store.read() as unit:
        (entry,) = unit.leaves(receipt.index, receipt.index + 1)
    assert receipt.index < made.start
    receipt.verify(entry, parse_policy(policy.read_bytes()))
    assert instance.reconcile() == []


def test_years_follow_each_other_and_anybody_can_follow_the_line(
    year: Year, run: Run, tmp_path: Path
) -> None:
    origins, policy = [year.instance.settings.origin], Path()
    folders, steps = [tmp_path / "public" / origins[0][-4:]], []
    instance = year.instance
    for origin in (NEXT, NEXT.replace("2023", "2024")):
        made = year.turn(origin)
        year.watch(made)
        folders.append(tmp_path / "public" / origin[-4:])
        policy = Path(str(made.policy))
        instance = year.start(replace(year.settings(made), publish=str(folders[-1])))
        export_log(earlier_log(instance.store, origins[-1]), folders[-2])
        year.scene.approve(contact(f"c-{origin[-4:]}", f"p-{origin[-4:]}"))
        settle(instance)
        with instance.store.read() as unit:
            (last,) = unit.leaves(made.start - 1, made.start)
        steps.append((last, made.start - 1, made.start, made.vkey))
        origins.append(origin)
    assert verify_line(steps, origins[0]) == origins
    assert year.colours() == PEOPLE
    assert instance.reconcile() == []
    (folders[-1] / "landmarks").write_bytes(landmarks(instance))
    for n, folder in enumerate(folders):
        before = [word for one in folders[:n] for word in ("--before", one)]
        key = (instance_keys(year, n) / "log.vkey").read_text()
        for words in (("ledger", "check"), ("audit", "--public")):
            done = run(*words, folder, "--key", key, *before)
            assert done.status == 0, done
    done = run("audit", "--public", folders[-1], "--policy", policy, *before)
    assert (done.status, done.out.splitlines()[-1]) == (0, "nothing found")
    # A folder without its own checkpoint is no log, whatever stands in those before.
    assert run("audit", "--public", tmp_path / "none", "--before", folders[0]).status == 2
    # Another log does not pass for the one before.
    done = run("audit", "--public", folders[1], "--before", folders[-1])
    assert done.status == 1
    assert "other_log_before" in done.out


def test_a_crash_at_any_step_is_made_good_by_doing_it_again(
    year: Year, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    for step in ("carry_keys", "log_keys", "end_log", "go_on"):
        with monkeypatch.context() as broken:
            broken.setattr(f"mingma.cli.next_log.{step}", crash)
            with pytest.raises(KeyboardInterrupt):
                year.turn()
    # It has ended by now, and to no other log.
    with pytest.raises(LogHasEnded):
        year.turn(f"{NEXT}/other-2099")
    assert not (year.folder / "keys-2099").exists()
    with monkeypatch.context() as broken:
        broken.setattr("mingma.cli.next_log._carry_heads", crash)
        with pytest.raises(KeyboardInterrupt):
            year.turn()
    # From here on the database is the next log's, behind whose head file it is ahead.
    folder, old = year.folder / "keys-2023", year.instance.settings
    instance = year.start(
        replace(old, origin=NEXT, keys=str(folder), policy=str(folder / "policy"))
    )
    assert year.colours() == PEOPLE
    assert instance.reconcile() == []
    with pytest.raises(LogHasEnded):
        open_instance(old, witness_client=year.witnesses)


def test_an_older_database_is_refused_whichever_year_it_is_of(year: Year, tmp_path: Path) -> None:
    old = year.instance.settings
    copies = [tmp_path / f"copy-{n}.db" for n in range(3)]
    backup(tmp_path, copies[0])  # of the old year
    made = year.turn()
    year.watch(made)
    settings = year.settings(made)
    instance = year.start(settings)
    backup(tmp_path, copies[1])  # of the first minute of the new one
    year.scene.approve(contact("c7", "p-eve"))
    settle(instance)
    backup(tmp_path, copies[2])
    for copy, which, refused in (
        (copies[0], old, HeadBehind),  # the head file knows that the log has ended
        (copies[0], settings, HeadBroken),  # a log of another name
        (copies[1], settings, HeadBehind),
        (copies[1], old, LogHasEnded),
        (copies[2], old, LogHasEnded),
    ):
        with pytest.raises(refused):
            open_instance(
                replace(which, database=f"sqlite:///{copy}"), witness_client=year.witnesses
            )
    again = year.start(replace(settings, database=f"sqlite:///{copies[2]}"))
    assert year.colours() == PEOPLE
    assert again.reconcile() == []
    # Another history before the New Year, under the same next log: its root is not the one kept.
    forged = tmp_path / "forged"
    shutil.copytree(settings.keys, forged)
    note = SecondHead(forged / "head").read().notes[old.origin]
    head = parse_checkpoint(parse_note(note).text)
    text = str(Checkpoint(head.origin, head.size, b"x" * 32))
    SecondHead(forged / "head").replace_head(note.replace(str(head).encode(), text.encode()))
    with pytest.raises(HeadBehind, match="history"):
        open_instance(replace(settings, keys=str(forged)), witness_client=year.witnesses)


def test_a_last_head_that_is_not_the_one_that_was_handed_over_is_found(
    year: Year, tmp_path: Path
) -> None:
    made = year.turn()
    year.watch(made)
    instance = year.start(year.settings(made))
    assert instance.reconcile() == []
    for change, value in (
        ("UPDATE record SET body = ?", instance.log.newest.note),
        ("UPDATE record SET id = ?", f"{made.start + 1:019}"),
        ("UPDATE record SET id = ?", "another"),
        ("DELETE FROM record WHERE 1 = ?", 1),
    ):
        where = " AND " if "WHERE" in change else " WHERE "
        with contextlib.closing(sqlite3.connect(tmp_path / "mingma.db")) as link:
            done = link.execute(f"{change}{where}kind = 'handed_over'", [value])
            assert done.rowcount == 1
            link.commit()
        found = instance.reconcile()
        assert {one.word for one in found} == {Amiss.HEAD}
        assert made.start in {one.index for one in found}


def backup(folder: Path, to: Path) -> None:
    """A copy of the database as it is at this moment."""
    with (
        contextlib.closing(sqlite3.connect(folder / "mingma.db")) as one,
        contextlib.closing(sqlite3.connect(to)) as other,
    ):
        one.backup(other)


def landmarks(instance: Instance) -> bytes:
    """What gates load."""
    with instance.store.read() as unit:
        return bytes(instance.receipts.landmarks(unit, instance.clock()))


def instance_keys(year: Year, number: int) -> Path:
    """The folder of keys of the first, second … year."""
    return year.folder / ("keys" if not number else f"keys-{2022 + number}")
