"""Detectors over the store: alarms that name organs, figures and leaves, kept once, and nobody."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from mingma.authority.acts import Act
from mingma.authority.refusal import NotAllowed
from mingma.flows import oversee as overseeing
from mingma.flows.alarm import ALARM, alarms
from mingma.flows.oversee import (
    WHOLE_EVERY,
    Watch,
    detector_alarms,
    signals,
)
from mingma.flows.oversight_events import Events, events
from mingma.kernel.times import DAY, HOUR, Instant, day_of, midnight
from mingma.ledger.leaf import Kind, parse
from mingma.oversight.signal import Detector
from mingma.ports import Unit
from mingma.records import Record
from tests.instances import DEMO, LAB, NOW, Stage, at, sample, stage
from tests.posts import Posts, posts
from tests.under_policy import infected
from tests.unit.oversight.making import FITTED, answer, mark


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Posts]:
    with posts(tmp_path) as made:
        yield made


def look(scene: Stage) -> int:
    """A look at everything: how many alarms are new."""
    return Watch().keep(scene.instance.store, scene.instance.acting, scene.clock())


def tried(here: Posts, times: int, officer: str = "zz-social-liaison") -> None:
    for _ in range(times):
        with pytest.raises(NotAllowed):
            here.act(officer, Act.PROPOSE_MARK, {"rows": [{"subject": "p-ann"}]})
        here.stage.clock.forward(10)


def test_an_organ_refused_again_and_again_raises_an_alarm_with_its_leaves(here: Posts) -> None:
    tried(here, 3)
    assert look(here.stage) == 0
    tried(here, 2)
    assert look(here.stage) == 1
    with here.stage.instance.store.read() as unit:
        [alarm] = detector_alarms(unit)
        assert alarm.detector == Detector.ATTEMPTS
        assert alarm.about == "zz-social"
        assert alarm.figures["refused"] == 5
        leaves = [parse(unit.leaves(index, index + 1)[0])[0] for index in alarm.leaves]
    assert len(leaves) == 5
    assert {leaf.kind for leaf in leaves} == {Kind.ATTEMPT}
    assert {leaf.organ for leaf in leaves} == {"zz-social"}


def test_a_refused_list_of_1317_is_an_alarm_by_itself_and_names_nobody(here: Posts) -> None:
    rows = [{"subject": f"p-{n}"} for n in range(1317)]
    with pytest.raises(NotAllowed):
        here.act("zz-social-liaison", Act.PROPOSE_MARK, {"rows": rows})
    assert here.stage.instance.keep_duties() > 0
    with here.stage.instance.store.read() as unit:
        [record] = unit.records(ALARM)
        assert alarms(unit) == [record.id]
    assert record.id.startswith("oversight.attempts/zz-social/")
    said = json.loads(record.body)
    assert said["figures"]["people_at_least"] == 1000
    assert b"p-" not in record.body
    assert "liaison" not in record.body.decode()


def test_an_alarm_is_kept_once_however_often_one_looks(here: Posts) -> None:
    tried(here, 5)
    assert look(here.stage) == 1
    here.stage.clock.forward(3 * HOUR)
    assert look(here.stage) == 0
    with here.stage.instance.store.read() as unit:
        assert len(detector_alarms(unit)) == 1
    tried(here, 5)  # hours later: another alarm
    assert look(here.stage) == 1


def test_a_look_each_minute_reads_the_newest_attempts_and_everything_twice_an_hour(
    here: Posts, monkeypatch: pytest.MonkeyPatch
) -> None:
    instance, clock, watch = here.stage.instance, here.stage.clock, Watch()
    whole: list[Instant] = []

    def read(unit: Unit, now: Instant) -> Events:
        whole.append(now)
        return events(unit, now)

    def again() -> int:
        return watch.keep(instance.store, instance.acting, clock())

    monkeypatch.setattr(overseeing, "events", read)
    start = clock()
    assert again() == 0
    tried(here, 5)
    clock.forward(60)
    assert again() == 1  # at once, and nothing else was read for it
    assert whole == [start]
    clock.now = Instant(start + WHOLE_EVERY - 1)
    assert again() == 0
    assert whole == [start]
    clock.forward(1)
    assert again() == 0  # whoever looks at everything finds the same alarm, and it is kept
    clock.forward(-2)  # a clock set back makes no look late
    assert again() == 0
    assert whole == [start, start + WHOLE_EVERY, start + WHOLE_EVERY - 2]
    assert WHOLE_EVERY <= HOUR // 2


def test_the_looks_of_a_minute_and_of_everything_find_the_same_attempts(here: Posts) -> None:
    instance, clock, watch = here.stage.instance, here.stage.clock, Watch()

    def again() -> int:
        return watch.keep(instance.store, instance.acting, clock())

    clock.now = Instant(NOW + 4 * HOUR - 60)
    assert again() == 0
    tried(here, 5)
    clock.forward(60)  # of the hour before
    assert again() == 1
    tried(here, 10)
    clock.now = Instant(NOW + 4 * HOUR + 2400)
    assert again() == 1  # at everything
    clock.now = Instant(NOW + 5 * HOUR + 90)
    assert again() == 0  # an hour is looked at from its beginning, or not at all
    assert look(here.stage) == 0


def test_what_lies_ahead_of_the_instant_is_not_looked_at(here: Posts) -> None:
    before = here.stage.clock()
    here.stage.clock.forward(HOUR)
    tried(here, 5)
    with here.stage.instance.store.read() as unit:
        assert signals(unit, before) == []
        assert len(signals(unit, here.stage.clock())) == 1


def test_a_calm_instance_has_no_alarm_and_writes_nothing(scene: Stage) -> None:
    scene.send(sample("t1"), sample("t2", "p-bob"))
    instance = scene.instance
    assert look(scene) == 0
    with instance.store.read() as unit:
        assert detector_alarms(unit) == []
        assert alarms(unit) == []


def test_every_detector_is_asked() -> None:
    marks = [mark(n, outside=True, leaf=n) for n in range(200)]
    named = [replace(one, case="case-7") for one in marks]
    answers = [answer(n, overturned=True) for n in range(20)]
    found = Events(marks=(*marks, *named), answers=tuple(answers))
    spoke = {one.detector for one in overseeing.detect(found, FITTED)}
    assert spoke == {
        Detector.WITHOUT_CASE, Detector.OTHER_PROVINCE, Detector.CONTACTS, Detector.OVERTURNED
    }  # fmt: skip


# --- what the sources signed ---------------------------------------------------------------------


def signed_for(scene: Stage, total: int, positives: int, day: str = "2022-06-14") -> None:
    body = json.dumps({"positives": positives, "signature": "00", "total": total}).encode()
    with scene.instance.store.write() as unit:
        id = f"{LAB.id}/{day}/test/{total:06}"
        unit.add_record(Record("source_count", id, scene.clock(), body))


@pytest.mark.parametrize(("signed", "incident"), [(2, False), (1, True)])
def test_more_arrived_than_a_laboratory_signed_for_is_an_incident(
    scene: Stage, signed: int, incident: bool
) -> None:
    scene.send(sample("t1"), sample("t2", "p-bob"), source=LAB.id)
    signed_for(scene, signed, signed)
    with scene.instance.store.read() as unit:
        assert signals(unit, scene.clock()) == []  # the day's count may still come
    scene.clock.forward(2 * DAY)
    with scene.instance.store.read() as unit:
        found = signals(unit, scene.clock())
    assert bool(found) is incident
    for signal in found:
        assert signal.incident
        assert signal.about == "lab-1/test/2022-06-14"
        assert signal.figures == {"marks": 2, "records": 1}


@pytest.mark.parametrize("source", [LAB.id, DEMO.id])
def test_a_source_of_tests_that_signs_no_count_is_a_public_alarm_once_it_was_due(
    scene: Stage, source: str
) -> None:
    scan = {
        "id": "v1", "kind": "check_in", "subject": "p-ann", "at": at(-30), "region": "410100",
        "data": {"venue": "v1", "grade": "A"},
    }  # fmt: skip
    assert scene.send(sample("t1"), infected(), scan, source=source).refused == 0
    scene.clock.now = Instant(midnight(day_of(NOW) + 2) - 1)
    assert look(scene) == 0  # the day's count may still come
    scene.clock.forward(1)
    found = [f"lab-1/{kind}/2022-06-14" for kind in ("infection", "test")]
    assert look(scene) == (len(found) if source == LAB.id else 0)
    with scene.instance.store.read() as unit:
        made = detector_alarms(unit)
    assert [one.about for one in made] == (found if source == LAB.id else [])
    assert {one.detector for one in made} <= {Detector.UNCOUNTED}
    assert not any(one.incident for one in made)
    scene.clock.forward(DAY)
    assert look(scene) == 0  # once


def test_a_count_that_is_signed_later_covers_no_day_before_it(scene: Stage) -> None:
    """From its first count on a source is held to each day; the days before stay uncounted."""
    scene.send(sample("t0", hours=-26), sample("t1"), source=LAB.id)
    signed_for(scene, 1, 1)
    scene.clock.forward(2 * DAY)
    with scene.instance.store.read() as unit:
        found = signals(unit, scene.clock())
    assert [(one.detector, one.about) for one in found] == [
        (Detector.UNCOUNTED, "lab-1/test/2022-06-13")
    ]


def test_a_laboratory_s_signed_days_are_read_as_they_stand_highest(scene: Stage) -> None:
    signed_for(scene, 5000, 3)
    signed_for(scene, 4000, 7)
    with scene.instance.store.read() as unit:
        [one] = events(unit, scene.clock()).tested
    assert (one.laboratory, one.samples, one.positives) == ("lab-1", 5000, 7)


def test_a_record_that_cannot_be_read_is_left_out(tmp_path: Path) -> None:
    with stage(tmp_path) as scene:
        with scene.instance.store.write() as unit:
            for kind in ("attempt", "proposal"):
                for n, body in enumerate((b"\xff", b"[]", b"{}")):
                    unit.add_record(Record(kind, f"{n}", Instant(scene.clock()), body))
        with scene.instance.store.read() as unit:
            assert events(unit, scene.clock()) == Events()
