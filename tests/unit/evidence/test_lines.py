"""NDJSON, read strictly: what would not print back the same is refused."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mingma.evidence.lines import MAX_LINE, LineTooLong, NotJson, read_line
from mingma.kernel.errors import Malformed

FINITE = st.floats(allow_nan=False, allow_infinity=False)
BAD = {
    "no JSON": (b"id,kind,subject,at", "Expecting value"),
    "half an object": (b'{"id": 1', "Expecting"),
    "two objects": (b'{"a": 1} {"b": 2}', "Extra data"),
    "a key twice": (b'{"id": "a", "kind": "test", "id": "b"}', "the key `id` stands twice"),
    "a key twice below": (b'{"data": {"a": 1, "a": 1}}', "the key `a` stands twice"),
    "NaN": (b'{"ct": NaN}', "`NaN` is not a number"),
    "an infinity": (b'{"ct": Infinity}', "`Infinity` is not a number"),
    "minus an infinity": (b'{"ct": -Infinity}', "`-Infinity` is not a number"),
    "a number with a plus": (b'{"ct": +5}', "Expecting value"),
    "a number with an underscore": (b'{"ct": 5_0}', "Expecting"),
    "a number with a zero before it": (b'{"ct": 05}', "Expecting"),
    "single quotes": (b"{'id': 1}", "Expecting property name"),
    "a comma at the end": (b'{"id": 1,}', ""),
    "a bare control character": (b'{"id": "a\x01"}', "Invalid control character"),
    "another encoding": ('{"place": "厦门"}'.encode("gb18030"), "it is not UTF-8"),
    "UTF-16": ('{"id": 1}'.encode("utf-16"), "it is not UTF-8"),
    "a mark of the byte order": (b'\xef\xbb\xbf{"id": 1}', "BOM"),
    "too deep": (b"[" * 100_000, "nested too deeply"),
    "a number of too many digits": (b'{"ct": 1' + b"0" * 5000 + b"}", "digits"),
    "nothing": (b"", "Expecting value"),
}


@pytest.mark.parametrize(("line", "why"), BAD.values(), ids=BAD.keys())
def test_refused(line: bytes, why: str) -> None:
    with pytest.raises(NotJson) as refusal:
        read_line(line)
    assert why in refusal.value.sentence()
    assert refusal.value.slug == "record.not_json"


def test_a_line_over_1_mib_is_refused_and_one_of_it_is_read() -> None:
    frame = len(b'{"id": ""}')
    longest = b'{"id": "' + b"x" * (MAX_LINE - frame) + b'"}'
    assert len(longest) == MAX_LINE == 1024 * 1024
    assert read_line(longest)["id"] == "x" * (MAX_LINE - frame)
    with pytest.raises(LineTooLong) as refusal:
        read_line(longest + b" ")
    assert refusal.value.sentence() == "the line has 1048577 bytes, the limit is 1048576"


def test_a_refusal_shows_no_more_than_the_beginning_of_a_key() -> None:
    key = "k" * 500
    with pytest.raises(NotJson) as refusal:
        read_line(f'{{"{key}": 1, "{key}": 2}}'.encode())
    assert "k" * 65 not in str(refusal.value)


@given(st.dictionaries(st.text(), st.integers() | st.text() | FINITE))
def test_what_is_json_is_read_as_it_was_written(value: dict[str, object]) -> None:
    assert read_line(json.dumps(value).encode()) == value


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(line: bytes) -> None:
    try:
        read_line(line)
    except Malformed as refusal:
        said = refusal.sentence("zh")
    else:
        return
    assert said
