"""Loading a pack: law and source beside every rule, editions, windows, and what is refused."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from mingma.rules.pack import read_pack
from mingma.rules.strict import BadPack
from mingma.rules.yaml_text import NotYaml
from tests.unit.rules.tiny import CLOSE, HEAD, classes, clause, files, pack, shown

TWO = HEAD.replace(
    "checked_on: 2026-11-21, rules: rules}",
    "effective_to: 2022-06, checked_on: 2026-11-21, rules: rules}\n"
    "  - {edition: 2, effective_from: 2022-07, checked_on: 2026-11-21, rules: rules-2}",
)


def refusal(texts: dict[str, str], edition: int | None = None) -> BadPack:
    with pytest.raises(BadPack) as found:
        read_pack(texts, edition)
    return found.value


def window(begin: str, end: str = "") -> tuple[str | None, str | None]:
    row = f"effective_from: {begin}" + (f", effective_to: {end}" if end else "")
    made = pack(CLOSE, head=HEAD.replace("effective_from: 2022", row))
    return shown(made.starts), shown(made.ends)


def test_a_pack_says_whose_it_is_and_what_it_gives() -> None:
    made = read_pack(files(clause(CLOSE, "T-1"), clause(CLOSE, "T-2")))
    assert (made.id, made.edition, made.rung) == ("tiny", 1, "province")
    assert [one.id for one in made.clauses] == ["T-1", "T-2"]
    assert made.ref == (made.ref.__class__)("tiny", 1, made.digest)
    assert made.objection.en == "ask the community"


def test_the_clause_s_own_words_and_the_best_grade_of_its_sources_are_kept() -> None:
    basis = pack(CLOSE).clause("T-1").basis
    assert (basis.clause, basis.text, basis.sources) == ("第一条", "原文", ("press", "copy"))
    assert basis.grade == "A"


def test_a_rule_the_pack_lacks_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        pack(CLOSE).clause("T-9")


def test_a_rule_of_several_classes_has_a_ground_for_each() -> None:
    made = pack(classes(CLOSE, "title: {zh: 乙, en: b}\n" + CLOSE))
    assert [(g.id, g.rule, g.title_en) for g in made.grounds] == [
        ("T-1.a", "T-1", "a class"), ("T-1.b", "T-1", "b"),
    ]  # fmt: skip


# -- windows: as precise as the source and no more


@pytest.mark.parametrize(
    ("begin", "end", "starts", "ends"),
    [
        ("2022", "", "2022-01-01 00:00", None),
        ("2022-08", "", "2022-08-01 00:00", None),
        ("2022-08-20", "", "2022-08-20 00:00", None),
        ("2022", "2022", "2022-01-01 00:00", "2023-01-01 00:00"),
        ("2022-08", "2022-12", "2022-08-01 00:00", "2023-01-01 00:00"),
        ("2022-02", "2022-02", "2022-02-01 00:00", "2022-03-01 00:00"),
        ("2022-08-20", "2022-12-31", "2022-08-20 00:00", "2023-01-01 00:00"),
        ("2022-08-20", "2022-08-20", "2022-08-20 00:00", "2022-08-21 00:00"),
        ("2024-02-29", "2024-02-29", "2024-02-29 00:00", "2024-03-01 00:00"),
    ],
)
def test_a_window_ends_with_the_year_the_month_or_the_day_it_names(
    begin: str, end: str, starts: str, ends: str | None
) -> None:
    assert window(begin, end) == (
        starts.removesuffix(" 00:00"),
        ends and ends.removesuffix(" 00:00"),
    )


@pytest.mark.parametrize(
    "day",
    ["2022-13", "2022-00", "2022-02-30", "2022-2", "22", "2022-08-20-01", "08/2022", "2022-8-1",
     "２０２２", "soon", "0000", "9999", "1899", "2022-"],
)  # fmt: skip
@pytest.mark.parametrize("key", ["effective_from", "effective_to", "checked_on"])
def test_what_is_no_date_is_refused_with_its_key(key: str, day: str) -> None:
    row = "{edition: 1, effective_from: 2022, effective_to: 2022, checked_on: 2026, rules: rules}"
    head = HEAD.replace(
        "{edition: 1, effective_from: 2022, checked_on: 2026-11-21, rules: rules}",
        row.replace(f"{key}: 2022", f'{key}: "{day}"').replace(f"{key}: 2026", f'{key}: "{day}"'),
    )
    assert refusal(files(head=head)).place.field == f"editions[0].{key}"


def test_an_edition_that_ends_before_it_begins_is_refused() -> None:
    head = HEAD.replace("effective_from: 2022", "effective_from: 2022-08, effective_to: 2022-07")
    assert "ends before it begins" in refusal(files(head=head)).sentence()


def test_only_one_zone_is_known() -> None:
    assert refusal(files(head=HEAD.replace("Asia/Shanghai", "Asia/Urumqi"))).place.field == "zone"


# -- editions


def two() -> dict[str, str]:
    return {**files(head=TWO), "rules-2/T-1.yaml": clause(CLOSE.replace("7", "5"))}


def test_the_newest_edition_is_read_unless_one_is_named() -> None:
    assert [read_pack(two(), n).edition for n in (None, 1, 2)] == [2, 1, 2]
    assert read_pack(two(), 1).grounds[0].phases[0].last == 7
    assert read_pack(two(), 2).grounds[0].phases[0].last == 5


@pytest.mark.parametrize("edition", [0, 3, -1])
def test_an_edition_that_is_not_there_is_refused(edition: int) -> None:
    assert f"there is no edition {edition}" in refusal(two(), edition).sentence()


@pytest.mark.parametrize("numbers", [(2, 3), (1, 3), (2, 1), (1, 1), (0, 1)])
def test_editions_are_numbered_from_1_without_a_gap(numbers: tuple[int, int]) -> None:
    one, other = numbers
    head = TWO.replace("edition: 2,", f"edition: {other},").replace(
        "edition: 1,", f"edition: {one},", 1
    )
    assert "numbered from 1" in refusal({**two(), "pack.yaml": head}).sentence()


def test_a_later_edition_does_not_change_what_an_earlier_one_said() -> None:
    alone = HEAD.replace("checked_on", "effective_to: 2022-06, checked_on")
    assert read_pack(two(), 1).digest == read_pack(files(head=alone)).digest
    assert read_pack(two(), 2).digest != read_pack(two(), 1).digest


def test_neither_a_comment_nor_an_unused_source_changes_the_digest() -> None:
    said = files()
    noted = {path: f"# read again\n{text}" for path, text in said.items()}
    noted["pack.yaml"] += "  other: {grade: B, where: elsewhere}\n"
    assert read_pack(noted).digest == read_pack(said).digest


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        ("rules/0.yaml", "原文", "另一句"),
        ("rules/0.yaml", "[0, 7]", "[0, 8]"),
        ("pack.yaml", "某指挥部", "另一指挥部"),
        ("pack.yaml", "effective_from: 2022", "effective_from: 2021"),
        ("pack.yaml", "press.example/1", "press.example/2"),
    ],
)
def test_the_digest_is_of_everything_the_edition_says(path: str, old: str, new: str) -> None:
    changed = files()
    changed[path] = changed[path].replace(old, new)
    assert read_pack(changed).digest != read_pack(files()).digest


# -- what is refused

MISSING = [
    ("pack.yaml", "authority: 某指挥部\n", "authority"),
    ("pack.yaml", "objection: {zh: 向社区提出, en: ask the community}\n", "objection"),
    ("pack.yaml", "completeness: {zh: 全, en: whole}\n", "completeness"),
    ("pack.yaml", "procedure: {zh: 程序, en: procedure}\n", "procedure"),
    ("pack.yaml", "zone: Asia/Shanghai\n", "zone"),
    ("pack.yaml", "grade: A, ", "sources.press.grade"),
    ("pack.yaml", ', where: "http://press.example/1"', "sources.press.where"),
    ("pack.yaml", "checked_on: 2026-11-21, ", "editions[0].checked_on"),
    ("pack.yaml", "effective_from: 2022, ", "editions[0].effective_from"),
    ("rules/0.yaml", ", text: 原文", "basis.text"),
    ("rules/0.yaml", "clause: 第一条, ", "basis.clause"),
    ("rules/0.yaml", ", sources: [press, copy]", "basis.sources"),
    ("rules/0.yaml", "way_out: {zh: 等候, en: wait}\n", "way_out"),
    ("rules/0.yaml", "title: {zh: 某类, en: a class}\n", "title"),
    ("rules/0.yaml", ", en: a class", "title.en"),
    ("rules/0.yaml", "rule: T-1\n", "rule"),
]


@pytest.mark.parametrize(("path", "part", "field"), MISSING, ids=[row[2] for row in MISSING])
def test_law_source_and_way_out_are_required(path: str, part: str, field: str) -> None:
    texts = files()
    assert part in texts[path]
    texts[path] = texts[path].replace(part, "")
    found = refusal(texts)
    assert (found.place.file, found.place.field) == (path, field)
    assert "is missing" in found.sentence()


def change(path: str, old: str, new: str) -> Callable[[], dict[str, str]]:
    def changed() -> dict[str, str]:
        texts = files()
        assert old in texts[path]
        return {**texts, path: texts[path].replace(old, new)}

    return changed


WRONG = {
    "an unknown key of the pack": (
        change("pack.yaml", "rung:", "colour: red\nrung:"), "the key `colour` is not known here",
    ),
    "an unknown key of a rule": (
        change("rules/0.yaml", "way_out", "household: 1\nway_out"), "`household` is not known here",
    ),
    "an unknown key of a phase": (
        change("rules/0.yaml", "colour: red,", "colour: red, dys: 3,"), "`dys` is not known here",
    ),
    "an unknown grade": (change("pack.yaml", "grade: A", "grade: D"), "`D` is none of: S, A, B, C"),
    "an unknown rung": (change("pack.yaml", "province", "village"), "`village` is none of"),
    "a source the pack does not name": (
        change("rules/0.yaml", "[press, copy]", "[press, rumour]"), "names no source `rumour`",
    ),
    "no source at all": (change("rules/0.yaml", "[press, copy]", "[]"), "the list is empty"),
    "an empty text of law": (change("rules/0.yaml", "原文", '"  "'), "a text is wanted"),
    "a rule that stands twice": (
        lambda: {**files(), "rules/again.yaml": clause()}, "the rule `T-1` stands twice",
    ),
    "a rule that gives way to none": (
        change("rules/0.yaml", "phases:", "gives_way_to: T-7\nphases:"), "to no rule `T-7`",
    ),
    "a rule called like a class": (
        change("rules/0.yaml", "rule: T-1", "rule: T-1.a"), "end the id of a class",
    ),
    "classes that are not a, b, c": (
        lambda: files(clause(classes(CLOSE, CLOSE).replace("  b:", "  c:"))), "named a, b, c",
    ),
    "classes beside a ground of the rule's own": (
        lambda: files(clause(CLOSE + classes(CLOSE))), "either `when` or `classes`",
    ),
    "a rule without ground or reason": (lambda: files(clause("")), "says `when` it holds"),
    "a folder of rules without a rule": (
        lambda: {"pack.yaml": HEAD}, "the folder of rules has no rule",
    ),
    "a file no edition names": (
        lambda: {**files(), "rule/T-2.yaml": clause(CLOSE, "T-2")}, "no edition names the folder",
    ),
    "a stale channel of no kind": (
        lambda: files(head=HEAD + "stale_after_hours: {gossip: 24}\n"), "there is no kind `gossip`",
    ),
    "no head": (lambda: {"rules/0.yaml": clause()}, "the folder has no pack.yaml"),
    "a head that is a list": (lambda: files(head="- a\n"), "a mapping is wanted"),
    "no editions": (
        lambda: files(head=HEAD[: HEAD.index("editions")] + HEAD[HEAD.index("completeness") :]),
        "the key `editions` is missing",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("texts", "why"), WRONG.values(), ids=WRONG.keys())
def test_a_pack_that_says_something_else_is_refused(
    texts: Callable[[], dict[str, str]], why: str
) -> None:
    assert why in refusal(texts()).sentence()


def test_a_key_that_stands_twice_is_refused_with_its_line() -> None:
    with pytest.raises(NotYaml) as found:
        read_pack(files(clause() + "rule: T-2\n"))
    assert found.value.place.line == 8


# -- what is published and not encoded

REFUSED = """\
unencoded:
  - how: refused
    reason: order
    why: {zh: 指挥部意见, en: an order}
    source_colour: red
"""


def test_a_refused_rule_is_kept_with_its_reason_and_colour_and_never_fires() -> None:
    made = pack(REFUSED)
    [row] = made.clauses[0].unencoded
    assert (row.how, row.reason, row.source_colour) == ("refused", "order", "red")
    assert made.grounds == ()


@pytest.mark.parametrize(
    ("old", "new"), [("how: refused", "how: forgotten"), ("reason: order", "reason: because")]
)
def test_the_reason_of_a_refused_rule_is_one_of_a_closed_list(old: str, new: str) -> None:
    assert "is none of" in refusal(files(clause(REFUSED.replace(old, new)))).sentence()


def test_a_narrowed_rule_says_what_was_published_and_why_this_is_less() -> None:
    made = pack(CLOSE.replace("red", "yellow") + "narrowed: {from: red, reason: self_report}\n")
    assert made.grounds[0].narrowed == {"from": "red", "reason": "self_report"}
    bare = CLOSE + "narrowed: {from: red}\n"
    assert "`narrowed.reason`" in str(refusal(files(clause(bare))))
