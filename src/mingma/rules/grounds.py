"""What a clause file says of its grounds, typed: conditions, phases, ends.

The words are those of docs/formats/pack.md; what no pack may say is `guard`'s.
"""

from __future__ import annotations

from typing import Final

from mingma.evidence.channels import KINDS
from mingma.kernel.words import SEVERITY, Colour
from mingma.rules import ground as g
from mingma.rules.conditions import condition_of
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
    when = keys.below("when", {}) if "when" in keys else None
    area = _area(when) if when is not None and "area" in when else None
    absence = None
    if "absence" in keys:
        row = keys.below("absence")
        absence = g.Absence(row.word("kind", tuple(KINDS)), row.number("days"))
        row.done()
    narrowed = keys.below("narrowed", {})
    if "reason" in narrowed:
        narrowing = {
            "from": narrowed.text("from"),
            "reason": narrowed.word("reason", tuple(REASONS)),
        }
    else:
        narrowing = {}
    narrowed.done()
    leaves = keys.text("leaves", "")
    made = g.Ground(
        id=id,
        title_zh=title.zh,
        title_en=title.en,
        phases=tuple(_phase(row) for row in keys.rows("phases")),
        when=None if when is None else _match(when),
        area=area,
        absence=absence,
        admits=tuple(_match(row) for row in keys.rows("admits", ())),
        needs=tuple(_other(row) for row in keys.rows("needs", ())),
        unless=tuple(_other(row) for row in keys.rows("unless", ())),
        negatives=tuple(_negatives(row) for row in keys.rows("negatives", ())),
        reports=tuple(_report(keys, word) for word in keys.texts("reports", ())),
        leaves=g.Leaves(leaves) if leaves else None,
        gives_way_to=keys.texts("gives_way_to", ()),
        final_test=keys.yes("final_test"),
        narrowed=narrowing,
    )
    guard(made, keys)
    return made


def _report(keys: Keys, word: str) -> g.Report:
    if word not in {r.value for r in g.Report}:
        raise keys.wrong(f"`{word}` is none of: {', '.join(g.Report)}", "reports")
    return g.Report(word)


def _match(keys: Keys) -> g.Match:
    kind = keys.word("kind", tuple(KINDS))
    choices = tuple(_conditions(kind, row) for row in keys.rows("any_of", ()))
    keys.raw("area", None)
    return g.Match(kind, _conditions(kind, keys), choices)


def _conditions(kind: str, keys: Keys) -> tuple[g.Condition, ...]:
    names = [n for n in keys if n not in ("kind", "any_of", "area")]
    made = []
    for name in names:
        try:
            made.append(condition_of(kind, name, keys.raw(name)))
        except ValueError as error:
            raise keys.wrong(str(error), name) from None
    keys.done()
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
    days = keys.texts("days", ())
    first, last = (0, None)
    if days:
        if len(days) != 2 or any(str(whole(d)) != d or int(d) < 0 for d in days):
            raise keys.wrong("days are two whole numbers, [first, last]", "days")
        first, last = int(days[0]), int(days[1])
        if last < first:
            raise keys.wrong("the last day is before the first", "days")
    hours = keys.number("hours", 0)
    clean = keys.number("clean_reports", 0)
    phase = g.Phase(
        colour=Colour(colour) if colour else None,
        notice=notice or None,
        after=keys.texts("after", ("at",)),
        first=first,
        last=last,
        hours=hours or None,
        stops=keys.texts("stops", ()),
        inside=keys.yes("inside"),
        clean_reports=clean or None,
        measure=keys.text("measure", ""),
    )
    for name in (*phase.after, *phase.stops):
        if name not in INSTANTS:
            raise keys.wrong(f"`{name}` is none of: {', '.join(INSTANTS)}", "after")
    if not (days or hours or phase.inside or notice == "inactive"):
        raise keys.wrong("a phase has `days`, `hours` or `inside`: nothing lasts without an end")
    keys.done()
    return phase


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
