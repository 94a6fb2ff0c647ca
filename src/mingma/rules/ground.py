"""The closed language in which a clause says when it holds, for how long, and what ends it.

A ground is one class of persons a published rule names. There is no word here for who somebody
is: conditions read closed lists of an admitted fact's fields, never free text (P10).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import TypeAlias

from mingma.kernel.words import Colour

Value: TypeAlias = str | bool | float


class Is(StrEnum):
    """How a field is tested."""

    ONE_OF = "one_of"
    NOT = "not"  # another value, or absent
    WITHIN = "within"  # a division code below one of these
    OUTSIDE = "outside"  # recorded, and below none of these
    AT_LEAST = "at_least"
    RECORDED = "recorded"
    MISSING = "missing"
    ANY = "any"  # a list with at least one of these; with no words: not empty


@dataclass(frozen=True, slots=True)
class Condition:
    """One test of one field of a fact."""

    field: str
    test: Is
    values: tuple[Value, ...] = ()


@dataclass(frozen=True, slots=True)
class Match:
    """Facts of one kind that meet all conditions and, if there are choices, one of them."""

    kind: str
    all_of: tuple[Condition, ...] = ()
    any_of: tuple[tuple[Condition, ...], ...] = ()


class Stay(StrEnum):
    """Which stays a ground on areas means."""

    OPEN = "open"  # still there
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Area:
    """The level a stay must have, stated by an organ or else found in the area list.

    `look_back` is the number of local days after leaving in which a listing still counts.
    """

    levels: tuple[str, ...]
    stay: Stay
    look_back: int | None = None


@dataclass(frozen=True, slots=True)
class Phase:
    """A stretch of one colour or notice.

    It begins where the phase before ends; the first one at its anchor. `after` names recorded
    instants, the first that is recorded counts; days are local, counted from the anchor's own day
    as 0, and the phase ends at 00:00 after day `last`. `stops` are recorded instants that end it
    earlier. `hours` counts exactly from the anchor instead of days. `inside` is the time a listed
    place and an open stay have in common. `clean_reports` ends it after so many consecutive days
    with a clean report.
    """

    colour: Colour | None
    notice: str | None
    after: tuple[str, ...] = ("at",)
    first: int = 0
    last: int | None = None
    hours: int | None = None
    stops: tuple[str, ...] = ()
    inside: bool = False
    clean_reports: int | None = None
    measure: str = ""


class Since(StrEnum):
    """From when a negative test counts, relative to the phase's anchor."""

    ANCHOR = "anchor"  # sampled at or after it
    LATER = "later"  # sampled strictly after the fact's own `at`
    SAME_DAY = "same_day"  # sampled on the anchor's local day or later
    DAY = "day"  # sampled on the given local day or later


@dataclass(frozen=True, slots=True)
class Negatives:
    """PCR negatives that end a finding, at the last one's report.

    `count` 1: one sampled since `since` (`single`: not from a mixed tube). `count` 2 or 3: each at
    least 24 h after the one before, all within `hours`, no own positive between.
    """

    count: int
    since: Since = Since.ANCHOR
    day: int = 0
    single: bool = False
    hours: int = 72


class Report(StrEnum):
    """Daily reports that end a finding."""

    CORRECTS = "corrects"  # one that corrects the report
    NEXT = "next"  # any later one
    NEXT_NORMAL = "next_normal"  # a later one with temperature below 37.3 and no fever


@dataclass(frozen=True, slots=True)
class Leaves:
    """A trip from below the region to outside it, departing after the fact."""

    region: str


@dataclass(frozen=True, slots=True)
class Other:
    """Another live fact of the same person, sampled or begun at most `hours` before the anchor."""

    matches: tuple[Match, ...]
    hours: int | None = None


@dataclass(frozen=True, slots=True)
class Absence:
    """No fact of a kind on the last `days` local days: a notice, never a colour."""

    kind: str
    days: int


@dataclass(frozen=True)  # no slots: what is computed once is kept beside the fields
class Ground:
    """One class of a rule: `id` is the rule's id, or `ID.a`, `ID.b` … where a row bundles several.

    `admits` are the kinds of evidence a mark needs; only grounds on marks have them.
    `released` says that a release order is what the first phase is counted from.
    """

    id: str
    title_zh: str
    title_en: str
    phases: tuple[Phase, ...]
    when: Match | None = None
    area: Area | None = None
    absence: Absence | None = None
    admits: tuple[Match, ...] = ()
    needs: tuple[Other, ...] = ()
    unless: tuple[Other, ...] = ()
    negatives: tuple[Negatives, ...] = ()
    reports: tuple[Report, ...] = ()
    leaves: Leaves | None = None
    gives_way_to: tuple[str, ...] = ()
    final_test: bool = False
    narrowed: dict[str, str] = field(default_factory=dict)

    @cached_property
    def rule(self) -> str:
        """The id outside: `ID` for `ID.a`."""
        bundled = self.id[-2:-1] == "." and self.id[-1].islower()
        return self.id[:-2] if bundled else self.id

    @cached_property
    def counts_exclusion(self) -> bool:
        """Whether the clause itself says what follows an exclusion."""
        return any("excluded_at" in (*phase.after, *phase.stops) for phase in self.phases)

    @cached_property
    def release(self) -> str:
        """What ends it, as words of a closed list joined by `|`."""
        words = [f"negatives_{one.count}" for one in self.negatives]
        words += [f"report_{one.value}" for one in self.reports]
        words += ["leaves_province"] if self.leaves else []
        words += ["clean_reports"] if any(p.clean_reports for p in self.phases) else []
        words += ["area_lifted"] if any(p.inside for p in self.phases) else []
        words += ["recorded_end"] if any(p.stops for p in self.phases) else []
        timed = any(p.last is not None or p.hours is not None for p in self.phases)
        return "|".join([*words, *(["time"] if timed else []), "release_order"])
