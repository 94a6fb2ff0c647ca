"""Files of facts: read whole and strictly, or refused with the first twenty places named."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mingma.engines import fact_files
from mingma.engines.fact_files import (
    NAMED,
    FileRefused,
    FileUnreadable,
    WrongColumns,
    read_facts,
)
from mingma.evidence.lines import MAX_LINE
from mingma.shipped import divisions

AT = "2022-10-18T09:30:00+08:00"
COLUMNS = ["id", "kind", "subject", "at", "data"]


def record(id: str = "f-1", **more: Any) -> dict[str, Any]:
    made = {
        "id": id, "kind": "check_in", "subject": "p", "at": AT, "region": "350203",
        "data": {"venue": "venue-0446", "grade": "B"}, **more,
    }  # fmt: skip
    return {name: value for name, value in made.items() if value is not ...}


def ndjson(*records: dict[str, Any]) -> bytes:
    return b"".join(json.dumps(r, ensure_ascii=False).encode() + b"\n" for r in records)


def table(*records: dict[str, Any], **types: pa.DataType) -> pa.Table:
    names = list(dict.fromkeys(name for one in records for name in one))
    columns = {
        name: pa.array(
            [json.dumps(one[name]) if name == "data" else one.get(name) for one in records],
            type=types.get(name, pa.string()),
        )
        for name in names
    }
    return pa.table(columns)


@pytest.fixture
def write(tmp_path: Path) -> Callable[[bytes | pa.Table], Path]:
    def written(content: bytes | pa.Table) -> Path:
        path = tmp_path / "facts"
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            pq.write_table(content, path)
        return path

    return written


Write = Callable[[bytes | pa.Table], Path]


def refused(path: Path) -> FileRefused:
    with pytest.raises(FileRefused) as found:
        read_facts(path, divisions())
    return found.value


def ids(path: Path) -> list[str]:
    return [fact.id for fact in read_facts(path, divisions())]


# -- forms


def test_ndjson_gzip_and_parquet_give_the_same_facts(write: Write) -> None:
    records = [record("f-1"), record("f-2", until="2022-10-18T19:30:00+08:00", place="某处")]
    plain = read_facts(write(ndjson(*records)), divisions())
    assert [fact.id for fact in plain] == ["f-1", "f-2"]
    assert read_facts(write(gzip.compress(ndjson(*records))), divisions()) == plain
    assert read_facts(write(table(*records)), divisions()) == plain


def test_the_form_is_told_by_the_first_bytes_and_not_by_the_name(tmp_path: Path) -> None:
    path = tmp_path / "facts.parquet"
    path.write_bytes(ndjson(record()))
    assert ids(path) == ["f-1"]


def test_blank_lines_and_windows_line_ends_are_passed_over(write: Write) -> None:
    content = (
        b"\n" + ndjson(record("f-1")).replace(b"\n", b"\r\n") + b"\r\n" + ndjson(record("f-2"))
    )
    assert ids(write(content)) == ["f-1", "f-2"]


def test_a_last_line_needs_no_line_feed(write: Write) -> None:
    assert ids(write(ndjson(record("f-1"), record("f-2"))[:-1])) == ["f-1", "f-2"]


def test_an_empty_file_has_no_facts(write: Write) -> None:
    assert ids(write(b"")) == []


# -- what refuses the whole file


def test_one_malformed_line_refuses_the_file_and_names_its_place(write: Write) -> None:
    path = write(ndjson(record("f-1"), record("f-2", colour="red"), record("f-3")))
    found = refused(path)
    assert (found.slug, found.details["count"]) == ("file.refused", 1)
    [one] = found.refusals
    assert (one.slug, one.place.file, one.place.line, one.place.field) == (
        "record.unknown_field", str(path), 2, "colour",
    )  # fmt: skip
    assert str(found).splitlines()[0].startswith(f"record.unknown_field: {path}, line 2, ")


def test_lines_are_counted_with_the_blank_ones(write: Write) -> None:
    found = refused(write(b"\n\n" + ndjson(record(kind="hotel_stay"))))
    assert found.refusals[0].place.line == 3


def test_the_first_twenty_places_are_named_and_all_are_counted(write: Write) -> None:
    found = refused(write(ndjson(*(record(f"f-{n}", region="1") for n in range(NAMED + 5)))))
    assert found.details["count"] == NAMED + 5
    assert [one.place.line for one in found.refusals] == list(range(1, NAMED + 1))
    assert str(found).count("record.unknown_region") == NAMED
    assert "25 faulty lines; nothing was kept" in str(found)


def test_a_line_over_1_mib_is_refused_and_the_lines_after_it_keep_their_numbers(
    write: Write,
) -> None:
    long = b'{"id": "' + b"x" * (3 * MAX_LINE) + b'"}\n'
    found = refused(write(ndjson(record("f-1")) + long + ndjson(record("f-2", kind="x"))))
    assert [(one.slug, one.place.line) for one in found.refusals] == [
        ("record.line_too_long", 2), ("record.unknown_kind", 3),
    ]  # fmt: skip


def test_a_line_that_is_not_utf_8_is_refused(write: Write) -> None:
    foreign = json.dumps(record("f-2", place="厦门"), ensure_ascii=False).encode("gb18030")
    found = refused(write(ndjson(record("f-1")) + foreign + b"\n"))
    assert (found.refusals[0].slug, found.refusals[0].place.line) == ("record.not_json", 2)


def test_the_same_record_again_is_admitted_once(write: Write) -> None:
    again = record("f-1")
    again["at"] = "2022-10-18T01:30:00Z"  # the same instant, written otherwise
    assert ids(write(ndjson(record("f-1"), record("f-2"), again))) == ["f-1", "f-2"]


@pytest.mark.parametrize(
    "more",
    [
        {"at": "2022-10-18T09:30:01+08:00"},
        {"subject": "q"},
        {"data": {"venue": "venue-0446", "grade": "A"}},
        {"place": "某处"},
        {"kind": "closed_loop_end", "data": {}},
    ],
)
def test_the_same_id_with_other_content_is_refused_with_both_places(
    write: Write, more: dict[str, Any]
) -> None:
    found = refused(write(ndjson(record("f-1"), record("f-2"), record("f-1", **more))))
    [one] = found.refusals
    assert (one.slug, one.place.line, one.place.field) == ("file.id_twice", 3, "id")
    assert "first on line 1" in one.sentence()


# -- damaged files


@pytest.mark.parametrize("cut", [3, 20, -9, -1])
def test_a_gzip_cut_short_is_refused(write: Write, cut: int) -> None:
    whole = gzip.compress(ndjson(*(record(f"f-{n}") for n in range(50))))
    with pytest.raises(FileUnreadable) as found:
        read_facts(write(whole[:cut]), divisions())
    assert found.value.place.file


def test_a_gzip_with_a_broken_byte_is_refused(write: Write) -> None:
    whole = bytearray(gzip.compress(ndjson(record())))
    whole[len(whole) // 2] ^= 0xFF
    with pytest.raises(FileUnreadable):
        read_facts(write(bytes(whole)), divisions())


@pytest.mark.parametrize("keep", [10, 200, -8, -1])
def test_a_parquet_file_cut_short_is_refused(write: Write, tmp_path: Path, keep: int) -> None:
    content = write(table(record())).read_bytes()
    with pytest.raises(FileUnreadable):
        read_facts(write(content[:keep]), divisions())


def test_a_file_that_is_not_there_or_a_folder_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "nothing", tmp_path):
        with pytest.raises(FileUnreadable) as found:
            read_facts(path, divisions())
        assert found.value.place.file == str(path)


def test_more_bytes_than_a_file_may_have_are_refused_as_they_are_read(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fact_files, "MAX_PLAIN", 1000)
    bomb = gzip.compress(ndjson(*(record(f"f-{n}") for n in range(100))))
    with pytest.raises(FileUnreadable, match="more than 1000 bytes"):
        read_facts(write(bomb), divisions())
    many = table(*(record(f"f-{n}") for n in range(1000)))
    with pytest.raises(FileUnreadable, match="more than 1000 bytes"):
        read_facts(write(many), divisions())


def test_a_line_without_an_end_counts_as_bytes_too(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fact_files, "MAX_PLAIN", 3 * MAX_LINE)
    with pytest.raises(FileUnreadable, match="more than 3145728 bytes"):
        read_facts(write(gzip.compress(b"x" * 5 * MAX_LINE)), divisions())


def test_no_refusal_repeats_a_number_that_may_be_a_person_s(write: Write) -> None:
    number = "11010519491231002X"
    found = refused(write(ndjson(record(number), record(number, subject="q"))))
    assert number not in str(found)


# -- Parquet


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (table(record(), at=pa.large_string()), ""),
        (table(record()).append_column("colour", [["red"]]), "unknown column `colour`"),
        (table(record()).append_column("identity", [["1"]]), "unknown column `identity`"),
        (table({**record(), "at": 1_666_056_600}, at=pa.int64()), "column `at` is int64, not text"),
        (table(record()).set_column(0, "id", [[7]]), "column `id` is int64, not text"),
        (table(record()).append_column("id", [["f"]]), "the column `id` stands twice"),
        (table(record()).drop_columns(["subject"]), "column `subject` is missing"),
        (table(record()).set_column(5, "data", [[{"venue": "v"}]]), "column `data` is struct"),
    ],
)
def test_parquet_has_the_columns_of_ndjson_all_text(
    write: Write, content: pa.Table, why: str
) -> None:
    path = write(content)
    if not why:
        assert ids(path) == ["f-1"]
        return
    with pytest.raises(WrongColumns) as found:
        read_facts(path, divisions())
    assert why in found.value.sentence()
    assert found.value.place.file == str(path)


def test_a_row_whose_data_is_no_json_is_refused_with_its_number(write: Write) -> None:
    broken = table(record("f-1"), record("f-2"))
    broken = broken.set_column(5, "data", [[json.dumps(record()["data"]), '{"venue": NaN}']])
    [one] = refused(write(broken)).refusals
    assert (one.slug, one.place.line, one.place.field) == ("record.not_json", 2, "data")


def test_a_column_may_be_empty(write: Write) -> None:
    content = table(record("f-1", place=None), record("f-2", place="某处"))
    facts = read_facts(write(content), divisions())
    assert [fact.place for fact in facts] == [None, "某处"]


def test_a_required_column_that_is_empty_is_refused_row_by_row(write: Write) -> None:
    found = refused(write(table(record("f-1", subject=None), record("f-2", at=None))))
    assert [(one.place.line, one.place.field) for one in found.refusals] == [
        (1, "subject"), (2, "at"),
    ]  # fmt: skip
    assert COLUMNS == ["id", "kind", "subject", "at", "data"]
