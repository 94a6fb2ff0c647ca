"""What the detectors are given of acts that went through the door: counts and leaves, nobody."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mingma.authority.acts import Act
from mingma.authority.posts import Post
from mingma.authority.powers import acts_of
from mingma.flows.oversee import Watch, detector_alarms, signals
from mingma.flows.oversight_events import Events, events
from mingma.kernel.times import DAY, HOUR, Instant
from mingma.ledger.leaf import Kind, parse
from mingma.oversight.signal import Detector, Signal
from tests.appealing import appeals, object_to
from tests.instances import contact, sample
from tests.posts import Posts, posts

WHY = "核对了轨迹与购票记录,当日并不在场,依据不成立"


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Posts]:
    with posts(tmp_path) as made:
        yield made


def seen(here: Posts) -> Events:
    with here.stage.instance.store.read() as unit:
        return events(unit, here.stage.clock())


def first_used(here: Posts) -> list[Signal]:
    with here.stage.instance.store.read() as unit:
        found = signals(unit, here.stage.clock())
    return [one for one in found if one.detector is Detector.FIRST_USE]


def kinds(here: Posts, leaves: list[int | None]) -> set[Kind]:
    with here.stage.instance.store.read() as unit:
        return {parse(unit.leaves(n, n + 1)[0])[0].kind for n in leaves if n is not None}


def test_a_proposal_is_a_batch_and_marks_nobody_before_it_is_approved(here: Posts) -> None:
    here.propose("p-1", "p-2")
    found = seen(here)
    assert [(one.organ, one.people) for one in found.batches] == [("zz-cdc", 2)]
    assert found.marks == ()


def test_approved_rows_are_marks_of_their_case_each_with_its_leaf(here: Posts) -> None:
    before = here.stage.clock()
    here.mark_contacts("p-1", "p-2", "p-3", case="case-9")
    found = seen(here)
    assert [(one.city, one.organ, one.case, one.outside) for one in found.marks] == [
        ("4101", "zz-cdc", "case-9", False)
    ] * 3
    assert len({one.leaf for one in found.marks}) == 3
    assert kinds(here, [one.leaf for one in found.marks]) == {Kind.MARK_APPROVE}
    assert "p-1" not in repr(found)
    with here.stage.instance.store.read() as unit:
        assert events(unit, before) == Events()
        proposed = events(unit, Instant(before + 5))  # and approved half a minute later
    assert len(proposed.batches) == 1
    assert proposed.marks == ()


def test_marks_are_never_more_than_the_records_that_arrived(here: Posts) -> None:
    here.mark_contacts("p-1", "p-2")
    [one] = [one for one in seen(here).signed if one.category == "check_in"]
    assert (one.source, one.marks) == ("demo", 2)
    assert one.records >= one.marks
    with here.stage.instance.store.read() as unit:
        assert signals(unit, here.stage.clock()) == []


def test_a_true_case_padded_beyond_a_hundred_people_is_an_alarm(here: Posts) -> None:
    for batch in range(3):
        here.mark_contacts(*(f"p-{n}" for n in range(34 * batch, 34 * batch + 34)))
    instance, clock = here.stage.instance, here.stage.clock
    assert Watch().keep(instance.store, instance.acting, clock()) == 2
    with instance.store.read() as unit:
        used, alarm = detector_alarms(unit)
    assert used.detector == Detector.FIRST_USE  # a bulk on the day of the maker's first grant
    assert alarm.detector == Detector.CONTACTS
    assert alarm.about == "zz-cdc"
    assert alarm.figures["people"] == 102
    assert kinds(here, list(alarm.leaves)) == {Kind.MARK_APPROVE}
    assert "case" not in alarm.id.removeprefix("oversight.contacts_per_case")


@pytest.mark.parametrize("again", [False, True])
def test_an_upheld_appeal_counts_against_the_organ_and_a_new_mark_in_the_shield_shows(
    here: Posts, again: bool
) -> None:
    here.stage.send(
        sample("t0", result="negative"), {**contact(), "organ": "zz-hc", "region": "410105"}
    )
    object_to(here.stage)
    number = appeals(here.stage, "p-ann")[-1].appeal.number
    body = {
        "subject": "p-ann", "appeal": number,
        "outcome": "upheld", "reason": "not_this_person", "text": WHY,
    }  # fmt: skip
    here.act("zz-hq-appeal_officer", Act.ANSWER_APPEAL, body)
    here.stage.clock.forward(3 * HOUR)
    if again:
        here.stage.send(sample("t9", hours=1))  # a positive, newer than the answer
        assert here.stage.colour("p-ann") == "red"
    found = seen(here)
    [answered] = found.answers
    [cleared] = found.cleared
    assert (answered.organ, answered.overturned) == ("zz-hc", True)
    assert cleared.again is again
    with here.stage.instance.store.read() as unit:
        spoke = [one.detector for one in signals(unit, here.stage.clock())]
    assert spoke == ([Detector.RECOLOURED] if again else [])


def test_a_silent_organ_clears_too_and_a_mark_after_the_shield_is_no_recolouring(
    here: Posts,
) -> None:
    here.stage.send(
        sample("t0", result="negative"), {**contact(), "organ": "zz-hc", "region": "410105"}
    )
    object_to(here.stage)
    here.stage.clock.forward(DAY)
    found = seen(here)
    assert found.answers == ()
    [cleared] = found.cleared
    assert (cleared.organ, cleared.again) == ("zz-hc", False)


def test_a_batch_is_seen_beside_the_first_grant_that_let_its_maker_propose_it(here: Posts) -> None:
    here.stage.clock.forward(2 * DAY)
    proposed = sorted(act for act in acts_of(Post.INVESTIGATOR) if act.value.startswith("propose_"))
    without = [act.value for act in proposed if act is not Act.PROPOSE_CONTACTS]
    here.give("zz-cdc-new", "zz-cdc", Post.INVESTIGATOR, acts=without)
    here.stage.clock.forward(2 * DAY)
    given = here.stage.clock()
    here.give("zz-cdc-new", "zz-cdc", Post.INVESTIGATOR)
    here.stage.clock.forward(HOUR)
    here.give("zz-cdc-new", "zz-cdc", Post.INVESTIGATOR)  # once more is no first grant
    here.open_case("case-8")
    refs = [f"p-{n}" for n in range(62)]
    here.propose(*refs, maker="zz-cdc-new", case="case-8")
    [one] = seen(here).first_uses
    assert (one.organ, one.since, one.by_hand, one.people) == ("zz-cdc", given, False, 62)
    assert kinds(here, [one.grant]) == {Kind.GRANT_GIVE}
    assert kinds(here, [one.leaf]) == {Kind.MARK_PROPOSE}
    [alarm] = first_used(here)
    assert alarm.about == "zz-cdc"
    assert "zz-cdc-new" not in repr(alarm)
    here.stage.clock.forward(2 * DAY)
    here.propose("p-late", maker="zz-cdc-new", case="case-8")
    assert first_used(here) == [alarm]
