"""Why a code is what it is, in both languages, from the spans that show it."""

from __future__ import annotations

import dataclasses

import pytest

from mingma.kernel.words import Colour
from mingma.rules.explain import COLOURS, NOTICES, Explanation, explain
from mingma.rules.grounds import NOTICES as KINDS_OF_NOTICE
from mingma.rules.verdict import Verdict
from tests.unit.rules.tiny import contact, fact, pack, t, verdict

STEPS = """\
when: {kind: contact_finding, relation: close}
phases:
  - {colour: red, days: [0, 7]}
  - {colour: yellow, days: [8, 10]}
final_test: yes
"""
NARROWED = """\
when: {kind: companion_match}
phases:
  - {notice: companion, days: [0, 7]}
narrowed: {from: yellow, reason: companion_match}
"""
BOOK = pack(STEPS, NARROWED)
KINDS = {"f": "contact_finding", "m": "companion_match"}
FACTS = [
    contact("2022-10-01 10:00"),
    fact("companion_match", "2022-10-02 08:00", "m", overlap_minutes=40, cell="c"),
]


def said(at: str, lang: str = "en", found: Verdict | None = None) -> Explanation:
    found = found or verdict(BOOK, FACTS, at)
    return explain(found.spans, {"tiny": BOOK}, KINDS, t(at), lang, issued=found.known)


def test_a_reason_names_rule_clause_law_evidence_time_way_out_and_where_to_object() -> None:
    [reason] = said("2022-10-03", "en").reasons
    assert dataclasses.asdict(reason) == {
        "headline": "red: a class",
        "rule": "T-1",
        "clause": "第一条",
        "law": "原文",
        "evidence": "investigation finding",
        "since": "2022-10-01T10:00:00+08:00",
        "until": "2022-10-09T00:00:00+08:00",
        "way_out": "wait",
        "authority": "某指挥部",
        "objection": "ask the community",
        "narrowed": "",
    }


def test_the_same_in_chinese() -> None:
    found = said("2022-10-03", "zh")
    assert found.word == "红码"
    [reason] = found.reasons
    assert reason.headline == "红码:某类"
    assert (reason.evidence, reason.way_out, reason.objection) == ("流调判定", "等候", "向社区提出")
    assert found.next_step == "没有新证据时,2022-10-09T00:00:00+08:00 自动转为黄码,无需申请"


def test_a_notice_is_said_apart_and_says_what_was_published() -> None:
    [notice] = said("2022-10-03").notices
    assert notice.headline == "a telecom match: advice only, no colour: a class"
    assert (
        notice.narrowed == "published as yellow; its only ground is a telecom match, so less here"
    )
    [notice] = said("2022-10-03", "zh").notices
    assert notice.narrowed == "原文为 yellow;唯一依据是时空伴随比对,此处从轻"


def test_the_colour_is_the_one_of_the_instant_asked_about() -> None:
    found = verdict(BOOK, FACTS, "2022-10-03")
    words = [
        said(at, "en", found).word for at in ("2022-10-08 23:59:59", "2022-10-09", "2022-10-12")
    ]
    assert words == ["red", "yellow", "green"]


def test_the_next_step_is_what_happens_without_new_evidence() -> None:
    assert said("2022-10-09").next_step == (
        "without new evidence it becomes green by itself at 2022-10-12T00:00:00+08:00"
    )
    assert said("2022-10-12").next_step == "no further change without new evidence"
    assert said("2022-10-12", "zh").next_step == "在没有新证据时不再变化"


def test_what_is_not_issued_is_unknown_and_gives_no_reason() -> None:
    found = verdict(BOOK, FACTS, "2022-10-03")
    nothing = explain(found.spans, {"tiny": BOOK}, KINDS, t("2022-10-03"), "en", issued=False)
    assert nothing == Explanation(Colour.UNKNOWN, "no code", "", (), ())


def test_evidence_of_a_kind_nobody_knows_is_a_record() -> None:
    found = verdict(BOOK, FACTS, "2022-10-03")
    [reason] = explain(found.spans, {"tiny": BOOK}, {}, t("2022-10-03"), "en").reasons
    assert reason.evidence == "record"


@pytest.mark.parametrize("words", [COLOURS, NOTICES])
def test_every_word_stands_in_both_languages(words: dict[str, tuple[str, str]]) -> None:
    assert all(zh and en and zh != en for zh, en in words.values())


def test_every_colour_and_every_notice_has_words() -> None:
    assert set(COLOURS) == set(Colour)
    assert set(NOTICES) == set(KINDS_OF_NOTICE)
