"""Every sentence is said in both languages, is used, and says the same."""

from __future__ import annotations

import re
from string import Formatter

import pytest

from mingma.appeals.form import Offered
from mingma.appeals.terms import Asked, Ground
from mingma.authority.own import Delegate
from mingma.evidence.channels import KINDS
from mingma.flows.place_complaint import Demanded
from mingma.people.identity import IdentityType
from mingma.rules.conditions import field_type
from mingma.rules.grounds import INSTANTS
from mingma.rules.pack import RUNGS
from mingma.shelf import load_pack, pack_ids
from mingma.web.looks import LOOKS
from mingma.web.texts import FOLDER, known, say, texts
from mingma.web.typeset import prose, typeset
from tests.paths import SOURCE
from tests.web.reading import HAN

WEB = SOURCE / "web"
# Keys put together from a word of a closed list, which its own tests below go through …
FAMILIES = (
    "check_ins.grade.", "field.", "leaf.", "measure.", "paper.", "public.detector.",
    "public.figure.", "refused.", "release.", "rung.", "say.", "shape.", "word.",
    "who_looked.act.", "who_looked.purpose.",
)  # fmt: skip
DOORS = "code gate packs places log public notices check_ins delegates import"
# … and those that a template puts together from a short list of its own.
COMPOSED = {
    *(f"start.{door}.what" for door in DOORS.split()),
    *(f"delegates.{said}.{one}" for said in ("as", "may") for one in Delegate),
    *(f"start.protects.{point}" for point in "ground reason end others".split()),
    *(f"start.now.{count}" for count in "people facts decisions leaves".split()),
    *(f"pack.{what}" for what in "refused empty narrowed".split()),
    *(f"code.state.{state}" for state in "not_issued undecided".split()),
    *(f"places.demanded.{word}{more}" for word in Demanded for more in ("", ".where")),
    *(f"appeal.asked.{word}" for word in Asked),
    *(f"appeal.ground.{word}" for word in Ground),
    *(f"appeal.evidence.{word}" for word in Offered),
}


def names(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def sources() -> str:
    files = [*WEB.rglob("*.py"), *WEB.rglob("*.html")]
    return "\n".join(file.read_text("utf-8") for file in files)


@pytest.mark.parametrize("key", sorted(texts()))
def test_a_sentence_is_said_in_both_languages_with_the_same_values(key: str) -> None:
    sentence = texts()[key]
    assert sentence.zh.strip() == sentence.zh
    assert sentence.en.strip() == sentence.en or key.startswith("say.")
    assert sentence.zh
    assert sentence.en
    assert names(sentence.zh) == names(sentence.en)
    other_way = {"nav.other_language", "nav.other_language.hint"}  # each in the other's own words
    if key not in other_way:
        assert not HAN.search(sentence.en), "Chinese in the English sentence"
    if len(re.sub(r"\{.*?\}", "", sentence.zh)) > 12 and key not in other_way:
        assert HAN.search(sentence.zh), "no Chinese in the Chinese sentence"


def test_every_sentence_is_used_and_every_used_one_is_there() -> None:
    written = set(re.findall(r"[\"']([a-z_]+(?:\.[a-z_]+)*)[\"']", sources()))
    unused = {key for key in texts() if key not in written | COMPOSED}
    unused = {key for key in unused if not key.startswith(FAMILIES)}
    assert set(texts()) >= COMPOSED
    assert unused == set()
    asked = set(re.findall(r"\bt\([\"']([a-z_.]+)[\"'][,)]", sources()))
    asked |= set(re.findall(r"\bsay\([a-z_.]+, [\"']([a-z_.]+)[\"'][,)]", sources()))
    asked |= set(re.findall(r"\b_say\([\"']([a-z_.]+)[\"'][,)]", sources()))
    assert {key for key in asked if not known(key)} == set()


def test_every_word_of_a_closed_list_has_words_for_people() -> None:
    missing = set()
    for kind, channel in KINDS.items():
        for field in (*channel.__struct_encode_fields__, "region", "until", "at"):
            try:
                _, words, _ = field_type(kind, field)
            except ValueError:
                continue  # free text, which no rule may read
            missing |= {f"field.{field}"} | {f"word.{word}" for word in words if len(word) > 1}
    missing |= {f"field.{name}" for name in INSTANTS}
    missing |= {f"paper.{one.value}" for one in IdentityType}
    missing |= {f"rung.{rung}" for rung in RUNGS}
    missing |= {f"shape.{look.shape}" for look in LOOKS.values()}
    assert {key for key in missing if not known(key)} == set()


@pytest.mark.parametrize("id", pack_ids())
def test_every_measure_and_end_of_a_shipped_pack_has_words_for_people(id: str) -> None:
    grounds = load_pack(id).grounds
    keys = {f"measure.{p.measure}" for g in grounds for p in g.phases if p.measure}
    keys |= {f"release.{word}" for g in grounds for word in g.release.split("|")}
    assert {key for key in keys if not known(key)} == set()


def test_the_files_are_one_a_page() -> None:
    assert {file.stem for file in FOLDER.iterdir()} == {
        "common", "start", "code", "appeals", "gate", "imports", "packs", "log", "public",
        "who_looked", "delegates", "places", "check_ins",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("written", "printed"),
    [
        ("红码:密接,请隔离", "红码：密接，请隔离"),
        ("北京时间(UTC+8)。", "北京时间（UTC+8）。"),
        ("按 RFC 6962,由", "按 RFC 6962，由"),
        ("见 12:00, 至", "见 12:00, 至"),
        ("以 HC1: 开头", "以 HC1: 开头"),
        ("没有?有!", "没有？有！"),
        ("PNG, JPEG", "PNG, JPEG"),
        ("(不用)", "（不用）"),
        ("first (second)", "first (second)"),
        ("", ""),
    ],
)
def test_chinese_is_printed_with_full_width_marks(written: str, printed: str) -> None:
    assert typeset(written) == printed


def test_an_english_sentence_begins_with_a_capital() -> None:
    assert prose("en", "turns green, by itself") == "Turns green, by itself"
    assert prose("en", "") == ""
    assert prose("zh", "绿码,无需申请") == "绿码，无需申请"


def test_a_sentence_is_filled_in() -> None:
    assert say("zh", "say.phase.days", first=1, last=7) == "第 1 至 7 天"
    assert say("en", "say.phase.days", first=1, last=7) == "days 1 to 7"
    with pytest.raises(KeyError):
        say("zh", "there.is.none")
