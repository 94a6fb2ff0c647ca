"""What no pack may hold, whoever publishes it: checked when a pack is read.

Promises P4 and P13, and the abuses that were published: a colour from a scan, an absence, a list,
an order, another place's colour.
"""

from __future__ import annotations

from mingma.kernel.errors import Place, Refused
from mingma.kernel.words import Colour
from mingma.rules.ground import Condition, Ground, Is, Match
from mingma.rules.strict import Keys


class RuleRefused(Refused):
    """A rule that no pack may hold, whoever publishes it."""

    slug = "pack.rule_refused"
    zh = "规则 {rule} 不可装载:{why}"
    en = "the rule {rule} cannot be loaded: {why}"
    remedy_zh = "颜色须有每个人自己的流行病学证据"
    remedy_en = "a colour needs each person's own epidemiological evidence"


def guard(ground: Ground, keys: Keys) -> None:
    """Raise RuleRefused for a ground that no pack may hold."""
    when = ground.when

    def refuse(why: str) -> None:
        raise RuleRefused(Place(keys.file, field=keys.path or None), rule=ground.id, why=why)

    colours = {phase.colour for phase in ground.phases if phase.colour}
    kinds = {when.kind} if when else set()
    if "check_in" in kinds | {m.kind for m in ground.admits}:
        refuse("a presence grounds nothing")
    if ground.absence and colours:
        refuse("an absence grounds a notice at most")
    if kinds & {"companion_match", "foreign_statement", "closed_loop_end"} and colours:
        refuse(f"`{when.kind if when else ''}` by itself grounds a notice at most")
    if kinds & {"vaccination", "release", "withdrawal"}:
        refuse(f"`{when.kind if when else ''}` grounds nothing")
    if kinds == {"trip"} and colours - {Colour.BLUE}:
        refuse("a journey by itself grounds no red, orange or yellow")
    weak = {"daily_report", "assistance_request", "risk_notice"}
    if Colour.RED in colours and kinds & weak and not ground.needs:
        refuse("a self-report or a request by itself grounds no red")
    if Colour.RED in colours and kinds == {"test"} and not _single_tube(when):
        refuse("a mixed tube grounds no red: say `tube: {not: mixed}`")
    if "mark" in kinds and not ground.admits:
        refuse("a mark needs the kinds of evidence it `admits`")
    if ground.absence is None and when is None:
        refuse("there is no evidence predicate")


def _single_tube(when: Match | None) -> bool:
    conditions: tuple[Condition, ...] = when.all_of if when else ()
    tubes = [c for c in conditions if c.field == "tube"]
    return any(
        (c.test is Is.NOT and "mixed" in c.values)
        or (c.test is Is.ONE_OF and c.values == ("single",))
        for c in tubes
    )
