"""What people are up to: deeds in an order that leads deep, of which a history follows some.

A history goes through the plots in an order of its own, and at each step either the next deed of
one is done or any other: so whatever can come between two deeds does, and no deep state is left to
luck.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from mingma.kernel.times import DAY, HOUR


@dataclass(frozen=True, slots=True)
class Turn:
    """A deed that comes next, and what of it is not left to chance."""

    deed: str
    fixed: Mapping[str, Any] = field(default_factory=dict)


def turn(deed: str, **fixed: Any) -> Turn:
    return Turn(deed, fixed)


Plot = tuple[Turn, ...]
NEWEST: Final = -1  # of proposals, appeals, orders
MARKED: Final[Plot] = (turn("propose", old=False), turn("approve_as_drawn", k=NEWEST))
OBJECTED: Final = turn("appeal", asked="object")

PLOTS: Final[tuple[Plot, ...]] = (
    (*MARKED, turn("order"), turn("end_order", k=NEWEST)),
    (*MARKED, OBJECTED, turn("answer", upheld=True), turn("marked_again")),
    (*MARKED, OBJECTED, turn("answer", upheld=False)),
    (*MARKED, OBJECTED, turn("silence"), turn("marked_again")),
    (*MARKED, OBJECTED, turn("withdraw")),
    (*MARKED, turn("release"), turn("release"), turn("release")),
    (*MARKED, turn("days_pass", seconds=16 * DAY)),
    (turn("propose", old=False), turn("approve_as_not_drawn", k=NEWEST)),
    (
        turn("propose", old=False),
        turn("an_objection", k=NEWEST),
        turn("approve_as_drawn", k=NEWEST, seconds=30),
        turn("approve_as_drawn", k=NEWEST, seconds=2 * HOUR),
    ),
    (turn("propose_without_ground"),),
    (turn("a_hundred"), turn("approve_as_drawn", k=NEWEST)),
    (
        turn("the_witnesses_go_and_someone_would_get_worse"),
        turn("time_passes", seconds=601),
        turn("the_witnesses_come_back"),
    ),
    (turn("an_infection"), OBJECTED, turn("answer")),
    (turn("break_glass"), turn("review_glass")),
    (turn("see_reason", honest=True), turn("gate"), turn("presences")),
    (turn("place_policy"), turn("the_place_policy_counts")),
    (turn("rule_published"), turn("rule_activated")),
    (turn("the_clock_is_put_back"), *MARKED, turn("the_clock_is_put_right"), turn("restart")),
)
# How a history ends: after these little else can be asked of it.
ENDINGS: Final[tuple[Plot, ...]] = (
    (turn("the_emergency_ends"), turn("restart")),
    (turn("a_row_is_changed"), turn("propose"), turn("approve_as_drawn", k=NEWEST)),
    (turn("a_row_is_changed"), turn("time_passes")),
)
