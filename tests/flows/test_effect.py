"""What a person's page shows while the witnesses are away, and once they are back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mingma.codes.decision import Decision, Outcome
from mingma.flows.cosigned import GRACE
from mingma.flows.renew_late import PAGE, RENEWED, LateDecisions, late_worsened
from mingma.flows.show_code import Shown
from mingma.kernel.times import HOUR
from mingma.kernel.words import Colour
from mingma.ledger.tree import leaf_hash
from tests.instances import contact, sample, withdrawal
from tests.under_policy import Watched, infected, under_policy


@pytest.fixture(
    params=["memory", "sqlite", pytest.param("postgres", marks=pytest.mark.postgres)],
)
def watched(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Watched]:
    database = {"memory": "memory:", "sqlite": f"sqlite:///{tmp_path}/mingma.db"}.get(request.param)
    with under_policy(tmp_path, database or request.getfixturevalue("empty_postgres")) as made:
        yield made


def send(scene: Watched, *records: dict[str, Any]) -> None:
    assert scene.send(*records, source="lab-1").refused == 0


def show(scene: Watched, ref: str = "p-ann") -> Shown:
    return scene.instance.show(ref, "en")


def decisions(scene: Watched, ref: str = "p-ann") -> list[Decision]:
    with scene.instance.store.read() as unit:
        return list(unit.decisions_of(ref))


def records_of(scene: Watched, kind: str) -> list[str]:
    with scene.instance.store.read() as unit:
        return [one.id for one in unit.records(kind)]


def test_a_worse_colour_shows_with_its_token_once_it_is_cosigned(watched: Watched) -> None:
    send(watched, infected("i1"))
    shown = show(watched)
    assert shown.colour is Colour.RED
    assert shown.token is not None
    assert shown.decision is not None
    assert shown.explanation.reasons


def test_uncosigned_it_neither_shows_nor_gives_a_token_and_nothing_says_it_counts(
    watched: Watched,
) -> None:
    send(watched, sample(result="negative"))
    watched.witnesses.sleep()
    send(watched, infected("i1"))
    shown = show(watched)
    assert (shown.colour, shown.explanation.reasons) == (Colour.GREEN, ())
    assert shown.token is not None
    watched.witnesses.wake()
    watched.clock.forward(GRACE)
    watched.instance.ask_witnesses()
    assert show(watched).colour is Colour.RED  # in time, to the second
    assert len(decisions(watched)) == 2


def test_cosigned_a_second_too_late_it_is_void_and_decided_anew(watched: Watched) -> None:
    send(watched, sample(result="negative"))
    watched.witnesses.sleep()
    send(watched, infected("i1"))
    watched.clock.forward(GRACE + 1)
    watched.witnesses.wake()
    first = decisions(watched)[-1]
    assert watched.instance.ask_witnesses()
    _, void, anew = decisions(watched)
    assert void == first
    assert anew.decided_at == watched.clock()
    shown = show(watched)
    assert shown.colour is Colour.RED
    assert shown.decision is not None
    assert shown.decision.number == anew.number
    notice = shown.notices[0]
    assert notice.number == anew.number
    assert b'"from":"green"' in notice.body  # told again: it was green that showed
    with watched.instance.store.read() as unit:
        index = unit.index_of("p-ann", anew.number)
        assert index is not None
        entry = unit.leaves(index, index + 1)[0]
        assert b'"from":"green"' in entry
        assert leaf_hash(entry) != leaf_hash(unit.leaves(index - 1, index)[0])
    # And once only.
    watched.instance.ask_witnesses()
    watched.instance.ask_witnesses()
    assert len(decisions(watched)) == 3


def test_who_was_told_of_a_late_red_is_told_that_no_code_is_issued_any_more(
    watched: Watched,
) -> None:
    """The emergency ended before the witnesses came back."""
    watched.witnesses.sleep()
    send(watched, infected("i1"))
    with watched.instance.store.write() as unit:
        (emergency,) = unit.emergencies()
        unit.end_emergency(emergency.id, watched.clock())
    watched.clock.forward(GRACE + 1)
    watched.witnesses.wake()
    watched.instance.ask_witnesses()
    late, anew = decisions(watched)
    with watched.instance.store.read() as unit:
        told = {one.number: one.body for one in unit.notices_of("p-ann")}
    assert b'"to":"red"' in told[late.number]
    assert anew.outcome is Outcome.NOT_ISSUED
    assert b'"from":"red"' in told[anew.number]
    assert b'"to":"unknown"' in told[anew.number]


def test_what_was_cleared_meanwhile_is_decided_as_it_stands_then(watched: Watched) -> None:
    watched.witnesses.sleep()
    send(watched, infected("i1"))
    watched.clock.forward(HOUR)
    watched.approve(contact("c1", "p-bob"))
    watched.clock.forward(HOUR)
    watched.approve(withdrawal("c1", subject="p-bob", hours=0.5))
    assert show(watched, "p-bob").colour is Colour.GREEN
    watched.witnesses.wake()
    watched.instance.ask_witnesses()
    assert show(watched, "p-bob").colour is Colour.GREEN
    assert len(decisions(watched, "p-bob")) == 2  # the last was green, and needs no other
    assert show(watched).colour is Colour.RED


def test_a_late_green_is_left_as_it_is(watched: Watched) -> None:
    watched.witnesses.sleep()
    send(watched, sample(result="negative"))
    watched.clock.forward(HOUR)
    watched.witnesses.wake()
    assert watched.instance.ask_witnesses()
    assert len(decisions(watched)) == 1
    assert records_of(watched, RENEWED) == []


def test_many_late_ones_are_decided_anew_page_by_page(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mingma.flows.renew_late.PAGE", 7)
    assert PAGE == 1000
    refs = [f"p-{n:02}" for n in range(20)]
    watched.witnesses.sleep()
    send(watched, *(infected(ref, ref) for ref in refs))
    assert {show(watched, ref).colour for ref in refs} == {Colour.GREEN}
    watched.clock.forward(HOUR)
    watched.witnesses.wake()
    watched.instance.ask_witnesses()
    assert {show(watched, ref).colour for ref in refs} == {Colour.RED}
    assert {len(decisions(watched, ref)) for ref in refs} == {2}
    assert len(records_of(watched, RENEWED)) == 1


def test_a_start_goes_over_what_a_crash_left_and_decides_nobody_twice(watched: Watched) -> None:
    watched.witnesses.sleep()
    send(watched, infected("i1"))
    watched.clock.forward(HOUR)
    watched.witnesses.wake()
    instance = watched.instance
    assert instance.cosigning is not None
    assert instance.cosigning.witnesses.ask(watched.clock())  # and here it crashed
    assert show(watched).colour is Colour.GREEN
    with instance.store.read() as unit:
        assert late_worsened(unit, 0, unit.head()[0]) == {"p-ann"}
    instance.cosigning.late = LateDecisions(instance.store)
    instance.ask_witnesses()
    assert show(watched).colour is Colour.RED
    instance.cosigning.late = LateDecisions(instance.store)
    instance.ask_witnesses()
    assert len(decisions(watched)) == 2


def test_the_history_says_all_of_them(watched: Watched) -> None:
    watched.witnesses.sleep()
    send(watched, infected("i1"))
    [decision] = decisions(watched)
    assert decision.colour_at(watched.clock()) is Colour.RED  # it is not hidden, it is not in force
    assert show(watched).colour is Colour.GREEN
