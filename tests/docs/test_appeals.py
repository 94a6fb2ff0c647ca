"""The guide to appeals prints the tables of the code."""

from __future__ import annotations

import re

from mingma.appeals.form import Offered
from mingma.appeals.pass_note import COPY_LASTS, PLACES, read_pass_note
from mingma.appeals.reasons import WORDS
from mingma.appeals.terms import TERMS, Ground, span_of
from mingma.appeals.ways import KNOWN, Way
from tests.paths import ROOT

GUIDE = (ROOT / "docs" / "guides" / "appeals.md").read_text("utf-8")
NOTE = (ROOT / "docs" / "formats" / "pass-note.md").read_text("utf-8")


def rows(heading: str) -> list[list[str]]:
    """The cells of the first table after a line that begins so."""
    table = GUIDE.split(heading)[1].split("\n\n")[0]
    return [[cell.strip() for cell in row.split("|")[1:-1]] for row in table.split("\n")[2:] if row]


def test_the_guide_s_table_of_terms_is_the_table() -> None:
    said = [[f"{one.zh} {one.en}", span_of(one.seconds, "en"), one.then_en] for one in TERMS]
    assert rows("| what | term | what then |")[-len(TERMS) :] == said


def test_the_guide_s_reasons_are_the_closed_list() -> None:
    said = [[f"`{one}`", str(what), f"{zh} {en}"] for one, (what, zh, en) in WORDS.items()]
    assert rows("| reason | for | says |")[-len(WORDS) :] == said


def test_the_words_of_the_field_are_mapped() -> None:
    said = [[one.zh, one.en, one.here] for one in KNOWN]
    assert rows("| 中文 | English | here |")[-len(KNOWN) :] == said
    assert all(f"`{way}`" in GUIDE for way in Way)
    assert all(f"`{kind}`" in GUIDE for kind in Offered)


def test_the_format_of_a_pass_note_is_the_one_that_is_written() -> None:
    example = re.search(r"```\n(.*?)```", NOTE, re.DOTALL)
    assert example
    note = read_pass_note(example[1])
    assert note.until - note.since == COPY_LASTS
    assert all(f"`{ground}`" in NOTE for ground in Ground)
    assert all(f"`{place}`" in NOTE for places in PLACES.values() for place in places)
