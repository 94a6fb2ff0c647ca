"""A year ends, and the service goes on: another log, the same people, colours, appeals and powers.

Controls broken to see these fail: the seal's look at where the log goes on, the order in which the
last leaf is sealed, the heads to start behind, the copies of the other keys, the log's name in the
trust policy, and the first leaf's digest.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mingma.app import Instance
from mingma.authority.acts import Act
from mingma.authority.refusal import NotAllowed
from mingma.cli.exported_head import log_to_export
from mingma.cli.next_log import LastHeadNotCosigned
from mingma.codes.bundle import check_bundle, parse_bundle
from mingma.codes.results import Result
from mingma.flows.cosigned import GRACE, cosigned_head
from mingma.flows.export_log import export_log
from mingma.flows.receipts import NotCosignedYet
from mingma.flows.reconcile import Amiss
from mingma.flows.second_head import SecondHead
from mingma.flows.signed_tree import LogHasEnded
from mingma.flows.stored_head import HeadBehind, HeadBroken
from mingma.flows.tally_day import TOLERANCE
from mingma.kernel.times import DAY
from mingma.ledger.checkpoint import Checkpoint, parse_checkpoint
from mingma.ledger.note import parse_note
from mingma.ledger.policy import parse_policy
from mingma.ledger.proof import parse_receipt
from mingma.ledger.succession import verify_line
from mingma.opening import open_instance
from tests.appealing import appeals
from tests.cli.files import Run
from tests.everywhere import settle
from tests.instances import contact, sample
from tests.stories.new_year import (
    NEXT,
    PEOPLE,
    Year,
    at_the_end_of_a_year,
    backup,
    instance_keys,
)

WHY = "核对了轨迹与购票记录,当日并不在场,依据不成立"


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
    year: Year, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
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
        export_log(log_to_export(instance.store, origins[-1]), folders[-2])
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
    monkeypatch.setattr("mingma.cli.audit_witnesses.HttpWitnesses", lambda: year.witnesses)
    done = run("audit", "--public", folders[-1], "--policy", policy, *before)
    assert (done.status, done.out.splitlines()[-1]) == (0, "nothing found")
    # A folder without its own checkpoint is no log, whatever stands in those before.
    assert run("audit", "--public", tmp_path / "none", "--before", folders[0]).status == 2
    # Another log does not pass for the one before.
    done = run("audit", "--public", folders[1], "--before", folders[-1])
    assert done.status == 1
    assert "other_log_before" in done.out


def test_an_auditor_oversees_a_year_with_the_years_before(
    year: Year, run: Run, tmp_path: Path
) -> None:
    year.scene.approve(*(sample(f"x{n}", f"p-{n}", result="negative") for n in range(100)))
    for _ in range(12):
        refused(year)
    year.scene.clock.forward(DAY + TOLERANCE)
    year.instance.keep_duties()
    settle(year.instance)
    old, made = year.instance.settings.origin, year.turn()
    year.watch(made)
    folders = tmp_path / "public-2022", tmp_path / "public-2023"
    instance = year.start(replace(year.settings(made), publish=str(folders[1])))
    refused(year)
    settle(instance)
    assert instance.public_log.file("tile/entries/000") is not None
    assert not (folders[1] / "tile" / "entries" / "000").exists()  # last year's, as most of it
    export_log(log_to_export(instance.store, old), folders[0])
    key = instance_keys(year, 1) / "log.vkey"
    public = ("--public", folders[1], "--key", key.read_text(), "--json")
    before = ("--before", folders[0])
    stored = ("--database", instance.settings.database, "--json")
    # Grants, emergencies, batches, decisions and refusals of last year are this year's, too.
    organs = run("oversight", "organs", *public, *before).records
    assert organs == run("oversight", "organs", *stored).records
    assert {"grant.give", "emergency.declare", "decision", "enrol"} <= {
        one["kind"] for one in organs
    }
    attempts = run("oversight", "attempts", *public, *before).records
    assert [one["count"] for one in attempts if one["organ"] == "zz-social"] == [12, 1]
    alarms = run("oversight", "alarms", *public, *before)
    assert [one["figures"]["refused"] for one in alarms.records] == [12]
    [leaf] = run("oversight", "leaf", 3, *public, *before).records
    assert leaf["entry"] == run("oversight", "leaf", 3, *stored).records[0]["entry"]
    [kept] = run("oversight", "sample", "2022-06-14", *stored).records
    words = ("--size", kept["size"], "--region", "410000")
    [again] = run("oversight", "sample", "2022-06-14", *words, *public, *before).records
    assert {name: kept[name] for name in again} == again
    assert kept["size"] < made.start
    # Without last year's the tree is not whole; and what is named must be there.
    assert run("oversight", "organs", *public).problem["slug"] == "ledger.files_do_not_hold"
    for words in (("oversight", "organs", *public), ("ledger", "check", *public[1:])):
        done = run(*words, "--before", tmp_path / "public-2021")
        assert (done.status, done.problem["slug"]) == (2, "file.unreadable"), words
        assert "public-2021" in done.problem["file"]


def refused(year: Year) -> None:
    """Somebody without the power tries to mark a person."""
    with pytest.raises(NotAllowed):
        year.here.act("zz-social-liaison", Act.PROPOSE_MARK, {"rows": [{"subject": "p-ann"}]})


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
    assert SecondHead(folder / "head").read().policy is not None
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
    kept = json.loads((forged / "head").read_text())
    note = kept["notes"][old.origin]
    head = parse_checkpoint(parse_note(note.encode()).text)
    text = str(Checkpoint(head.origin, head.size, b"x" * 32))
    kept["notes"][old.origin] = note.replace(str(head), text)
    (forged / "head").write_text(json.dumps(kept))
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


def landmarks(instance: Instance) -> bytes:
    """What gates load."""
    with instance.store.read() as unit:
        return bytes(instance.receipts.landmarks(unit, instance.clock()))
