"""K is kept so that the database does not have it, on every store.

Broken to see these fail: the encryption, what it is bound to, the look at the enrolment of a K in
the clear, the look at a start whether the key is this database's, and each place that leaves alone
a person whose K does not open.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mingma.flows.accept_loss import _acts
from mingma.flows.bundle import own_bundle
from mingma.flows.kept_keys import PERSON, KeptKeys, KeyDoesNotOpen, OtherDatabaseS, Unopened
from mingma.flows.own_looks import own_looks
from mingma.flows.proven_decision import proven_index
from mingma.flows.reconcile import Amiss, Found, RowsDoNotFit, look_at_what_waits
from mingma.flows.vouched_rows import VouchedStore, opens_keys
from mingma.kernel.times import HOUR, Instant
from mingma.keys import EVIDENCE_KEY
from mingma.ledger.commitment import enrolment
from mingma.ledger.leaf import Kind, Leaf
from mingma.opening import open_instance
from mingma.ports import Store
from mingma.records import Outgoing, Person
from mingma.storage import open_store
from tests.appealing import appeals, leaves_of, object_to
from tests.instances import Stage, contact, sample, stage, withdrawal
from tests.under_policy import infected, under_policy

KEY, OTHER = b"k" * 32, b"o" * 32
ANN, BOB = Person("p-ann", b"A" * 32, 3, "安*", "123X"), Person("p-bob", b"B" * 32, 0)


@pytest.fixture(
    params=["memory", "sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]
)  # fmt: skip
def below(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """A store as somebody with the database has it."""
    dsn = {"memory": "memory:", "sqlite": f"sqlite:///{tmp_path / 'a.db'}"}.get(request.param)
    with closing(open_store(dsn or request.getfixturevalue("empty_postgres"))) as store:
        yield store


def kept(*people: Person) -> dict[str, bytes]:
    """What a database holds of each K."""
    with closing(open_store("memory:")) as store:
        with VouchedStore(store, KEY).write() as unit:
            unit.add_people(people)
        with store.read() as unit:
            return {ref: one.key for ref, one in unit.people([p.ref for p in people]).items()}


def put(store: Store, keys: Mapping[str, bytes]) -> None:
    """Write them as somebody with the database can."""
    with store.write() as unit:
        unit.add_people(Person(ref, key, 3, "安*", "123X") for ref, key in keys.items())


def refused(store: VouchedStore, ref: str = "p-ann") -> bool:
    """Whether using the person's K is refused by name, and all else of her is there."""
    with store.read() as unit:
        person = unit.people([ref])[ref]
    assert (person.events, person.name, person.last_four) == (3, "安*", "123X")
    if not isinstance(person, Unopened):
        return False
    with pytest.raises(KeyDoesNotOpen) as problem:
        _ = person.key
    assert ref not in str(problem.value)
    return True


def test_a_person_reads_back_as_she_was_added_and_the_database_has_no_k(below: Store) -> None:
    ours = VouchedStore(below, KEY)
    with ours.write() as unit:
        unit.add_people([ANN, BOB])
        assert unit.people(["p-ann"]) == {"p-ann": ANN}
    with ours.read() as unit:
        assert unit.people(["p-ann", "p-bob", "p-cyd"]) == {"p-ann": ANN, "p-bob": BOB}
    with below.read() as unit:
        found = unit.people(["p-ann", "p-bob"])
    assert found["p-ann"] == replace(ANN, key=found["p-ann"].key)
    for person in (ANN, BOB):
        assert len(found[person.ref].key) == 48
        assert person.key[:8] not in found[person.ref].key
    assert ours.met.take() == []


def test_no_byte_of_a_file_has_it(tmp_path: Path) -> None:
    with stage(tmp_path, f"sqlite:///{tmp_path}/a.db") as made:
        made.send(contact("c1"), contact("c2", "p-bob"))
        with made.instance.store.read() as unit:
            keys = [one.key for one in unit.people(["p-ann", "p-bob"]).values()]
        for step in ("running", "stopped"):
            held = b"".join(path.read_bytes() for path in tmp_path.glob("a.db*"))
            assert [held.count(key) for key in keys] == [0, 0], step
            made.instance.close()


def test_two_that_were_swapped_do_not_open(below: Store) -> None:
    good = kept(ANN, BOB)
    put(below, {"p-ann": good["p-bob"], "p-bob": good["p-ann"]})
    ours = VouchedStore(below, KEY)
    assert refused(ours, "p-ann")
    assert refused(ours, "p-bob")
    assert ours.met.take() == [(PERSON, "p-ann"), (PERSON, "p-bob")]


@pytest.mark.parametrize("what", ["every bit", "cut", "longer", "empty", "clear", "another key"])
def test_one_that_was_edited_does_not_open(what: str) -> None:
    good = kept(ANN)["p-ann"]
    edited = {
        "every bit": [
            bytes(byte ^ (1 << bit % 8) * (at == bit // 8) for at, byte in enumerate(good))
            for bit in range(8 * len(good))
        ],
        "cut": [good[:end] for end in range(1, 48)],
        "longer": [good + b"\0", good * 2],
        "empty": [b""],
        "clear": [ANN.key, b"X" * 32],  # of whom there is no leaf
        "another key": [KeptKeys(OTHER).kept("p-ann", ANN.key)],
    }[what]
    for one in edited:
        with closing(open_store("memory:")) as store:
            put(store, {"p-ann": one})
            ours = VouchedStore(store, KEY)
            assert refused(ours)
            assert ours.met.take() == [(PERSON, "p-ann")]


def test_an_auditor_without_the_key_reads_all_but_k_and_raises_no_alarm(below: Store) -> None:
    put(below, kept(ANN))
    theirs = VouchedStore(below, b"")
    assert refused(theirs)
    assert theirs.met.take() == []
    with theirs.write() as unit:
        with pytest.raises(KeyDoesNotOpen):
            unit.add_people([BOB])
        assert not opens_keys(unit)


# -- a K that an earlier release kept in the clear


def enrol(store: Store, key: bytes, *, sealed: bool) -> None:
    """Ann's enrolment in the log."""
    leaf = Leaf(kind=Kind.ENROL, commitment=enrolment(key), organ="o", tag=b"t" * 16)
    with store.write() as unit:
        unit.add_leaves([Outgoing("p-ann", 0, leaf.unsealed(), Instant(7))])
        if sealed:
            unit.add_acts(0, unit.pool(9))
            unit.seal(0, [leaf.sealed(19_000)], b"head")


@pytest.mark.parametrize("sealed", [True, False])
def test_one_in_the_clear_counts_where_the_log_commits_to_it(below: Store, *, sealed: bool) -> None:
    put(below, {"p-ann": ANN.key, "p-bob": BOB.key})
    enrol(below, ANN.key, sealed=sealed)
    ours = VouchedStore(below, KEY)
    with ours.read() as unit:
        assert unit.people(["p-ann"]) == {"p-ann": ANN}
    assert refused(ours, "p-bob")
    assert ours.encrypted({"p-ann": ANN.key, "p-bob": BOB.key}) == kept(ANN)


@pytest.mark.parametrize("sealed", [True, False])
def test_another_in_the_clear_than_the_log_commits_to_does_not_count(
    below: Store, *, sealed: bool
) -> None:
    put(below, {"p-ann": b"X" * 32})
    enrol(below, ANN.key, sealed=sealed)
    assert refused(VouchedStore(below, KEY))


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Stage]:
    """Ann is red and Bob is, in a file."""
    with stage(tmp_path, f"sqlite:///{tmp_path / 'a.db'}") as made:
        made.send(sample("t0", result="negative"), contact("c1"), contact("c2", "p-bob"))
        yield made


def sql(tmp_path: Path, statement: str, *values: object) -> list[tuple[Any, ...]]:
    link = sqlite3.connect(tmp_path / "a.db")
    with link:
        found = link.execute(statement, values).fetchall()
    link.close()
    return found


def damage(tmp_path: Path, ref: str = "p-ann") -> None:
    """Put Bob's ciphertext in her place."""
    sql(tmp_path, "UPDATE person SET key = (SELECT key FROM person WHERE sid = 'p-bob')"
                  " WHERE sid = ?", ref)  # fmt: skip


def again(scene: Stage) -> Stage:
    """Stop, and start over the same file."""
    scene.instance.close()
    scene.instance = open_instance(scene.instance.settings)
    scene.instance.clock = scene.clock
    return scene


def test_a_database_of_an_earlier_release_is_encrypted_at_its_next_start(
    scene: Stage, tmp_path: Path
) -> None:
    with scene.instance.store.read() as unit:
        people = unit.people(["p-ann", "p-bob"])
    before = sql(tmp_path, "SELECT sid, key FROM person ORDER BY sid")
    for ref, one in people.items():
        sql(tmp_path, "UPDATE person SET key = ? WHERE sid = ?", one.key, ref)
    assert scene.colour("p-ann") == "red"  # and until then all goes on
    assert not list(scene.instance.reconcile())
    again(scene)
    assert sql(tmp_path, "SELECT sid, key FROM person ORDER BY sid") == before
    held = b"".join(path.read_bytes() for path in tmp_path.glob("a.db*"))
    assert [held.count(one.key) for one in people.values()] == [0, 0]
    assert scene.colour("p-ann") == "red"
    assert not list(scene.instance.reconcile())


def test_a_key_of_another_database_is_refused_at_a_start_and_one_damaged_row_is_not(
    scene: Stage, tmp_path: Path
) -> None:
    damage(tmp_path)
    again(scene).instance.close()
    (tmp_path / "keys" / EVIDENCE_KEY).write_bytes(b"n" * 32)
    with pytest.raises(OtherDatabaseS) as problem:
        open_instance(scene.instance.settings)
    assert problem.value.exit_status == 4


# -- a person whose K does not open keeps what she has


def test_she_keeps_her_code_and_is_named_and_others_in_her_batch_go_on(
    scene: Stage, tmp_path: Path
) -> None:
    scene.send(sample("t1", "p-cyd", result="negative"))
    damage(tmp_path)
    damage(tmp_path, "p-cyd")
    assert (scene.colour("p-ann"), scene.colour("p-cyd")) == ("red", "green")
    scene.clock.forward(HOUR)
    scene.send(withdrawal("c1"), withdrawal("c2", "w2", "p-bob"), infected("i1", "p-cyd"))
    # No decision frees Ann, and what no longer counts against her does not show all the same.
    assert [scene.colour(f"p-{name}") for name in ("ann", "bob", "cyd")] == ["green"] * 3
    with scene.instance.store.read() as unit:
        assert [one.number for one in unit.decisions_of("p-ann")] == [1]
        index = unit.index_of("p-ann", 0)
    found = [one for one in scene.instance.reconcile() if one.word is Amiss.NOT_VOUCHED]
    assert Found(Amiss.NOT_VOUCHED, index, "p-ann", 0, PERSON) in found
    assert [one.subject for one in found] == ["p-ann", "p-cyd"]
    scene.instance.keep_duties()
    with scene.instance.store.read() as unit:
        assert len(unit.records_under("alarm", "oversight.rows/row_not_vouched/")) == 1
    assert not scene.instance.undone


def test_the_lapse_of_her_appeal_counts_and_holds_up_nobody_else_s(
    scene: Stage, tmp_path: Path
) -> None:
    object_to(scene)
    object_to(scene, "p-bob")
    damage(tmp_path)
    scene.clock.now = appeals(scene)[0].appeal.due
    assert scene.colour("p-ann") == "green"
    scene.instance.keep_duties()
    assert not scene.instance.undone
    assert len(leaves_of(scene, "appeal.lapse")) == 1
    words = {one.word for one in scene.instance.reconcile()}
    assert Amiss.NOT_VOUCHED in words
    assert not words & {Amiss.APPEAL_DIFFERS, Amiss.APPEAL_WITHOUT_LEAF}


def test_a_leaf_about_her_a_bundle_and_her_looks_are_refused_by_name(
    scene: Stage, tmp_path: Path
) -> None:
    damage(tmp_path)
    instance = scene.instance
    with pytest.raises(KeyDoesNotOpen):
        object_to(scene)
    with instance.store.read() as unit:
        with pytest.raises(KeyDoesNotOpen):
            own_bundle(unit, instance.receipts, "p-ann", scene.clock(), policy="",
                       vouch=lambda _: b"")  # fmt: skip
        with pytest.raises(KeyDoesNotOpen):
            own_looks(unit, "p-ann", scene.clock(), lambda _: b"")
        with pytest.raises(KeyDoesNotOpen):  # her number is not known: it must not be given twice
            _acts(unit, unit.leaves(0, 9), 0)


def test_nothing_worse_than_green_shows_of_her_where_it_would_have_to_be_proven(
    tmp_path: Path,
) -> None:
    with under_policy(tmp_path, f"sqlite:///{tmp_path / 'a.db'}") as scene:
        scene.send(infected(), infected("i-bob", "p-bob"), source="lab-1")
        scene.instance.ask_witnesses()
        object_to(scene)
        assert scene.colour("p-ann") == scene.colour("p-bob") == "red"
        damage(tmp_path)
        assert (scene.colour("p-ann"), scene.colour("p-bob")) == ("green", "red")
        with scene.instance.store.read() as unit:
            for ref, proves in (("p-ann", False), ("p-bob", True)):
                person = unit.people([ref])[ref]
                found = proven_index(unit, scene.instance.context, person, 1)
                assert (found is not None) == proves


def test_a_leaf_that_waits_about_her_is_not_sealed_before_somebody_looks(
    scene: Stage, tmp_path: Path
) -> None:
    damage(tmp_path)
    leaf = Leaf(kind=Kind.APPEAL_OPEN, commitment=b"c" * 32, organ="o", tag=b"t" * 16, answers=1)
    with closing(open_store(f"sqlite:///{tmp_path / 'a.db'}")) as store:
        with store.write() as unit:
            unit.add_leaves([Outgoing("p-ann", 2, leaf.unsealed(), scene.clock())])
        context = scene.instance.context
        for key, words in ((context.evidence_key, {Amiss.WAITING_DIFFERS}), (b"", set())):
            with VouchedStore(store, key).read() as unit:
                found = look_at_what_waits(unit, replace(context, evidence_key=key), scene.clock())
                assert {one.word for one in found} == words
    with pytest.raises(RowsDoNotFit):
        again(scene)


def test_erasing_takes_what_was_kept_of_it(scene: Stage, tmp_path: Path) -> None:
    [(gone,)] = sql(tmp_path, "SELECT key FROM person WHERE sid = 'p-ann'")
    damage(tmp_path)  # whether it opens or not
    with scene.instance.acting() as unit:
        unit.erase(["p-ann"])
    assert sql(tmp_path, "SELECT sid FROM person") == [("p-bob",)]
    scene.instance.close()
    assert gone not in b"".join(path.read_bytes() for path in tmp_path.glob("a.db*"))
