"""What no gate can refuse, statistics see: collusion, padded cases, a bribed laboratory.

Z1, Z8, Z12, Z16, Z34, Z59, Z76. The thresholds are the ones that ship.
"""

from __future__ import annotations

import math
from typing import Any

from mingma.authority.acts import Act
from mingma.flows.oversee import detector_alarms, shipped_thresholds
from mingma.kernel.times import DAY, HOUR, Instant
from mingma.oversight.charts import other_province, overturned, without_case
from mingma.oversight.events import Answered, LaboratoryDay, Marked
from mingma.oversight.fitted import Fitted, Thresholds
from mingma.oversight.sample import draw, sample_size
from mingma.oversight.signal import Detector
from mingma.oversight.tails import contacts_per_case, positivity
from tests.abuse.case import Cases, answers, held_and_broken, replaced
from tests.abuse.scene import Scene

CASES = Cases()
SHIPPED = shipped_thresholds()
START = Instant(1_655_000_000 // (7 * DAY) * 7 * DAY)
DEAF = Fitted(
    SHIPPED.background,
    Thresholds(
        **{
            name: 0.0
            if name in {"positivity", "structuring", "recoloured", "first_use"}
            else math.inf
            for name in Thresholds.__slots__
        }
    ),
    SHIPPED.false_alarms,
)  # nothing is too much for it
THRESHOLDS = "mingma.flows.oversee.shipped_thresholds"


def thresholds() -> Fitted:
    """The thresholds that the detectors run with."""
    from mingma.flows import oversee

    return oversee.shipped_thresholds()


def mark(n: int, seconds: int, *, outside: bool = False, case: str | None = None) -> Marked:
    return Marked(Instant(START + seconds), "4101", "zz-cdc", case, outside, n)


@CASES.case("Z12", breaks=replaced(THRESHOLDS, lambda: DEAF))
def forty_false_contacts_of_a_true_case_fall_on_appeal_and_the_chart_speaks(scene: Scene) -> None:
    answered = [
        Answered(Instant(START + n * HOUR), "zz-cdc", overturned=True, leaf=n) for n in range(40)
    ]
    [first, *_] = [*overturned(answered, thresholds()), None]
    assert first is not None
    assert first.at - START < 24 * HOUR
    assert first.about == "zz-cdc"
    assert first.leaves


@CASES.case("Z12", breaks=answers("mingma.oversight.sample.sample_size", 0))
def public_chance_draws_leaves_that_nobody_knew_before(scene: Scene) -> None:
    drawn = draw(b"r" * 32, 19157, 0, 400)
    assert len(drawn) == sample_size(400) == 20
    assert draw(b"r" * 32, 19157, 0, 400) == drawn  # anybody draws it again
    assert draw(b"s" * 32, 19157, 0, 400) != drawn
    assert sample_size(100_000) == 1000  # one in a hundred


@CASES.case("Z12", "Z34", breaks=replaced(THRESHOLDS, lambda: DEAF))
def a_list_of_outsiders_without_a_case_is_seen_within_the_hour(scene: Scene) -> None:
    marks = [mark(n, n * 3, outside=True) for n in range(300)]
    for detector in (without_case, other_province):
        found = list(detector(marks, thresholds()))
        assert found, detector
        assert found[0].at - START <= HOUR


@CASES.case("Z16", breaks=replaced(THRESHOLDS, lambda: DEAF))
def a_case_with_more_than_a_hundred_contacts_is_flagged_and_not_named(scene: Scene) -> None:
    marks = [mark(n, n, case="case-of-a-patient") for n in range(1317)]
    [signal, *_] = [*contacts_per_case(marks, thresholds()), None]
    assert signal is not None
    assert signal.detector is Detector.CONTACTS
    assert "case-of-a-patient" not in repr(signal)


@CASES.case("Z76", breaks=replaced(THRESHOLDS, lambda: DEAF))
def a_laboratory_that_finds_nobody_in_five_thousand_is_seen(scene: Scene) -> None:
    days = []
    for n in range(10):
        at = Instant(START + n * DAY)
        days += [LaboratoryDay(at, "bribed", 1000, 0), LaboratoryDay(at, "honest", 10_000, 10)]
    found = list(positivity(days, thresholds()))
    assert {one.about for one in found} == {"bribed"}
    assert found[0].figures["samples"] == 5000
    assert float(str(found[0].figures["chance"])) < 0.01


@CASES.case("Z59", breaks=replaced(THRESHOLDS, lambda: DEAF))
def a_role_used_for_a_bulk_on_the_day_it_was_given_is_a_public_alarm(scene: Scene) -> None:
    here = scene.office()
    here.propose(*(f"p-{n:04}" for n in range(62)))
    here.stage.instance.keep_duties()
    with here.stage.instance.store.read() as unit:
        found = detector_alarms(unit)
    assert [(one.detector, one.about) for one in found] == [(Detector.FIRST_USE, "zz-cdc")]
    public = here.client.get("/v1/public/alarms").text
    assert "zz-cdc" in public
    assert "investigator" not in public


@CASES.case("Z1", "Z8", breaks=replaced(THRESHOLDS, lambda: DEAF))
def a_refused_list_of_1317_is_a_public_alarm_that_names_organ_and_leaves(scene: Scene) -> None:
    here = scene.office()
    rows: list[dict[str, Any]] = [{"subject": f"p-{n}"} for n in range(1317)]
    here.refused("zz-social-liaison", Act.PROPOSE_MARK, {"rows": rows})
    here.stage.instance.keep_duties()
    with here.stage.instance.store.read() as unit:
        found = detector_alarms(unit)
    assert [(one.detector, one.about) for one in found] == [(Detector.ATTEMPTS, "zz-social")]
    public = here.client.get("/v1/public/alarms").text
    assert "zz-social" in public
    assert "p-1" not in public


test_holds, test_would_fail_without_its_control = held_and_broken(CASES)
