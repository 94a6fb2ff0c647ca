"""Every night all rows are held against the log: once, on record, and what is found is public."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from litestar.testing import TestClient

from mingma.flows.oversee import Alarm, detector_alarms
from mingma.flows.reconcile_nightly import NIGHT, keep_nights
from mingma.kernel.times import DAY, HOUR
from mingma.opening import open_instance
from mingma.records import Record
from mingma.serving import create_app
from tests.instances import Stage, contact, sample, stage

ANN = "sid = 'p-ann'"
GONE = (f"DELETE FROM decision WHERE {ANN}", f"DELETE FROM notice WHERE {ANN}")


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Stage]:
    with stage(tmp_path, f"sqlite:///{tmp_path / 'a.db'}") as made:
        made.send(contact("c1"), sample("t1", "p-cyd", result="negative"))
        yield made


def sql(tmp_path: Path, *statements: str) -> None:
    link = sqlite3.connect(tmp_path / "a.db")
    for statement in statements:
        assert link.execute(statement).rowcount > 0, statement
    link.commit()
    link.close()


def nights(scene: Stage) -> list[Record]:
    with scene.instance.store.read() as unit:
        return list(unit.records_under(NIGHT, ""))


def raised(scene: Stage) -> list[Alarm]:
    with scene.instance.store.read() as unit:
        return [one for one in detector_alarms(unit) if one.detector == "rows"]


def leaf_of(scene: Stage, subject: str, number: int = 1) -> int | None:
    with scene.instance.store.read() as unit:
        return unit.index_of(subject, number)


def test_a_night_is_looked_at_once_whatever_restarts_and_the_next_at_three(scene: Stage) -> None:
    instance = scene.instance
    instance.keep_duties()  # at noon: the night of this day has no look yet
    [first] = nights(scene)
    said = json.loads(first.body)
    assert (first.id, first.at) == ("2022-06-14", scene.clock())
    assert said["found"] == {}
    assert said["leaves"] > 0
    scene.clock.forward(15 * HOUR - 1)  # 02:59:59
    instance.keep_duties()
    again = open_instance(instance.settings)
    again.clock = scene.clock
    again.keep_duties()
    assert nights(scene) == [first]
    assert "rows" not in instance.undone | again.undone
    # … and nobody looks only to find that it was done.
    never = partial(pytest.fail, "looked")
    assert keep_nights(instance.store, instance.context, scene.clock, never) == 0
    scene.clock.forward(1)
    again.keep_duties()
    instance.keep_duties()
    again.close()
    assert [one.id for one in nights(scene)] == ["2022-06-14", "2022-06-15"]
    assert raised(scene) == []


def test_a_row_that_was_edited_is_a_public_alarm_in_the_same_round_and_nothing_worsens(
    scene: Stage, tmp_path: Path
) -> None:
    index = leaf_of(scene, "p-ann")
    scene.instance.keep_duties()
    before = {ref: scene.colour(ref) for ref in ("p-ann", "p-cyd")}
    sql(
        tmp_path, f"UPDATE notice SET body = CAST(replace(body, 'red', 'blue') AS BLOB) WHERE {ANN}"
    )
    scene.clock.forward(15 * HOUR)
    assert scene.instance.keep_duties() > 0
    assert {ref: scene.colour(ref) for ref in before} == before
    [alarm] = raised(scene)
    assert (alarm.about, alarm.figures, alarm.leaves) == ("notice_differs", {"places": 1}, (index,))
    assert alarm.incident
    assert json.loads(nights(scene)[-1].body)["found"] == {"notice_differs": 1}
    with TestClient(create_app(scene.instance)) as http:
        said = http.get("/v1/public/alarms").json()["alarms"]
        page = http.get("/public?lang=en", headers={"accept": "text/html"}).text
    assert [(one["about"], one["leaves"]) for one in said] == [("notice_differs", [index])]
    assert "notice_differs" in page
    assert f'href="/log/{index}"' in page
    assert "p-ann" not in json.dumps(said)


def test_the_same_finding_is_no_second_alarm_and_another_one_is(
    scene: Stage, tmp_path: Path
) -> None:
    sql(tmp_path, *GONE)
    scene.instance.keep_duties()
    once = raised(scene)
    assert [one.about for one in once] == ["decision_missing"]
    scene.clock.forward(DAY)
    scene.instance.keep_duties()
    assert raised(scene) == once
    sql(tmp_path, *(one.replace("ann", "cyd") for one in GONE[:1]))
    scene.clock.forward(DAY)
    scene.instance.keep_duties()
    missing = [one for one in raised(scene) if one.about == "decision_missing"]
    assert [one.figures["places"] for one in missing] == [1, 2]
    assert missing[-1].leaves == tuple(
        sorted(leaf_of(scene, ref) or 0 for ref in ("p-ann", "p-cyd"))
    )


def test_what_honest_operation_brings_about_is_counted_and_no_alarm(scene: Stage) -> None:
    scene.instance.catch_up()
    scene.clock.forward(70 * DAY)  # the emergency is over
    look = scene.instance
    assert keep_nights(look.store, look.context, scene.clock, lambda: False) == 0
    assert json.loads(nights(scene)[-1].body)["found"] == {"not_comparable": 1}


def test_where_nothing_is_sealed_any_more_the_alarm_is_kept_all_the_same(
    scene: Stage, tmp_path: Path
) -> None:
    sql(tmp_path, *GONE)
    scene.instance.log.stop("test")
    scene.instance.keep_duties()
    assert [one.about for one in raised(scene)] == ["decision_missing"]


def test_a_writer_does_not_wait_for_the_look_and_a_closing_instance_ends_it(scene: Stage) -> None:
    instance = scene.instance
    pages = []

    def write_meanwhile() -> bool:
        pages.append(scene.send(sample(f"m{len(pages)}", "p-dee")))
        return len(pages) == 2

    assert keep_nights(instance.store, instance.context, scene.clock, write_meanwhile) == 0
    assert [one.admitted for one in pages] == [1, 1]
    assert nights(scene) == []  # it was not finished: the next start begins again
    assert keep_nights(instance.store, instance.context, scene.clock, lambda: False) == 0
    assert len(nights(scene)) == 1
