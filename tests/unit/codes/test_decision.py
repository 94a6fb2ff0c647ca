"""What is left of a decision when some of what it rests on falls."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mingma.codes.decision import Decision, Outcome
from mingma.kernel.times import Instant
from mingma.kernel.words import SEVERITY, Colour
from mingma.rules.verdict import Span

RULES = ("R1", "R2", "R3")
FACTS = ("a", "b", "c")


def span(
    rule: str,
    colour: Colour | None,
    starts: int,
    until: int | None,
    evidence: str = "a",
    gives_way_to: tuple[str, ...] = (),
) -> Span:
    notice = None if colour else "test_due"
    return Span("p", rule, "g", colour, notice, starts, until, (evidence,), "none", gives_way_to)


def decision(*spans: Span, at: int = 0) -> Decision:
    return Decision("ann", 1, Instant(at), Outcome.ISSUED, "e", None, (), spans)


spans = st.builds(
    span,
    st.sampled_from(RULES),
    st.sampled_from([Colour.RED, Colour.YELLOW, None]),
    st.integers(0, 8),
    st.none() | st.integers(9, 14),
    st.sampled_from(FACTS),
    st.lists(st.sampled_from(RULES), max_size=2, unique=True).map(tuple),
)


@given(st.lists(spans, max_size=5), st.sets(st.sampled_from(FACTS)), st.integers(0, 16))
def test_what_falls_never_makes_a_colour_worse_at_any_instant(
    made: list[Span], gone: set[str], instant: int
) -> None:
    whole = decision(*made)
    left = whole.without(gone)
    assert SEVERITY[left.colour_at(instant)] <= SEVERITY[whole.colour_at(instant)]
    assert all(gone.isdisjoint(one.evidence) for one in left.spans)


def test_nothing_comes_up_in_the_milder_phase_of_what_fell() -> None:
    """Red to day 10, yellow to day 20, and a red that gave way to both: then the first falls."""
    made = decision(
        span("R3", Colour.RED, 0, 10, "a"),
        span("R3", Colour.YELLOW, 10, 20, "a"),
        span("POS", Colour.RED, 0, 30, "b", ("R3",)),
    )
    left = made.without({"a"})
    seen = [str(left.colour_at(instant)) for instant in (0, 9, 10, 19, 20, 29, 30)]
    assert seen == ["red", "red", "green", "green", "red", "red", "green"]


def test_what_did_not_give_way_is_left_whole() -> None:
    made = decision(
        span("R1", Colour.RED, 0, 10, "a"),
        span("R2", Colour.YELLOW, 0, None, "b"),
    )
    assert made.without({"a"}).spans == (made.spans[1],)
    assert made.without(()) == made


def test_a_clock_put_back_shows_what_was_decided() -> None:
    made = decision(span("R1", Colour.RED, 0, 10), at=5)
    assert made.colour_at(1) is Colour.RED
    assert made.standing((), "another").colour_at(1) is Colour.UNKNOWN


@given(st.lists(spans, max_size=5), st.integers(0, 8))
def test_the_worst_ahead_is_the_worst_that_shows_from_its_instant_on(
    made: list[Span], at: int
) -> None:
    whole = decision(*made, at=at)
    shown = [whole.colour_at(instant) for instant in range(at, 16)]
    assert whole.worst_ahead() is max(shown, key=SEVERITY.__getitem__)


@given(st.lists(spans, max_size=5), st.integers(0, 8), st.integers(0, 16))
def test_what_is_found_at_an_instant_has_the_colour_that_shows(
    made: list[Span], at: int, instant: int
) -> None:
    whole = decision(*made, at=at)
    found = whole.finding_at(instant)
    assert (found.colour if found else Colour.GREEN) is whole.colour_at(instant)
    assert found is None or found in whole.live_at(instant)
    assert whole.live_at(instant) == whole.live_at(max(instant, at))  # or what was decided
