"""Reading a mapping key by key: types, and what is left over."""

from __future__ import annotations

from typing import Any

import pytest

from mingma.rules.strict import MAX_NUMBER, BadPack, Keys, whole


def keys(**value: Any) -> Keys:
    return Keys(value, "rules/X.yaml", "phases[0]")


def refused(call: Any) -> BadPack:
    with pytest.raises(BadPack) as refusal:
        call()
    return refusal.value


def test_a_key_nobody_asked_for_is_refused_and_the_known_ones_are_listed() -> None:
    read = keys(colour="red", days="1", colur="red")
    read.text("colour"), read.text("days")
    refusal = refused(read.done)
    assert refusal.sentence() == (
        "the pack is wrong: the key `colur` is not known here; known: colour, days"
    )
    assert refusal.place.field == "phases[0].colur"
    assert refusal.place.file == "rules/X.yaml"


def test_a_missing_key_is_named() -> None:
    refusal = refused(lambda: keys().text("colour"))
    assert "the key `colour` is missing" in refusal.sentence()
    assert refusal.place.field == "phases[0].colour"


@pytest.mark.parametrize("value", ["", "  ", ["red"], {"a": "b"}, None])
def test_a_text_is_a_text_and_not_empty(value: object) -> None:
    refused(lambda: keys(a=value).text("a"))


def test_a_word_is_one_of_a_closed_list_that_the_refusal_names() -> None:
    assert keys(a="x").word("a", ("x", "y")) == "x"
    assert "`z` is none of: x, y" in refused(lambda: keys(a="z").word("a", ("x", "y"))).sentence()


@pytest.mark.parametrize(("text", "number"), [("0", 0), ("7", 7), (str(MAX_NUMBER), MAX_NUMBER)])
def test_a_whole_number_is_written_as_it_prints(text: str, number: int) -> None:
    assert whole(text) == number
    assert keys(a=text).number("a") == number


@pytest.mark.parametrize(
    "text",
    ["", "-1", "+1", "01", "1.0", "1e3", "5_0", " 5", "5 ", "None", "٧", "１", "²", "x",
     str(MAX_NUMBER + 1), "9" * 5000, ["1"], {"1": "1"}],
)  # fmt: skip
def test_what_would_not_print_back_the_same_is_no_number(text: object) -> None:
    assert whole(text) is None
    refused(lambda: keys(a=text).number("a"))


def test_yes_and_no_are_words_and_absent_means_no() -> None:
    assert keys(a="yes").yes("a")
    assert not keys(a="no").yes("a")
    assert not keys().yes("a")
    refused(lambda: keys(a="true").yes("a"))


def test_one_text_counts_as_a_list_of_one() -> None:
    assert keys(a="x").texts("a") == ("x",)
    assert keys(a=["x", "y"]).texts("a") == ("x", "y")
    assert keys().texts("a", ("d",)) == ("d",)


@pytest.mark.parametrize("value", [[], [""], [["x"]], {"x": "y"}, "", None])
def test_a_list_of_texts_holds_texts_and_is_not_empty(value: object) -> None:
    refused(lambda: keys(a=value).texts("a"))


def test_a_list_that_may_be_empty_may_be_empty() -> None:
    assert keys(a=[]).texts("a", some=False) == ()


def test_one_mapping_counts_as_a_list_of_one() -> None:
    rows = keys(a={"b": "x"}).rows("a")
    assert [row.text("b") for row in rows] == ["x"]
    assert rows[0].path == "phases[0].a[0]"


@pytest.mark.parametrize("value", ["x", [], ["x"], [["x"]], None])
def test_a_list_of_mappings_holds_mappings_and_is_not_empty(value: object) -> None:
    refused(lambda: keys(a=value).rows("a"))


def test_words_stand_in_both_languages() -> None:
    text = keys(title={"zh": "甲", "en": "a"}).both("title")
    assert (text.get("zh"), text.get("en")) == ("甲", "a")
    refused(lambda: keys(title={"zh": "甲"}).both("title"))
    refused(lambda: keys(title={"zh": "甲", "en": "a", "fr": "a"}).both("title"))


@pytest.mark.parametrize("value", ["x", ["x"], None, 3])
def test_a_mapping_is_a_mapping(value: object) -> None:
    refused(lambda: Keys(value, "f", ""))
