"""From evidence to a colour and back: nothing but evidence, rules, time and the emergency."""

from __future__ import annotations

import pytest

from mingma.codes.decision import Outcome
from mingma.codes.token import STATIC_LIFETIME
from mingma.flows.decide import redecide
from mingma.flows.emergency import EmergencyTooLong, NoLegalBasis, declare_emergency
from mingma.flows.seal import Log
from mingma.flows.show_code import NoSuchPerson
from mingma.kernel.times import DAY, HOUR, Instant, parse_instant
from mingma.ledger.leaf import Kind, parse
from mingma.records import Emergency
from tests.instances import NOW, Stage, at, contact, sample, withdrawal


def leaf_kinds(scene: Stage) -> list[Kind]:
    with scene.instance.store.read() as unit:
        size, _ = unit.head()
        return [parse(entry)[0].kind for entry in unit.leaves(0, size)]


# -- evidence


def test_a_withdrawal_takes_the_colour_with_it(scene: Stage) -> None:
    scene.send(sample("t1"))
    assert scene.colour("p-ann") == "red"
    scene.clock.forward(60)
    scene.send(withdrawal("t1", hours=0))
    assert scene.colour("p-ann") == "green"
    with scene.instance.store.read() as unit:
        assert [n.number for n in unit.notices_of("p-ann")] == [2, 1]


def test_what_changes_nothing_makes_no_decision(scene: Stage) -> None:
    scene.send(sample("t1"))
    scene.send({"id": "c", "kind": "check_in", "subject": "p-ann", "at": at(-1),
                "data": {"venue": "v", "grade": "A"}})  # fmt: skip
    with scene.instance.store.read() as unit:
        assert len(unit.decisions_of("p-ann")) == 1


def test_scans_of_a_venue_give_no_colour(scene: Stage) -> None:
    scan = {"kind": "check_in", "subject": "p-ann", "data": {"venue": "bank", "grade": "D"}}
    scene.send(*({**scan, "id": f"s{n}", "at": at(-n)} for n in range(1, 40)))
    assert scene.colour("p-ann") == "green"


def test_equal_facts_for_two_people_give_equal_output(scene: Stage) -> None:
    for ref in ("p-ann", "p-bob"):
        records = [sample("t", subject=ref, hours=-30), contact("c", subject=ref)]
        scene.send(*({**r, "id": f"{r['id']}-{ref}"} for r in records))
        scene.clock.forward(HOUR)  # at another time, too
    scene.clock.forward(DAY)
    ann, bob = (scene.instance.show(ref, "zh") for ref in ("p-ann", "p-bob"))
    assert (ann.colour, ann.explanation) == (bob.colour, bob.explanation)
    assert ann.token_ends == bob.token_ends


def test_equal_facts_give_equal_colours_whenever_they_came(scene: Stage) -> None:
    ends = {"isolation_ended_at": at(48)}
    scene.send(contact("early", subject="p-ann", **ends))
    scene.clock.forward(3 * DAY)
    scene.send(contact("late", subject="p-bob", **ends))
    for _ in range(12):
        assert scene.colour("p-ann") == scene.colour("p-bob")
        scene.clock.forward(DAY)


# -- time


def test_a_colour_falls_at_the_second_of_its_end_with_nothing_running(scene: Stage) -> None:
    scene.send(contact())
    shown = scene.instance.show("p-ann", "en")
    assert shown.decision is not None
    first = parse_instant("2022-06-28T00:00:00+08:00")
    scene.clock.now = Instant(first - 1)
    assert scene.colour("p-ann") == "red"
    scene.clock.now = first
    assert scene.colour("p-ann") == "yellow"
    scene.clock.now = parse_instant("2022-07-05T00:00:00+08:00")
    assert scene.colour("p-ann") == "green"
    with scene.instance.store.read() as unit:
        assert len(unit.decisions_of("p-ann")) == 1


def test_a_token_ends_in_half_a_day_or_with_what_it_shows(scene: Stage) -> None:
    scene.send(contact())
    assert scene.instance.show("p-ann", "en").token_ends == NOW + STATIC_LIFETIME
    end = parse_instant("2022-06-28T00:00:00+08:00")
    scene.clock.now = Instant(end - 60)
    assert scene.instance.show("p-ann", "en").token_ends == end


def test_an_end_recorded_ahead_counts_when_it_comes(scene: Stage) -> None:
    scene.send(contact(isolation_ended_at=at(48)))
    scene.clock.forward(48 * HOUR - 1)
    assert scene.colour("p-ann") == "red"
    scene.clock.forward(1)
    assert scene.colour("p-ann") == "yellow"


# -- the emergency


def test_without_an_emergency_no_code_is_issued_and_that_is_a_decision_with_a_leaf(
    calm: Stage,
) -> None:
    calm.send(sample())
    shown = calm.instance.show("p-ann", "en")
    assert (shown.colour.value, shown.token, shown.lapsed) == ("unknown", None, False)
    assert shown.decision is not None
    assert shown.decision.outcome is Outcome.NOT_ISSUED
    assert shown.decision.spans == ()
    # One act, one seal: the order of leaves that are not one person's is chance's.
    assert sorted(leaf_kinds(calm)) == [Kind.DECISION, Kind.ENROL]


def test_an_emergency_that_begins_lets_a_code_be_issued(calm: Stage) -> None:
    calm.send(sample())
    calm.declare()
    assert calm.colour("p-ann") == "unknown"
    calm.instance.renew("p-ann")
    assert calm.colour("p-ann") == "red"


def test_when_the_emergency_is_over_a_code_has_lapsed(scene: Stage) -> None:
    scene.send(sample(hours=-2), contact("c", subject="p-bob"))
    with scene.instance.store.read() as unit:
        emergency = unit.emergency_at(NOW)
    assert emergency is not None
    scene.clock.now = Instant(emergency.ends - 1)
    assert not scene.instance.show("p-bob", "en").lapsed
    scene.clock.now = emergency.ends
    shown = scene.instance.show("p-bob", "en")
    assert (shown.colour.value, shown.token, shown.lapsed) == ("unknown", None, True)


def test_a_renewed_emergency_gives_the_code_back_when_it_is_decided_anew(scene: Stage) -> None:
    scene.send(sample())
    scene.clock.forward(59 * DAY + 1)
    scene.declare()
    assert scene.instance.show("p-ann", "en").lapsed
    scene.instance.renew("p-ann")
    assert scene.colour("p-ann") != "unknown"


def test_not_renewing_a_code_is_a_decision_with_a_leaf(scene: Stage) -> None:
    scene.send(sample())
    before = leaf_kinds(scene)
    scene.clock.forward(60 * DAY)
    scene.instance.renew("p-ann")
    assert leaf_kinds(scene) == [*before, Kind.FALL]
    shown = scene.instance.show("p-ann", "en")
    assert not shown.lapsed
    assert shown.colour.value == "unknown"


@pytest.mark.parametrize("days", [0, -1, 91])
def test_an_emergency_has_an_end_within_ninety_days(calm: Stage, days: int) -> None:
    ends = Instant(NOW + days * DAY)
    emergency = Emergency("e", "传染病防治法第四十三条", "organ", NOW, ends)
    with pytest.raises(EmergencyTooLong), calm.instance.store.write() as unit:
        declare_emergency(unit, emergency, NOW)


def test_an_emergency_names_its_legal_basis(calm: Stage) -> None:
    emergency = Emergency("e", " ", "organ", NOW, Instant(NOW + DAY))
    with pytest.raises(NoLegalBasis), calm.instance.store.write() as unit:
        declare_emergency(unit, emergency, NOW)


def test_an_emergency_is_a_leaf(calm: Stage) -> None:
    calm.declare()
    calm.instance.seal()
    assert leaf_kinds(calm) == [Kind.EMERGENCY_DECLARE]


# -- the log, and what a page shows meanwhile


def test_a_worse_colour_has_no_token_until_its_leaf_is_sealed(
    scene: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(Log, "seal_within", lambda *_: None)  # the sealer is dead
        scene.send(sample(), sample("n", subject="p-bob", result="negative"))
    red, green = (scene.instance.show(ref, "en") for ref in ("p-ann", "p-bob"))
    assert (red.colour.value, red.token, red.leaf_index) == ("red", None, None)
    assert green.colour.value == "green"
    assert green.token is not None  # an improvement shows from its commit on
    scene.instance.seal()
    assert scene.instance.show("p-ann", "en").token is not None


def test_looking_at_ones_own_code_writes_nothing(scene: Stage) -> None:
    scene.send(sample())
    with scene.instance.store.read() as unit:
        before = unit.statistics()
    scene.instance.show("p-ann", "zh")
    with scene.instance.store.read() as unit:
        assert unit.statistics() == before


def test_nobody_is_shown_where_nobody_is_enrolled(scene: Stage) -> None:
    with pytest.raises(NoSuchPerson):
        scene.instance.show("p-nobody", "zh")


def test_deciding_again_at_once_changes_nothing(scene: Stage) -> None:
    scene.send(sample(), contact("c", subject="p-bob"))
    with scene.instance.store.write() as unit:
        assert redecide(unit, scene.instance.context, {"p-ann", "p-bob"}, NOW) == 0
