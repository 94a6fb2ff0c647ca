"""The gate page shows a result, the time of issue, a masked name and four characters; no more."""

from __future__ import annotations

import html
from typing import Any

import httpx
import pytest

from mingma.codes.results import Result
from mingma.codes.trust import Trust
from mingma.engines.pictures import MAX_BYTES
from mingma.kernel.times import HOUR
from tests.pictures import draw_code
from tests.web.reading import plain
from tests.web.site import Site

# What a person's own page says of her, and a gate must not.
PRIVATE = (
    "密切接触者", "close contact", "流调", "investigation", "HA-R3", "集中隔离", "quarantine",
    "河南省", "Henan", "p-red", "28日", "28 Jun", "case-7", "日志第", "credential", "edition",
)  # fmt: skip


def token(visit: Site, ref: str) -> str:
    shown = visit.scene.instance.show(ref, "en").token
    assert shown
    return shown


def gate(
    visit: Site, text: str = "", picture: bytes | None = None, lang: str = "en"
) -> httpx.Response:
    visit.get(f"/gate?lang={lang}")
    files = {"picture": ("code.png", picture, "image/png")} if picture is not None else None
    return visit.post("/gate", files=files, text=text)


def result(answer: httpx.Response) -> str:
    return answer.text.split('data-result="')[1].split('"')[0]


@pytest.mark.parametrize(
    ("ref", "word", "name", "last"),
    [
        ("p-green", "绿码", "Z*", "0028"),
        ("p-yellow", "黄码", "L*", "116X"),
        ("p-red", "红码", "W*", "3317"),
    ],
)
def test_a_good_token_shows_colour_time_name_and_four_characters(
    visit: Site, ref: str, word: str, name: str, last: str
) -> None:
    answer = gate(visit, token(visit, ref))
    words = plain(answer.text)
    assert (answer.status_code, result(answer)) == (200, Result.OK)
    for said in (word, name, last, "14 Jun 2022, 15:00:00", "Specimen: proves nothing"):
        assert said in words, said
    assert f"colour--{ref.removeprefix('p-')}" in answer.text


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_gate_learns_no_reason_no_rule_and_no_history(visit: Site, lang: str) -> None:
    words = plain(gate(visit, token(visit, "p-red"), lang=lang).text)
    assert [one for one in PRIVATE if one in words] == []


def test_a_picture_is_read(visit: Site) -> None:
    answer = gate(visit, picture=draw_code(token(visit, "p-yellow")))
    assert result(answer) == Result.OK
    assert "黄码" in plain(answer.text)


def test_line_breaks_of_pasting_do_no_harm_and_spaces_of_the_token_stay(visit: Site) -> None:
    whole = token(visit, "p-green")
    pasted = "\r\n  " + "\r\n".join(whole[n : n + 40] for n in range(0, len(whole), 40)) + "\n"
    assert result(gate(visit, pasted)) == Result.OK


def unsigned(text: str) -> str:
    return text[:-6] + "000000"


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_what_cannot_be_read_is_drawn_in_no_colour(visit: Site, lang: str) -> None:
    for answer in (
        gate(visit, "HC1:NONSENSE", lang=lang),
        gate(visit, "hello", lang=lang),
        gate(visit, unsigned(token(visit, "p-red")), lang=lang),
        gate(visit, picture=b"\x89PNG junk", lang=lang),
        gate(visit, picture=draw_code("not a token"), lang=lang),
        gate(visit, picture=b"", lang=lang),
        gate(visit, picture=b"\x89PNG" + bytes(2_000_000), lang=lang),
    ):
        assert answer.status_code == 200
        assert result(answer) in {Result.UNREADABLE, Result.BAD_SIGNATURE}
        assert "colour--unknown" in answer.text
        assert "colour--red" not in answer.text
        assert "colour--green" not in answer.text


def test_a_lapsed_token_is_neither_red_nor_green(visit: Site) -> None:
    shown = token(visit, "p-red")
    visit.scene.clock.forward(13 * HOUR)
    answer = gate(visit, shown)
    assert result(answer) == Result.EXPIRED
    assert "colour--red" not in answer.text
    assert "neither red nor yellow" in plain(answer.text)
    assert "W*" in plain(answer.text)  # the signature is good, so who showed it can be compared


def test_another_issuers_token_is_from_an_unknown_key(visit: Site) -> None:
    shown = token(visit, "p-green")
    visit.scene.instance.trust = Trust()
    answer = gate(visit, shown)
    assert result(answer) == Result.UNKNOWN_KEY
    assert "colour--green" not in answer.text
    assert "Z*" not in plain(answer.text)


@pytest.mark.parametrize(
    ("text", "said"),
    [("", "没有收到图片"), ("   \r\n ", "没有收到图片"), ("HC1:" + "A" * 5000, "文字太长")],
)
def test_nothing_to_check_is_said_in_words(visit: Site, text: str, said: str) -> None:
    answer = gate(visit, text, lang="zh")
    assert answer.status_code == 400
    assert said in plain(answer.text)
    assert 'role="alert"' in answer.text


def test_a_picture_that_is_too_large_is_refused_in_words(visit: Site) -> None:
    answer = gate(visit, picture=b"\x89PNG" + bytes(MAX_BYTES + 128 * 1024), lang="zh")
    assert answer.status_code == 413
    assert "文件太大" in plain(answer.text)


def test_a_check_keeps_nothing(visit: Site) -> None:
    shown = token(visit, "p-red")
    before = visit.counts()
    gate(visit, shown)
    gate(visit, picture=draw_code(shown))
    assert visit.counts() == before


def test_nobody_needs_to_sign_in_to_check(closed: Site) -> None:
    assert result(gate(closed, token(closed, "p-green"))) == Result.OK


def pass_note(visit: Site, ground: str) -> str:
    """The pass note on the person's own page."""
    visit.post("/me/appeals", asked="urgent", ground=ground)
    part = visit.text("/code?lang=en")
    start = part.index("mingma-pass-note v1")
    return html.unescape(part[start : part.index("</code>", start)])


@pytest.mark.parametrize("how", ["pasted", "picture"])
def test_a_pass_note_lets_its_holder_in_whatever_her_colour(visit: Site, how: str) -> None:
    visit.sign_in("p-red")
    note = pass_note(visit, "exam")
    visit.get("/gate?lang=en")
    shown: dict[str, Any] = (
        {"text": note.replace("\n", "\r\n")}
        if how == "pasted"
        else {"files": {"picture": ("note.png", draw_code(note), "image/png")}}
    )
    answer = visit.post("/gate", place="school", **shown)
    assert (answer.status_code, result(answer)) == (200, "ENTRY")
    words = plain(answer.text)
    for said in ("W*", "3317", "Let the person in", "Specimen: proves nothing"):
        assert said in words, said
    assert not [word for word in (*PRIVATE, "exam", "红码") if word in words]
    assert visit.post("/gate", place="railway_station", text=note).status_code == 403
    visit.scene.clock.forward(HOUR)
    assert visit.post("/gate", place="school", text=note).status_code == 403
    assert visit.post("/gate", place="school", text=note[:60]).status_code == 400
