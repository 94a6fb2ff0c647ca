"""Whoever edits, adds, deletes or brings back rows of the database is found by its log."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from mingma.flows.cosigned import COSIGNED, COSIGNED_MLDSA, size_id
from mingma.flows.emergency import end_emergency
from mingma.flows.kept_keys import KeptKeys
from mingma.flows.reconcile import (
    Amiss,
    Found,
    RowsDoNotFit,
    look_at_the_newest,
    must_fit,
    reconcile,
)
from mingma.flows.reconcile_appeals import NOTHING, appeals_fit
from mingma.kernel.times import DAY, HOUR
from mingma.ledger.commitment import tag
from mingma.ledger.leaf import Kind, Leaf
from mingma.ledger.note import parse_note
from mingma.opening import open_instance
from mingma.records import Outgoing, Record
from tests.appealing import object_to
from tests.instances import Stage, contact, sample, stage, withdrawal
from tests.sealed_rows import sealed_rows


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Stage]:
    """An instance in a file, with a red person, one who was red, and one without a finding."""
    with stage(tmp_path, f"sqlite:///{tmp_path / 'a.db'}") as made:
        made.send(contact("c1"), contact("c2", "p-bob"), sample("t1", "p-cyd", result="negative"))
        made.clock.forward(HOUR)
        made.send(withdrawal("c2", subject="p-bob"))
        yield made


def everything(scene: Stage) -> list[Found]:
    with scene.instance.store.read() as unit:
        return list(reconcile(unit, scene.instance.context, scene.clock()))


def words(scene: Stage) -> set[Amiss]:
    return {one.word for one in everything(scene)}


def sql(tmp_path: Path, *statements: str) -> None:
    """What somebody with the database's file can do to it."""
    link = sqlite3.connect(tmp_path / "a.db")
    link.execute("PRAGMA foreign_keys = OFF")
    for statement in statements:
        assert link.execute(statement).rowcount > 0, statement
    link.commit()
    link.close()


def test_an_honest_database_has_nothing_amiss(scene: Stage) -> None:
    assert everything(scene) == []
    scene.clock.forward(3 * DAY)  # a code that falls with time was decided so
    scene.send(sample("t2", "p-ann", hours=60, result="negative"))
    assert everything(scene) == []
    scene.instance.catch_up()
    assert everything(scene) == []
    with scene.instance.store.read() as unit:
        assert list(look_at_the_newest(unit, 3)) == []


ANN, CYD = "WHERE sid = 'p-ann'", "WHERE sid = 'p-cyd'"
DEEDS: dict[str, tuple[str, set[Amiss]]] = {
    "a red made green in the row": (
        f"UPDATE decision SET body = replace(body, 'red', 'green') {ANN}",
        {Amiss.DECISION_DIFFERS, Amiss.NOTICE_DIFFERS, Amiss.REPLAY_DIFFERS},
    ),
    "an end put off": (
        f"UPDATE decision SET body = replace(body, 'until\":1', 'until\":2') {ANN}",
        {Amiss.DECISION_DIFFERS, Amiss.NOTICE_DIFFERS, Amiss.REPLAY_DIFFERS},
    ),
    "a body that is none": (
        f"UPDATE decision SET body = '{{}}' {ANN}",
        {Amiss.DECISION_UNREADABLE},
    ),
    "a decision deleted": (
        f"DELETE FROM decision {ANN}",
        {Amiss.DECISION_MISSING, Amiss.NOTICE_DIFFERS},
    ),
    "a decision inserted": (
        (
            "INSERT INTO decision SELECT sid, 2, decided_at,"
            f" replace(body, 'number\":1', 'number\":2') FROM decision {ANN}"
        ),
        {Amiss.DECISION_WITHOUT_LEAF},
    ),
    "an event hidden from the count": (
        f"UPDATE person SET events = 0 {ANN}",
        {Amiss.DECISION_WITHOUT_LEAF},
    ),
    "an event added to the count": (f"UPDATE person SET events = 9 {CYD}", {Amiss.EVENT_MISSING}),
    "a notice deleted": (f"DELETE FROM notice {ANN}", {Amiss.NOTICE_MISSING}),
    "a notice that says something else": (
        f"UPDATE notice SET body = CAST(replace(body, 'red', 'blue') AS BLOB) {ANN}",
        {Amiss.NOTICE_DIFFERS},
    ),
    "a notice of another instant": (
        f"UPDATE notice SET at = at - 1 {ANN}",
        {Amiss.NOTICE_DIFFERS},
    ),
    "an earlier decision put last": (
        "UPDATE decision SET number = 9 WHERE sid = 'p-bob' AND number = 1",
        {Amiss.DECISION_DIFFERS, Amiss.NOTICE_DIFFERS, Amiss.REPLAY_DIFFERS},
    ),
    "an emergency prolonged": (
        "UPDATE emergency SET ends = ends + 86400",
        {Amiss.EMERGENCY, Amiss.REPLAY_DIFFERS},
    ),
    "an emergency on another basis": (
        "UPDATE emergency SET basis = 'x'",
        {Amiss.EMERGENCY},
    ),
    "an emergency that nobody declared": (
        "INSERT INTO emergency SELECT 'x', basis, organ, starts, ends FROM emergency",
        {Amiss.EMERGENCY},
    ),
    "an act beyond the head": (
        "INSERT INTO leaf SELECT size, 'x', 1 FROM head",
        {Amiss.HEAD},
    ),
    "a leaf beyond the head": (
        "INSERT INTO sealed SELECT size, entries FROM sealed, head WHERE i = 0",
        {Amiss.HEAD},
    ),
    "a row of nothing beyond the head": (
        "INSERT INTO sealed SELECT size, X'' FROM head",
        {Amiss.HEAD},
    ),
    "another key for a person": (
        f"UPDATE person SET key = zeroblob(32) {ANN}",
        {Amiss.NOT_VOUCHED},
    ),
    "a person deleted": (
        f"DELETE FROM person {ANN}",
        {Amiss.PERSON_MISSING, Amiss.FACTS_MISSING},
    ),
    "leaves given to somebody else": (
        (
            "UPDATE leaf SET sid = replace(replace(sid, 'ann', 'cyd'), 'bob', 'cyd'),"
            " number = 100 + i WHERE sid IN ('p-ann', 'p-bob')"
        ),
        {Amiss.TAG_DIFFERS, Amiss.KEY_DIFFERS, Amiss.DECISION_MISSING, Amiss.EVENT_MISSING},
    ),
    "a fact edited": (
        f"UPDATE fact SET body = replace(body, 'negative', 'positive') {CYD}",
        {Amiss.FACT_DIFFERS, Amiss.REPLAY_DIFFERS},
    ),
    "a fact that cannot be read": (
        f"UPDATE fact SET body = '{{}}' {ANN}",
        {Amiss.FACT_UNREADABLE, Amiss.FACTS_MISSING},
    ),
    "a fact deleted": (
        f"DELETE FROM fact {ANN}",
        {Amiss.FACTS_MISSING, Amiss.EVIDENCE_MISSING, Amiss.REPLAY_DIFFERS},
    ),
    "a fact inserted": (
        (
            "INSERT INTO fact SELECT 'p-cyd', at, 'demo/x', source,"
            f" replace(replace(body, 'p-ann', 'p-cyd'), 'demo/c1', 'demo/x') FROM fact {ANN}"
        ),
        {Amiss.FACT_WITHOUT_RECEIPT, Amiss.REPLAY_DIFFERS},
    ),
    "a row of leaves deleted": ("DELETE FROM sealed WHERE i = 0", {Amiss.HEAD, Amiss.EMERGENCY}),
    "a row of leaves moved": ("UPDATE sealed SET i = i + 1 WHERE i > 0", {Amiss.HEAD}),
    "a byte behind a row's last leaf": (
        "UPDATE sealed SET entries = CAST(entries || X'00' AS BLOB) WHERE i = 0",
        {Amiss.HEAD},
    ),
    "whose act a leaf is deleted": (
        f"DELETE FROM leaf {ANN} AND number = 1",
        {Amiss.ACT_MISSING, Amiss.EVENT_MISSING},
    ),
    "a head that says nothing": ("UPDATE head SET note = X'00'", {Amiss.HEAD}),
}


@pytest.mark.parametrize("what", DEEDS)
def test_what_somebody_does_to_the_rows_is_found(scene: Stage, tmp_path: Path, what: str) -> None:
    statement, wanted = DEEDS[what]
    sql(tmp_path, statement)
    assert words(scene) == wanted


def test_another_key_is_found_though_whoever_reads_evidence_key_put_it_there(
    scene: Stage, tmp_path: Path
) -> None:
    key = KeptKeys(scene.instance.context.evidence_key).kept("p-ann", bytes(32))
    sql(tmp_path, f"UPDATE person SET key = X'{key.hex()}' {ANN}")
    assert words(scene) == {Amiss.KEY_DIFFERS, Amiss.TAG_DIFFERS, Amiss.DECISION_DIFFERS}


def test_a_key_that_does_not_open_is_named_once_by_the_persons_enrolment(
    scene: Stage, tmp_path: Path
) -> None:
    bob = "(SELECT key FROM person WHERE sid = 'p-bob')"
    sql(tmp_path, f"UPDATE person SET key = {bob} {ANN}")
    with scene.instance.store.read() as unit:
        index = unit.index_of("p-ann", 0)
        newest = list(look_at_the_newest(unit, 100))
    assert newest == everything(scene) == [Found(Amiss.NOT_VOUCHED, index, "p-ann", 0, "person")]


LEAVES: dict[str, tuple[Callable[[bytes], tuple[bytes, ...]], set[Amiss]]] = {
    "edited": (lambda entry: (entry.replace(b'"red"', b'"blue"'),), {Amiss.HEAD}),
    "of no form": (lambda _: (b"\0",), {Amiss.HEAD, Amiss.LEAF_UNREADABLE}),
    "deleted": (lambda _: (), {Amiss.HEAD}),
    "twice": (lambda entry: (entry, entry), {Amiss.HEAD}),
}


@pytest.mark.parametrize("what", LEAVES)
def test_what_somebody_does_to_a_leaf_in_its_row_is_found(
    scene: Stage, tmp_path: Path, what: str
) -> None:
    change, wanted = LEAVES[what]
    with scene.instance.store.read() as unit:
        index = unit.index_of("p-ann", 1)
    assert index is not None
    with sealed_rows(tmp_path / "a.db") as rows:
        rows.put(index, *change(rows.entry(index)))
    assert words(scene) == wanted


def test_a_leaf_that_lost_its_act_and_one_that_is_missing_are_named(
    scene: Stage, tmp_path: Path
) -> None:
    with scene.instance.store.read() as unit:
        index = unit.index_of("p-bob", 2)
    assert index
    sql(tmp_path, "DELETE FROM leaf WHERE sid = 'p-bob' AND number = 2")
    missing = [one for one in everything(scene) if one.word is Amiss.ACT_MISSING]
    assert missing == [Found(Amiss.ACT_MISSING, index)]
    sql(tmp_path, f"DELETE FROM sealed WHERE i = {index}")
    assert Found(Amiss.HEAD, index, what="leaves") in everything(scene)


def test_an_appeal_whose_leaf_is_gone_does_not_fit(scene: Stage, tmp_path: Path) -> None:
    object_to(scene)
    with scene.instance.store.read() as unit:
        person = unit.people(["p-ann"])["p-ann"]
        assert appeals_fit(unit, person, NOTHING)
        index = unit.index_of("p-ann", person.events)
    with sealed_rows(tmp_path / "a.db") as rows:
        del rows.by_index[rows.row_of(index or 0)]
    with scene.instance.store.read() as unit:
        assert not appeals_fit(unit, person, NOTHING)


def test_a_finding_names_its_leaf_and_the_look_before_a_start_refuses(
    scene: Stage, tmp_path: Path
) -> None:
    sql(tmp_path, "DELETE FROM decision WHERE sid = 'p-ann'")
    with scene.instance.store.read() as unit:
        index = unit.index_of("p-ann", 1)
        newest = list(look_at_the_newest(unit, 100))
    assert newest == [Found(Amiss.DECISION_MISSING, index, "p-ann", 1)]
    with pytest.raises(RowsDoNotFit, match=f"`decision_missing`.*leaf {index}") as refused:
        must_fit(iter(newest))
    assert refused.value.exit_status == 4
    assert "p-ann" not in str(refused.value)


def test_an_older_copy_of_a_row_cannot_come_back(scene: Stage, tmp_path: Path) -> None:
    """A red that was withdrawn is brought back by taking the later decision away."""
    sql(
        tmp_path,
        "DELETE FROM notice WHERE sid = 'p-bob' AND number = 2",
        "DELETE FROM decision WHERE sid = 'p-bob' AND number = 2",
        "UPDATE person SET events = 1 WHERE sid = 'p-bob'",
    )
    assert words(scene) == {Amiss.DECISION_MISSING, Amiss.REPLAY_DIFFERS}


def test_a_decision_of_another_day_than_its_leaf_s_is_found(scene: Stage) -> None:
    with stage_at_midnight(scene) as found:
        assert found == set()
    late = scene.clock.now
    with scene.instance.store.write() as unit:
        redecide_unsealed(scene, unit)
    scene.clock.forward(2 * DAY)
    scene.instance.seal()
    assert Amiss.BACK_DATED in words(scene)
    must_fit(iter([Found(Amiss.BACK_DATED)]))  # said, and no reason to refuse a start
    assert late < scene.clock.now


class stage_at_midnight:  # noqa: N801 - reads as a sentence
    """What is found when an act of 23:59:30 is sealed half a minute after midnight."""

    def __init__(self, scene: Stage) -> None:
        self.scene = scene

    def __enter__(self) -> set[Amiss]:
        self.scene.clock.forward(10 * HOUR + 3570)
        with self.scene.instance.store.write() as unit:
            redecide_unsealed(self.scene, unit)
        self.scene.clock.forward(60)
        self.scene.instance.seal()
        return words(self.scene)

    def __exit__(self, *_: object) -> None:
        return None


def redecide_unsealed(scene: Stage, unit: Any) -> None:
    """A decision is committed; the sealer is away."""
    from mingma.flows.decide import redecide

    redecide(unit, scene.instance.context, {"p-ann"}, scene.clock(), anew={"p-ann"})


def test_what_waits_too_long_or_cannot_be_sealed_is_found(scene: Stage) -> None:
    with scene.instance.store.write() as unit:
        unit.add_leaves([Outgoing("instance:x", 0, b"no leaf", scene.clock())])
    assert words(scene) == {Amiss.OUTBOX_UNREADABLE}
    scene.clock.forward(2 * HOUR)
    assert words(scene) == {Amiss.OUTBOX_UNREADABLE, Amiss.WAITS_LONG}


def test_a_cosigned_head_that_is_not_the_log_s_is_found(scene: Stage) -> None:
    store = scene.instance.store
    with store.read() as unit:
        size, head = unit.head()
    with store.write() as unit:
        unit.add_record(Record(COSIGNED, size_id(size), scene.clock(), head))
    assert everything(scene) == []
    note = parse_note(head)
    forged = note.text.replace(f"\n{size}\n", f"\n{size - 1}\n") + "\n"
    with store.write() as unit:
        lines = forged.encode() + bytes(note).split(b"\n\n")[1]
        unit.add_record(Record(COSIGNED, size_id(size - 1), scene.clock(), lines))
    assert everything(scene) == [Found(Amiss.COSIGNED, size - 2, what="root")]


def test_an_end_of_an_emergency_that_is_taken_back_is_found(scene: Stage, tmp_path: Path) -> None:
    with scene.instance.store.write() as unit:
        [declared] = unit.emergencies()
        index = unit.index_of(f"instance:{declared.id}", 0)
        assert index is not None
        end_emergency(
            unit, declared.id, "o", scene.clock(), answers=index, grant=0, officer=bytes(6)
        )
    scene.instance.seal()
    assert Amiss.EMERGENCY not in words(scene)
    sql(tmp_path, "DELETE FROM emergency_end")
    with scene.instance.store.read() as unit:
        end = unit.index_of(f"instance:{declared.id}", 1)
    assert Found(Amiss.EMERGENCY, end, what="ended") in everything(scene)


@pytest.mark.parametrize("label", ["instance:x", "p-ann", "p-nobody"])
def test_a_leaf_that_waits_beside_the_acts_is_found_before_a_start_seals_it(
    scene: Stage, tmp_path: Path, label: str
) -> None:
    """Somebody who knows a person's key makes the leaf of a decision that nobody made."""
    with scene.instance.store.read() as unit:
        key = unit.people(["p-ann"])["p-ann"].key
    leaf = Leaf(
        kind=Kind.DECISION, commitment=bytes(32), tag=tag(key, 2), organ="o", rule="r/1",
        before="green", after="red",
    )  # fmt: skip
    with scene.instance.store.write() as unit:
        unit.add_leaves([Outgoing(label, 2, leaf.unsealed(), scene.clock())])
    assert Amiss.WAITING_DIFFERS in words(scene)
    with pytest.raises(RowsDoNotFit, match="waiting_differs"):
        scene.instance.what_waits_must_fit()
    settings = scene.instance.settings
    scene.instance.close()
    with pytest.raises(RowsDoNotFit) as refused:
        open_instance(settings)
    assert refused.value.exit_status == 4


def test_a_cosigned_head_larger_than_the_log_refuses_a_start(scene: Stage) -> None:
    with scene.instance.store.write() as unit:
        size, head = unit.head()
        unit.add_record(Record(COSIGNED, size_id(size + 1), scene.clock(), head))
    assert everything(scene) == [Found(Amiss.COSIGNED, size, what="beyond")]
    with pytest.raises(RowsDoNotFit):
        scene.instance.what_waits_must_fit()


def test_post_quantum_lines_without_their_head_are_found(scene: Stage) -> None:
    with scene.instance.store.write() as unit:
        unit.add_record(Record(COSIGNED_MLDSA, size_id(2), scene.clock(), b"[]"))
    assert everything(scene) == [Found(Amiss.COSIGNED, 1, what="removed")]


def test_with_another_basis_codes_are_not_compared_and_nothing_else_is_missed(
    scene: Stage, tmp_path: Path
) -> None:
    scene.instance.catch_up()
    scene.clock.forward(70 * DAY)  # the emergency is over
    assert words(scene) == {Amiss.NOT_COMPARABLE}
    sql(tmp_path, "DELETE FROM fact WHERE sid = 'p-cyd'")
    assert words(scene) == {Amiss.NOT_COMPARABLE, Amiss.FACTS_MISSING}


def test_people_who_were_erased_are_as_many_as_the_log_says(scene: Stage, tmp_path: Path) -> None:
    leaf = Leaf(kind=Kind.ERASE_BATCH, count=1, organ="o", rule="retention")
    with scene.instance.store.write() as unit:
        assert unit.erase(["p-cyd"]) == 1
        unit.add_leaves([Outgoing("instance:erased", 0, leaf.unsealed(), scene.clock())])
    scene.instance.seal()
    assert everything(scene) == []
    with scene.instance.store.write() as unit:
        unit.erase(["p-bob"])
    assert words(scene) == {Amiss.PERSON_MISSING}


@pytest.mark.parametrize("label", ["erased", "lost:5", "instance:x"])
def test_a_leaf_that_is_given_to_nobody_is_found(scene: Stage, tmp_path: Path, label: str) -> None:
    """A decision's row is gone, its event uncounted, its leaf said to be another's."""
    sql(
        tmp_path,
        f"DELETE FROM notice {ANN}",
        f"DELETE FROM decision {ANN}",
        f"UPDATE person SET events = 0 {ANN}",
        f"UPDATE leaf SET sid = '{label}', number = i {ANN} AND number = 1",
    )
    wanted = Amiss.EVENT_HIDDEN if label == "erased" else Amiss.PERSON_MISSING
    assert wanted in words(scene)


@pytest.mark.postgres
def test_a_database_on_a_server_is_looked_at_in_the_same_way(
    tmp_path: Path, empty_postgres: str
) -> None:
    with stage(tmp_path, empty_postgres) as made:
        made.send(contact("c1"), contact("c2", "p-bob"))
        assert everything(made) == []
        with made.instance.store.write() as unit:
            unit.add_leaves([Outgoing("instance:x", 0, b"no leaf", made.clock())])
        assert words(made) == {Amiss.OUTBOX_UNREADABLE}
        made.instance.must_fit()
