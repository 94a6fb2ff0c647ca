"""The random audit is drawn once a day, by the next cosigned head, whoever asks for it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mingma.authority.acts import Act
from mingma.authority.refusal import NotAllowed
from mingma.flows.cosigned import COSIGNED
from mingma.flows.draw_sample import (
    Sample,
    SampleNotDue,
    cities_in,
    draw_sample,
    in_sample,
    keep_samples,
    read_sample,
    sample_of,
    samples,
)
from mingma.flows.tally_day import TOLERANCE, keep_days
from mingma.kernel.times import DAY, HOUR, Instant, midnight
from mingma.ledger.checkpoint import parse_checkpoint
from mingma.ledger.note import parse_note
from mingma.oversight.sample import draw
from mingma.shipped import divisions
from tests.instances import LAB, NOW, Stage, sample
from tests.posts import posts
from tests.under_policy import Watched, under_policy

TODAY = "2022-06-14"
OVER = Instant(NOW + 12 * HOUR + TOLERANCE)


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Watched]:
    with under_policy(tmp_path) as made:
        yield made


def busy(scene: Stage, people: int = 40, start: int = 0) -> None:
    rows = [sample(f"t{n}", f"p-{n}") for n in range(start, start + people)]
    assert scene.send(*rows, source=LAB.id).refused == 0


def after_midnight(scene: Stage) -> None:
    scene.clock.now = OVER
    instance = scene.instance
    assert keep_days(instance.acting, instance.context.organ, scene.clock()) == 1


def keep(scene: Stage) -> int:
    instance = scene.instance
    return keep_samples(instance.acting, instance.context, scene.clock())


def drawn(scene: Stage, day: str = TODAY) -> Sample:
    with scene.instance.store.read() as unit:
        found = sample_of(unit, day)
    assert found is not None
    return found


def test_no_sample_before_the_day_is_over(scene: Stage) -> None:
    busy(scene)
    assert keep(scene) == 0
    with scene.instance.acting() as unit, pytest.raises(SampleNotDue):
        draw_sample(unit, scene.instance.context, TODAY, scene.clock())


def test_a_specimen_draws_by_its_own_head_and_says_so(scene: Stage) -> None:
    busy(scene)
    after_midnight(scene)
    assert keep(scene) == 1
    assert keep(scene) == 0
    found = drawn(scene)
    assert found.cosigned is False
    assert found.size > found.end
    assert len(found.leaves) >= 20
    assert found.leaves == draw(found.root, found.number, found.start, found.end, found.cities)
    assert read_sample(found.body()) == found


def test_the_first_head_cosigned_after_midnight_and_larger_than_the_day_picks(
    watched: Watched,
) -> None:
    instance = watched.instance
    busy(watched)
    instance.ask_witnesses()  # covers all of the day's leaves, but before the day is over
    watched.witnesses.sleep()
    after_midnight(watched)
    instance.ask_witnesses()
    assert keep(watched) == 0  # no head since
    watched.witnesses.wake()
    assert instance.ask_witnesses()
    watched.clock.forward(HOUR)
    busy(watched, 5, start=100)
    instance.ask_witnesses()  # a later head does not pick
    assert keep(watched) == 1
    found = drawn(watched)
    with instance.store.read() as unit:
        heads = unit.records_under(COSIGNED, "")
    picked = next(one for one in heads if one.at >= midnight(found.number + 1))
    head = parse_checkpoint(parse_note(picked.body).text)
    assert (found.size, found.root) == (head.size, head.root)
    assert found.size < int(heads[-1].id)
    assert found.cosigned is True
    with instance.store.read() as unit:
        assert in_sample(unit, found.leaves[0])
        assert not in_sample(unit, found.end)


def test_days_are_drawn_in_order_and_none_is_left_out(scene: Stage) -> None:
    for day in range(3):
        busy(scene, 5, start=10 * day)
        scene.clock.now = Instant(OVER + day * DAY)
        keep_days(scene.instance.acting, scene.instance.context.organ, scene.clock())
    assert keep(scene) >= 2
    with scene.instance.store.read() as unit:
        days = [one.day for one in samples(unit)]
    assert days == sorted(days)
    assert days[:2] == [TODAY, "2022-06-15"]


def test_an_auditor_s_act_draws_the_same_and_nobody_else_s_does(tmp_path: Path) -> None:
    with posts(tmp_path) as here:
        after_midnight(here.stage)
        with pytest.raises(NotAllowed):
            here.act("zz-cdc-investigator", Act.DRAW_SAMPLE, {"day": TODAY})
        answer = here.act("ha-audit-auditor", Act.DRAW_SAMPLE, {"day": TODAY}).answer
        assert answer == drawn(here.stage).plain()
        assert here.act("ha-audit-auditor", Act.DRAW_SAMPLE, {"day": TODAY}).answer == answer
        assert keep(here.stage) == 0
        with pytest.raises(SampleNotDue):
            here.act("ha-audit-auditor", Act.DRAW_SAMPLE, {"day": "2022-06-13"})


def test_a_province_has_as_many_cities_as_prefectures() -> None:
    assert cities_in(divisions(), "410100") == 1
    assert 17 <= cities_in(divisions(), "410000") <= 19
