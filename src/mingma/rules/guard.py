"""What no pack may hold, whoever publishes it: checked when a pack is read.

Promises P4 and P13, and the abuses that were published: a colour from a scan, an absence, a list,
an order, another place's colour.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from mingma.kernel.errors import Place, Refused
from mingma.kernel.words import Colour
from mingma.rules.ground import Ground, Is, Match, Other
from mingma.rules.strict import Keys


class RuleRefused(Refused):
    """A rule that no pack may hold, whoever publishes it."""

    slug = "pack.rule_refused"
    zh = "规则 {rule} 不可装载:{why}"
    en = "the rule {rule} cannot be loaded: {why}"
    remedy_zh = "颜色须有每个人自己的流行病学证据"
    remedy_en = "a colour needs each person's own epidemiological evidence"


STRONG: Final = frozenset(
    "infection contact_finding area_stay entry clinic_visit cold_chain_contact".split()
)
WEAK: Final = frozenset({"daily_report", "assistance_request", "risk_notice"})
NOTICE_ONLY: Final = frozenset({"companion_match", "foreign_statement", "closed_loop_end"})
NOTHING: Final = frozenset({"vaccination", "interview", "release", "withdrawal"})
NOT_OF_A_MARK: Final = NOTHING | {"check_in", "trip", "mark"}
COMMUNITY: Final = ("sealed", "controlled")  # zones no wider than a community


def guard(ground: Ground, keys: Keys) -> None:
    """Raise RuleRefused for a ground that no pack may hold."""
    for bad, why in _refusals(ground):
        if bad:
            raise RuleRefused(Place(keys.file, field=keys.path or None), rule=ground.id, why=why)


def _refusals(ground: Ground) -> Iterator[tuple[bool, str]]:
    """Each thing no pack may hold: whether this ground does, and why it may not."""
    when = ground.when
    kind = when.kind if when else ""
    company = [m for other in (*ground.needs, *ground.unless) for m in other.matches]
    colours = {phase.colour for phase in ground.phases if phase.colour}
    red = Colour.RED in colours
    yield when is None and ground.absence is None, "there is no evidence predicate"
    yield (
        "check_in" in {kind, *(m.kind for m in (*ground.admits, *company))},
        "a presence grounds nothing",
    )
    yield ground.absence is not None and bool(colours), "an absence grounds a notice at most"
    yield kind in NOTICE_ONLY and bool(colours), f"`{kind}` by itself grounds a notice at most"
    yield kind in NOTHING, f"`{kind}` grounds nothing"
    yield (
        kind == "trip" and bool(colours - {Colour.BLUE}),
        "a journey by itself grounds no red, orange or yellow",
    )
    yield (
        red and kind in WEAK and not any(_strong(other) for other in ground.needs),
        "a self-report or a request by itself grounds no red",
    )
    yield (
        kind == "test" and bool(colours) and not _only(when, "result", "positive"),
        "only a positive test grounds a colour: say `result: positive`",
    )
    yield (
        red and kind == "test" and not _single_tube(when),
        "a mixed tube grounds no red: say `tube: {not: mixed}`",
    )
    yield (
        red and kind == "area_stay" and not _no_wider_than_a_community(ground),
        "a scope wider than a community grounds no red",
    )
    yield kind == "mark" and not ground.admits, "a mark needs the kinds of evidence it `admits`"
    yield (
        any(_not_of_a_mark(match) for match in ground.admits),
        "a mark rests on no presence, journey, dose, negative test or other mark",
    )


def _strong(other: Other) -> bool:
    """Whether the company asked for is evidence that can ground a red, whichever of it is there."""
    return all(
        m.kind in STRONG
        or (m.kind == "test" and _only(m, "result", "positive") and _single_tube(m))
        for m in other.matches
    )


def _not_of_a_mark(match: Match) -> bool:
    return match.kind in NOT_OF_A_MARK or (
        match.kind == "test" and not _only(match, "result", "positive")
    )


def _no_wider_than_a_community(ground: Ground) -> bool:
    """A level the place itself has (a low one is the rest of a county's), or a sealed zone."""
    if ground.area is not None:
        return "low" not in ground.area.levels
    return _only(ground.when, "zone", *COMMUNITY) or _only(
        ground.when, "level", "high", "medium", "special"
    )


def _only(match: Match | None, field: str, *words: str) -> bool:
    """Whether a condition lets only these words through."""
    return match is not None and any(
        c.field == field and c.test is Is.ONE_OF and set(c.values) <= set(words)
        for c in match.all_of
    )


def _single_tube(when: Match | None) -> bool:
    return _only(when, "tube", "single") or any(
        c.field == "tube" and c.test is Is.NOT and "mixed" in c.values
        for c in (when.all_of if when else ())
    )
