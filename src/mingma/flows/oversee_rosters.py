"""Rosters with fewer checkers than are wanted, or an hour in which nobody is on duty: an alarm.

Looked at while an emergency is in force, for every headquarters that ever had a checker. What is
left of an hour is looked at, so a gap is public before it comes; and a proposal or area that one
checker approved and nobody of another level can waits, but not unseen. Twenty are wanted where a
lot falls among a city's and the province's; the province's alone may be fewer. It names an organ.
"""

from __future__ import annotations

from collections.abc import Iterator

from mingma.authority.approval import Standing, lapsed
from mingma.authority.matters import Status
from mingma.authority.organs import Organ, OrganKind
from mingma.authority.posts import Post
from mingma.authority.proposal import OPEN_FOR
from mingma.authority.roster import (
    HIGH,
    WANTED,
    Shift,
    eligible,
    gap,
    on_roster,
    serving,
    stages,
)
from mingma.flows import offices, rosters
from mingma.flows.added_areas import areas, standing_of_area
from mingma.flows.leaf_names import public_name
from mingma.flows.lot import counts
from mingma.flows.proposal_sums import proposals_since
from mingma.flows.proposals import kept_proposal, standing_of
from mingma.kernel.times import HOUR, Instant, day_of, midnight
from mingma.oversight.signal import Detector, Signal
from mingma.ports import Unit


def thin_rosters(unit: Unit, now: Instant) -> Iterator[Signal]:
    """What is missing in the hour of this instant."""
    if unit.emergency_at(now) is None:
        return
    hour = Instant(now // HOUR * HOUR)
    roster = rosters.roster(unit, hour, Instant(hour + HOUR))
    shifts = [
        shift for shift, _ in roster if counts(unit, offices.grants_of(unit, shift.officer.id), now)
    ]
    for organ in _with_checkers(unit):
        yield from _thin(organ, shifts, hour, now)
    for name in sorted(_waited_for(unit, shifts, now)):
        yield Signal(Detector.ROSTER, name, hour, {"second_on_duty": 0, "wanted": 1})


def _waited_for(unit: Unit, shifts: list[Shift], now: Instant) -> set[str]:
    """Whose first approvals wait for one of another level, with nobody of another on duty."""
    found = set()
    for standing in _undecided(unit, now):
        first = standing.approvals[0].organ
        [stage] = stages(two=True, first=first)
        if not eligible(shifts, standing.proposal, now, stage):
            found.add(public_name(first))
    return found


def _undecided(unit: Unit, now: Instant) -> Iterator[Standing]:
    """The proposals and areas that one approved, and another has to."""
    kept = [kept_proposal(unit, id) for id in proposals_since(unit, Instant(now - OPEN_FOR))]
    standings = [standing_of(unit, one) for one in kept if one]
    standings += [standing_of_area(unit, one) for one in areas(unit)]
    for one in standings:
        if one.status is Status.FIRST and not lapsed(one, now):
            yield one


def _thin(organ: Organ, shifts: list[Shift], hour: Instant, now: Instant) -> Iterator[Signal]:
    name, own = public_name(organ), serving(shifts, organ)
    if gap(own, max(hour, now), Instant(hour + HOUR)) is not None:
        yield Signal(Detector.ROSTER, name, hour, {"on_duty": 0, "wanted": WANTED})
        return
    count = on_roster(own, organ, now)
    if count < WANTED and organ.level not in HIGH:
        day = Instant(midnight(day_of(now)))
        yield Signal(Detector.ROSTER, name, day, {"on_duty": count, "wanted": WANTED})


def _with_checkers(unit: Unit) -> list[Organ]:
    home = {
        one.organ
        for record in unit.records(offices.OFFICER)
        if (one := offices.officer(unit, record.id)) and one.post is Post.CHECKER
    }
    organs = offices.organs(unit)
    return [
        organs[id]
        for id in sorted(home & organs.keys())
        if organs[id].kind is OrganKind.HEADQUARTERS
    ]
