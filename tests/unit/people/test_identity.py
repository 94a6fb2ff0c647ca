"""Papers are read strictly, and nothing said about a number repeats it."""

from __future__ import annotations

import string
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mingma.kernel.errors import Malformed
from mingma.people import identity
from mingma.people.identity import (
    Identity,
    IdentityType,
    ImpossibleBirth,
    NotAnIdentity,
    OldForm,
    UnknownPaper,
    UnknownProvince,
    WrongCheckCharacter,
    WrongForm,
    check_character,
    read_identity,
    read_identity_object,
)

TODAY = (date(2022, 6, 14) - date(1970, 1, 1)).days
# Made up: no division has the number 41 99 99.
SOMEBODY = "41999919900307301" + check_character("41999919900307301")


def read(number: str, type_: str = "resident_id") -> Identity:
    return read_identity(type_, number, today=TODAY)


@st.composite
def citizens(draw: st.DrawFn) -> str:
    """A citizen's number that fits the standard."""
    province = draw(st.sampled_from(sorted(identity.PROVINCES)))
    county = draw(st.integers(1, 9999))
    born = date(1900, 1, 1) + timedelta(days=draw(st.integers(0, 40_000)))
    sequence = draw(st.integers(0, 999))
    body = f"{province}{county:04}{born:%Y%m%d}{sequence:03}"
    return body + check_character(body)


# The example printed in GB 11643-1999 itself, and numbers computed by hand from its weights.
@pytest.mark.parametrize(
    "number", ["11010519491231002X", "440524188001010014", "810000199408230021", SOMEBODY]
)
def test_a_number_that_fits_the_standard_is_read(number: str) -> None:
    assert read(number) == Identity(IdentityType.RESIDENT_ID, number)


@given(citizens())
def test_every_number_made_by_the_standard_is_read(number: str) -> None:
    assert read(number).number == number


@given(st.text("0123456789", min_size=17, max_size=17))
def test_the_check_character_is_that_of_iso_7064(body: str) -> None:
    # The other way to say MOD 11-2: with X as ten, the whole number is one modulo eleven.
    digits = [int(c) for c in body] + [10 if (c := check_character(body)) == "X" else int(c)]
    assert sum(digit * 2 ** (17 - place) for place, digit in enumerate(digits)) % 11 == 1


@given(citizens(), st.integers(0, 17), st.sampled_from("0123456789X"))
def test_every_single_wrong_character_is_seen(number: str, place: int, wrong: str) -> None:
    if number[place] != wrong:
        with pytest.raises(Malformed):
            read(number[:place] + wrong + number[place + 1 :])


@given(citizens(), st.integers(0, 16), st.sampled_from("0123456789"))
def test_the_check_character_alone_sees_every_single_wrong_digit(
    number: str, place: int, wrong: str
) -> None:
    if number[place] != wrong:
        body = number[:place] + wrong + number[place + 1 : 17]
        assert check_character(body) != number[17]


@given(citizens(), st.integers(0, 16))
def test_every_swap_of_neighbours_is_seen(number: str, place: int) -> None:
    swapped = number[:place] + number[place + 1] + number[place] + number[place + 2 :]
    if swapped != number:
        with pytest.raises(Malformed):
            read(swapped)


@given(citizens(), st.integers(0, 15))
def test_the_check_character_alone_sees_every_swap_of_digits(number: str, place: int) -> None:
    body = number[:place] + number[place + 1] + number[place] + number[place + 2 : 17]
    if body != number[:17]:
        assert check_character(body) != number[17]


@pytest.mark.parametrize(
    ("number", "fault"),
    [
        ("110105491231002", OldForm),
        ("110105194912310021", WrongCheckCharacter),
        ("11010519491231020X", WrongCheckCharacter),
        ("110105194902300023", ImpossibleBirth),
        ("110105187912310020", ImpossibleBirth),
        ("110105202206150023", ImpossibleBirth),  # tomorrow
        ("110105000000000023", ImpossibleBirth),
        ("990105194912310020", UnknownProvince),
        ("710105194912310020", UnknownProvince),
        ("110000194912310020", UnknownProvince),
        ("", WrongForm),
        ("1101051949123100", WrongForm),
        ("11010519491231002Y", WrongForm),
        ("1101051949123 1002X", WrongForm),
        ("1101051949123100２²", WrongForm),
        ("+1010519491231002X", WrongForm),
        ("4.10E+17", WrongForm),
    ],
)
def test_a_number_that_cannot_be_is_refused_by_name(number: str, fault: type[Malformed]) -> None:
    with pytest.raises(fault):
        read(number)


def test_width_case_and_outer_spaces_are_normalised() -> None:
    wide = "\u3000１１０１０５１９４９１２３１００２ｘ "
    assert read(wide).number == "11010519491231002X"


def test_a_letter_that_only_becomes_ascii_in_upper_case_is_refused() -> None:
    with pytest.raises(WrongForm):
        read("ß1234567", "passport")
    with pytest.raises(WrongForm):
        read("ı1234567", "passport")


@pytest.mark.parametrize(
    ("type_", "written", "normal"),
    [
        ("passport", "e12345678", "E12345678"),
        ("passport", "K12345", "K12345"),
        ("hk_macau_permit", "H12345678", "H12345678"),
        ("hk_macau_permit", "h1234567801", "H12345678"),
        ("taiwan_permit", "12345678", "12345678"),
        ("taiwan_permit", "1234567801(B)", "12345678"),
        ("taiwan_permit", "1234567801（Ｂ）", "12345678"),
        ("foreign_residence", "usa110199001010", "USA110199001010"),
        (
            "foreign_residence",
            "91184019900101123" + check_character("91184019900101123"),
            "91184019900101123" + check_character("91184019900101123"),
        ),
    ],
)
def test_other_papers_are_read_in_one_form(type_: str, written: str, normal: str) -> None:
    assert read(written, type_) == Identity(IdentityType(type_), normal)


@pytest.mark.parametrize(
    ("type_", "number"),
    [
        ("passport", "ABCDEFGH"),
        ("passport", "E1234 5678"),
        ("passport", "E1"),
        ("passport", "E123456789012"),
        ("hk_macau_permit", "A12345678"),
        ("hk_macau_permit", "H123456789"),
        ("taiwan_permit", "1234567"),
        ("foreign_residence", "110105491231002"),
        ("foreign_residence", "11010519491231002X"),
    ],
)
def test_other_papers_of_another_form_are_refused(type_: str, number: str) -> None:
    with pytest.raises(WrongForm):
        read(number, type_)


def test_a_foreign_residence_card_with_a_wrong_character_is_refused() -> None:
    right = check_character("91184019900101123")
    wrong = next(c for c in "0123456789X" if c != right)
    with pytest.raises(WrongCheckCharacter):
        read("91184019900101123" + wrong, "foreign_residence")


def test_an_unknown_type_lists_the_known_ones() -> None:
    with pytest.raises(UnknownPaper) as refusal:
        read(SOMEBODY, "library_card")
    assert "passport" in refusal.value.remedy()
    assert refusal.value.place.field == "identity.type"


@pytest.mark.parametrize(
    "value",
    [
        None,
        SOMEBODY,
        [],
        {},
        {"type": "resident_id"},
        {"type": "resident_id", "number": 1},
        {"type": "resident_id", "number": SOMEBODY, "name": "x"},
    ],
)
def test_an_object_of_another_shape_is_refused(value: object) -> None:
    with pytest.raises(NotAnIdentity):
        read_identity_object(value, today=TODAY)


def test_an_object_of_type_and_number_is_read() -> None:
    value = {"type": "resident_id", "number": SOMEBODY.lower()}
    assert read_identity_object(value, today=TODAY).number == SOMEBODY


def said_of(problem: Malformed) -> str:
    return " ".join(
        [str(problem), repr(problem), str(problem.details)]
        + [problem.sentence(lang) + problem.remedy(lang) for lang in ("zh", "en")]
    )


@given(
    st.sampled_from([*IdentityType, "x"]),
    st.text(string.digits + "XHM", min_size=6, max_size=20),
    st.booleans(),
)
def test_no_refusal_repeats_a_number(type_: str, number: str, swapped: bool) -> None:
    said = ""
    try:
        read_identity(*(number, type_) if swapped else (type_, number), today=TODAY)
    except Malformed as problem:
        said = said_of(problem)
    assert number not in said


@pytest.mark.parametrize(
    "fault", [UnknownPaper, NotAnIdentity, OldForm, WrongForm, ImpossibleBirth, UnknownProvince,
              WrongCheckCharacter],
)  # fmt: skip
def test_every_refusal_speaks_both_languages_and_says_what_to_do(fault: type[Malformed]) -> None:
    problem = fault(value="x", known="a, b", type="passport", wanted="c")
    for lang in ("zh", "en"):
        assert problem.sentence(lang)
        assert problem.remedy(lang)


def test_an_identity_does_not_print_its_number() -> None:
    assert SOMEBODY not in repr(read(SOMEBODY))
    assert SOMEBODY not in f"{read(SOMEBODY)}"


@given(st.text(), st.text())
def test_any_text_is_read_or_refused(type_: str, number: str) -> None:
    for paper in (type_, *IdentityType):
        try:
            found = read_identity(paper, number, today=TODAY)
        except Malformed:
            continue
        assert read_identity(found.type, found.number, today=TODAY) == found
