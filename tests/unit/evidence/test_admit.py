"""The door: every bad input is refused with its slug, its field and a remedy; nothing else is."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mingma.evidence.admit import FIELDS, admit
from mingma.evidence.channels import CHANNELS, KINDS
from mingma.evidence.channels.channel import MAX_TEXT
from mingma.evidence.lines import read_line
from mingma.evidence.model import Fact
from mingma.evidence.record import fact_to_record
from mingma.kernel.errors import Malformed
from mingma.kernel.times import parse_instant
from mingma.shipped import divisions
from tests.unit.evidence.facts import facts

AT = "2022-10-18T09:30:00+08:00"
LATER = "2022-10-19T09:30:00+08:00"
LONG = "x" * (MAX_TEXT + 1)

# One good record of every kind, with every field.
GOOD: dict[str, dict[str, Any]] = {
    "infection": {
        "class": "confirmed", "onset_at": AT, "isolation_ended_at": LATER, "discharged_at": LATER,
        "excluded_at": LATER, "sample": "S-1", "laboratory": "lab-2",
    },
    "contact_finding": {
        "relation": "close", "index": "case-1", "index_class": "recurrent",
        "first_exposure_at": AT, "isolation_started_at": AT, "isolation_ended_at": LATER,
    },
    "companion_match": {"overlap_minutes": 0, "cell": "460-00-1"},
    "area_stay": {
        "level": "high", "zone": "sealed", "community_spread": False, "isolation_started_at": AT,
        "isolation_ended_at": LATER,
    },
    "entry": {
        "from": "TH", "entered_via": "350203", "destination": "410102",
        "isolation_started_at": AT, "isolation_ended_at": LATER,
    },
    "test": {
        "assay": "pcr", "result": "positive", "reported_at": LATER, "tube": "mixed", "group": "g",
        "ct": 34.9, "sample": "S-1", "laboratory": "lab-2",
    },
    "daily_report": {
        "symptoms": ["fever", "loss_of_smell_or_taste"], "temperature": 37.3,
        "high_area_stay": False, "overseas": True, "corrects": "d-1",
    },
    "clinic_visit": {
        "department": "fever", "finding": "unexplained_fever", "excluded_at": LATER,
        "local_outbreak": True,
    },
    "cold_chain_contact": {"frequency": "frequent", "goods": "other"},
    "assistance_request": {"reference": "r-1", "ground": "transport"},
    "risk_notice": {"reference": "r-1", "ground": "cold_chain"},
    "trip": {
        "mode": "rail", "number": "G1802", "carriage": "05", "seat": "08F", "from": "310115",
        "to": "410102",
    },
    "check_in": {"venue": "venue-0446", "grade": "D"},
    "vaccination": {"dose": 3, "product": "BBIBP-CorV"},
    "foreign_statement": {
        "issuer": "350000", "rule": "FJ-R1", "colour": "red", "evidence": ["e-1", "e-2"],
    },
    "closed_loop_end": {},
    "interview": {"index": "case-7", "setting": "household", "by": "phone"},
    "mark": {"rule": "HLJ-ADM", "approved_by": ["cdc", "command"], "evidence": ["e-1"]},
    "release": {"of": "e-1"},
    "withdrawal": {"of": "e-1", "reason": "wrong person"},
}  # fmt: skip


def record(kind: str = "test", /, **more: Any) -> dict[str, Any]:
    """A good record with something changed; `...` takes the field away."""
    made = {"id": "f", "kind": kind, "subject": "p", "at": AT, "data": GOOD.get(kind, {}), **more}
    return {name: value for name, value in made.items() if value is not ...}


def data(kind: str, **more: Any) -> dict[str, Any]:
    """A good record whose data is changed; a trailing underscore is left out of the name."""
    changed = {**GOOD[kind], **{name.rstrip("_"): value for name, value in more.items()}}
    return record(kind, data={name: value for name, value in changed.items() if value is not ...})


def refusal(value: object) -> Malformed:
    with pytest.raises(Malformed) as found:
        admit(value, divisions())
    return found.value


@pytest.mark.parametrize("kind", KINDS)
def test_a_record_with_every_field_is_admitted(kind: str) -> None:
    whole = record(kind, until=LATER, recorded_at=LATER, region="350203", place="某处", organ="cdc")
    fact = admit(whole, divisions())
    assert fact_to_record(fact)["data"] == GOOD[kind]
    assert (fact.at, fact.until) == (parse_instant(AT), parse_instant(LATER))


@pytest.mark.parametrize("kind", KINDS)
def test_every_field_of_the_kind_is_in_the_good_record(kind: str) -> None:
    assert set(GOOD[kind]) == set(KINDS[kind].__struct_encode_fields__)


def test_an_empty_field_may_be_null() -> None:
    nulls = dict.fromkeys(("until", "recorded_at", "region", "place", "organ"))
    assert admit(record(**nulls), divisions()) == admit(record(), divisions())


# What is wrong: the record, the slug of its refusal, the field it names.
BAD: dict[str, tuple[object, str, str | None]] = {
    "no object": (["id", "f"], "record.bad_value", None),
    "null": (None, "record.bad_value", None),
    "an unknown kind": (record("hotel_stay"), "record.unknown_kind", "kind"),
    "a kind that is no text": (record(kind=["test"]), "record.bad_value", "kind"),
    "a colour": (record(colour="red"), "record.unknown_field", "colour"),
    "an identity beside the subject": (record(identity={}), "record.unknown_field", "identity"),
    "a field of another kind": (
        data("check_in", relation="close"), "record.unknown_field", "data.relation",
    ),
    "a colour in the data": (data("test", colour="red"), "record.unknown_field", "data.colour"),
    **{
        f"no {name}": (record(**{name: ...}), "record.missing_field", name)
        for name in ("id", "kind", "subject", "at")
    },
    **{
        f"a null {name}": (record(**{name: None}), "record.missing_field", name)
        for name in ("id", "kind", "subject", "at")
    },
    "no data where the kind has fields": (record(data=...), "record.missing_field", "data.assay"),
    "data that is a list": (record(data=[1]), "record.bad_value", "data"),
    "data that is text": (record(data="{}"), "record.bad_value", "data"),
    "data that is null": (record(data=None), "record.bad_value", "data"),
    "no field of the kind": (data("test", result=...), "record.missing_field", "data.result"),
    "no list where one is needed": (
        data("daily_report", symptoms=...), "record.missing_field", "data.symptoms",
    ),
    "an id that is a number": (record(id=7), "record.bad_value", "id"),
    "an id that is empty": (record(id=""), "record.bad_value", "id"),
    "a subject that is a list": (record(subject=["p"]), "record.bad_value", "subject"),
    # words
    "a word of no list": (data("test", result="maybe"), "record.bad_value", "data.result"),
    "a word in another case": (data("test", assay="PCR"), "record.bad_value", "data.assay"),
    "a level of no list": (data("area_stay", level="extreme"), "record.bad_value", "data.level"),
    "a frequency of no list": (
        data("cold_chain_contact", frequency="daily"), "record.bad_value", "data.frequency",
    ),
    "a symptom of no list": (
        data("daily_report", symptoms=["cough", "love"]), "record.bad_value", "data.symptoms[1]",
    ),
    "a symptom for a list of them": (
        data("daily_report", symptoms="cough"), "record.bad_value", "data.symptoms",
    ),
    "one organ for a list of them": (
        data("mark", approved_by="command"), "record.bad_value", "data.approved_by",
    ),
    "an unknown as a colour": (
        data("foreign_statement", colour="unknown"), "record.bad_value", "data.colour",
    ),
    "yes for true": (data("daily_report", overseas="yes"), "record.bad_value", "data.overseas"),
    "1 for true": (data("daily_report", overseas=1), "record.bad_value", "data.overseas"),
    # numbers
    "a number as text": (data("test", ct="34.9"), "record.bad_value", "data.ct"),
    "true for a number": (data("vaccination", dose=True), "record.bad_value", "data.dose"),
    "a part of a dose": (data("vaccination", dose=1.5), "record.bad_value", "data.dose"),
    "a negative overlap": (
        data("companion_match", overlap_minutes=-5), "record.bad_value", "data.overlap_minutes",
    ),
    "a temperature nobody has": (
        data("daily_report", temperature=366), "record.bad_value", "data.temperature",
    ),
    "NaN": (data("daily_report", temperature=float("nan")), "record.bad_value", "data.temperature"),
    "NaN cycles": (data("test", ct=float("nan")), "record.bad_value", "data.ct"),
    "an infinity": (data("test", ct=float("inf")), "record.bad_value", "data.ct"),
    "minus an infinity": (data("test", ct=float("-inf")), "record.bad_value", "data.ct"),
    # instants
    **{
        f"{text!r} for an instant": (record(at=text), "time.not_an_instant", "at")
        for text in (
            "2022-10-18", "2022-10-18T09:30:00", "2022-10-18T09:30+08:00", "2022-02-29T09:30:00Z",
            "2022-13-01T09:30:00Z", "2022-10-18T24:00:00Z", "2022-10-18T09:30:60Z",
            "2022-10-18T09:30:00.5Z", "2022-10-18T09:30:00.000Z", "2022-10-18 09:30:00Z",
            "2022-10-18t09:30:00z", "1899-12-31T23:59:59Z", "2101-01-01T00:00:00Z",
            "2022-10-18T09:30:00+24:00", "2022-10-18T09:30:00+0800", "now", "",
            "２０２２-10-18T09:30:00Z", " 2022-10-18T09:30:00Z",
        )
    },
    "seconds for an instant": (record(at=1_666_056_600), "time.not_an_instant", "at"),
    "an `until` without offset": (
        record(until="2022-10-18T19:30:00"), "time.not_an_instant", "until",
    ),
    "a `recorded_at` that is a date": (
        record(recorded_at="2022-10-18"), "time.not_an_instant", "recorded_at",
    ),
    "an instant of the data that is none": (
        data("test", reported_at="2022-10-18"), "time.not_an_instant", "data.reported_at",
    ),
    "an instant of the data that is a number": (
        data("infection", discharged_at=1), "time.not_an_instant", "data.discharged_at",
    ),
    "`until` before `at`": (
        record(until="2022-10-18T09:29:59+08:00"), "record.until_before_at", "until",
    ),
    # divisions
    **{
        f"{code!r} for a division": (record(region=code), "record.unknown_region", "region")
        for code in ("41010", "4101022", "999999", "４１０１０２", "41010A", "000000")
    },
    "a division that is a number": (record(region=410102), "record.bad_value", "region"),
    "a division of the data": (
        data("entry", destination="41"), "record.unknown_region", "data.destination",
    ),
    "a journey from nowhere": (data("trip", from_="000000"), "record.unknown_region", "data.from"),
    "a country of three letters": (data("entry", from_="THA"), "record.bad_value", "data.from"),
    "a country with a line feed": (data("entry", from_="TH\n"), "record.bad_value", "data.from"),
    # texts
    **{
        f"a {name} over 4,096 characters": (record(**{name: LONG}), "record.bad_value", name)
        for name in ("id", "kind", "subject", "region", "place", "organ")
    },
    "a text of the data over 4,096 characters": (
        data("withdrawal", reason=LONG), "record.bad_value", "data.reason",
    ),
    "a text of a list over 4,096 characters": (
        data("mark", evidence=["e", LONG]), "record.bad_value", "data.evidence[1]",
    ),
    "an empty text of the data": (data("check_in", venue=""), "record.bad_value", "data.venue"),
    "a NUL": (record(place="a\0b"), "record.bad_value", "place"),
    "half a character": (record(subject="\ud800"), "record.bad_value", "subject"),
    "half a character in the data": (
        data("withdrawal", reason="\udfff"), "record.bad_value", "data.reason",
    ),
    "a list of too many": (
        data("mark", approved_by=["o"] * 101), "record.bad_value", "data.approved_by",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("value", "slug", "field"), BAD.values(), ids=BAD.keys())
def test_refused_with_slug_and_field(value: object, slug: str, field: str | None) -> None:
    found = refusal(value)
    assert (found.slug, found.place.field) == (slug, field)
    for lang in ("zh", "en"):
        assert found.sentence(lang)
        assert found.remedy(lang)


def test_the_longest_text_is_admitted() -> None:
    assert admit(record(subject="x" * MAX_TEXT), divisions()).subject == "x" * MAX_TEXT


def test_an_end_at_the_beginning_is_admitted() -> None:
    assert admit(record(until=AT), divisions()).until == parse_instant(AT)


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("2022-10-18T01:30:00Z", AT),
        ("2022-10-17T20:30:00-05:00", AT),
        ("2022-10-18T09:30:00+08:00", AT),
        ("1900-01-01T00:00:00Z", "1900-01-01T08:00:00+08:00"),
    ],
)
def test_an_instant_counts_whatever_offset_it_was_sent_with(text: str, same: str) -> None:
    assert admit(record(at=text), divisions()).at == parse_instant(same)


def test_the_remedy_lists_what_the_field_takes() -> None:
    assert refusal(record(colour="red")).remedy() == "the fields are: " + ", ".join(FIELDS)
    assert refusal(record("hotel_stay")).remedy() == "the kinds are: " + ", ".join(KINDS)
    assert refusal(data("test", result="maybe")).remedy() == "it takes: negative, positive"
    assert refusal(data("area_stay", level="x")).remedy() == (
        "it takes: high, low, medium, special"
    )
    assert "fever" in refusal(data("daily_report", symptoms=["x"])).remedy()


@pytest.mark.parametrize("number", ["11010519491231002X", "13912345678", "1101 0519491231002X"])
@pytest.mark.parametrize("place", ["kind", "region", "at", "until", "result", "field", "nested"])
def test_no_refusal_repeats_a_number_that_may_be_a_person_s(number: str, place: str) -> None:
    value = {
        "kind": record(number),
        "region": record(region=number),
        "at": record(at=number),
        "until": record(until=number),
        "result": data("test", result=number),
        "field": record(**{number: 1}),
        "nested": record(data={**GOOD["test"], number: {"id": number}}),
    }[place]
    digits = number.replace(" ", "")
    said = str(refusal(value)) + refusal(value).sentence("zh")
    assert digits not in said.replace(" ", "")


# -- anything at all

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4)
    ),
    max_leaves=12,
)


def admitted_or_refused(value: object) -> Fact | None:
    try:
        return admit(value, divisions())
    except Malformed as error:
        refused = error
    assert refused.slug
    assert refused.sentence("zh").encode()
    assert refused.remedy("en").encode()
    return None


@given(JSON)
def test_any_value_is_admitted_or_refused(value: object) -> None:
    admitted_or_refused(value)


@settings(max_examples=300)
@given(st.sampled_from(CHANNELS), st.data())
def test_any_value_of_any_field_is_admitted_or_refused(
    channel: type[Any], draw: st.DataObject
) -> None:
    kind = channel.kind
    names = [*FIELDS, *(f"data.{name}" for name in GOOD[kind]), "data.other", "other"]
    name = draw.draw(st.sampled_from(names))
    value = draw.draw(JSON)
    outer, _, inner = name.partition(".")
    good = record(kind, until=LATER, recorded_at=LATER, region="350203", place="某处", organ="cdc")
    changed = {**good, outer: {**GOOD[kind], inner: value} if inner else value}
    fact = admitted_or_refused(changed)
    if fact is not None:  # what came in prints back and passes again
        assert admit(fact_to_record(fact), divisions()) == fact


@given(facts(), st.data())
def test_a_record_cut_or_changed_anywhere_is_read_or_refused(
    fact: Fact, draw: st.DataObject
) -> None:
    line = json.dumps(fact_to_record(fact), ensure_ascii=False).encode()
    start = draw.draw(st.integers(0, len(line)))
    end = draw.draw(st.integers(start, min(len(line), start + 8)))
    changed = line[:start] + draw.draw(st.binary(max_size=4)) + line[end:]
    try:
        value = read_line(changed)
    except Malformed:
        return
    admitted_or_refused(value)
