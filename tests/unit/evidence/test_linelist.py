"""A messy line list: each row once, as a record that would be admitted or with its reasons."""

from __future__ import annotations

import copy
import csv
import io
from collections.abc import Sequence
from datetime import date
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mingma.engines.sheets import read_sheet
from mingma.evidence.admit import admit
from mingma.evidence.areas import divisions as division_tables
from mingma.evidence.channels import KINDS
from mingma.evidence.linelist import (
    TABLES,
    BadRow,
    LineList,
    Note,
    Why,
    bad_rows_csv,
    faults,
    find_headings,
    preview,
    read_linelist,
    words,
)
from mingma.evidence.linelist.headings import REASONS
from mingma.evidence.linelist.reading import plain
from mingma.evidence.linelist.regions import region_names
from mingma.evidence.linelist.sheet_out import harmless
from mingma.kernel.errors import Malformed
from mingma.people.identity import check_character
from mingma.people.provisional import read_provisional
from mingma.shipped import divisions
from tests.paths import published

TODAY = (date(2022, 6, 14) - date(1970, 1, 1)).days
DIVISIONS = divisions()


def citizen(body: str) -> str:
    return body + check_character(body)


# Made up.
ZHANG = citizen("41010519900307301")
LI = citizen("41010519850101022")
HEADER = ("姓名", "证件号码", "采样时间", "检测方法", "结果", "报告时间")


def read(rows: Sequence[Sequence[str]], kind: str = "test", **options: Any) -> LineList:
    return read_linelist(
        rows, kind, batch="b", divisions=DIVISIONS, today=TODAY, file="list.csv", **options
    )


def row(**changes: str) -> tuple[str, ...]:
    """A good row of tests, with some cells changed by heading."""
    cells = dict(
        zip(
            HEADER,
            ("张三", ZHANG, "2022-03-05 14:30", "核酸", "阴性", "2022-03-06 08:00"),
            strict=True,
        )
    )
    assert changes.keys() <= cells.keys()
    return tuple((cells | changes).values())


def one(record: LineList) -> dict[str, Any]:
    assert [str(p) for bad in record.bad for p in bad.problems] == []
    assert len(record.good) == 1
    return record.good[0].record


def refused(result: LineList) -> list[tuple[str, str | None]]:
    """(slug, heading) of every reason of the only row."""
    assert not result.good
    assert len(result.bad) == 1
    return [(p.slug, p.place.field) for p in result.bad[0].problems]


def test_a_row_becomes_a_record_in_the_contracts_form() -> None:
    assert one(read([HEADER, row()])) == {
        "id": "b-2",
        "kind": "test",
        "identity": {"type": "resident_id", "number": ZHANG},
        "at": "2022-03-05T14:30:00+08:00",
        "data": {
            "assay": "pcr",
            "result": "negative",
            "reported_at": "2022-03-06T08:00:00+08:00",
        },
    }


def test_a_row_with_name_and_telephone_only_is_a_provisional_person() -> None:
    header = ("姓名", "电话", "末次接触时间", "密接类型", "病例编号")
    rows = [header, ("李 四", "139 1234 5678", "2022/3/5", "密接", "郑州-12")]
    record = one(read(rows, "contact_finding"))
    assert record["provisional"] == {"name": "李四", "phone": "+8613912345678"}
    assert "identity" not in record
    assert record["data"] == {"relation": "close", "index": "郑州-12"}
    assert read_provisional(**record["provisional"]).name == "李四"


def test_a_paper_is_enough_and_keeps_name_and_telephone_out_of_the_record() -> None:
    rows = [(*HEADER, "联系电话"), (*row(), "13912345678")]
    record = one(read(rows))
    assert record["identity"]["number"] == ZHANG
    assert "张三" not in str(record)
    assert "13912345678" not in str(record)


KINDS_OF_LISTS: dict[str, tuple[tuple[str, ...], tuple[str, ...], dict[str, Any]]] = {
    "test": (
        (
            "ID number",
            "Sampled at",
            "Antigen result",
            "Reported at",
            "Pooling",
            "Tube number",
            "Ct",
        ),
        (ZHANG, "5-Mar-2022 14:30", "Negative", "2022-03-06T08:00:00Z", "10合1", "T-9", "31.5"),
        {
            "at": "2022-03-05T14:30:00+08:00",
            "data": {
                "assay": "antigen",
                "result": "negative",
                "reported_at": "2022-03-06T16:00:00+08:00",
                "tube": "mixed",
                "group": "T-9",
                "ct": 31.5,
            },
        },
    ),
    "contact_finding": (
        ("身份证号", "最后接触时间", "人员类别", "关联病例", "首次接触时间", "隔离日期"),
        (ZHANG, "2022年3月5日", "密接的密接", "ZZ-12", "2022-03-01", "2022-03-06"),
        {
            "at": "2022-03-05T00:00:00+08:00",
            "data": {
                "relation": "secondary",
                "index": "ZZ-12",
                "first_exposure_at": "2022-03-01T00:00:00+08:00",
                "isolation_started_at": "2022-03-06T00:00:00+08:00",
            },
        },
    ),
    "infection": (
        ("病例编号", "身份证号", "首次阳性采样时间", "感染类型", "发病日期", "出院日期"),
        ("ZZ-12", ZHANG, "2022-03-05", "无症状感染者", "/", "2022/3/20"),
        {
            "id": "ZZ-12",
            "at": "2022-03-05T00:00:00+08:00",
            "data": {"class": "asymptomatic", "discharged_at": "2022-03-20T00:00:00+08:00"},
        },
    ),
    "entry": (
        ("护照号", "入境日期", "来源国", "入境口岸", "目的地"),
        ("e12345678", "2022-03-05", "俄罗斯", "黑龙江省牡丹江市绥芬河市", "410105"),
        {
            "identity": {"type": "passport", "number": "E12345678"},
            "at": "2022-03-05T00:00:00+08:00",
            "data": {"from": "RU", "entered_via": "231081", "destination": "410105"},
        },
    ),
    "area_stay": (
        ("证件号码", "到达时间", "离开时间", "旅居地", "旅居地点", "风险等级", "社区传播"),
        (
            ZHANG,
            "2022-03-01",
            "2022-03-05 09:00",
            "河南省郑州市金水区",
            "花园路 1 号",
            "高风险",
            "否",
        ),
        {
            "at": "2022-03-01T00:00:00+08:00",
            "until": "2022-03-05T09:00:00+08:00",
            "region": "410105",
            "place": "花园路 1 号",
            "data": {"level": "high", "community_spread": False},
        },
    ),
    "daily_report": (
        ("身份证号", "打卡日期", "症状", "体温(℃)", "是否到过高风险区", "境外旅居"),
        (ZHANG, "20220305", "发热、咳嗽 乏力", "３７.８℃", "√", "无"),
        {
            "at": "2022-03-05T00:00:00+08:00",
            "data": {
                "symptoms": ["fever", "cough", "fatigue"],
                "temperature": 37.8,
                "high_area_stay": True,
                "overseas": False,
            },
        },
    ),
}


@pytest.mark.parametrize("kind", sorted(TABLES))
def test_every_kind_has_a_list_that_is_read(kind: str) -> None:
    header, cells, expected = KINDS_OF_LISTS[kind]
    record = one(read([header, cells], kind))
    base = {
        "id": "b-2",
        "kind": kind,
        "identity": {"type": "resident_id", "number": ZHANG},
    }
    assert record == base | expected


# --- the tables agree with the contract --------------------------------------------------------


@pytest.mark.parametrize("kind", sorted(TABLES))
def test_every_field_of_a_table_is_the_kinds_own(kind: str) -> None:
    fields = {f.encode_name: f for f in msgspec.structs.fields(KINDS[kind])}
    for field in TABLES[kind].fields:
        if field.startswith("data."):
            assert field.removeprefix("data.") in fields
    needed = {c.field for c in TABLES[kind].columns if c.needed}
    assert {f"data.{name}" for name, f in fields.items() if f.required} <= needed
    assert "at" in needed


@pytest.mark.parametrize("kind", sorted(TABLES))
def test_no_heading_means_two_fields(kind: str) -> None:
    meaning: dict[str, str] = {}
    for column in TABLES[kind].columns:
        for heading in column.headings:
            assert meaning.setdefault(plain(heading), column.field) == column.field, heading


@pytest.mark.parametrize("kind", sorted(TABLES))
def test_every_heading_is_found_as_its_field(kind: str) -> None:
    for column in TABLES[kind].columns:
        for heading in column.headings:
            found = find_headings([[heading]], TABLES[kind], row=1).columns[0]
            assert found is not None
            assert found.field == column.field


CLOSED = [
    ("test", "assay", words.ASSAY),
    ("test", "result", words.RESULT),
    ("test", "tube", words.TUBE),
    ("contact_finding", "relation", words.RELATION),
    ("contact_finding", "index_class", words.INFECTION_CLASS),
    ("infection", "class", words.INFECTION_CLASS),
    ("area_stay", "level", words.LEVEL),
    ("area_stay", "zone", words.ZONE),
    ("daily_report", "symptoms", words.SYMPTOM),
]


@pytest.mark.parametrize(("kind", "field", "table"), CLOSED)
def test_the_words_cover_the_contracts_list_and_nothing_else(
    kind: str, field: str, table: dict[str, str]
) -> None:
    schema = msgspec.json.schema(KINDS[kind], schema_hook=lambda _: {"type": "string"})
    body = schema["$defs"][KINDS[kind].__name__]["properties"][field]
    parts = [body, body.get("items", {}), *body.get("anyOf", [])]
    allowed = {word for part in parts for word in part.get("enum", [])}
    assert set(table.values()) == allowed


def test_no_table_has_a_column_for_a_colour() -> None:
    for table in TABLES.values():
        assert not [f for f in table.fields if "colour" in f or "code" in f]


# --- headings ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "heading",
    [
        "采样时间",
        " 采样 时间 ",
        "采样时间*",
        "采样时间(必填)",
        "【必填】采样时间",
        "采样时间\n(年-月-日)",
        "采样时间 Sampling time",
        "采样时间/Sampled at",
        "SAMPLED AT",
        "sampled_at",
        "Sampled-At",
        "\ufeff采样时间",
        "Ｓａｍｐｌｅｄ　ａｔ",
    ],
)
def test_a_heading_is_known_in_its_usual_dress(heading: str) -> None:
    header = tuple(heading if name == "采样时间" else name for name in HEADER)
    assert one(read([header, row()]))["at"] == "2022-03-05T14:30:00+08:00"


def test_the_header_is_found_below_titles_and_notes() -> None:
    rows = [("核酸检测登记表",), (), ("单位:某区疾控中心", "填表人:"), HEADER, row()]
    result = read(rows)
    assert result.header_row == 4
    assert result.good[0].row == 5


def test_a_list_without_a_header_is_refused_with_an_example() -> None:
    with pytest.raises(faults.NoHeader) as refusal:
        read([row(), row()])
    assert "采样时间" in refusal.value.remedy("zh")
    assert refusal.value.place.file == "list.csv"


def test_the_header_may_be_pointed_out() -> None:
    rows = [HEADER, ("a", "b", "c", "d", "e", "f"), row()]
    mapping = dict(
        zip(("name", "id_number", "at", "data.assay", "data.result"), "abcde", strict=True)
    )
    mapping["data.reported_at"] = "f"
    assert read(rows, mapping=mapping, header_row=2).good[0].row == 3
    with pytest.raises(faults.NoHeader):
        read(rows, header_row=9)
    with pytest.raises(faults.NoHeader):
        read(rows, header_row=0)


def test_columns_not_used_are_listed_with_the_reason() -> None:
    header = (*HEADER, "备注", "", "健康码颜色", "住址")
    result = read([header, (*row(), "x", "y", "红", "花园路")])
    assert [(i.number, i.heading, i.why) for i in result.ignored] == [
        (7, "备注", Why.UNKNOWN),
        (8, "", Why.NAMELESS),
        (9, "健康码颜色", Why.COLOUR),
        (10, "住址", Why.UNKNOWN),
    ]
    assert "红" not in str(result.good[0].record)


def test_two_columns_for_one_field_are_a_question_not_a_guess() -> None:
    rows = [(*HEADER, "采样日期"), (*row(), "2022-03-04")]
    with pytest.raises(faults.ColumnTwice) as refusal:
        read(rows)
    assert "采样日期" in str(refusal.value)
    assert one(read(rows, mapping={"at": "采样日期"}))["at"] == "2022-03-04T00:00:00+08:00"
    chosen = read(rows, mapping={"at": "采样日期"})
    assert [(i.heading, i.why) for i in chosen.ignored] == [("采样时间", Why.NOT_CHOSEN)]
    assert {c.field: c.chosen for c in chosen.columns}["at"]


def test_a_field_may_be_left_out_or_given_for_all_rows() -> None:
    header = (*HEADER[:3], *HEADER[4:], "采样方式")
    rows = [header, (*row()[:3], *row()[4:], "没说清")]
    with pytest.raises(faults.MissingColumn) as refusal:
        read(rows)
    assert "检测方法" in str(refusal.value)
    result = read(rows, mapping={"data.tube": None}, fixed={"data.assay": "抗原"})
    assert one(result)["data"]["assay"] == "antigen"
    assert "tube" not in one(result)["data"]
    assert [(a.note, a.rows) for a in result.assumptions if a.note is Note.FIXED] == [
        (Note.FIXED, 1)
    ]


@pytest.mark.parametrize(
    ("options", "fault"),
    [
        ({"mapping": {"colour": "结果"}}, faults.UnknownListField),
        ({"fixed": {"data.colour": "red"}}, faults.UnknownListField),
        ({"mapping": {"at": "没有这列"}}, faults.NoSuchColumn),
        ({"fixed": {"id_number": ZHANG}}, faults.NotForAll),
        ({"fixed": {"subject": "x"}}, faults.NotForAll),
        ({"mapping": {"at": "采样时间"}, "fixed": {"at": "2022-03-05"}}, faults.ColumnTwice),
        ({"fixed": {"data.assay": "猜的"}}, faults.UnknownWord),
        ({"fixed": {"data.assay": "=1"}}, faults.Formula),
        ({"kind": "mark"}, faults.UnknownListKind),
        ({"mapping": {"id_number": None}}, faults.MissingColumn),
    ],
)
def test_a_mapping_that_cannot_be_is_refused(
    options: dict[str, Any], fault: type[Malformed]
) -> None:
    with pytest.raises(fault):
        read([HEADER, row()], **options)


def test_a_value_given_for_all_rows_beats_a_column_nobody_chose() -> None:
    result = read([HEADER, row()], fixed={"data.assay": "抗原"})
    assert one(result)["data"]["assay"] == "antigen"
    assert [(i.heading, i.why) for i in result.ignored] == [("检测方法", Why.NOT_CHOSEN)]


def test_a_heading_that_stands_twice_cannot_be_mapped() -> None:
    with pytest.raises(faults.ColumnTwice):
        read([(*HEADER, "x", "x"), row()], mapping={"data.group": "x"})


def test_a_heading_may_say_the_assay_and_the_preview_says_so() -> None:
    header = ("身份证号", "采样时间", "核酸检测结果", "报告时间")
    result = read([header, (ZHANG, "2022-03-05 08:00", "阴性", "2022-03-06 08:00")])
    assert one(result)["data"]["assay"] == "pcr"
    assert ("核酸检测结果", Note.BY_HEADING, 1) in [
        (a.heading, a.note, a.rows) for a in result.assumptions
    ]


def test_a_column_of_assays_beats_what_a_heading_says() -> None:
    header = ("身份证号", "采样时间", "核酸检测结果", "报告时间", "检测方法")
    result = read([header, (ZHANG, "2022-03-05 08:00", "阴性", "2022-03-06 08:00", "抗原")])
    assert one(result)["data"]["assay"] == "antigen"
    assert Note.BY_HEADING not in {a.note for a in result.assumptions}


# --- cells -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("阴性", "negative"),
        ("阴", "negative"),
        ("-", "negative"),
        ("(-)", "negative"),
        ("－", "negative"),
        ("阴性(-)", "negative"),
        ("阴性（－）", "negative"),
        ("阴性-", "negative"),
        ("NEG", "negative"),
        ("Negative", "negative"),
        ("未检出", "negative"),
        ("not detected", "negative"),
        ("'-", "negative"),
        ("阳性", "positive"),
        ("+", "positive"),
        ("＋", "positive"),
        ("阳性（+）", "positive"),
        ("POS.", "positive"),
        (" 阳 性 ", "positive"),
        ("检出", "positive"),
        ("'+", "positive"),
    ],
)
def test_a_result_is_read_in_its_usual_words(text: str, value: str) -> None:
    assert one(read([HEADER, row(结果=text)]))["data"]["result"] == value


@pytest.mark.parametrize(
    "text",
    [
        "弱阳性",
        "可疑",
        "待复检",
        "阴性(+)",
        "阳性(-)",
        "阴性+",
        "—",
        "−",
        "无",
        "N",
        "0",
        "1",
        "±",
        "红码",
        "++",
        "阴 阳",
    ],
)
def test_a_result_that_is_none_is_refused(text: str) -> None:
    slugs = [slug for slug, _ in refused(read([HEADER, row(结果=text)]))]
    assert slugs[0] in ("linelist.unknown_word", "linelist.missing_value")


def test_a_lone_dash_is_negative_and_the_preview_says_so() -> None:
    notes = {(a.heading, a.note) for a in read([HEADER, row(结果="-")]).assumptions}
    assert ("结果", Note.DASH_NEGATIVE) in notes


@pytest.mark.parametrize(
    "written",
    [
        ZHANG.lower(),
        f"'{ZHANG}",
        f"’{ZHANG}",
        f" {ZHANG} ",
        f"{ZHANG[:6]} {ZHANG[6:14]} {ZHANG[14:]}",
        f'="{ZHANG}"',
        f"\u202d{ZHANG}\u202c",
        f"{ZHANG}\u200b",
        f"\ufeff{ZHANG}",
        f"{ZHANG}\t",
        "".join(chr(ord(c) + 0xFEE0) for c in ZHANG),
    ],
)
def test_a_number_is_read_through_what_spreadsheets_put_around_it(written: str) -> None:
    assert one(read([HEADER, row(证件号码=written)]))["identity"]["number"] == ZHANG


@pytest.mark.parametrize("damaged", ["4.10E+17", "4.10105199003073E+17", "4.1e17", "4,1E+17"])
def test_a_number_in_scientific_notation_is_refused_with_the_explanation(damaged: str) -> None:
    result = read([HEADER, row(证件号码=damaged)])
    assert refused(result) == [("linelist.damaged_number", "证件号码")]
    assert "文本" in result.bad[0].problems[0].remedy("zh")


def test_one_rounded_number_makes_every_number_that_ends_in_000_suspect() -> None:
    # A whole number whose last digits happen to be 000, among numbers that a spreadsheet cut.
    lucky = next(
        body + "0"
        for body in (f"410105{year}0307{n}00" for year in range(1950, 2010) for n in range(1, 10))
        if check_character(body) == "0"
    )
    assert one(read([HEADER, row(证件号码=lucky)]))["identity"]["number"] == lucky
    for cut in ("4.10105E+17", f"{ZHANG[:15]}000"):
        result = read([HEADER, row(证件号码=lucky), row(证件号码=cut)])
        assert [p.slug for bad in result.bad for p in bad.problems] == [
            "linelist.damaged_number"
        ] * 2


@pytest.mark.parametrize(
    ("written", "slug"),
    [
        ("410105900307301", "identity.old_form"),
        (f"{ZHANG[:17]}{'0' if ZHANG[17] != '0' else '1'}", "identity.wrong_check_character"),
        ("410105199002300021", "identity.impossible_birth"),
        ("E12345678", "linelist.no_paper_type"),
        ("不知道", "linelist.no_paper_type"),
        ("=A1", "linelist.formula"),
        ("#N/A", "linelist.formula"),
    ],
)
def test_a_number_that_cannot_be_is_refused_and_never_repeated(written: str, slug: str) -> None:
    result = read([HEADER, row(证件号码=written)])
    assert refused(result) == [(slug, "证件号码")]
    assert written not in str(result.bad[0].problems[0]) or written in ("=A1", "#N/A")


def test_a_row_with_a_bad_paper_is_not_read_by_name_and_telephone_instead() -> None:
    rows = [(*HEADER, "电话"), (*row(证件号码="410105900307301"), "13912345678")]
    assert refused(read(rows)) == [("identity.old_form", "证件号码")]


@pytest.mark.parametrize(
    ("type_", "number", "expected"),
    [
        ("护照", "e12345678", ("passport", "E12345678")),
        ("二代身份证", ZHANG, ("resident_id", ZHANG)),
        ("户口簿", ZHANG, ("resident_id", ZHANG)),
        ("回乡证", "H1234567801", ("hk_macau_permit", "H12345678")),
        ("台胞证", "12345678", ("taiwan_permit", "12345678")),
        ("Passport", "AB1234567", ("passport", "AB1234567")),
        ("", ZHANG, ("resident_id", ZHANG)),
        ("-", ZHANG, ("resident_id", ZHANG)),
    ],
)
def test_a_paper_is_read_by_its_usual_name(
    type_: str, number: str, expected: tuple[str, str]
) -> None:
    rows = [(*HEADER, "证件类型"), (*row(证件号码=number), type_)]
    identity = one(read(rows))["identity"]
    assert (identity["type"], identity["number"]) == expected


def test_an_unknown_paper_is_refused_and_a_number_in_its_place_not_repeated() -> None:
    rows = [(*HEADER, "证件类型"), (*row(), "E12345678")]
    result = read(rows)
    assert refused(result) == [("linelist.unknown_word", "证件类型")]
    assert "12345678" not in str(result.bad[0].problems[0])


@pytest.mark.parametrize(
    ("name", "phone", "slug", "heading"),
    [
        ("张三", "", "linelist.nobody", "证件号码"),
        ("", "13912345678", "linelist.nobody", "证件号码"),
        ("不详", "13912345678", "linelist.nobody", "证件号码"),
        ("张先生", "13912345678", "person.not_a_name", "姓名"),
        ("张三", "1391234", "reach.not_a_number", "电话"),
        ("张三", "1.39E+10", "linelist.damaged_number", "电话"),
        ("张三", "13912345678、13812345678", "reach.not_a_number", "电话"),
    ],
)
def test_half_a_provisional_person_is_nobody(
    name: str, phone: str, slug: str, heading: str
) -> None:
    rows = [(*HEADER, "电话"), (*row(姓名=name, 证件号码=""), phone)]
    assert refused(read(rows)) == [(slug, heading)]


def test_a_telephone_stored_as_a_number_is_read() -> None:
    rows = [(*HEADER, "电话"), (*row(证件号码="/"), "13912345678.0")]
    assert one(read(rows))["provisional"]["phone"] == "+8613912345678"


def test_a_subject_comes_only_by_choice_and_is_never_a_number() -> None:
    rows = [("subject", *HEADER[2:]), ("p-1", *row()[2:])]
    with pytest.raises(faults.MissingColumn):
        read(rows)
    assert one(read(rows, mapping={"subject": "subject"}))["subject"] == "p-1"
    for number in (ZHANG, "13912345678", "410105900307301"):
        rows = [("subject", *HEADER[2:]), (number, *row()[2:])]
        result = read(rows, mapping={"subject": "subject"})
        assert refused(result) == [("linelist.not_a_subject", "subject")]


def test_a_case_is_named_by_its_number_only() -> None:
    header = ("证件号码", "末次暴露时间", "密接类型", "病例编号")
    for index, slug in (("张三", "linelist.not_a_case_id"), (LI, "linelist.number_in_text")):
        result = read([header, (ZHANG, "2022-03-05", "密接", index)], "contact_finding")
        assert refused(result) == [(slug, "病例编号")]


def test_nobodys_number_is_kept_in_a_text() -> None:
    rows = [(*HEADER, "地点"), (*row(), f"{LI}家中")]
    assert refused(read(rows)) == [("linelist.number_in_text", "地点")]


@pytest.mark.parametrize(
    ("region", "code"),
    [
        ("410105", "410105"),
        ("河南省郑州市金水区", "410105"),
        ("河南省 郑州市 金水区", "410105"),
        ("河南省/郑州市/金水区", "410105"),
        ("郑州市金水区", "410105"),
        ("河南省郑州市", "410100"),
        ("河南省", "410000"),
        ("北京市朝阳区", "110105"),
        ("北京市市辖区朝阳区", "110105"),
        ("北京市", "110000"),
    ],
)
def test_a_division_is_a_code_or_a_whole_name(region: str, code: str) -> None:
    assert one(read([(*HEADER, "地区"), (*row(), region)]))["region"] == code


def test_a_name_of_two_divisions_is_none() -> None:
    rows = [
        ("code", "province", "city", "county"),
        ("110000", "甲省", "", ""),
        ("110101", "甲省", "丙市", "丁区"),
        ("120101", "乙省", "丙市", "丁区"),
        ("120102", "乙省", "丙市", "戊区"),
    ]
    names = region_names(division_tables.table(rows, "test"))
    assert names["甲省丙市丁区"] == "110101"
    assert names["丙市戊区"] == "120102"
    assert "丙市丁区" not in names


@pytest.mark.parametrize(
    "region",
    ["朝阳区", "金水区", "郑州", "河南郑州金水", "410105001", "市辖区", "999999", "4101", "X"],
)
def test_no_abbreviation_of_a_division_is_guessed(region: str) -> None:
    slugs = refused(read([(*HEADER, "地区"), (*row(), region)]))
    assert slugs in (
        [("linelist.unknown_region", "地区")],
        [("record.unknown_region", "地区")],
    )


@pytest.mark.parametrize(
    ("text", "symptoms"),
    [
        ("无", []),
        ("无症状", []),
        ("正常", []),
        ("None", []),
        ("发热", ["fever"]),
        ("发热,咳嗽", ["fever", "cough"]),
        ("发热/咽痛；头痛", ["fever", "sore_throat", "other"]),
        ("sore throat, runny nose", ["sore_throat", "runny_nose"]),
        ("Fever + Cough", ["fever", "cough"]),
        ("嗅（味）觉减退", ["loss_of_smell_or_taste"]),
        ("发烧、高热", ["fever"]),
    ],
)
def test_symptoms_are_read_in_their_usual_words(text: str, symptoms: list[str]) -> None:
    rows = [("身份证号", "日期", "症状"), (ZHANG, "2022-03-05", text)]
    assert one(read(rows, "daily_report"))["data"]["symptoms"] == symptoms


@pytest.mark.parametrize("text", ["", "-", "不详", "感觉怪怪的", "发热、无", "、"])
def test_silence_is_not_being_well(text: str) -> None:
    rows = [("身份证号", "日期", "症状"), (ZHANG, "2022-03-05", text)]
    assert refused(read(rows, "daily_report"))[0][1] == "症状"


@pytest.mark.parametrize("text", ["36,5", "37度2", "正常", "370", "3.65e1", "-36.5", "nan", "inf"])
def test_a_temperature_that_is_none_is_refused(text: str) -> None:
    rows = [("身份证号", "日期", "症状", "体温"), (ZHANG, "2022-03-05", "无", text)]
    result = read(rows, "daily_report")
    if text == "nan":  # a table program's word for an empty cell
        assert "temperature" not in one(result)["data"]
    else:
        assert refused(result)[0][1] == "体温"


# --- rows --------------------------------------------------------------------------------------


def test_every_reason_of_a_row_is_named_with_row_and_column() -> None:
    result = read([HEADER, row(采样时间="3/5/2022", 结果="弱阳性", 报告时间="", 证件号码="1")])
    assert sorted(refused(result)) == [
        ("linelist.ambiguous_date", "采样时间"),
        ("linelist.missing_value", "报告时间"),
        ("linelist.no_paper_type", "证件号码"),
        ("linelist.unknown_word", "结果"),
    ]
    for problem in result.bad[0].problems:
        assert (problem.place.file, problem.place.line) == ("list.csv", 2)
        for lang in ("zh", "en"):
            assert problem.sentence(lang)
            assert problem.remedy(lang)


@pytest.mark.parametrize(
    ("cells", "slug", "heading"),
    [
        (row(报告时间="2022-03-05 09:00"), "linelist.out_of_order", "报告时间"),
        ((*row(), "extra"), "linelist.extra_cells", None),
        (row(姓名="=HYPERLINK()"), "linelist.formula", "姓名"),
        (row(采样时间="#REF!"), "linelist.formula", "采样时间"),
        (row()[:4], "linelist.missing_value", "结果"),
        (row(姓名="长" * 4097), "linelist.text_too_long", "姓名"),
    ],
)
def test_a_row_that_is_not_whole_is_refused(
    cells: tuple[str, ...], slug: str, heading: str | None
) -> None:
    assert (slug, heading) in refused(read([HEADER, cells]))


def test_what_the_one_door_refuses_is_refused_here_at_its_column() -> None:
    header = ("证件号码", "到达时间", "离开时间")
    result = read([header, (ZHANG, "2022-03-05", "2022-03-04")], "area_stay")
    assert refused(result) == [("record.until_before_at", "离开时间")]
    rows = [("身份证号", "日期", "症状", "今日体温"), (ZHANG, "2022-03-05", "无", "99")]
    assert refused(read(rows, "daily_report")) == [("record.bad_value", "今日体温")]


def test_a_repeated_row_is_kept_once() -> None:
    result = read([HEADER, row(), row(), row(结果="阳性")])
    assert [good.row for good in result.good] == [2, 4]
    assert [(b.row, b.problems[0].slug, b.problems[0].details["row"]) for b in result.bad] == [
        (3, "linelist.same_as_row", 2)
    ]


def test_an_id_stands_for_one_content() -> None:
    header = (*HEADER, "记录编号")
    rows = [
        header,
        (*row(), "r1"),
        (*row(), "r1"),
        (*row(结果="阳性"), "r1"),
        (*row(), "r2"),
        (*row(), ""),
    ]
    result = read(rows)
    assert [(g.row, g.record["id"]) for g in result.good] == [(2, "r1"), (5, "r2")]
    assert [(b.row, b.problems[0].slug) for b in result.bad] == [
        (3, "linelist.same_as_row"),
        (4, "linelist.id_twice"),
        (6, "linelist.same_as_row"),
    ]


def test_blank_rows_are_counted_apart() -> None:
    result = read([HEADER, (), row(), ("", " "), row(结果="?"), ("", "")])
    assert (len(result.good), len(result.bad), result.blank, result.total) == (1, 1, 3, 2)


def test_an_unwritten_offset_is_said_for_as_many_rows() -> None:
    result = read([HEADER, row(), row(采样时间="2022-03-05T14:00:00Z"), row(结果="x")])
    found = {(a.heading, a.note): a.rows for a in result.assumptions}
    assert found[("采样时间", Note.NO_OFFSET)] == 1
    assert found[("报告时间", Note.NO_OFFSET)] == 2
    assert Note.NO_OFFSET.sentence("zh").count("Asia/Shanghai") == 1
    assert all(note.sentence(lang) for note in Note for lang in ("zh", "en"))
    assert all(why.sentence(lang) for why in Why for lang in ("zh", "en"))


# --- what goes back ----------------------------------------------------------------------------


def test_the_preview_shows_records_with_people_masked() -> None:
    header = (*HEADER, "电话")
    rows = [header, (*row(), ""), (*row(姓名="欧阳娜娜", 证件号码=""), "13912345678")]
    result = read(rows)
    before = copy.deepcopy(result.good[0].record)
    first, second = preview(result)
    assert first["identity"] == {"type": "resident_id", "number": "*" * 14 + ZHANG[-4:]}
    assert second["provisional"] == {"name": "欧阳*", "phone": "+86139****5678"}
    assert first["data"] == result.good[0].record["data"]
    assert len(preview(result, 1)) == 1
    assert result.good[0].record == before
    assert ZHANG not in repr(result)
    assert "娜娜" not in repr(result)


def reread(result: LineList, lang: str = "zh") -> list[list[str]]:
    text = bad_rows_csv(result, lang).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline=""), strict=True))


def test_bad_rows_come_back_as_they_were_with_their_reasons() -> None:
    result = read([HEADER, row(), row(结果="弱阳性", 姓名='张"三,')])
    table = reread(result)
    assert table[0] == [*HEADER, REASONS]
    assert table[1][:-1] == list(row(结果="弱阳性", 姓名='张"三,'))
    assert "弱阳性" in table[1][-1]
    assert "linelist.unknown_word" in table[1][-1]
    assert "it takes" in reread(result, "en")[1][-1]


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        " =1",
        "＝1",
        "＋1",
        "－1",
        "＠x",
        "|cmd",
        "%0A",
    ],
)
def test_no_cell_that_goes_back_can_be_run(text: str) -> None:
    assert harmless(text) == f"'{text}"
    table = reread(read([(*HEADER, text), (*row(结果="?"), text)]))
    assert table[1][len(HEADER)] == f"'{text}"
    assert all(not cell[:1] or cell[0] not in "=+-@\t\r" for line in table for cell in line)


def test_reasons_of_the_last_time_do_not_pile_up() -> None:
    once = read([HEADER, row(结果="?")])
    again = read([tuple(line) for line in reread(once)])
    assert reread(again) == reread(once)
    assert [i.why for i in again.ignored] == [Why.REASONS]


CELLS = st.one_of(
    st.sampled_from(
        [*row(), "", "-", "'", "=1", f'="{ZHANG}"', "4.1E+17", "张先生", "弱阳性", "13912345678"]
    ),
    st.text(alphabet="'=+-@\"\n\r,;a1 \t阴性", max_size=6),
    st.text(max_size=8),
)


@given(st.lists(st.lists(CELLS, min_size=6, max_size=6), max_size=6))
def test_bad_rows_sent_again_unchanged_are_refused_again_for_the_same_reasons(
    rows: list[list[str]],
) -> None:
    result = read([HEADER, *rows])
    sheet = read_sheet(bad_rows_csv(result))
    again = read(sheet.rows)
    # A row refused only as a repetition is good where the row it repeats is not in the file.
    last = [bad for bad in result.bad if slugs(bad) != ["linelist.same_as_row"]]
    assert [slugs(bad) for bad in again.bad if slugs(bad) != ["linelist.same_as_row"]] == [
        slugs(bad) for bad in last
    ]


def slugs(bad: BadRow) -> list[str]:
    return [problem.slug for problem in bad.problems]


# --- any table whatsoever ----------------------------------------------------------------------

HEADINGS = st.sampled_from(
    sorted(
        {h for t in TABLES.values() for c in t.columns for h in c.headings} | {"", "备注", "码色"}
    )
)
VALUES = CELLS | st.sampled_from(
    [
        "密接",
        "确诊",
        "410105",
        "河南省郑州市金水区",
        "俄罗斯",
        "无",
        "发热",
        "36.5",
        "2022-03-05",
        "44625",
        "是",
        "ZZ-1",
        "高",
        "护照",
        "E12345678",
        "3/5/2022",
        "2022年3月5日 14:30",
    ]
)


@given(
    kind=st.sampled_from(sorted(TABLES)),
    header=st.lists(HEADINGS, max_size=10, unique=True),
    rows=st.lists(st.lists(VALUES, max_size=11), max_size=6),
    fixed=st.dictionaries(
        st.sampled_from(["data.assay", "data.class", "id_type", "data.index", "at"]),
        VALUES,
        max_size=2,
    ),
)
def test_any_table_is_read_row_by_row_or_refused_as_malformed(
    kind: str, header: list[str], rows: list[list[str]], fixed: dict[str, str]
) -> None:
    try:
        result = read([header, *rows], kind, fixed=fixed)
    except Malformed:
        return
    filled = [n for n, cells in enumerate(rows, start=2) if any(text.strip() for text in cells)]
    assert sorted([g.row for g in result.good] + [b.row for b in result.bad]) == filled
    assert result.total + result.blank == len(rows)
    assert all(bad.problems for bad in result.bad)
    for good in result.good:
        people = {"identity", "provisional", "subject"} & good.record.keys()
        assert len(people) == 1
        record = {k: v for k, v in good.record.items() if k not in people}
        assert admit(record | {"subject": "s"}, DIVISIONS).kind == kind
    bad_rows_csv(result)
    preview(result)


@given(st.data())
def test_good_rows_are_read_in_any_order_of_columns(data: st.DataObject) -> None:
    header, cells, _ = KINDS_OF_LISTS[kind := data.draw(st.sampled_from(sorted(TABLES)))]
    order = data.draw(st.permutations(range(len(header))))
    straight = one(read([header, cells], kind))
    shuffled = one(read([[header[i] for i in order], [cells[i] for i in order]], kind))
    assert shuffled == straight


# --- real lists --------------------------------------------------------------------------------


def real(name: str) -> tuple[tuple[str, ...], ...]:
    return read_sheet(published(f"outbreak/tianjin-singapore/{name}").read_bytes()).rows


def test_the_tianjin_cases_are_imported_whole() -> None:
    result = read(
        real("tianjin_cases.csv"),
        "infection",
        mapping={"subject": "case", "id": "case"},
        fixed={"data.class": "confirmed"},
    )
    assert (len(result.good), len(result.bad), result.blank) == (135, 0, 0)
    assert result.good[0].record == {
        "id": "TJ1",
        "kind": "infection",
        "subject": "TJ1",
        "at": "2020-01-21T00:00:00+08:00",
        "data": {"class": "confirmed", "onset_at": "2020-01-14T00:00:00+08:00"},
    }
    # A missing onset drops no case.
    assert sum("onset_at" not in good.record["data"] for good in result.good) == 10
    assert [i.heading for i in result.ignored] == ["exposure_from", "exposure_to"]


def test_the_singapore_cases_ask_which_column_counts() -> None:
    rows = real("singapore_cases.csv")
    options: dict[str, Any] = {"fixed": {"data.class": "confirmed"}}
    with pytest.raises(faults.ColumnTwice) as refusal:
        read(rows, "infection", mapping={"subject": "case", "id": "case"}, **options)
    assert "hospitalised" in str(refusal.value)
    assert "confirmed" in str(refusal.value)
    chosen = {"subject": "case", "id": "case", "at": "confirmed"}
    result = read(rows, "infection", mapping=chosen, **options)
    assert (len(result.good), len(result.bad)) == (93, 0)
    assert sum("onset_at" not in good.record["data"] for good in result.good) == 10


def test_the_tianjin_exposures_are_imported_as_contacts() -> None:
    rows = real("tianjin_cases.csv")
    mapping = {
        "subject": "case",
        "data.index": "case",
        "at": "exposure_to",
        "data.first_exposure_at": "exposure_from",
    }
    result = read(rows, "contact_finding", mapping=mapping, fixed={"data.relation": "close"})
    empty = sum(1 for cells in rows[1:] if not cells[4])
    assert result.total == 135
    assert sum(slugs(bad) == ["linelist.missing_value"] for bad in result.bad) == empty
    assert len(result.good) + len(result.bad) == 135
