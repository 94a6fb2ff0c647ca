"""`mingma explain`: the same answer in words a person uses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mingma.evidence.areas.matching import NoMatch
from tests.cli.files import AREAS, AT, PACK, Run, finding, write


def words(facts: Path, *more: object) -> list[object]:
    return ["explain", "--pack", PACK, "--facts", facts, "--subject", "乙", "--at", AT, *more]


def test_in_chinese_by_default(run: Run, facts: Path) -> None:
    done = run(*words(facts))
    assert done.status == 0
    lines = done.out.splitlines()
    assert lines[0] == "红码"
    assert lines[1] == "没有新证据时,2021-10-24T00:00:00+08:00 自动转为黄码,无需申请"
    said = {line.strip().partition(":")[0]: line.partition(":")[2] for line in lines[3:]}
    assert said["条款"].startswith("HA-R3")
    assert said["依据"] == "流调判定"
    assert {"原文", "自", "至", "怎么办", "决定机关", "异议"} <= said.keys()


def test_in_english_where_asked(run: Run, facts: Path) -> None:
    lines = run(*words(facts, "--lang", "en")).out.splitlines()
    assert lines[0] == "red"
    assert "  evidence: investigation finding" in lines
    assert any(line.startswith("  object: ") for line in lines)


def test_as_json(run: Run, facts: Path) -> None:
    value = json.loads(run(*words(facts, "--json")).out)
    assert (value["subject"], value["at"], value["colour"]) == ("乙", AT, "red")
    assert value["reasons"][0]["rule"] == "HA-R3"


def test_green_has_no_reason(run: Run, facts: Path) -> None:
    done = run("explain", "--pack", PACK, "--facts", facts, "--subject", "a", "--at", AT)
    assert done.out == "绿码\n在没有新证据时不再变化\n"


def test_nobody_else_is_named(run: Run, tmp_path: Path) -> None:
    facts = write(tmp_path / "facts.ndjson", finding("f", "乙"), finding("other", "somebody"))
    for lang in ("zh", "en"):
        out = run(*words(facts, "--lang", lang)).out
        assert "somebody" not in out
        assert "case-1" not in out


def test_a_subject_without_facts_is_an_honest_no(run: Run, facts: Path) -> None:
    done = run("explain", "--pack", PACK, "--facts", facts, "--subject", "x", "--at", AT)
    assert (done.status, done.out) == (1, "")
    assert done.err.startswith(f"explain.no_facts: {facts}, field `subject`: ")


@pytest.mark.parametrize("lang", ["fr", "zh-CN", ""])
def test_only_two_languages_are_spoken(run: Run, facts: Path, lang: str) -> None:
    assert run(*words(facts, "--lang", lang)).status == 2


@pytest.mark.parametrize(
    ("place", "why"),
    [
        ("别处", "place_not_listed"),
        ("某社区", None),
        (None, "no_place"),
    ],
)
def test_of_a_stay_that_the_list_says_nothing_of_it_is_said_why(
    run: Run, tmp_path: Path, place: str | None, why: str | None
) -> None:
    stay = {
        "id": "s", "kind": "area_stay", "subject": "乙", "at": "2021-10-01T10:00:00+08:00",
        "region": "350203", "data": {}, **({"place": place} if place else {}),
    }  # fmt: skip
    stated = {**stay, "id": "stated", "data": {"level": "low"}}
    later = {**stay, "id": "later", "at": "2021-10-13T10:00:00+08:00"}
    facts = write(tmp_path / "facts.ndjson", stay, stated, later)
    listed = tmp_path / "areas.csv"
    listed.write_text(AREAS + "H,福建省,厦门市,思明区,某社区,2021-10-03,\n", "utf-8")
    for lang, stay_s in (("zh", "旅居记录 s:"), ("en", "stay s: ")):
        unmatched = {"s": NoMatch(why).sentence(lang)} if why else {}
        asked = words(facts, "--areas", listed, "--lang", lang)
        assert json.loads(run(*asked, "--json").out)["unmatched"] == unmatched
        lines = [one for one in run(*asked).out.splitlines() if one.startswith(stay_s)]
        assert lines == [stay_s + reason for reason in unmatched.values()]
    assert json.loads(run(*words(facts, "--json")).out)["unmatched"] == {}
