"""Conditions: which fields a rule may ask about, and how; free text never (P10)."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from mingma.evidence.channels import CHANNELS, KINDS
from mingma.evidence.model import Fact
from mingma.rules.conditions import TESTS, condition_of, field_type, holds
from tests.unit.rules.tiny import contact, fact, report, sample, t

# Fields in which a name, a number, a place or a household could stand.
FREE = {
    "infection": ["sample", "laboratory"], "area_stay": [], "release": ["of"],
    "closed_loop_end": [],
    "contact_finding": ["index"], "companion_match": ["cell"], "entry": ["from"],
    "test": ["group", "sample", "laboratory"], "daily_report": ["corrects"], "clinic_visit": [],
    "cold_chain_contact": [],
    "assistance_request": ["reference"], "risk_notice": ["reference"],
    "trip": ["number", "carriage", "seat"], "check_in": ["venue"], "vaccination": ["product"],
    "foreign_statement": ["rule", "evidence"], "mark": ["approved_by", "evidence"],
    "withdrawal": ["of", "reason"], "interview": ["index"],
}  # fmt: skip
NOWHERE = (
    "id subject organ place recorded_at colour_of name household hukou residence occupation "
    "identity phone"
).split()


def asked(kind: str, field: str, value: Any, given: Fact) -> bool:
    return holds(kind, condition_of(kind, field, value))(given)


@pytest.mark.parametrize(
    ("kind", "field"), [(kind, field) for kind, fields in FREE.items() for field in fields]
)
def test_a_rule_reads_no_free_text(kind: str, field: str) -> None:
    with pytest.raises(ValueError, match="free text, which no rule may read"):
        condition_of(kind, field, "x")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("field", NOWHERE)
def test_no_field_says_who_somebody_is(kind: str, field: str) -> None:
    with pytest.raises(ValueError, match="has no field"):
        condition_of(kind, field, "x")


def test_every_field_is_either_of_a_closed_kind_or_named_as_free_text() -> None:
    free = {
        channel.kind: [
            info.encode_name
            for info in msgspec.structs.fields(channel)
            if not _readable(channel.kind, info.encode_name)
        ]
        for channel in CHANNELS
    }
    assert free == FREE


def _readable(kind: str, field: str) -> bool:
    try:
        shape, words, _ = field_type(kind, field)
    except ValueError:
        return False
    assert shape in TESTS
    return bool(shape != "word" or words or (kind, field) == ("mark", "rule"))


def test_the_one_text_a_mark_is_asked_about_is_the_clause_it_cites() -> None:
    assert condition_of("mark", "rule", "HLJ-ADM").values == ("HLJ-ADM",)


# -- what holds

CLOSE = contact("2022-10-01", relation="close")
ENTRY = fact("entry", "2022-10-01", from_="US", entered_via="510107", destination="110105")


def test_one_of_and_not_read_words() -> None:
    assert asked("contact_finding", "relation", "close", CLOSE)
    assert asked("contact_finding", "relation", ["secondary", "close"], CLOSE)
    assert not asked("contact_finding", "relation", "secondary", CLOSE)
    assert asked("contact_finding", "index_class", {"not": "confirmed"}, CLOSE)  # absent
    assert not asked("contact_finding", "relation", {"not": ["close"]}, CLOSE)


def test_within_and_outside_read_a_division_s_own_digits() -> None:
    assert asked("entry", "entered_via", {"within": "51"}, ENTRY)
    assert asked("entry", "entered_via", {"within": ["11", "5101"]}, ENTRY)
    assert not asked("entry", "entered_via", {"within": "5102"}, ENTRY)
    assert asked("entry", "entered_via", {"outside": "11"}, ENTRY)
    assert not asked("entry", "entered_via", {"outside": ["11", "51"]}, ENTRY)
    nowhere = contact("2022-10-01")
    assert not asked("contact_finding", "region", {"within": "51"}, nowhere)
    assert not asked("contact_finding", "region", {"outside": "51"}, nowhere)
    assert asked("contact_finding", "region", "missing", nowhere)


def test_at_least_includes_its_own_number() -> None:
    for warm, hot in ((37.2, False), (37.3, True), (38.0, True)):
        given = report("2022-10-01", temperature=warm)
        assert asked("daily_report", "temperature", {"at_least": "37.3"}, given) is hot
    assert not asked("daily_report", "temperature", {"at_least": "37.3"}, report("2022-10-01"))


def test_any_reads_a_list() -> None:
    well, sick = report("2022-10-01"), report("2022-10-01", symptoms=["cough", "other"])
    assert asked("daily_report", "symptoms", {"any": []}, sick)
    assert not asked("daily_report", "symptoms", {"any": []}, well)
    assert asked("daily_report", "symptoms", {"any": ["fever", "cough"]}, sick)
    assert not asked("daily_report", "symptoms", {"any": ["fever"]}, sick)


def test_no_needs_a_recorded_no() -> None:
    silent, no = report("2022-10-01"), report("2022-10-01", overseas=False)
    assert not asked("daily_report", "overseas", "no", silent)
    assert asked("daily_report", "overseas", "no", no)
    assert asked("daily_report", "overseas", {"not": "yes"}, silent)


def test_an_instant_is_recorded_or_missing() -> None:
    ended = contact("2022-10-01", isolation_ended_at="2022-10-02")
    assert asked("contact_finding", "isolation_ended_at", "recorded", ended)
    assert asked("contact_finding", "isolation_ended_at", "missing", CLOSE)
    assert asked("contact_finding", "until", "missing", CLOSE)


REFUSED = [
    ("contact_finding", "relation", "friend", "`friend` is none of: close, secondary"),
    ("contact_finding", "relation", [], "takes one word"),
    ("contact_finding", "relation", {"is": "close"}, "`is` is none of: one_of, not"),
    ("contact_finding", "relation", {"within": "close"}, "`within` is none of"),
    ("contact_finding", "relation", {"not": "close", "one_of": "x"}, "one test a field"),
    ("contact_finding", "relation", {"not": {"close": "x"}}, "a word or a list of words"),
    ("contact_finding", "relation", [["close"]], "a word or a list of words"),
    ("contact_finding", "relation", None, "a word or a list of words"),
    ("contact_finding", "relation", {"recorded": "close"}, "takes no word"),
    ("contact_finding", "isolation_ended_at", "2022-10-01", "`one_of` is none of: recorded"),
    ("daily_report", "overseas", "true", "neither yes nor no"),
    ("daily_report", "overseas", {"at_least": "1"}, "`at_least` is none of"),
    ("daily_report", "symptoms", "fever", "`one_of` is none of: any"),
    ("daily_report", "symptoms", {"any": ["plague"]}, "`plague` is none of"),
    ("daily_report", "temperature", "37.3", "`one_of` is none of: at_least"),
    ("daily_report", "temperature", {"at_least": []}, "takes one word"),
    ("daily_report", "temperature", {"at_least": ["37", "38"]}, "takes one word"),
    ("daily_report", "temperature", {"at_least": "nan"}, "`nan` is not a number"),
    ("daily_report", "temperature", {"at_least": "inf"}, "`inf` is not a number"),
    ("daily_report", "temperature", {"at_least": "３７"}, "is not a number"),
    ("entry", "destination", "41", "no division code of six digits"),
    ("entry", "destination", {"within": "411"}, "two, four or six digits"),
    ("entry", "destination", {"within": "河南"}, "two, four or six digits"),
    ("entry", "destination", {"within": "４１"}, "two, four or six digits"),
]


@pytest.mark.parametrize(("kind", "field", "value", "why"), REFUSED)
def test_a_condition_that_no_definition_could_read_is_refused(
    kind: str, field: str, value: object, why: str
) -> None:
    with pytest.raises(ValueError, match=why.replace("(", "\\(")):
        condition_of(kind, field, value)


def test_the_facts_here_are_of_the_kinds_the_tests_ask() -> None:
    assert sample("2022-10-01").kind == "test"
    assert t("2022-10-01") == CLOSE.at


def test_a_field_that_two_kinds_share_has_one_form() -> None:
    shapes: dict[str, set[str]] = {}
    for channel in CHANNELS:
        for info in msgspec.structs.fields(channel):
            if _readable(channel.kind, info.encode_name):
                shape = field_type(channel.kind, info.encode_name)[0]
                shapes.setdefault(info.encode_name, set()).add(shape)
    assert {name: found for name, found in shapes.items() if len(found) > 1} == {}
