"""What a decision lays ahead is what asking again would answer."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mingma.codes.decide import Cover, decide
from mingma.evidence.admit import admit
from mingma.evidence.model import Fact
from mingma.kernel.times import DAY, HOUR, Instant, parse_instant, print_instant
from mingma.kernel.words import Colour
from mingma.rules.assess import Rulebook, assess
from mingma.rules.foresee import LATER_INSTANTS, foresee, instants_of
from mingma.rules.verdict import Verdict, live
from mingma.shelf import load_pack, pack_ids
from mingma.shipped import divisions
from tests.packs.random_facts import random_people

NOW = parse_instant("2022-10-15T09:30:00+08:00")
BOOK = Rulebook([load_pack("cn-henan-2021-08")])


def foreseen(book: Rulebook, facts: list[Fact], now: int) -> Verdict:
    def ask(at: int) -> Verdict:
        return assess(book, "s", facts, at)

    return foresee(ask(now), facts, ask)


def shows(verdict: Verdict, at: int) -> tuple[Colour, list[tuple[str, str]]]:
    """Colour and notices at an instant."""
    asked = Verdict(verdict.subject, at, verdict.packs, verdict.spans, verdict.known)
    return asked.colour, asked.notices


@pytest.mark.parametrize("pack", pack_ids())
@settings(max_examples=4)
@given(seed=st.integers(0, 1 << 32))
def test_what_is_foreseen_is_what_asking_again_answers(pack: str, seed: int) -> None:
    book = Rulebook([load_pack(pack)])
    rules = [ground.rule for ground in book.packs[0].grounds] or ["X"]
    people: dict[str, list[Fact]] = {}
    for fact in random_people(seed, NOW, 40, rules):
        people.setdefault(fact.subject, []).append(fact)
    for facts in people.values():
        ahead = foreseen(book, facts, NOW)
        later = {at for fact in facts for at in instants_of(fact) if at > NOW}
        for at in sorted({*later, *(at + 1 for at in later), NOW + HOUR, NOW + 3 * DAY}):
            asked = assess(book, "s", facts, at)
            if asked.known and ahead.known:
                assert shows(ahead, at) == (asked.colour, asked.notices), (at, facts)


@pytest.mark.parametrize("pack", pack_ids())
@settings(max_examples=4)
@given(seed=st.integers(0, 1 << 32))
@example(seed=0)
@example(seed=13)
def test_asking_again_on_the_same_facts_makes_no_new_decision(pack: str, seed: int) -> None:
    """Else the nightly look would say of an honest row that it differs."""
    book = Rulebook([load_pack(pack)])
    rules = [ground.rule for ground in book.packs[0].grounds] or ["X"]
    cover = Cover("e", Instant(NOW + 90 * DAY))
    people: dict[str, list[Fact]] = {}
    for fact in random_people(seed, NOW, 10, rules):
        people.setdefault(fact.subject, []).append(fact)
    for facts in people.values():
        before = decide(foreseen(book, facts, NOW), None, 1, cover)
        later = {at for fact in facts for at in instants_of(fact) if at > NOW}
        for at in sorted({*later, *(at + 1 for at in later), NOW + 3 * DAY}):
            assert decide(foreseen(book, facts, at), before, 2, cover) is None, (at, facts)


def finding(**more: str) -> Fact:
    data = {"relation": "close", "index": "case-7", **more}
    record = {"id": "c", "kind": "contact_finding", "subject": "s", "data": data}
    return admit({**record, "at": print_instant(NOW - DAY)}, divisions())


def test_an_end_of_isolation_recorded_ahead_ends_the_red_when_it_comes() -> None:
    ends = NOW + 2 * DAY
    verdict = foreseen(BOOK, [finding(isolation_ended_at=print_instant(ends))], NOW)
    assert shows(verdict, ends - 1)[0] is Colour.RED
    assert shows(verdict, ends)[0] is Colour.YELLOW


def test_a_verdict_on_the_past_alone_stays_as_it_is() -> None:
    first = assess(BOOK, "s", [finding()], NOW)
    asked: list[int] = []

    def ask(at: int) -> Verdict:
        asked.append(at)
        return first

    assert set(foresee(first, [finding()], ask).spans) == set(first.spans)
    assert asked == []


def test_no_more_than_so_many_later_instants_are_asked() -> None:
    record = {
        "kind": "area_stay",
        "subject": "s",
        "at": print_instant(NOW - DAY),
        "region": "410102",
    }
    facts = [
        admit({**record, "id": f"a{n}", "until": print_instant(NOW + n)}, divisions())
        for n in range(1, 3 * LATER_INSTANTS)
    ]
    first = assess(BOOK, "s", facts, NOW)
    asked: list[int] = []

    def ask(at: int) -> Verdict:
        asked.append(at)
        return first

    foresee(first, facts, ask)
    assert asked == [NOW + n for n in range(1, LATER_INSTANTS + 1)]


def test_the_order_of_spans_is_one_whatever_the_definition_gave() -> None:
    facts = [finding(), *(f for f in random_people(3, NOW, 1, ["HA-R1"]))]
    first = assess(BOOK, "s", facts, NOW)
    turned = Verdict(first.subject, first.at, first.packs, tuple(reversed(first.spans)))

    def ask(at: int) -> Verdict:
        return assess(BOOK, "s", facts, at)

    assert foresee(first, facts, ask).spans == foresee(turned, facts, ask).spans
    assert live(first.spans, NOW)
