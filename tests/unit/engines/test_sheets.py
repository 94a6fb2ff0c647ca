"""A spreadsheet becomes rows of text, or is refused as Malformed; nothing in it is run."""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl.styles import numbers

from mingma.engines import sheets
from mingma.engines.sheets import (
    NoSuchSheet,
    Sheet,
    SheetEmpty,
    SheetTooLarge,
    SheetUnreadable,
    read_sheet,
)
from mingma.evidence.linelist import read_linelist
from mingma.kernel.errors import Malformed
from mingma.people.identity import check_character
from mingma.shipped import divisions

TABLE = (("姓名", "结果"), ("张三", "阴性"), ("李四", "阳性"))
TEXT = "姓名,结果\r\n张三,阴性\r\n李四,阳性\r\n"


def workbook(rows: list[list[Any]], title: str = "名单") -> bytes:
    book = openpyxl.Workbook()
    table = book.active
    assert table is not None
    table.title = title
    for row in rows:
        table.append(row)
    return saved(book)


def saved(book: openpyxl.Workbook) -> bytes:
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def repacked(data: bytes, part: str, old: bytes, new: bytes) -> bytes:
    """A workbook with one text in one part replaced."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as before,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as after,
    ):
        for name in before.namelist():
            body = before.read(name)
            if name == part:
                assert old in body
                body = body.replace(old, new)
            after.writestr(name, body)
    return out.getvalue()


# --- CSV ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        (TEXT.encode(), "utf-8"),
        (TEXT.encode("utf-8-sig"), "utf-8"),
        (TEXT.encode("gb18030"), "gb18030"),
        (TEXT.encode("gbk"), "gb18030"),
        (b"\xff\xfe" + TEXT.encode("utf-16-le"), "utf-16-le"),
        (b"\xfe\xff" + TEXT.encode("utf-16-be"), "utf-16-be"),
    ],
)
def test_the_encoding_is_found(data: bytes, encoding: str) -> None:
    sheet = read_sheet(data)
    assert sheet.rows == TABLE
    assert sheet.encoding == encoding


@pytest.mark.parametrize("mark", [",", ";", "\t", "|", "，"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_the_separator_is_found(mark: str, end: str) -> None:
    data = end.join(mark.join(row) for row in TABLE).encode()
    sheet = read_sheet(data)
    assert sheet.rows == TABLE
    assert sheet.separator == mark


def test_a_separator_line_decides() -> None:
    assert read_sheet(b"sep=;\r\na,b;c\r\n1,2;3\r\n").rows == (("a,b", "c"), ("1,2", "3"))


def test_commas_in_texts_do_not_pass_for_separators() -> None:
    data = b"name\tnote\nzhang\ta, b, c\nli\td, e, f\n"
    assert read_sheet(data).rows[1] == ("zhang", "a, b, c")


def test_line_ends_in_quotes_do_not_pass_for_rows() -> None:
    data = b'a,b,c\n1,"\r\tx","y; z"\n2,"\r\tx","y; z"\n'
    assert read_sheet(data).separator == ","
    title = b"a list\n"
    assert read_sheet(title + data).separator == ","


def test_quoted_cells_keep_separators_line_ends_and_quotes() -> None:
    data = b'a,b\r\n"x,1","two\r\nlines ""so"""\r\n'
    assert read_sheet(data).rows == (("a", "b"), ("x,1", 'two\r\nlines "so"'))


def test_a_quote_that_is_not_closed_is_refused_instead_of_swallowing_rows() -> None:
    with pytest.raises(SheetUnreadable):
        read_sheet(b'a,b\r\n1,"2\r\n3,4\r\n')


def test_a_single_column_is_a_table() -> None:
    assert read_sheet("证件号码\n1\n2\n".encode()).rows == (("证件号码",), ("1",), ("2",))


def test_rows_keep_their_numbers_and_empty_ones_at_the_end_go() -> None:
    assert read_sheet(b"a,b\n\n1,2\n\n,\n").rows == (("a", "b"), (), ("1", "2"))


def test_a_name_with_a_private_letter_is_text() -> None:
    assert read_sheet("姓名,x\n李\ue863,1\n".encode()).rows[1] == ("李\ue863", "1")


@pytest.mark.parametrize(
    "data",
    [
        b"\x00\x01\x02\x03",
        b"a,b\x00\n",
        b"\xff\xff\xff",
        b"\xff\xfea",
        b"\xff\xfe\x00\xd8",
        b"<html><table><tr><td>1</td></tr></table></html>",
        b"  <?xml version='1.0'?><Workbook/>",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 an old workbook",
        b"PK\x03\x04 and then nothing",
        b"%PDF-1.7\n\x00",
    ],
)
def test_what_is_no_table_is_refused_in_both_languages(data: bytes) -> None:
    with pytest.raises(SheetUnreadable) as refusal:
        read_sheet(data, file="list.csv")
    assert refusal.value.place.file == "list.csv"
    assert refusal.value.sentence("zh")
    assert refusal.value.remedy("zh")


def test_an_old_or_locked_workbook_is_named_as_that() -> None:
    with pytest.raises(SheetUnreadable) as refusal:
        read_sheet(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 an old workbook")
    assert ".xls" in refusal.value.sentence("zh")
    assert "password" in refusal.value.sentence("en")


@pytest.mark.parametrize("data", [b"", b"\n\n", b",,\n,,\n", b"\xef\xbb\xbf", b" , \n"])
def test_an_empty_table_is_refused(data: bytes) -> None:
    with pytest.raises(SheetEmpty):
        read_sheet(data)


# --- XLSX --------------------------------------------------------------------------------------


def test_a_workbook_is_read_by_its_bytes_not_its_name() -> None:
    sheet = read_sheet(workbook([list(row) for row in TABLE]), file="list.csv")
    assert sheet.rows == TABLE
    assert sheet.name == "名单"


def test_values_come_out_as_a_person_would_have_typed_them() -> None:
    values = [
        1,
        36.5,
        3.0,
        True,
        False,
        None,
        " x ",
        13912345678,
        410105,
        -2,
        datetime(2022, 3, 5, 14, 30, tzinfo=UTC).replace(tzinfo=None),
        date(2022, 3, 5),
        time(14, 30),
        "2022/3/5",
        "z",
    ]
    texts = ("1", "36.5", "3", "TRUE", "FALSE", "", " x ", "13912345678", "410105", "-2",
             "2022-03-05 14:30:00", "2022-03-05", "14:30:00", "2022/3/5", "z")  # fmt: skip
    assert read_sheet(workbook([values])).rows == (texts,)


def test_a_date_shown_with_its_time_keeps_midnight() -> None:
    book = openpyxl.Workbook()
    table = book.active
    assert table is not None
    table["A1"] = datetime(2022, 3, 5, tzinfo=UTC).replace(tzinfo=None)
    table["A1"].number_format = "yyyy/m/d h:mm"
    table["B1"] = datetime(2022, 3, 5, tzinfo=UTC).replace(tzinfo=None)
    table["B1"].number_format = 'yyyy"年"m"月"d"日"'
    table["C1"] = 44625.604166666664
    table["C1"].number_format = numbers.FORMAT_DATE_DATETIME
    table["D1"] = timedelta(hours=30)
    assert read_sheet(saved(book)).rows == (
        ("2022-03-05 00:00:00", "2022-03-05", "2022-03-05 14:30:00", "1 day, 6:00:00"),
    )


def test_a_date_that_no_spreadsheet_has_is_an_error_cell_and_no_warning() -> None:
    book = openpyxl.Workbook()
    table = book.active
    assert table is not None
    table["A1"] = 1_000_000_000
    table["A1"].number_format = "yyyy-mm-dd"
    assert read_sheet(saved(book)).rows == (("#VALUE!",),)


@pytest.mark.parametrize("number", [410105199003073016, 4.10105199003073e17, -(10**15), 1e300])
def test_a_number_longer_than_a_spreadsheet_keeps_does_not_look_like_one(number: float) -> None:
    text = read_sheet(workbook([[number, "x"]])).rows[0][0]
    assert "E+" in text
    assert not text.isdigit()


def test_fifteen_digits_are_kept() -> None:
    assert read_sheet(workbook([[410105900307301, "x"]])).rows[0][0] == "410105900307301"


def test_a_formula_stays_its_text_and_its_stored_result_is_not_used() -> None:
    data = workbook([["a", "b"], ["=1+1", '=HYPERLINK("http://x")']])
    data = repacked(data, "xl/worksheets/sheet1.xml", b"<f>1+1</f><v", b"<f>1+1</f><v>7</v><v")
    assert read_sheet(data).rows[1] == ("=1+1", '=HYPERLINK("http://x")')


def test_an_array_formula_is_a_formula_too() -> None:
    data = workbook([["a", "b"], ["=1+1", "x"]])
    old, new = b"<f>1+1</f>", b'<f t="array" ref="A2:A2">1+1</f>'
    part = "xl/worksheets/sheet1.xml"
    assert read_sheet(repacked(data, part, old, new)).rows[1][0] == "=1+1"
    assert (
        read_sheet(repacked(data, part, old, b'<f t="dataTable" ref="A2:A2"/>')).rows[1][0] == "="
    )


def test_the_first_filled_sheet_that_shows_is_read_and_the_others_named() -> None:
    book = openpyxl.Workbook()
    assert book.active is not None
    book.active.title = "空"
    hidden = book.create_sheet("隐藏")
    hidden.append(["h", "h"])
    hidden.sheet_state = "hidden"
    book.create_sheet("名单").append(["a", "b"])
    book.create_sheet("其他").append(["c", "d"])
    data = saved(book)
    sheet = read_sheet(data)
    assert (sheet.name, sheet.rows, sheet.others) == ("名单", (("a", "b"),), ("空", "隐藏", "其他"))
    assert read_sheet(data, sheet="其他").rows == (("c", "d"),)
    with pytest.raises(NoSuchSheet) as refusal:
        read_sheet(data, sheet="没有")
    assert "名单" in refusal.value.remedy("zh")


def test_formatted_rows_of_nothing_do_not_make_a_table_large() -> None:
    book = openpyxl.Workbook()
    table = book.active
    assert table is not None
    table.append(["a", "b"])
    table.cell(1_048_576, 1).number_format = "0.00"
    assert read_sheet(saved(book)).rows == (("a", "b"),)


def test_a_stated_size_that_is_wrong_is_not_believed() -> None:
    data = workbook([["a", "b"], ["1", "2"]])
    part, old = "xl/worksheets/sheet1.xml", b'<dimension ref="A1:B2"'
    data = repacked(data, part, old, b'<dimension ref="A1:XFD1048576"')
    assert read_sheet(data).rows == (("a", "b"), ("1", "2"))
    data = repacked(workbook([["a", "b"], ["1", "2"]]), part, old, b'<dimension ref="A1"')
    assert read_sheet(data).rows == (("a", "b"), ("1", "2"))


ENTITIES = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "cccc"><!ENTITY d "&b;&b;">]>'


DECLARING = ["xl/workbook.xml", "xl/worksheets/sheet1.xml", "[Content_Types].xml"]


@pytest.mark.parametrize("part", DECLARING)
def test_a_workbook_that_declares_entities_is_refused(part: str) -> None:
    with zipfile.ZipFile(io.BytesIO(workbook([["a", "b"]]))) as archive:
        body = archive.read(part)
    bare = body.split(b"?>", 1)[-1] if body.startswith(b"<?xml") else body
    data = repacked(workbook([["a", "b"]]), part, body, ENTITIES + bare)
    with pytest.raises(SheetUnreadable) as refusal:
        read_sheet(data)
    assert "DTD" in refusal.value.sentence("zh")


def test_a_part_missing_or_broken_is_refused() -> None:
    whole = workbook([["a", "b"]])
    for data in (
        whole[:-40],
        whole[: len(whole) // 2],
        repacked(whole, "xl/workbook.xml", b"<sheets>", b"<sheets"),
        repacked(whole, "xl/worksheets/sheet1.xml", b'r="A1"', b'r="!!"'),
    ):
        with pytest.raises(Malformed):
            read_sheet(data)


# --- limits ------------------------------------------------------------------------------------


def test_every_limit_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SheetTooLarge) as refusal:
        read_sheet(b"a" * (sheets.MAX_BYTES + 1))
    assert refusal.value.remedy("zh")
    with pytest.raises(SheetTooLarge):
        read_sheet(b"a,b\n" * (sheets.MAX_ROWS + 1))
    with pytest.raises(SheetTooLarge):
        read_sheet(b"," * sheets.MAX_COLUMNS + b"x\n")
    with pytest.raises(SheetTooLarge):
        read_sheet(b"a," + b"x" * (sheets.MAX_CELL + 1))
    monkeypatch.setattr(sheets, "MAX_UNPACKED", 1000)
    with pytest.raises(SheetTooLarge):
        read_sheet(workbook([["a", "b"]]))


def test_a_row_beyond_the_last_ends_the_reading() -> None:
    data = repacked(
        workbook([["a", "b"], ["1", "2"]]),
        "xl/worksheets/sheet1.xml",
        b'<row r="2"',
        b'<row r="900000000"',
    )
    with pytest.raises(Malformed):
        read_sheet(data)


# --- anything whatsoever -----------------------------------------------------------------------


def read_or_refused(data: bytes) -> Sheet | None:
    try:
        return read_sheet(data)
    except Malformed:
        return None


@given(st.binary(max_size=300))
def test_any_bytes_are_a_table_or_refused(data: bytes) -> None:
    for start in (b"", b"PK\x03\x04", b"\xff\xfe", b"\xef\xbb\xbf", b'"'):
        read_or_refused(start + data)


@given(st.text(max_size=200))
def test_any_text_is_a_table_or_refused(text: str) -> None:
    for encoding in ("utf-8", "gb18030", "utf-16"):
        read_or_refused(text.encode(encoding, "ignore"))


WORKBOOK = workbook([["姓名", "日期", "数"], ["张三", date(2022, 3, 5), 1.5], ["=A1", True, None]])


@given(st.integers(0, len(WORKBOOK) - 1), st.integers(0, 255), st.integers(0, 4))
def test_a_workbook_with_a_wrong_byte_is_a_table_or_refused(
    place: int, byte: int, cut: int
) -> None:
    data = bytearray(WORKBOOK)
    data[place] = byte
    read_or_refused(bytes(data[: len(data) - cut * 50]))


with zipfile.ZipFile(io.BytesIO(WORKBOOK)) as archive:
    PARTS = [name for name in archive.namelist() if name.startswith("xl/w")]


@given(st.sampled_from(PARTS), st.floats(0, 1, exclude_max=True), st.binary(min_size=1, max_size=3))
def test_a_workbook_with_a_wrong_part_is_a_table_or_refused(
    part: str, where: float, noise: bytes
) -> None:
    with zipfile.ZipFile(io.BytesIO(WORKBOOK)) as archive:
        body = archive.read(part)
    place = int(where * len(body))
    wrong = body[:place] + noise + body[place + len(noise) :]
    read_or_refused(repacked(WORKBOOK, part, body, wrong))


# --- and then a list ---------------------------------------------------------------------------


def test_a_workbook_that_lost_its_numbers_says_so_row_by_row() -> None:
    whole = "41010519900307301"
    rows: list[list[Any]] = [
        ["身份证号", "采样时间", "核酸结果", "报告时间"],
        [int(whole + "6"), date(2022, 3, 5), "阴性", date(2022, 3, 6)],
        [whole + check_character(whole), date(2022, 3, 5), "阴性", date(2022, 3, 6)],
    ]
    result = read_linelist(
        read_sheet(workbook(rows)).rows, "test", batch="b", divisions=divisions(), today=19_157
    )
    assert [bad.problems[0].slug for bad in result.bad] == ["linelist.damaged_number"]
    assert [good.row for good in result.good] == [3]
    assert result.good[0].record["at"] == "2022-03-05T00:00:00+08:00"
