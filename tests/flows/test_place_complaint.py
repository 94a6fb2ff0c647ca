"""Complaints about places are counted in public, by kind and county, and name nobody.

Controls broken to see these fail: the closed words, the policy, once a day, five a day, the thirty
days, the floor of a county, and that the person's record goes with her while the count stays.
"""

from __future__ import annotations

import pytest

from mingma.flows.place_complaint import (
    COMPLAINED,
    COMPLAINT,
    ComplainedAlready,
    ComplaintMalformed,
    Complaints,
    MayAsk,
    complain,
    complaints,
)
from mingma.flows.show_code import NoSuchPerson
from mingma.kernel.times import DAY
from mingma.ledger.tally import FLOOR, OTHER
from tests.instances import Stage, sample


@pytest.fixture
def people(scene: Stage) -> Stage:
    scene.send(sample("t1", result="negative"), sample("t2", "p-bob", result="negative"))
    return scene


def say(
    scene: Stage, ref: str = "p-ann", place: str = "shop", region: str = "410103",
    demanded: str = "screenshot",
) -> None:  # fmt: skip
    i = scene.instance
    with i.acting() as unit:
        complain(unit, i.context, ref, (place, region, demanded), i.clock(), i.desk.chance)


def counted(scene: Stage) -> list[Complaints]:
    with scene.instance.store.read() as unit:
        return list(complaints(unit, scene.clock()))


def test_complaints_of_thirty_days_are_counted_by_kind_county_and_what_was_demanded(
    people: Stage,
) -> None:
    say(people)
    say(people, region="410105")
    say(people, "p-bob")
    say(people, "p-bob", place="court", demanded="code")
    assert counted(people) == [
        Complaints("shop", OTHER, "screenshot", 3),
        Complaints("court", OTHER, "code", 1),
    ]
    people.clock.forward(29 * DAY)
    assert len(counted(people)) == 2
    people.clock.forward(DAY)
    assert counted(people) == []


def test_a_county_stands_by_itself_only_where_nobody_there_could_guess_who_it_was(
    scene: Stage,
) -> None:
    crowd = [f"p-{n}" for n in range(FLOOR)]
    scene.send(*(sample(f"t-{ref}", ref, result="negative") for ref in crowd))
    for ref in crowd[1:]:
        say(scene, ref)
    assert counted(scene) == [Complaints("shop", OTHER, "screenshot", FLOOR - 1)]
    say(scene, crowd[0])
    assert counted(scene) == [Complaints("shop", "410103", "screenshot", FLOOR)]
    say(scene, crowd[0], region="410105")  # the one beside it is not what is left of a sum
    assert counted(scene) == [Complaints("shop", OTHER, "screenshot", FLOOR + 1)]
    for ref in crowd[1:]:
        say(scene, ref, region="410105")
    assert {one.region for one in counted(scene)} == {"410103", "410105"}


def test_the_same_counts_once_a_day_and_five_of_one_person_at_most(people: Stage) -> None:
    say(people)
    with pytest.raises(ComplainedAlready):
        say(people)
    for region in ("410102", "410104", "410105", "410106"):
        say(people, region=region)
    with pytest.raises(ComplainedAlready):
        say(people, region="410108")
    assert sum(one.count for one in counted(people)) == 5
    people.clock.forward(DAY)
    say(people)


def test_where_a_code_may_be_asked_for_only_a_picture_is_complained_of(people: Stage) -> None:
    with pytest.raises(MayAsk):
        say(people, place="airport", demanded="code")
    say(people, place="airport")
    say(people, demanded="code")
    assert len(counted(people)) == 2


def test_words_that_are_not_of_the_closed_lists_are_refused(people: Stage) -> None:
    for wrong in (
        {"place": "embassy"}, {"region": "4101"}, {"region": "41010x"}, {"region": "110101"},
        {"region": "410103/"}, {"region": "410199"}, {"region": "410100"}, {"demanded": "phone"},
    ):  # fmt: skip
        with pytest.raises(ComplaintMalformed, match=next(iter(wrong))):
            say(people, **wrong)
    with pytest.raises(NoSuchPerson):
        say(people, "p-nobody")
    assert counted(people) == []


def test_the_count_names_nobody_and_stays_when_she_goes(people: Stage) -> None:
    say(people)
    with people.instance.acting() as unit:
        (hers,) = unit.records_under(COMPLAINED, "")
        (public,) = unit.records_under(COMPLAINT, "")
        assert "p-ann" in hers.id
        assert "p-ann" not in f"{public.id} {public.body!r}"
        unit.erase(["p-ann"])
    with people.instance.store.read() as unit:
        assert not unit.records_under(COMPLAINED, "")
    assert len(counted(people)) == 1
