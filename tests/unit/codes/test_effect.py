"""Nothing that the witnesses have not cosigned makes anything worse."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mingma.codes.decision import Decision, Outcome
from mingma.codes.effect import Made, in_effect
from mingma.kernel.times import Instant
from mingma.kernel.words import SEVERITY, Colour
from mingma.rules.verdict import PackRef, Span

NOW = Instant(1_655_179_200)
PACK = PackRef("cn-henan-2021-08", 1, "0" * 64)
COLOURS = [*SEVERITY, Colour.UNKNOWN]


def span(colour: Colour | None, starts: int = NOW, until: int | None = None) -> Span:
    notice = "test_due" if colour is None else None
    return Span(PACK.id, f"HA-{colour}", "g", colour, notice, starts, until, ("f",), "none")


def made(
    colour: Colour, *, full: bool, number: int = 1, spans: tuple[Span, ...] | None = None
) -> Made:
    outcome = Outcome.NOT_ISSUED if colour is Colour.UNKNOWN else Outcome.ISSUED
    if spans is None:
        spans = () if colour in {Colour.UNKNOWN, Colour.GREEN} else (span(colour),)
    return Made(Decision("p", number, NOW, outcome, "e", None, (PACK,), spans), full)


def shows(*history: Made, at: int = NOW) -> tuple[Colour, int, bool]:
    found = in_effect(history, Instant(at))
    assert found is not None
    return found.decision.colour_at(at), found.decision.number, found.full


RED, YELLOW, GREEN, UNKNOWN = Colour.RED, Colour.YELLOW, Colour.GREEN, Colour.UNKNOWN


def test_nobody_decided_for_shows_nothing() -> None:
    assert in_effect((), NOW) is None


def test_a_full_decision_shows_and_ends_what_was_before() -> None:
    assert shows(made(YELLOW, full=True), made(RED, full=True, number=2)) == (RED, 2, True)
    assert shows(made(RED, full=False), made(YELLOW, full=True, number=2)) == (YELLOW, 2, True)
    assert shows(made(GREEN, full=True), made(UNKNOWN, full=True, number=2)) == (UNKNOWN, 2, True)


def test_a_later_one_that_is_not_full_shows_only_where_it_is_milder() -> None:
    assert shows(made(RED, full=True), made(YELLOW, full=False, number=2)) == (YELLOW, 2, False)
    assert shows(made(YELLOW, full=True), made(RED, full=False, number=2)) == (YELLOW, 1, True)
    assert shows(made(GREEN, full=True), made(UNKNOWN, full=False, number=2)) == (GREEN, 1, True)


def test_an_improvement_is_not_taken_back_by_what_is_not_full() -> None:
    history = made(RED, full=True), made(GREEN, full=False, number=2)
    assert shows(*history, made(RED, full=False, number=3)) == (GREEN, 2, False)
    assert shows(*history, made(RED, full=True, number=3)) == (RED, 3, True)


def test_of_equals_the_full_one_shows_or_the_latest_green() -> None:
    assert shows(made(YELLOW, full=True), made(YELLOW, full=False, number=2)) == (YELLOW, 1, True)
    assert shows(made(GREEN, full=True), made(GREEN, full=False, number=2)) == (GREEN, 2, False)
    history = made(RED, full=True), made(YELLOW, full=False, number=2)
    assert shows(*history, made(YELLOW, full=False, number=3)) == (YELLOW, 3, False)


def test_where_none_is_full_a_code_is_green_without_the_void_colours() -> None:
    notice = span(None)
    red = made(RED, full=False, number=3, spans=(span(RED), notice))
    found = in_effect([made(GREEN, full=False), red], NOW)
    assert found is not None
    assert found.decision.colour_at(NOW) is GREEN
    only = in_effect([red], NOW)
    assert only is not None
    assert only.decision.spans == (notice,)  # on the person's own page it stays
    assert not only.full
    assert shows(made(UNKNOWN, full=False)) == (UNKNOWN, 1, False)


def test_from_no_code_a_colour_that_is_not_full_gives_green_at_most() -> None:
    assert shows(made(UNKNOWN, full=True), made(RED, full=False, number=2)) == (GREEN, 2, False)


def test_each_falls_at_the_second_of_its_own_end() -> None:
    ends = made(RED, full=True, spans=(span(RED, until=NOW + 10),))
    later = made(YELLOW, full=False, number=2, spans=(span(YELLOW, NOW + 5, NOW + 20),))
    assert [shows(ends, later, at=NOW + second)[0] for second in (0, 5, 9, 10, 20)] == [
        GREEN, YELLOW, YELLOW, GREEN, GREEN,
    ]  # fmt: skip


# -- any history

ONE = st.tuples(st.sampled_from(COLOURS), st.booleans())
HISTORY = st.lists(ONE, min_size=1, max_size=8)


def weight(colour: Colour) -> int:
    return SEVERITY.get(colour, 9)


def history_of(told: list[tuple[Colour, bool]]) -> list[Made]:
    return [made(colour, full=full, number=n) for n, (colour, full) in enumerate(told, start=1)]


@given(HISTORY)
def test_it_is_never_worse_than_the_mildest_since_the_last_full_one(
    told: list[tuple[Colour, bool]],
) -> None:
    history = history_of(told)
    last = max((n for n, (_, full) in enumerate(told) if full), default=0)
    mildest = min(weight(colour) for colour, _ in told[last:])
    assert weight(shows(*history)[0]) <= mildest


@given(HISTORY, st.sampled_from(COLOURS))
def test_one_more_that_is_not_full_never_worsens(
    told: list[tuple[Colour, bool]], colour: Colour
) -> None:
    before = shows(*history_of(told))[0]
    after = shows(*history_of([*told, (colour, False)]))[0]
    assert weight(after) <= weight(before)


@given(HISTORY)
def test_worse_than_green_shows_only_what_a_full_one_since_gave_at_least(
    told: list[tuple[Colour, bool]],
) -> None:
    colour = shows(*history_of(told))[0]
    full = [one for one, is_full in told if is_full]
    if colour not in {GREEN, UNKNOWN}:
        assert full
        assert weight(colour) <= weight(full[-1])
