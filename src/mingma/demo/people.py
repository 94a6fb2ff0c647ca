"""Whom to be in the demo: one person of each sort, found in what the replay decided."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from mingma.city.read import Resident
from mingma.codes.decision import Decision
from mingma.flows.delegate import COMES_OF_AGE
from mingma.kernel.canonical import canonical
from mingma.kernel.times import Instant, print_instant
from mingma.kernel.words import Colour
from mingma.people.identity import IdentityType
from mingma.records import Record

KIND: Final = "demo_person"
# what is looked for: a note for the list, and the rules that fit best, in order of preference
SORTS: Final[tuple[tuple[str, Colour, tuple[str, ...]], ...]] = (
    ("绿码 / green", Colour.GREEN, ()),
    ("黄码 / yellow", Colour.YELLOW, ("HA-R3", "HA-R8", "HA-Y1", "HA-R5")),
    ("红码 / red", Colour.RED, ("HA-R3", "HA-R4", "HA-R5")),
    ("红码:高风险区 / red: high-risk area", Colour.RED, ("HA-R6",)),
)
CHILD: Final = "孩子,不满十四周岁 / a child under fourteen"
NOTICE: Final = "提示:时空伴随,不变色 / a notice: telecom match, no colour"


def demo_people(
    decisions: Mapping[str, Decision],
    residents: Mapping[str, Resident],
    now: Instant,
    checked_in: Callable[[str], bool],
) -> list[Record]:
    """Records of the people to sign in as; a sort nobody is of is left out.

    The green one has check-ins by others, so that there is something to disown.
    """
    found: dict[str, str] = {}
    refs = sorted(decisions, key=lambda ref: residents[ref].subject)
    for note, colour, rules in SORTS:
        fitting = [r for r in refs if _is(decisions[r], now, colour) and r not in found.values()]
        ranked = sorted(fitting, key=lambda ref: _rank(decisions[ref], now, rules))
        if ranked:
            found[note] = ranked[0] if rules else next(filter(checked_in, ranked), ranked[0])
    for ref in refs:
        if _is(decisions[ref], now, Colour.GREEN, "companion") and ref not in found.values():
            found[NOTICE] = ref
            break
    for ref in refs:
        if _is(decisions[ref], now, Colour.GREEN) and _is_child(residents[ref], now):
            found[CHILD] = ref
            break
    return [
        Record(KIND, f"{number}", now, canonical(_body(ref, residents[ref], note)))
        for number, (note, ref) in enumerate(found.items(), start=1)
    ]


def _body(ref: str, one: Resident, note: str) -> dict[str, str]:
    """What the start page shows; the number is as invented as the person, and names a delegate."""
    body = {"ref": ref, "name": one.name_masked, "note": note}
    return {**body, "number": one.id_number} if one.id_type == IdentityType.RESIDENT_ID else body


def _is_child(one: Resident, now: Instant) -> bool:
    """Whether the citizen's number shows a birthday less than fourteen years ago."""
    if one.id_type != IdentityType.RESIDENT_ID:
        return False
    today = print_instant(now)[:10].replace("-", "")
    return int(one.id_number[6:14]) + COMES_OF_AGE * 10_000 > int(today)


def _is(decision: Decision, now: Instant, colour: Colour, notice: str | None = None) -> bool:
    spans = decision.live_at(now)
    kinds = {span.notice for span in spans if span.notice}
    return decision.colour_at(now) is colour and (notice in kinds if notice else not kinds)


def _rank(decision: Decision, now: Instant, rules: Iterable[str]) -> int:
    first = decision.finding_at(now)
    order = list(rules)
    return order.index(first.rule) if first and first.rule in order else len(order)
