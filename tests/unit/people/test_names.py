"""Names and telephones are read in one form, refused where they name nobody, masked at the gate."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mingma.kernel.errors import Malformed
from mingma.people.mask import COMPOUND_SURNAMES, mask_name
from mingma.people.names import NotAName, read_name
from mingma.people.provisional import provisional_ref, read_provisional
from mingma.people.reach import NotAReach, read_reach

KEY = bytes(32)


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        (" 张 三 丰 ", "张三丰"),
        ("張三", "張三"),
        ("John  SMITH", "john smith"),
        ("ＪＯＨＮ　ＳＭＩＴＨ", "john smith"),
        ("O'Brien-Jones Jr.", "o'brien-jones jr."),
        ("阿卜杜拉 • 买买提", "阿卜杜拉·买买提"),
        ("阿卜杜拉・买买提", "阿卜杜拉·买买提"),
        ("李〇", "李〇"),
        ("김철수", "김철수"),
    ],
)
def test_a_name_is_compared_in_one_form(written: str, normal: str) -> None:
    assert read_name(written) == normal


@pytest.mark.parametrize(
    "written",
    ["", " ", "张", "张某", "张某某", "李先生", "王女士", "不详", "同上", "unknown", "密接1", "A",
     "-", "·", "小李", "=cmd()", "x" * 65, "张三/李四", "13912345678"],
)  # fmt: skip
def test_what_names_nobody_is_refused(written: str) -> None:
    with pytest.raises(NotAName) as refusal:
        read_name(written)
    assert not written.strip() or written not in refusal.value.sentence("en")


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        ("13912345678", "+8613912345678"),
        ("139 1234-5678", "+8613912345678"),
        ("１３９１２３４５６７８", "+8613912345678"),
        ("+86 139 1234 5678", "+8613912345678"),
        ("8613912345678", "+8613912345678"),
        ("0086-13912345678", "+8613912345678"),
        ("0371-65900000", "+8637165900000"),
        ("(0371)65900000", "+8637165900000"),
        ("010 65900000", "+861065900000"),
        ("+86 (0)10 65900000", "+861065900000"),
        ("+86 10 65900000", "+861065900000"),
        ("+852 5123 4567", "+85251234567"),
        ("00852 51234567", "+85251234567"),
        ("+1 (415) 555-2671", "+14155552671"),
    ],
)
def test_a_telephone_is_written_as_e164(written: str, normal: str) -> None:
    assert read_reach(written) == normal


@pytest.mark.parametrize(
    "written",
    ["", "110", "65900000", "12912345678", "1391234567", "139123456789", "3716590000", "51234567",
     "13912345678/13812345678", "0371-65900000转801", "1.39E+10", "+86 12345678", "+8612345678901",
     "+0 12345678", "+1234567890123456", "无", "13912345678.0", "861065900000"],
)  # fmt: skip
def test_what_is_not_one_whole_number_is_refused(written: str) -> None:
    with pytest.raises(NotAReach) as refusal:
        read_reach(written)
    assert not written or f"{written}" not in refusal.value.sentence("en")


@given(st.text())
def test_any_text_is_a_number_or_refused_and_a_number_stays_itself(text: str) -> None:
    for read in (read_reach, read_name):
        try:
            found = read(text)
        except Malformed:
            continue
        assert read(found) == found


@given(st.text(alphabet="+0123456789 -()转", max_size=20))
def test_a_telephone_read_again_stays_itself(text: str) -> None:
    try:
        found = read_reach(text)
    except NotAReach:
        return
    assert found[0] == "+"
    assert 8 <= len(found) - 1 <= 15
    assert read_reach(found) == found


def test_one_family_telephone_is_as_many_people_as_names() -> None:
    refs = {provisional_ref(read_provisional(n, "13912345678"), KEY) for n in ("张三", "张四")}
    assert len(refs) == 2


def test_the_same_person_written_twice_is_one_provisional_identity() -> None:
    one = read_provisional("张 三", "139 1234 5678")
    other = read_provisional("张三", "+8613912345678")
    assert provisional_ref(one, KEY) == provisional_ref(other, KEY)
    assert "张三" not in repr(one)
    assert "139" not in repr(one)


@pytest.mark.parametrize(
    ("name", "masked"),
    [
        ("张三", "张*"),
        ("张三丰", "张*"),
        ("欧阳娜娜", "欧阳*"),
        ("欧阳修", "欧阳*"),
        ("欧阳", "欧*"),
        ("司马光", "司马*"),
        ("欧阳 修", "欧阳*"),
        ("阿卜杜拉·买买提", "阿*"),
        ("John Smith", "J* S*"),
        ("SMITH JOHN PAUL", "S* J* P*"),
        ("ｊｏｈｎ", "J*"),
        ("Müller", "M*"),
        ("Élodie Dupont", "É* D*"),
        ("김철수", "김*"),
        ("", "*"),
        ("*", "*"),
        ("\u202e张三", "张*"),
    ],
)
def test_a_gate_sees_the_surname_and_one_star(name: str, masked: str) -> None:
    assert mask_name(name) == masked


@given(st.text())
def test_a_masked_name_shows_at_most_a_surname_or_initials(name: str) -> None:
    for part in mask_name(name).split():
        shown = part.removesuffix("*")
        assert len(shown) <= 1 or shown in COMPOUND_SURNAMES
