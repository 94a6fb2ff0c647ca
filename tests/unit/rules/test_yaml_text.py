"""The YAML of packs: every scalar a text, and nothing that could mean two things."""

from __future__ import annotations

import pytest

from mingma.rules.yaml_text import NotYaml, read_yaml


def test_every_scalar_is_a_text() -> None:
    text = "{a: no, b: 010, c: 2021-08, d: 1.0, e: null, f: ~, g: true, h: 0x1F, i: 12:30:00, j: }"
    assert read_yaml(text, "f") == {
        "a": "no", "b": "010", "c": "2021-08", "d": "1.0", "e": "null", "f": "~", "g": "true",
        "h": "0x1F", "i": "12:30:00", "j": "",
    }  # fmt: skip


def test_lists_and_mappings_are_read_as_they_stand() -> None:
    assert read_yaml("- {a: [x, y]}\n- z\n", "f") == [{"a": ["x", "y"]}, "z"]


REFUSED = {
    "a key that stands twice": ("a: 1\nb: 2\na: 3\n", 3, "stands twice"),
    "a key that stands twice below": ("a:\n  b: 1\n  b: 2\n", 3, "stands twice"),
    "an anchor": ("a: &x 1\n", 1, "anchors and aliases"),
    "an alias": ("a: &x 1\nb: *x\n", 1, "anchors and aliases"),
    "an anchor on a list": ("a: &x [1]\n", 1, "anchors and aliases"),
    "a tag": ("a: !!int 1\n", 1, "tags are not used"),
    "a tag of one's own": ("a: !person x\n", 1, "tags are not used"),
    "a python object": ("a: !!python/object/apply:os.system [id]\n", 1, "tags are not used"),
    "two documents": ("a: 1\n---\nb: 2\n", 2, "another document"),
    "a list for a key": ("? [a, b]\n: c\n", 1, "unhashable"),
    "an open bracket": ("a: [1\n", 2, "expected"),
    "a tab for indentation": ("a:\n\tb: 1\n", 2, "cannot start any token"),
    "a character no store keeps": ('a: "\\0"\n', 1, "not valid UTF-8"),
    "a lone surrogate": ('a: "\\ud800"\n', 1, "not valid UTF-8"),
}


@pytest.mark.parametrize(("text", "line", "why"), REFUSED.values(), ids=REFUSED.keys())
def test_what_could_mean_two_things_is_refused_with_its_line(
    text: str, line: int, why: str
) -> None:
    with pytest.raises(NotYaml) as refusal:
        read_yaml(text, "rules/X.yaml")
    assert (refusal.value.place.file, refusal.value.place.line) == ("rules/X.yaml", line)
    assert why in refusal.value.sentence()


@pytest.mark.parametrize(
    "text",
    ["\x00", "a: \x07", 'a: "\\UFFFFFFFF"', "[" * 5000, "%YAML 9" + "9" * 5000 + ".1\n---\n"],
)
def test_what_yaml_itself_chokes_on_is_refused_too(text: str) -> None:
    with pytest.raises(NotYaml):
        read_yaml(text, "f")


def test_a_merge_key_merges_nothing() -> None:
    assert read_yaml("a: {<<: {b: 1}}\n", "f") == {"a": {"<<": {"b": "1"}}}
