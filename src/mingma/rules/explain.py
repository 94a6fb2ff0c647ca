"""Why a code is what it is, in words a person uses: made from the same spans that show it.

Says which clause, in whose words, on what class of evidence, since when, until when, what to do
and where to object. Says nothing of other people.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from mingma.evidence.channels import KINDS
from mingma.kernel.times import print_instant
from mingma.kernel.words import Colour
from mingma.rules.grounds import REASONS
from mingma.rules.pack import Pack
from mingma.rules.verdict import Span, live, next_change, worst

COLOURS: Final[Mapping[Colour, tuple[str, str]]] = {
    Colour.RED: ("红码", "red"),
    Colour.ORANGE: ("橙码", "orange"),
    Colour.YELLOW: ("黄码", "yellow"),
    Colour.BLUE: ("蓝码", "blue"),
    Colour.GREY: ("灰码", "grey"),
    Colour.GREEN: ("绿码", "green"),
    Colour.UNKNOWN: ("未出码", "no code"),
}
NOTICES: Final[Mapping[str, tuple[str, str]]] = {
    "popup1": ("弹窗一:到访过有本土病例的县", "pop-up 1: visited a county with local cases"),
    "popup2": ("弹窗二:入境隔离期未满", "pop-up 2: the term after entry is not over"),
    "popup3": ("弹窗三:与风险点位或人员有时空关联", "pop-up 3: linked in time and place"),
    "popup4": ("弹窗四:进返京缺核酸结果", "pop-up 4: a test after arrival is asked for"),
    "popup5": ("弹窗五:到访过边境口岸县", "pop-up 5: visited a border-port county"),
    "test_due": ("请完成一次核酸检测,逾期不变色", "a test is due; being late changes no colour"),
    "companion": ("时空伴随提示,不变色", "a telecom match: advice only, no colour"),
    "foreign": ("外省认定提示,不变色", "another province's statement: advice only, no colour"),
    "inactive": ("近两日未打卡,不变色", "no daily report for two days: no colour"),
    "self_check": ("请核对本人申报", "please check your own report"),
    "measure": ("防控措施提示", "a measure applies"),
    "arrival": ("到达提示,不变色", "an arrival: advice only, no colour"),
    "area": ("地区提示,不变色", "an area: advice only, no colour"),
}


@dataclass(frozen=True, slots=True)
class Reason:
    """One live span in words; all texts are in the language asked for."""

    headline: str
    rule: str
    clause: str
    law: str
    evidence: str
    since: str
    until: str
    way_out: str
    authority: str
    objection: str
    narrowed: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """The whole answer: the colour's word, what changes next, and each reason, worst first."""

    colour: Colour
    word: str
    next_step: str
    reasons: tuple[Reason, ...]
    notices: tuple[Reason, ...]


def explain(
    spans: tuple[Span, ...],
    packs: Mapping[str, Pack],
    kinds: Mapping[str, str],
    instant: int,
    lang: str = "zh",
    *,
    issued: bool = True,
) -> Explanation:
    """The explanation at an instant; `kinds` gives the kind of each evidence id."""
    now = live(spans, instant) if issued else []
    first = worst(now)
    colour = (first.colour if first else Colour.GREEN) if issued else Colour.UNKNOWN
    assert colour is not None
    rest = sorted(now, key=lambda s: (s is not first, s.colour is None, s.pack, s.rule))
    reasons = [_reason(s, packs[s.pack], kinds, lang) for s in rest]
    return Explanation(
        colour=colour,
        word=_pick(COLOURS[colour], lang),
        next_step=_next(spans, instant, lang) if issued else "",
        reasons=tuple(r for s, r in zip(rest, reasons, strict=True) if s.colour is not None),
        notices=tuple(r for s, r in zip(rest, reasons, strict=True) if s.colour is None),
    )


def _pick(pair: tuple[str, str], lang: str) -> str:
    return pair[0] if lang == "zh" else pair[1]


def _reason(span: Span, pack: Pack, kinds: Mapping[str, str], lang: str) -> Reason:
    clause = pack.clause(span.rule)
    ground = next(g for g in clause.grounds if g.id == span.ground)
    if span.colour is not None:
        word = _pick(COLOURS[span.colour], lang)
    else:
        word = _pick(NOTICES[span.notice or ""], lang)
    title = ground.title_zh if lang == "zh" else ground.title_en
    classes = dict.fromkeys(_kind(kinds.get(id), lang) for id in span.evidence)
    narrowed = ""
    if ground.narrowed:
        why = _pick(REASONS[ground.narrowed["reason"]], lang)
        was = ground.narrowed["from"]
        narrowed = (
            f"原文为 {was};{why},此处从轻"
            if lang == "zh"
            else f"published as {was}; {why}, so less here"
        )
    return Reason(
        headline=f"{word}:{title}" if lang == "zh" else f"{word}: {title}",
        rule=span.rule,
        clause=clause.basis.clause,
        law=clause.basis.text,
        evidence=("、" if lang == "zh" else ", ").join(classes),
        since=print_instant(span.starts),
        until=print_instant(span.until) if span.until is not None else "",
        way_out=clause.way_out.get(lang),
        authority=pack.authority,
        objection=pack.objection.get(lang),
        narrowed=narrowed,
    )


def _kind(kind: str | None, lang: str) -> str:
    if kind is None or kind not in KINDS:
        return "记录" if lang == "zh" else "record"
    return KINDS[kind].zh if lang == "zh" else KINDS[kind].en


def _next(spans: tuple[Span, ...], instant: int, lang: str) -> str:
    change = next_change(spans, instant)
    if change is None:
        return (
            "在没有新证据时不再变化" if lang == "zh" else "no further change without new evidence"
        )
    word, at = _pick(COLOURS[change.colour], lang), print_instant(change.at)
    if lang == "zh":
        return f"没有新证据时,{at} 自动转为{word},无需申请"
    return f"without new evidence it becomes {word} by itself at {at}"
