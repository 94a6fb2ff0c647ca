"""What a clause file says of its grounds, typed: conditions, phases, ends.

The words are those of docs/formats/pack.md; what no pack may say is `guard`'s.
"""

from __future__ import annotations

from typing import Final

from mingma.evidence.channels import KINDS
from mingma.kernel.words import SEVERITY, Colour
from mingma.rules import ground as g
from mingma.rules.conditions import below_a_division, condition_of
from mingma.rules.guard import guard
from mingma.rules.strict import Keys, Text, whole

NOTICES: Final = frozenset(
    "popup1 popup2 popup3 popup4 popup5 test_due companion foreign inactive self_check measure "
    "arrival area".split()
)
REASONS: Final = {
    # (why a published rule is not encoded)
    "no_evidence_predicate": ("没有证据条件", "it has no evidence predicate"),
    "identity": ("以身份、户籍为依据", "it rests on identity or registration"),
    "order": ("以指挥部意见或公安名单为依据", "it rests on an order, opinion or police list"),
    "absence": ("以未检测、未申报为依据", "its only ground is an absence"),
    "copied_colour": ("照抄外地码色", "it copies another place's colour"),
    # (why a published colour is narrowed)
    "self_report": ("唯一依据是本人自述", "its only ground is a self-report"),
    "mixed_tube": ("唯一依据是混管", "its only ground is a mixed tube"),
    "assistance_request": ("唯一依据是协查请求", "its only ground is an assistance request"),
    "companion_match": ("唯一依据是时空伴随比对", "its only ground is a telecom match"),
    "foreign_statement": ("唯一依据是外省认定", "its only ground is a foreign statement"),
    "wide_scope": ("范围大于社区", "its scope is wider than a community"),
    "trip": ("唯一依据是行程", "its only ground is a journey"),
    # (why there is nothing to encode)
    "area_only": ("对象是地区而非个人", "its subject is an area, not a person"),
    "default": ("默认绿码,不是判定", "it is the default, no finding"),
    "no_phase": ("来源没有给出时段", "the source gives no phase"),
    "not_expressible": ("来源不足以表达", "the source does not say enough"),
}
INSTANTS: Final = (
    "at",
    "until",
    "reported_at",
    "isolation_started_at",
    "isolation_ended_at",
    "discharged_at",
    "excluded_at",
    "released",
)


def ground_of(id: str, title: Text, keys: Keys) -> g.Ground:
    """The ground a clause, or one class of it, writes; raises BadPack or RuleRefused."""
    when = keys.below("when") if "when" in keys else None
    made = g.Ground(
        id=id,
        title_zh=title.zh,
        title_en=title.en,
        phases=tuple(_phase(row) for row in keys.rows("phases")),
        area=_area(when) if when is not None and "area" in when else None,
        when=None if when is None else _match(when, "area"),
        absence=_absence(keys) if "absence" in keys else None,
        admits=tuple(_match(row) for row in keys.rows("admits", ())),
        needs=tuple(_other(row) for row in keys.rows("needs", ())),
        unless=tuple(_other(row) for row in keys.rows("unless", ())),
        negatives=tuple(_negatives(row) for row in keys.rows("negatives", ())),
        reports=tuple(_report(keys, word) for word in keys.texts("reports", ())),
        leaves=_leaves(keys) if "leaves" in keys else None,
        gives_way_to=keys.texts("gives_way_to", ()),
        final_test=keys.yes("final_test"),
        narrowed=_narrowed(keys) if "narrowed" in keys else {},
    )
    guard(made, keys)
    _fits(made, keys)
    return made


def _fits(made: g.Ground, keys: Keys) -> None:
    """Refuse what each definition would read in its own way."""
    if made.absence is not None and made != _bare_absence(made):
        raise keys.wrong("an absence has one notice without an end, and nothing else", "absence")
    if made.area is not None and (made.when is None or made.when.kind != "area_stay"):
        raise keys.wrong("only an area_stay has an `area`", "when.area")
    if made.admits and (made.when is None or made.when.kind != "mark"):
        raise keys.wrong("only a mark `admits` evidence", "admits")
    endless = [p for p in made.phases if p.last is None and p.hours is None and not p.inside]
    if endless and made.absence is None:
        raise keys.wrong("a phase has `days`, `hours` or `inside`: nothing lasts without an end")


def _bare_absence(made: g.Ground) -> g.Ground:
    """The ground with nothing but its absence and the notice of that."""
    return g.Ground(
        made.id,
        made.title_zh,
        made.title_en,
        phases=(g.Phase(None, made.phases[0].notice),),
        absence=made.absence,
        narrowed=made.narrowed,
    )


def _absence(keys: Keys) -> g.Absence:
    row = keys.below("absence")
    absence = g.Absence(row.word("kind", tuple(KINDS)), row.number("days"))
    row.done()
    return absence


def _narrowed(keys: Keys) -> dict[str, str]:
    row = keys.below("narrowed")
    narrowed = {"from": row.text("from"), "reason": row.word("reason", tuple(REASONS))}
    row.done()
    return narrowed


def _leaves(keys: Keys) -> g.Leaves:
    region = keys.text("leaves")
    if not below_a_division(region):
        raise keys.wrong(f"`{region}` is no two, four or six digits of a division code", "leaves")
    return g.Leaves(region)


def _report(keys: Keys, word: str) -> g.Report:
    if word not in {r.value for r in g.Report}:
        raise keys.wrong(f"`{word}` is none of: {', '.join(g.Report)}", "reports")
    return g.Report(word)


def _match(keys: Keys, *beside: str) -> g.Match:
    kind = keys.word("kind", tuple(KINDS))
    choices = tuple(_conditions(kind, row) for row in keys.rows("any_of", ()))
    if not all(choices):
        raise keys.wrong("each choice has a condition", "any_of")
    return g.Match(kind, _conditions(kind, keys, "kind", "any_of", *beside), choices)


def _conditions(kind: str, keys: Keys, *beside: str) -> tuple[g.Condition, ...]:
    """Every key but those `beside` is a condition."""
    made = []
    for name in [name for name in keys if name not in beside]:
        try:
            made.append(condition_of(kind, name, keys.raw(name)))
        except ValueError as error:
            raise keys.wrong(str(error), name) from None
    return tuple(made)


def _area(when: Keys) -> g.Area:
    keys = when.below("area")
    look_back = keys.number("look_back", -1)
    area = g.Area(
        tuple(_level(keys, word) for word in keys.texts("levels")),
        g.Stay(keys.word("stay", ("open", "ended"))),
        None if look_back < 0 else look_back,
    )
    keys.done()
    return area


def _level(keys: Keys, word: str) -> str:
    if word not in ("high", "medium", "low", "special"):
        raise keys.wrong(f"`{word}` is no level", "levels")
    return word


def _phase(keys: Keys) -> g.Phase:
    colour, notice = keys.text("colour", ""), keys.text("notice", "")
    if bool(colour) == bool(notice):
        raise keys.wrong("a phase gives either a `colour` or a `notice`")
    if colour and (colour not in {c.value for c in SEVERITY} or colour == "green"):
        raise keys.wrong(f"`{colour}` is no colour a rule gives", "colour")
    if notice and notice not in NOTICES:
        raise keys.wrong(f"`{notice}` is none of: {', '.join(sorted(NOTICES))}", "notice")
    first, last = _days(keys)
    phase = g.Phase(
        colour=Colour(colour) if colour else None,
        notice=notice or None,
        after=_instants(keys, "after", ("at",)),
        first=first,
        last=last,
        hours=keys.number("hours", 0) or None,
        stops=_instants(keys, "stops", ()),
        inside=keys.yes("inside"),
        clean_reports=keys.number("clean_reports", 0) or None,
        measure=keys.text("measure", ""),
    )
    if (last is not None) + (phase.hours is not None) + phase.inside > 1:
        raise keys.wrong("a phase has one of `days`, `hours` and `inside`")
    if phase.clean_reports and last is None:
        raise keys.wrong("`clean_reports` needs `days`: the latest end", "clean_reports")
    keys.done()
    return phase


def _days(keys: Keys) -> tuple[int, int | None]:
    """The first and the last day of a phase; none written: from the anchor, no last day."""
    days = [whole(day) for day in keys.texts("days", ())]
    if not days:
        return 0, None
    first, last = days if len(days) == 2 else (None, None)
    if first is None or last is None:
        raise keys.wrong("days are two whole numbers, [first, last]", "days")
    if last < first:
        raise keys.wrong("the last day is before the first", "days")
    return first, last


def _instants(keys: Keys, key: str, default: tuple[str, ...]) -> tuple[str, ...]:
    names = keys.texts(key, default)
    for name in names:
        if name not in INSTANTS:
            raise keys.wrong(f"`{name}` is none of: {', '.join(INSTANTS)}", key)
    return names


def _negatives(keys: Keys) -> g.Negatives:
    count = keys.number("count")
    if count not in (1, 2, 3):
        raise keys.wrong("one, two or three negatives", "count")
    made = g.Negatives(
        count,
        g.Since(keys.word("since", tuple(s.value for s in g.Since), "anchor")),
        keys.number("day", 0),
        keys.yes("single"),
        keys.number("hours", 72),
    )
    keys.done()
    return made


def _other(keys: Keys) -> g.Other:
    hours = keys.number("hours", -1)
    matches = tuple(_match(row) for row in keys.rows("facts"))
    keys.done()
    return g.Other(matches, None if hours < 0 else hours)
