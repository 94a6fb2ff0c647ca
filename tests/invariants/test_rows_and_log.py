"""P3: replaying what is stored gives what is served, and no changed row is served for long."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from mingma.evidence.record import fact_to_record
from mingma.flows.reconcile import HARMLESS, RowsDoNotFit
from mingma.kernel.times import DAY, Instant
from mingma.serving import create_app
from tests.instances import NOW, Stage, contact, stage, withdrawal
from tests.packs.random_facts import random_people

SOME = settings(
    max_examples=8, deadline=None, suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
)  # fmt: skip


@SOME
@given(seed=st.integers(0, 1 << 32), batches=st.integers(1, 4), days=st.integers(0, 3))
@example(seed=668989, batches=4, days=2)  # an end that was recorded before it came
def test_p3_replaying_what_is_stored_gives_what_is_served(
    tmp_path_factory: pytest.TempPathFactory, seed: int, batches: int, days: int
) -> None:
    """Any history, received in any pieces, with days between them."""
    facts = [f for f in random_people(seed, NOW, 6, ["HA-R1", "HA-R3"]) if f.at <= NOW]
    with stage(tmp_path_factory.mktemp("p3")) as scene:
        for at in range(batches):
            scene.send(*(fact_to_record(fact) for fact in facts[at::batches]))
            assert scene.instance.reconcile() == []
            scene.clock.forward(days * DAY)
        assert [one for one in scene.instance.reconcile() if one.word not in HARMLESS] == []
        with scene.instance.store.read() as unit:
            assert unit.statistics()["decisions"] > 0


DEEDS = {
    "edited": "UPDATE decision SET body = replace(body, 'red', 'blue') WHERE sid = 'p-ann'",
    "inserted": "INSERT INTO decision SELECT sid, 3, decided_at, replace(body, 'number\":1',"
    " 'number\":3') FROM decision WHERE sid = 'p-ann' AND number = 1",
    "deleted": "DELETE FROM decision WHERE sid = 'p-ann' AND number = 2",
    "restored": "UPDATE decision SET body = (SELECT body FROM decision WHERE sid = 'p-ann' AND"
    " number = 1) WHERE sid = 'p-ann' AND number = 2",
    "leaf edited": "UPDATE sealed SET entries = CAST(replace(entries, 'green', 'blue ') AS BLOB)",
    "leaf given to another": "UPDATE leaf SET number = 7 WHERE sid = 'p-ann' AND number = 2",
    "leaf given to nobody": "DELETE FROM leaf WHERE sid = 'p-ann' AND number = 2",
    "leaves deleted": "DELETE FROM sealed WHERE i = 0",
    "leaves moved": "UPDATE sealed SET i = i + 1 WHERE i = (SELECT max(i) FROM sealed)",
}


@pytest.mark.parametrize("what", DEEDS)
def test_p3_a_row_that_was_edited_inserted_deleted_or_restored_starts_no_instance(
    tmp_path: Path, what: str
) -> None:
    name = f"sqlite:///{tmp_path / 'a.db'}"
    with stage(tmp_path, name) as scene:
        scene.send(contact("c1"), contact("c2", "p-bob"))
        scene.clock.now = Instant(NOW + 1800)
        scene.send(withdrawal("c1", hours=0.1))
        create_app(scene.instance)
    link = sqlite3.connect(tmp_path / "a.db")
    link.execute("PRAGMA foreign_keys = OFF")
    assert link.execute(DEEDS[what]).rowcount > 0
    link.commit()
    link.close()
    with pytest.raises(RowsDoNotFit) as refused:
        start(tmp_path, name)
    assert refused.value.exit_status == 4
    assert isinstance(refused.value.details["index"], int)  # it is named by its leaf


def start(folder: Path, name: str) -> Stage:
    from mingma.opening import open_instance
    from mingma.settings import Settings

    instance = open_instance(Settings(database=name, keys=str(folder / "keys")))
    try:
        create_app(instance)
    finally:
        instance.close()
    return Stage(instance)
