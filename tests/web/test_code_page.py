"""One's own code page: everything the promise names is on it, and nothing of anybody else."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mingma.codes.check import check
from mingma.codes.decide import Cover, decide
from mingma.codes.results import Result
from mingma.codes.token import Flags
from mingma.flows.seal import Log
from mingma.kernel.times import DAY, HOUR, Instant
from mingma.records import Person, Record
from mingma.rules.verdict import Verdict
from tests.instances import contact, withdrawal
from tests.web.reading import plain
from tests.web.site import PEOPLE, Site, site

TOKEN = re.compile(r'id="token"[^>]*>([^<]+)<')


def code(visit: Site, ref: str, lang: str = "en") -> str:
    visit.sign_in(ref)
    return visit.text(f"/code?lang={lang}")


def test_a_red_page_answers_every_question(visit: Site) -> None:
    words = plain(code(visit, "p-red"))
    for said in (
        "红码", "Red", "octagon",  # colour as word, colour and shape
        "W*", "3317",  # holder
        "close contact", "HA-R3",  # reason and clause
        "investigation finding",  # class of evidence
        "13 Jun 2022, 06:00", "28 Jun 2022, 00:00",  # since, until
        "turns yellow by itself at 28 Jun 2022, 00:00",  # next step
        "central quarantine",  # what to do
        "河南省疫情防控指挥部", "specimen.example/command",  # who
        "24-hour line",  # how to object
        "传染病防治法第四十三条",  # under which emergency
        "14 Jun 2022, 15:00:00",  # time of query
        "Entry ", "of the public log", "event 1 about you",  # receipt
        "test result", "3 hours ago", "just now",  # age of each channel
        "From green to red",  # notices
        "HC1:",  # the token, for whoever has no script
    ):  # fmt: skip
        assert said in words, said


def test_the_page_says_it_in_chinese(visit: Site) -> None:
    words = plain(code(visit, "p-red", "zh"))
    for said in (
        "红码：密切接触者", "流调判定", "2022年6月28日 00:00", "自动转为黄码，无需申请",
        "现阶段措施：集中隔离", "没有人选择颜色", "24小时热线", "查询时间", "公开日志第",
        "由绿码转为红码", "3 小时前", "八边形",
    ):  # fmt: skip
        assert said in words, said


@pytest.mark.parametrize(
    ("ref", "word", "shape"),
    [("p-green", "绿码", "圆形"), ("p-yellow", "黄码", "三角形"), ("p-red", "红码", "八边形")],
)
def test_a_colour_is_a_word_a_shape_and_a_colour(
    visit: Site, ref: str, word: str, shape: str
) -> None:
    page = code(visit, ref, "zh")
    colour = ref.removeprefix("p-")
    assert f'class="colour colour--{colour}" id="colour"' in page
    assert f"mark--{colour}" in page
    assert word in plain(page)
    assert f"({shape})" in plain(page)


def test_a_notice_is_shown_as_no_colour(visit: Site) -> None:
    words = plain(code(visit, "p-notice", "zh"))
    assert "绿码" in words
    assert "提示（不是颜色）" in words
    assert "时空伴随提示，不变色" in words
    assert "按上面的提示办理；颜色没有变。" in words
    assert "来源给的是黄码；唯一依据是时空伴随比对，此处从轻" in words


def test_a_green_page_says_that_nothing_stands_against_one(visit: Site) -> None:
    words = plain(code(visit, "p-green", "zh"))
    assert "没有使您的码变色的有效证据" in words
    assert "什么都不用做" in words
    assert "还没有通知" in words


@pytest.mark.parametrize("ref", [row[0] for row in PEOPLE])
def test_a_page_says_nothing_of_other_people(visit: Site, ref: str) -> None:
    page = TOKEN.sub('id="token"><', code(visit, ref))  # in a token any letters may stand together
    for other, name, last, _ in PEOPLE:
        if other != ref:
            assert other not in page
            assert name not in plain(page)
            assert last not in plain(page)
    assert ref not in page  # not even one's own reference


def test_the_token_is_good_offline_and_says_what_the_page_says(visit: Site) -> None:
    for ref, colour in (("p-green", "green"), ("p-yellow", "yellow"), ("p-red", "red")):
        found = TOKEN.search(code(visit, ref))
        assert found
        instance = visit.scene.instance
        seen = check(found[1], instance.clock(), trust=instance.trust, specimen=True)
        assert (seen.result, seen.colour) == (Result.OK, colour)
        assert seen.bearer
        assert Flags.SPECIMEN in seen.bearer.flags


def test_several_reasons_are_all_listed_worst_first(visit: Site) -> None:
    visit.scene.send(contact("c8", "p-yellow", -30, relation="secondary"))
    words = plain(code(visit, "p-yellow", "zh"))
    assert "同时有效的其他依据" in words
    assert words.index("红码：") < words.index("黄码：密切接触者")


def test_a_lapsed_code_says_lapsed_and_is_no_colour(visit: Site) -> None:
    visit.scene.clock.forward(60 * DAY)
    page = code(visit, "p-red", "zh")
    words = plain(page)
    assert "已失效 Lapsed" in words
    assert "失效既不是红码也不是黄码" in words
    assert "colour--red" not in page
    assert 'id="qr"' not in page
    assert "HC1:" not in page


def test_without_an_emergency_no_code_is_issued_and_the_page_says_why(tmp_path: Path) -> None:
    with site(tmp_path, emergency=False) as visit:
        page = code(visit, "p-red", "zh")
        assert "未出码 No code" in plain(page)
        assert "没有已宣布的应急状态" in plain(page)
        assert "现无已宣布的应急状态" in plain(page)
        assert "同样可以申诉" in plain(page)
        assert "colour--red" not in page
        assert "HC1:" not in page


def test_with_nothing_left_to_go_by_the_code_is_neither_green_nor_red(visit: Site) -> None:
    instance, now = visit.scene.instance, visit.scene.clock()
    with instance.store.write() as unit:
        before = unit.decisions_in_force(["p-green"])["p-green"]
        cover = Cover(str(before.emergency), Instant(before.expires or 0))
        blind = Verdict("p-green", now, before.packs, (), known=False)
        after = decide(blind, before, 2, cover)
        assert after
        unit.add_decisions([after], [], [])
    page = code(visit, "p-green", "zh")
    assert "可依据的数据已全部撤回或过旧" in plain(page)
    assert "colour--green" not in page


def test_somebody_without_a_decision_is_told_so(visit: Site) -> None:
    with visit.scene.instance.store.write() as unit:
        unit.add_people([Person("p-new", b"k" * 32, 0, "N*", "0001")])
        body = b'{"ref":"p-new","name":"N*","note":"new"}'
        unit.add_record(Record("demo_person", "p-new", visit.scene.clock(), body))
    page = code(visit, "p-new", "zh")
    assert "尚未判定" in plain(page)
    assert "colour--green" not in page


def test_a_change_for_the_worse_is_not_shown_before_its_seal(
    visit: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Log, "seal_within", lambda *_: None)
    visit.scene.send(contact("c9", "p-green", -26))
    page = code(visit, "p-green", "zh")
    assert "正在记入日志" in plain(page)
    assert "红码" not in plain(page)
    monkeypatch.undo()
    visit.scene.instance.seal()
    assert "红码" in plain(visit.text("/code"))


def test_a_colour_falls_at_its_second_with_nothing_running(visit: Site) -> None:
    visit.sign_in("p-yellow")
    visit.scene.clock.now = Instant(visit.scene.clock.now + HOUR)
    assert 'id="colour"' in (page := visit.text("/code"))
    assert "colour--yellow" in page
    visit.scene.clock.forward(6 * DAY)
    visit.sign_in("p-yellow")
    assert "colour--green" in visit.text("/code")


def test_looking_at_ones_own_code_writes_nothing(visit: Site) -> None:
    visit.sign_in("p-red")
    before = visit.counts()
    for path in ("/code", "/me/notices", "/code?lang=en"):
        visit.text(path)
    assert visit.counts() == before


def test_notices_are_listed_newest_first_with_clause_and_end(visit: Site) -> None:
    visit.scene.clock.forward(HOUR)
    visit.scene.send(withdrawal("c2", subject="p-red", hours=3.5))
    visit.sign_in("p-red")
    words = plain(visit.text("/me/notices"))
    assert "依据 cn-henan-2021-08 HA-R3" in words
    assert "至 2022年6月28日 00:00" in words
    assert words.index("由红码转为") < words.index("由绿码转为红码")


def test_a_notice_of_no_colour_names_its_kind(visit: Site) -> None:
    visit.sign_in("p-notice")
    words = plain(visit.text("/me/notices"))
    assert "颜色未变（绿码）" in words
    assert "提示：时空伴随提示" in words


def test_what_people_are_called_is_never_taken_for_markup(visit: Site) -> None:
    with visit.scene.instance.store.write() as unit:
        unit.add_people([Person("p-evil", b"e" * 32, 0, "<b>E*</b>", "0002")])
        body = b'{"ref":"p-evil","name":"<script>alert(1)</script>","note":"<img src=x>"}'
        unit.add_record(Record("demo_person", "p-evil", visit.scene.clock(), body))
    start = visit.text("/")
    assert "<script>alert" not in start
    assert "<img" not in start
    assert "<b>E" not in code(visit, "p-evil")


def test_a_channel_that_is_too_old_is_marked(visit: Site) -> None:
    limits = dict(visit.scene.instance.context.packs[0].stale_after)
    visit.scene.clock.forward(max(limits.values(), default=0) + HOUR)
    page = code(visit, "p-red", "zh")
    assert ("过旧" in plain(page)) is bool(limits)
