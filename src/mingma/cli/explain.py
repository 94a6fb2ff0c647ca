"""`mingma explain`: why one person's code is what it is, in plain words."""

from __future__ import annotations

import json as json_module
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from mingma.cli.facts_at import area_history
from mingma.engines.fact_files import read_facts
from mingma.evidence.areas.matching import AreaHistory
from mingma.evidence.channels.area_stay import AreaStay
from mingma.evidence.model import Fact
from mingma.kernel.errors import Place, Refused
from mingma.kernel.times import Instant, parse_instant, print_instant
from mingma.rules.assess import Rulebook, assess, no_areas
from mingma.rules.explain import Explanation, Reason
from mingma.rules.explain import explain as in_words
from mingma.shelf import load_pack
from mingma.shipped import divisions

LABELS = {
    "zh": ("条款", "原文", "依据", "自", "至", "怎么办", "决定机关", "异议", "从轻"),
    "en": ("clause", "law", "evidence", "since", "until", "what to do", "decided by",
           "object", "narrowed"),
}  # fmt: skip


class NoFacts(Refused):
    """The file has no fact about the subject."""

    slug = "explain.no_facts"
    zh = "文件中没有 `{subject}` 的记录"
    en = "the file has no fact about `{subject}`"
    remedy_zh = "请核对对象编号"
    remedy_en = "check the subject"


def explain(
    *,
    pack: Annotated[list[str], Parameter(consume_multiple=False)],
    facts: Path,
    subject: str,
    at: str,
    areas: Path | None = None,
    lang: Literal["zh", "en"] = "zh",
    json: bool = False,
) -> int:
    """Say in words why the subject's code is what it is at an instant.

    Args:
        pack: A pack's id; may be given several times.
        facts: NDJSON (plain or gzip) or Parquet.
        subject: Whose code.
        at: The instant, RFC 3339 with offset.
        areas: An area list, CSV.
        lang: The language of the answer.
        json: Print a JSON object.
    """
    instant = parse_instant(at, "at")
    packs = [load_pack(id) for id in dict.fromkeys(pack)]
    own = [fact for fact in read_facts(facts, divisions()) if fact.subject == subject]
    if not own:
        raise NoFacts(Place(str(facts), field="subject"), subject=subject)
    history = area_history(areas) if areas else None
    match = history.match if history else no_areas
    verdict = assess(Rulebook(packs), subject, own, instant, match)
    kinds = {fact.id: fact.kind for fact in own}
    said = in_words(
        verdict.spans, {p.id: p for p in packs}, kinds, instant, lang, issued=verdict.known
    )
    unmatched = _unmatched(history, own, instant, lang) if history else {}
    if json:
        answer = {"subject": subject, "at": print_instant(instant), **asdict(said)}
        answer["unmatched"] = unmatched
        print(json_module.dumps(answer, ensure_ascii=False, indent=2))
    else:
        print("\n".join([*_lines(said, lang), *_stay_lines(unmatched, lang)]))
    return 0


def _unmatched(history: AreaHistory, own: Iterable[Fact], at: Instant, lang: str) -> dict[str, str]:
    """The stays that the list says nothing of, by their facts' ids, and why."""
    asked = [one for one in own if isinstance(one.data, AreaStay) and one.data.level is None]
    found = {one.id: history.unmatched(one.region, one.place) for one in asked if one.at <= at}
    return {id: why.sentence(lang) for id, why in found.items() if why}


def _stay_lines(unmatched: Mapping[str, str], lang: str) -> list[str]:
    stay = "旅居记录 {}:{}" if lang == "zh" else "stay {}: {}"
    return ["", *(stay.format(id, why) for id, why in unmatched.items())] if unmatched else []


def _lines(said: Explanation, lang: str) -> list[str]:
    lines = [said.word, said.next_step]
    for reason in (*said.reasons, *said.notices):
        lines += ["", reason.headline, *_details(reason, lang)]
    return lines


def _details(reason: Reason, lang: str) -> list[str]:
    values = (
        f"{reason.rule} {reason.clause}", reason.law, reason.evidence, reason.since, reason.until,
        reason.way_out, reason.authority, reason.objection, reason.narrowed,
    )  # fmt: skip
    colon = ":" if lang == "zh" else ": "
    return [f"  {label}{colon}{v}" for label, v in zip(LABELS[lang], values, strict=True) if v]
