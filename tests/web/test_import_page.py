"""Import of messy line lists: preview, row errors, bad rows back, and one door for the rest."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from urllib.parse import parse_qsl

import httpx
import openpyxl
import pytest

from mingma.engines.sheets import MAX_BYTES
from mingma.evidence.linelist import TABLES
from mingma.people.identity import CHECK_CHARACTERS, WEIGHTS
from mingma.web.desk import SOURCE
from mingma.web.list_choices import choices_of
from mingma.web.uploads import KEPT_FOR, MOST, Upload, Uploads
from tests.web.reading import plain, read
from tests.web.site import Site

HEAD = [
    "序号",
    "姓名",
    "身份证号",
    "联系电话",
    "采样时间",
    "检测项目",
    "结果",
    "报告时间",
    "健康码颜色",
]


def number(first: str) -> str:
    """A citizen's number with its check character."""
    total = sum(int(digit) * weight for digit, weight in zip(first, WEIGHTS, strict=True))
    return first + CHECK_CHARACTERS[total % 11]


ANN, BEN, EVA = (number(f"4101051990030700{n}") for n in ("1", "3", "5"))
ROWS = [
    ["核酸检测结果汇总表"],
    HEAD,
    ["1", "张三", ANN, "13800138000", "2022/6/13 8:05", "核酸", "阴性", "2022-06-13 18:00", "红码"],
    ["2", "赵六", "", "13800138003", "2022-06-13 09:10", "核酸", "阳性", "2022-06-13 19:00", ""],
    ["3", "王五", "4.10105E+17", "", "2022-06-13 09:00", "核酸", "阳性", "2022-06-13 19:00", ""],
    ["4", "钱七", BEN, "", "2022-06-13", "核酸", "可疑", "2022-06-13 19:00", ""],
    [],
    ["5", "周九", EVA, "", "2022-06-16 09:00", "核酸", "阴性", "2022-06-16 19:00", ""],
]


def sheet(rows: Sequence[Sequence[str]], encoding: str = "gb18030") -> bytes:
    written = io.StringIO(newline="")
    csv.writer(written).writerows(rows)
    return written.getvalue().encode(encoding)


def upload(visit: Site, data: bytes, kind: str = "test", name: str = "list.csv") -> httpx.Response:
    return visit.post("/import", files={"file": (name, data, "text/csv")}, kind=kind)


def previewed(visit: Site, data: bytes, kind: str = "test", **more: str) -> str:
    """The address of the preview of a list."""
    answer = upload(visit, data, kind)
    assert answer.status_code == 303, plain(answer.text)
    return str(answer.headers["location"]) + "".join(f"&{k}={v}" for k, v in more.items())


def confirmed(visit: Site, address: str) -> str:
    """The page that says what became of the import."""
    path, _, query = address.partition("?")
    answer = visit.post(f"{path}/confirm?{query}")
    assert answer.status_code == 303, plain(answer.text)
    return plain(visit.text(answer.headers["location"]))


@pytest.fixture
def desk(visit: Site) -> Site:
    """A visit at the import desk."""
    visit.to_desk()
    return visit


def test_a_preview_says_what_the_list_was_read_as(desk: Site) -> None:
    words = plain(desk.text(previewed(desk, sheet(ROWS))))
    for said in ("list.csv", "检测结果", "表头在第 2 行", "3 可以收", "2 退回", "1 空行"):
        assert said in words, said
    assert "颜色只由规则给出，不接受导入" in words
    assert "未写时区，按北京时间" in words


def test_each_bad_row_has_its_row_column_slug_and_remedy(desk: Site) -> None:
    words = plain(desk.text(previewed(desk, sheet(ROWS))))
    assert re.search(r"5 身份证号 号码被电子表格.+?linelist\.damaged_number 回到原始资料", words)
    assert re.search(r"6 结果 `可疑` 不是此列可用的词 linelist\.unknown_word 可用：", words)


def test_the_preview_and_its_bad_rows_are_in_english_too(desk: Site) -> None:
    address = previewed(desk, sheet(ROWS))
    words = plain(desk.text(f"{address}&lang=en"))
    assert "3 good" in words
    assert "`可疑` is not a word this column takes" in words.replace("‘", "`")
    assert "Only rules give a colour; none is imported" in words


def test_nobodys_number_is_shown_whole(desk: Site) -> None:
    page = desk.text(previewed(desk, sheet(ROWS)))
    assert ANN not in page
    assert "13800138003" not in page
    assert f"**{ANN[-4:]}" in page
    assert "赵*" in page


def test_nothing_is_received_before_the_confirmation(desk: Site) -> None:
    before = desk.counts()
    desk.text(previewed(desk, sheet(ROWS)))
    assert desk.counts() == before


def test_confirmed_rows_pass_the_one_door_and_decide(desk: Site) -> None:
    before = desk.counts()
    words = confirmed(desk, previewed(desk, sheet(ROWS)))
    for said in (
        "3 送入",
        "2 收下",
        "1 门口退回",
        "8 记录的时刻还没有到",
        "record.from_the_future",
    ):
        assert said in words, said
    after = desk.counts()
    assert after["facts"] - before["facts"] == 2
    assert after["people"] - before["people"] == 2
    instance = desk.scene.instance
    positive = instance.by_name_and_phone("赵六", "13800138003")
    assert instance.show(positive, "zh").colour == "red"
    ann = instance.identify({"type": "resident_id", "number": ANN})
    assert instance.show(ann, "zh").colour == "green"  # the colour in the list counts for nothing


def test_the_same_list_again_is_received_once(desk: Site) -> None:
    address = previewed(desk, sheet(ROWS[:3]))
    assert "1 收下" in confirmed(desk, address)
    before = desk.counts()
    assert "1 收下" in confirmed(desk, previewed(desk, sheet(ROWS[:3])))
    assert desk.counts() == before


def test_bad_rows_come_back_as_a_file_that_can_be_put_right_and_sent_again(desk: Site) -> None:
    path, _, query = previewed(desk, sheet(ROWS)).partition("?")
    answer = desk.get(f"{path}/bad-rows.csv?{query}")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert "attachment" in answer.headers["content-disposition"]
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [row[0] for row in rows] == ["序号", "3", "4"]
    assert "linelist.damaged_number" in rows[1][-1]
    rows[1][2], rows[2][6] = BEN, "阴性"
    again = previewed(desk, sheet(rows, "utf-8"))
    assert "2 可以收" in plain(desk.text(again))


def test_a_workbook_is_read_and_another_sheet_can_be_chosen(desk: Site) -> None:
    book = openpyxl.Workbook()
    first = book.active
    assert first
    first.title = "说明"
    first.append(["填表说明"])
    for row in ROWS[:3]:
        book.create_sheet("数据").append(row) if "数据" not in book else book["数据"].append(row)
    saved = io.BytesIO()
    book.save(saved)
    address = previewed(desk, saved.getvalue())
    assert "没有找到表头" in plain(desk.text(address))
    assert "1 可以收" in plain(desk.text(f"{address}&sheet=数据"))


def test_an_unknown_heading_can_be_mapped_and_a_missing_column_given_for_all(desk: Site) -> None:
    rows = [
        ["身份证号", "采样时间", "结论", "出结果时间"],
        [ANN, "2022-06-13 08:00", "阴性", "2022-06-13 18:00"],
    ]
    address = previewed(desk, sheet(rows))
    page = desk.text(address)
    assert "linelist.missing_column" in page
    assert "这份名单还不能读" in plain(page)
    assert ANN not in page  # the file's first rows are shown, without long numbers
    chosen = f"{address}&c1=id_number&c2=at&c3=data.result&c4=data.reported_at&f.data.assay=核酸"
    words = plain(desk.text(chosen))
    assert "1 可以收" in words
    assert "全表统一给出" in words
    assert "1 收下" in confirmed(desk, chosen)


def test_a_header_in_nobodys_words_can_be_named_and_mapped(desk: Site) -> None:
    rows = [["某表"], ["甲", "乙", "丙", "丁"], [ANN, "2022-06-13 08:00", "-", "2022-06-13 18:00"]]
    address = previewed(desk, sheet(rows))
    assert "linelist.no_header" in desk.text(address)
    named = desk.text(f"{address}&header=2")
    assert "linelist.no_header" in named
    assert '<label for="c4">丁</label>' in named
    chosen = "&header=2&c1=id_number&c2=at&c3=data.result&c4=data.reported_at&f.data.assay=pcr"
    assert "1 可以收" in plain(desk.text(address + chosen))


def test_the_form_of_choices_shows_what_is_in_use(desk: Site) -> None:
    address = previewed(desk, sheet(ROWS))
    page = desk.text(address)
    assert '<option value="data.result" selected>结果</option>' in page
    fields = {
        name: "-" if name == "c1" else value
        for name, value in re.findall(r'<select id="(c\d+)".*?value="([^"]+)" selected', page)
    }
    assert fields["c3"] == "id_number"
    dropped = plain(
        desk.text(
            f"{address}&c2=-&c3=id_number&c4=-&c5=at&c6=data.assay"
            "&c7=data.result&c8=data.reported_at"
        )
    )
    assert "3 退回" in dropped  # without name and telephone, row 4 is nobody's


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("&c5=at&c8=at", "linelist.column_twice"),
        ("&c5=no.such.field", "linelist.unknown_field"),
        ("&f.name=x", "linelist.not_for_all"),
        ("&header=99", "linelist.no_header"),
        ("&f.data.assay=xyz&c6=-", "linelist.unknown_word"),
    ],
)
def test_a_choice_that_makes_no_sense_is_explained_and_can_be_changed(
    desk: Site, more: str, said: str
) -> None:
    address = previewed(desk, sheet(ROWS)) + more
    page = desk.text(address)
    assert said in page
    path, _, query = address.partition("?")
    assert desk.post(f"{path}/confirm?{query}").status_code == 400


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("", "linelist.unknown_kind"),
        ("kind=mark", "linelist.unknown_kind"),
        ("kind=test&sheet=none", "sheet.no_such_sheet"),
    ],
)
def test_an_address_that_makes_no_sense_is_refused(desk: Site, query: str, said: str) -> None:
    book = openpyxl.Workbook()
    assert book.active
    book.active.append(HEAD)
    saved = io.BytesIO()
    book.save(saved)
    path = previewed(desk, saved.getvalue()).partition("?")[0]
    answer = desk.get(f"{path}?{query}")
    assert answer.status_code == 400
    assert said in answer.text


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"\xd0\xcf\x11\xe0old workbook", "sheet.unreadable"),
        (b"PK\x03\x04junk", "sheet.unreadable"),
        (b"\x00\x01\x02", "sheet.unreadable"),
        (b"<html></html>", "sheet.unreadable"),
        (b"", "sheet.empty"),
        (b",,,\n,,\n", "sheet.empty"),
    ],
)
def test_junk_is_refused_at_once_in_words(desk: Site, data: bytes, said: str) -> None:
    answer = upload(desk, data)
    assert answer.status_code == 400
    assert f"<code>{said}</code>" in answer.text
    assert 'action="/import"' in answer.text  # and another can be chosen at once
    assert '<option value="test" selected>' in answer.text


def test_a_file_that_is_too_large_is_refused_in_words(desk: Site) -> None:
    answer = upload(desk, b"a" * (MAX_BYTES + 128 * 1024))
    assert answer.status_code == 413
    assert "文件太大" in answer.text


def test_without_a_file_the_form_says_so(desk: Site) -> None:
    answer = desk.post("/import", kind="test")
    assert answer.status_code == 400
    assert "请选择一个文件" in answer.text


def test_contacts_come_in_only_because_this_is_the_specimens_own_key(desk: Site) -> None:
    rows = [
        ["身份证号", "末次暴露时间", "密接类型", "病例编号"],
        [ANN, "2022-06-13 08:00", "密接", "ZZ-12"],
    ]
    assert "1 收下" in confirmed(desk, previewed(desk, sheet(rows), "contact_finding"))
    instance = desk.scene.instance
    ann = instance.identify({"type": "resident_id", "number": ANN})
    assert instance.show(ann, "zh").colour == "red"


def test_outside_a_specimen_there_is_no_desk(desk: Site) -> None:
    path, _, query = previewed(desk, sheet(ROWS[:3])).partition("?")
    token, before = desk.token(), desk.counts()
    object.__setattr__(desk.scene.instance.context, "specimen", False)
    data = {"form_token": token}
    assert desk.client.post(f"{path}/confirm?{query}", data=data).status_code == 401
    assert desk.get("/import").status_code == 401
    assert desk.counts() == before


def test_the_desk_is_registered_as_a_demo_source_for_the_kinds_of_lists(desk: Site) -> None:
    confirmed(desk, previewed(desk, sheet(ROWS[:3])))
    with desk.scene.instance.store.read() as unit:
        source = unit.sources()[SOURCE]
    assert source.demo
    assert source.kinds == set(TABLES)


def test_another_visit_never_sees_an_upload(desk: Site) -> None:
    address = previewed(desk, sheet(ROWS))
    other = desk.another()
    other.to_desk()
    for path in (address, address.replace("?", "/bad-rows.csv?")):
        answer = other.get(path)
        assert answer.status_code == 404
        assert "upload.gone" in answer.text


def test_an_upload_is_forgotten_after_half_an_hour(desk: Site) -> None:
    address = previewed(desk, sheet(ROWS))
    desk.scene.clock.forward(KEPT_FOR - 1)
    assert desk.get(address).status_code == 200
    desk.scene.clock.forward(1)
    assert desk.get(address).status_code == 404


def test_an_upload_is_forgotten_once_it_was_received(desk: Site) -> None:
    address = previewed(desk, sheet(ROWS[:3]))
    confirmed(desk, address)
    assert desk.get(address).status_code == 404


def test_only_so_many_uploads_are_kept_and_the_newest_stays() -> None:
    uploads = Uploads()
    names = [uploads.keep("v", Upload("a.csv", b"%d" % n, 0)) for n in range(MOST + 3)]
    kept = [n for n, name in enumerate(names) if ("v", name) in uploads._kept]
    assert kept == list(range(3, MOST + 3))


def test_bytes_are_counted_too() -> None:
    uploads = Uploads()
    for n in range(6):
        uploads.keep("v", Upload("a.csv", bytes([n]) * MAX_BYTES, 0))
    assert len(uploads._kept) == 4


def test_a_receipt_of_no_batch_is_not_found(desk: Site) -> None:
    assert desk.get("/import/receipts/none").status_code == 404


def test_the_choices_survive_the_address(desk: Site) -> None:
    query = "kind=test&sheet=a+b&header=3&c1=-&c7=data.result&f.data.assay=%E6%A0%B8%E9%85%B8"
    choices = choices_of(parse_qsl(query))
    assert choices_of(parse_qsl(choices.query)) == choices
    assert choices.query == query
    assert choices_of([("kind", "test"), ("header", "x"), ("c", "1"), ("cx", "-")]).columns == {}


def test_the_import_page_names_the_columns_each_kind_needs(desk: Site) -> None:
    words = plain(desk.text("/import"))
    assert "采样时间、检测方法、结果、报告时间" in words
    assert read(desk.text("/import")).tokens == 2
