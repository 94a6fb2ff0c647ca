"""Whose data are due is erased; the leaves stay, and nobody is erased too early."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mingma.flows.erase import (
    DECISION_OVER,
    EMERGENCY_OVER,
    KEPT_AFTER,
    NotDue,
    due,
    erase,
    erase_due,
    keep_retention,
)
from mingma.flows.kept_keys import KeptKeys
from mingma.flows.link_identities import link_identities
from mingma.flows.show_code import NoSuchPerson
from mingma.kernel.times import DAY, Instant
from mingma.ledger.leaf import Kind, Leaf, parse
from mingma.people.provisional import MergeReason, MergeRecord, ProvisionalRef
from mingma.people.pseudonym import PersonRef
from mingma.records import ERASED
from tests.instances import NOW, Stage, contact, sample, stage

END = Instant(NOW + 59 * DAY)  # of the emergency a stage declares
OVER = Instant(END + KEPT_AFTER)


def leaves(scene: Stage) -> list[Leaf]:
    with scene.instance.store.read() as unit:
        return [parse(entry)[0] for entry in unit.leaves(0, unit.head()[0])]


def there(scene: Stage) -> list[str]:
    with scene.instance.store.read() as unit:
        return list(unit.refs("", 100))


def run(scene: Stage) -> int:
    instance = scene.instance
    return erase_due(instance.acting, instance.context.organ, scene.clock())


def ask(scene: Stage, *refs: str) -> int:
    with scene.instance.acting() as unit:
        return erase(unit, scene.instance.context.organ, refs, scene.clock())


def test_everybody_is_erased_when_the_last_emergency_is_fourteen_days_over(scene: Stage) -> None:
    scene.send(sample("t1"), contact("c1", "p-bob"))
    before = leaves(scene)
    scene.clock.now = Instant(OVER - 1)
    assert run(scene) == 0
    scene.clock.now = OVER
    assert run(scene) == 2
    assert there(scene) == []
    after = leaves(scene)
    assert after[: len(before)] == before
    (batch,) = [leaf for leaf in after if leaf.kind is Kind.ERASE_BATCH]
    assert (batch.count, batch.rule) == (2, EMERGENCY_OVER)
    assert batch.organ == scene.instance.context.organ
    with scene.instance.store.read() as unit:
        assert unit.facts_of(["p-ann"]) == {"p-ann": []}
        assert not unit.decisions_of("p-ann")
        assert not {"p-ann", "p-bob"} & {subject for subject, _ in unit.acts(0, len(before))}
        assert (ERASED, 1) in unit.acts(0, len(before))
    with pytest.raises(NoSuchPerson):
        scene.colour("p-ann")


def test_nobody_with_a_code_is_erased_while_an_emergency_is_in_force(scene: Stage) -> None:
    scene.send(sample("t1"))
    instance = scene.instance
    for days in (1, 30, 58, 59, 70):
        scene.clock.now = Instant(NOW + days * DAY)
        assert run(scene) == 0
        assert keep_retention(instance.store, instance.acting, "o", scene.clock()) == 0
        with pytest.raises(NotDue):
            ask(scene, "p-ann")
    assert there(scene) == ["p-ann"]


def test_a_decision_that_is_fourteen_days_over_is_due_though_another_emergency_is_in_force(
    scene: Stage,
) -> None:
    scene.send(sample("t1"), contact("c1", "p-bob"))
    scene.clock.now = OVER
    scene.declare()
    scene.instance.renew("p-bob")  # a code of the new emergency
    assert run(scene) == 1
    assert there(scene) == ["p-bob"]
    assert leaves(scene)[-1].rule == DECISION_OVER


def test_an_emergency_that_ended_early_is_over_from_then_on(scene: Stage) -> None:
    scene.send(sample("t1"))
    with scene.instance.store.write() as unit:
        unit.end_emergency(unit.emergencies()[0].id, Instant(NOW + DAY))
    scene.clock.now = Instant(NOW + DAY + KEPT_AFTER - 1)
    assert run(scene) == 0
    scene.clock.forward(1)
    assert run(scene) == 1


def test_where_no_emergency_was_ever_declared_nothing_is_over(calm: Stage) -> None:
    calm.send(sample("t1"))
    calm.clock.forward(14 * DAY - 1)
    assert run(calm) == 0
    with calm.instance.store.read() as unit:
        assert due(unit, ["p-ann"], calm.clock()) == set()
    calm.clock.forward(1)  # that no code was issued was decided so long ago
    assert run(calm) == 1


def test_of_people_who_are_not_all_due_none_is_erased(scene: Stage) -> None:
    scene.send(sample("t1"), contact("c1", "p-bob"))
    scene.clock.now = OVER
    scene.declare()
    scene.instance.renew("p-bob")
    size = len(leaves(scene))
    with pytest.raises(NotDue) as refused:
        ask(scene, "p-ann", "p-bob")
    assert refused.value.details == {"count": 1}
    assert there(scene) == ["p-ann", "p-bob"]
    assert len(leaves(scene)) == size
    assert ask(scene, "p-ann", "p-nobody") == 1
    assert ask(scene, "p-ann") == 0
    assert len(leaves(scene)) == size + 1


def test_whose_facts_count_for_somebody_not_due_is_kept_with_her(scene: Stage) -> None:
    provisional = scene.instance.by_name_and_phone("张三", "13800000000")
    scene.send(sample("t1", provisional), contact("c1", "p-ann"), contact("c2", "p-bob"))
    merge = MergeRecord(
        id="m1", provisional=ProvisionalRef(provisional), into=PersonRef("p-ann"),
        at=scene.clock(), organ="o", reason=next(iter(MergeReason)),
    )  # fmt: skip
    with scene.instance.acting() as unit:
        link_identities(unit, scene.instance.context, merge, scene.clock())
    scene.clock.now = OVER
    scene.declare()
    scene.instance.renew("p-ann")
    refs = {provisional, "p-ann", "p-bob"}
    with scene.instance.store.read() as unit:
        assert unit.decisions_in_force([provisional])[provisional].decided_at < NOW + DAY
        assert due(unit, refs, scene.clock()) == {"p-bob"}
        assert due(unit, refs, Instant(scene.clock() + 90 * DAY)) == refs


def test_a_person_erased_and_taken_in_again_is_somebody_new(scene: Stage) -> None:
    scene.send(sample("t1"))
    with scene.instance.store.read() as unit:
        before = unit.people(["p-ann"])["p-ann"]
    scene.clock.now = OVER
    assert scene.instance.keep_duties() > 0
    assert there(scene) == []
    scene.declare()
    scene.send(sample("t1", hours=-3))  # the same record may come again, and counts as new
    with scene.instance.store.read() as unit:
        after = unit.people(["p-ann"])["p-ann"]
    assert after.key != before.key
    assert (before.events, after.events) == (1, 1)


def test_afterwards_the_leaf_remains_and_no_byte_of_the_files_has_k(tmp_path: Path) -> None:
    file = tmp_path / "instance.db"
    with stage(tmp_path, f"sqlite:///{file}") as scene:
        scene.send(sample("t1"), contact("c1", "p-bob"))
        encrypting = KeptKeys(scene.instance.context.evidence_key)
        with scene.instance.store.read() as unit:
            people = unit.people(["p-ann", "p-bob"]).values()
        keys = [encrypting.kept(person.ref, person.key) for person in people]
        held = b"".join(path.read_bytes() for path in tmp_path.glob("instance.db*"))
        assert all(key in held for key in keys)
        before = leaves(scene)
        scene.clock.now = OVER
        scene.instance.keep_duties()
        held = b"".join(path.read_bytes() for path in tmp_path.glob("instance.db*"))
        assert not any(key in held for key in keys)
        assert b"p-ann" not in held
        assert leaves(scene)[: len(before)] == before
        said = [leaf for leaf in leaves(scene) if leaf.kind is Kind.ERASE_BATCH]
        assert [leaf.count for leaf in said] == [2]
        assert json.loads(said[0].unsealed()).keys() == {"k", "n", "o", "r", "v"}
