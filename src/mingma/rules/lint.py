"""What a change of rules must keep to, beyond what every pack must: the nation's bounds.

The loader already refuses identity, lists, orders and absences, because the language has no words
for them (`conditions`, `guard`). A pack that loads can still be cruel by a number: a match of a
minute for one of half an hour, a fortnight made a season (Z55). So numbers have bounds here, and
the areas a clause names are divisions of the table, none below a county. A change goes one edition
ahead of what is in force and leaves published editions as they were.
"""

from __future__ import annotations

from collections.abc import Container, Iterator
from typing import Final

from mingma.kernel.errors import Place, Refused
from mingma.rules.ground import Condition, Ground, Is, Match
from mingma.rules.pack import Pack

LONGEST_DAYS: Final = 30  # local days a phase lasts at most, from its anchor
LONGEST_HOURS: Final = 7 * 24  # of a phase in hours, and of the window of release tests
LONGEST_LOOK_BACK: Final = 14  # days after leaving in which a listing may count
LONGEST_COMPANY: Final = 60 * 24  # hours before the anchor in which other evidence may lie
MOST_CLEAN_REPORTS: Final = 14
# The least that a number in a condition may ask for: 800 m for 10 minutes, and a fever.
LEAST: Final = {("companion_match", "overlap_minutes"): 10.0, ("daily_report", "temperature"): 37.3}
COUNTY: Final = 500  # residents: the smallest division a clause can name has more
NATION: Final = 10**9  # a clause that names no division


class OutOfBounds(Refused):
    """A rule with a number beyond what the nation allows any pack."""

    slug = "pack.out_of_bounds"
    zh = "规则 {rule} 超出全国限值:{why}"
    en = "the rule {rule} is beyond the national bounds: {why}"
    remedy_zh = "限值见 docs/formats/pack.md;确需放宽的先修改全国规则"
    remedy_en = "docs/formats/pack.md lists the bounds; to widen them change the national rules"


class NotTheNextEdition(Refused):
    """An edition that does not follow the one in force, or that changes a published one."""

    slug = "pack.not_the_next_edition"
    status = 409
    zh = "`{pack}` 的下一版应为第 {wanted} 版,且此前各版不得改动"
    en = "the next edition of `{pack}` is {wanted}, and those before stay as published"
    remedy_zh = "在 pack.yaml 中追加一版,另立规则目录"
    remedy_en = "append an edition to pack.yaml, with a folder of rules of its own"


def lint(pack: Pack) -> None:
    """Raise OutOfBounds for the first rule with a number beyond the bounds."""
    for ground in pack.grounds:
        for bad, why in _faults(ground):
            if bad:
                raise OutOfBounds(Place(field=ground.id), rule=ground.id, why=why)


def follows(before: Pack | None, edition: int, kept: str | None, pack: str) -> None:
    """Raise NotTheNextEdition unless this is edition n + 1 and edition n is as it was published.

    `kept` is the digest of edition n in the new folder.
    """
    wanted = before.edition + 1 if before else 1
    if edition != wanted or (before is not None and kept != before.digest):
        raise NotTheNextEdition(Place(field="pack"), pack=pack, wanted=wanted)


def smallest_area(pack: Pack, divisions: Container[str]) -> int:
    """Residents of the smallest area a clause names, as far as the division table tells.

    A county has at least `COUNTY`; a code that is not in the table has nobody.
    """
    sizes = [
        COUNTY if _known(str(value), divisions) else 0
        for ground in pack.grounds
        for condition in _conditions(ground)
        if _names_division(condition)
        for value in condition.values
    ]
    return min(sizes, default=NATION)


def _faults(ground: Ground) -> Iterator[tuple[bool, str]]:
    for phase in ground.phases:
        yield (phase.last or 0) > LONGEST_DAYS, f"a phase ends after {LONGEST_DAYS} days"
        yield (phase.hours or 0) > LONGEST_HOURS, f"a phase has at most {LONGEST_HOURS} hours"
        yield (
            (phase.clean_reports or 0) > MOST_CLEAN_REPORTS,
            f"at most {MOST_CLEAN_REPORTS} clean reports are asked for",
        )
    for negatives in ground.negatives:
        yield negatives.hours > LONGEST_HOURS, f"release tests lie within {LONGEST_HOURS} hours"
    look_back = (ground.area.look_back if ground.area else 0) or 0
    yield look_back > LONGEST_LOOK_BACK, f"a listing counts for {LONGEST_LOOK_BACK} days at most"
    for other in (*ground.needs, *ground.unless):
        yield (other.hours or 0) > LONGEST_COMPANY, f"company lies within {LONGEST_COMPANY} hours"
    for match in _matches(ground):
        for condition in _of(match):
            least = LEAST.get((match.kind, condition.field))
            if least is not None and condition.test is Is.AT_LEAST:
                yield float(condition.values[0]) < least, f"`{condition.field}` is at least {least}"


def _matches(ground: Ground) -> Iterator[Match]:
    if ground.when is not None:
        yield ground.when
    yield from ground.admits
    for other in (*ground.needs, *ground.unless):
        yield from other.matches


def _of(match: Match) -> Iterator[Condition]:
    yield from match.all_of
    for choice in match.any_of:
        yield from choice


def _conditions(ground: Ground) -> Iterator[Condition]:
    for match in _matches(ground):
        yield from _of(match)
    if ground.leaves is not None:
        yield Condition("region", Is.WITHIN, (ground.leaves.region,))


def _names_division(condition: Condition) -> bool:
    texts = [value for value in condition.values if isinstance(value, str)]
    return bool(texts) and all(value.isascii() and value.isdigit() for value in texts)


def _known(code: str, divisions: Container[str]) -> bool:
    return code.ljust(6, "0") in divisions
