"""Every bad input of the contract, over HTTP: a slug, a place, a remedy, and nothing half-written.

In a well-formed envelope the record is refused and its neighbour admitted; an envelope that is not
well-formed is refused whole.
"""

from __future__ import annotations

import gzip
import hashlib
import json
from typing import Any

import pyarrow as pa
import pytest

from mingma.api import envelope
from tests.api.asking import JSON, NDJSON, PARQUET, Client, parquet, problem
from tests.instances import Stage, at, ndjson, sample

GOOD = sample("good", subject="p-good")
LONG = "x" * 4097
NUMBER = "11010519491231002X"


def changed(**more: Any) -> dict[str, Any]:
    """A good record with something changed; None takes the field away."""
    record = {**sample("bad"), **more}
    return {name: value for name, value in record.items() if value is not None}


def with_data(**more: Any) -> dict[str, Any]:
    data = {**sample()["data"], **more}
    return changed(data={name: value for name, value in data.items() if value is not None})


def of_kind(kind: str, **data: Any) -> dict[str, Any]:
    return changed(kind=kind, data=data)


def identity(kind: str, number: str) -> dict[str, Any]:
    return changed(subject=None, identity={"type": kind, "number": number})


# What is wrong: the record, the slug of the refusal, the field it names.
RECORDS: dict[str, tuple[dict[str, Any], str, str]] = {
    "unknown kind": (changed(kind="debt"), "record.unknown_kind", "kind"),
    "unknown field": (changed(colour="red"), "record.unknown_field", "colour"),
    "unknown field in data": (with_data(colour="red"), "record.unknown_field", "data.colour"),
    "unknown word": (with_data(result="maybe"), "record.bad_value", "data.result"),
    "missing id": (changed(id=None), "record.missing_field", "id"),
    "missing kind": (changed(kind=None), "record.missing_field", "kind"),
    "missing subject": (changed(subject=None), "record.missing_field", "subject"),
    "missing at": (changed(at=None), "record.missing_field", "at"),
    "missing in data": (with_data(assay=None), "record.missing_field", "data.assay"),
    "data is no object": (changed(data=[1]), "record.bad_value", "data"),
    "id is a number": (changed(id=7), "record.bad_value", "id"),
    "empty id": (changed(id=""), "record.bad_value", "id"),
    "until before at": (changed(until=at(-3)), "record.until_before_at", "until"),
    "no offset": (changed(at="2022-06-14T09:00:00"), "time.not_an_instant", "at"),
    "impossible date": (changed(at="2022-02-30T09:00:00+08:00"), "time.not_an_instant", "at"),
    "year 1899": (changed(at="1899-12-31T23:59:59Z"), "time.not_an_instant", "at"),
    "year 2101": (changed(at="2101-01-01T00:00:00Z"), "time.not_an_instant", "at"),
    "fractional seconds": (changed(at="2022-06-14T09:00:00.5Z"), "time.not_an_instant", "at"),
    "epoch seconds": (changed(at=1655179200), "time.not_an_instant", "at"),
    "bad until": (changed(until="tomorrow"), "time.not_an_instant", "until"),
    "bad recorded_at": (changed(recorded_at="2022"), "time.not_an_instant", "recorded_at"),
    "bad instant in data": (
        with_data(reported_at="2022-06-14 09:00"), "time.not_an_instant", "data.reported_at",
    ),
    "region of five digits": (changed(region="41010"), "record.unknown_region", "region"),
    "region not in the table": (changed(region="419999"), "record.unknown_region", "region"),
    "region in data": (
        of_kind("trip", mode="rail", **{"from": "000000", "to": "410100"}),
        "record.unknown_region",
        "data.from",
    ),
    "long id": (changed(id=LONG), "record.bad_value", "id"),
    "long subject": (changed(subject=LONG), "record.bad_value", "subject"),
    "long place": (changed(place=LONG), "record.bad_value", "place"),
    "long text in data": (with_data(group=LONG), "record.bad_value", "data.group"),
    "a NUL": (changed(place="a\0b"), "record.bad_value", "place"),
    "half a character in an instant": (changed(at="\ud800"), "time.not_an_instant", "at"),
    "half a character in a list": (with_data(result="\ud800"), "record.bad_value", "data"),
    "half a character as a name": (with_data(**{"\ud800": 1}), "record.bad_value", "data"),
    "half a character": (changed(place="\ud800"), "record.bad_value", "place"),
    "number out of range": (with_data(ct=101), "record.bad_value", "data.ct"),
    "number as text": (with_data(ct="30"), "record.bad_value", "data.ct"),
    "true for a number": (with_data(ct=True), "record.bad_value", "data.ct"),
    "from the future": (changed(at=at(1)), "record.from_the_future", "at"),
    "identity beside subject": (
        changed(identity={"type": "passport", "number": "E12345678"}),
        "record.unknown_field",
        "identity",
    ),
    "unknown paper": (identity("badge", "1"), "identity.unknown_type", "identity.type"),
    "old number": (identity("resident_id", "110105491231002"), "identity.old_form",
                   "identity.number"),
    "wrong check character": (
        identity("resident_id", NUMBER[:17] + "1"),
        "identity.wrong_check_character",
        "identity.number",
    ),
    "born tomorrow": (
        identity("resident_id", "110105209912310027"), "identity.impossible_birth",
        "identity.number",
    ),
    "identity is a text": (
        changed(subject=None, identity=NUMBER), "identity.not_an_identity", "identity",
    ),
}  # fmt: skip

# Lines that are no record at all.
LINES: dict[str, tuple[bytes, str]] = {
    "not JSON": (b'{"id": ', "record.not_json"),
    "a word": (b"hello", "record.not_json"),
    "NaN": (ndjson([with_data(ct=float("nan"))])[:-1], "record.not_json"),
    "Infinity": (ndjson([with_data(ct=float("inf"))])[:-1], "record.not_json"),
    "minus Infinity": (ndjson([with_data(ct=float("-inf"))])[:-1], "record.not_json"),
    "a key twice": (b'{"id": "a", "id": "b"}', "record.not_json"),
    "nested too deeply": (b"[" * 200_000, "record.not_json"),
    "a byte order mark": (b"\xef\xbb\xbf" + ndjson([sample("bad")])[:-1], "record.not_json"),
    "half a key twice": (b'{"\\ud800": 1, "\\ud800": 2}', "record.not_json"),
    "a list": (b"[1, 2]", "record.bad_value"),
    "a number": (b"7", "record.bad_value"),
    "null": (b"null", "record.bad_value"),
    "too large a number": (
        ndjson([with_data(ct=1)])[:-1].replace(b'"ct": 1', b'"ct": 1e999'), "record.bad_value",
    ),
    "over 1 MiB": (b'{"id": "' + b"x" * (1 << 20) + b'"}', "record.line_too_long"),
}  # fmt: skip


def kept(scene: Stage) -> dict[str, int]:
    with scene.instance.store.read() as unit:
        return dict(unit.statistics())


def refused_alone(client: Client, scene: Stage, line: bytes, slug: str) -> dict[str, Any]:
    """Send the line after a good record; gives its refusal."""
    response = client.send(ndjson([GOOD]) + line + b"\n" + ndjson([sample("last")]))
    assert response.status_code == 200, response.text
    answer = response.json()
    assert (answer["received"], answer["admitted"], answer["refused"]) == (3, 2, 1)
    (refusal,) = answer["refusals"]
    assert (refusal["line"], refusal["slug"]) == (2, slug)
    assert refusal["message"].startswith(f"{slug}: line 2")
    assert " — " in refusal["message"]  # a remedy
    assert kept(scene)["facts"] == 2
    listed = client.ask(answer["refused_url"]).json()["records"]
    assert [(one["line"], one["slug"]) for one in listed] == [(2, slug)]
    found: dict[str, Any] = refusal
    return found


@pytest.mark.parametrize("case", RECORDS)
def test_a_bad_record_is_refused_with_slug_place_and_remedy(
    client: Client, scene: Stage, case: str
) -> None:
    record, slug, field = RECORDS[case]
    refusal = refused_alone(client, scene, ndjson([record])[:-1], slug)
    assert f"field `{field}`" in refusal["message"]
    assert NUMBER[:17] not in json.dumps(refusal)


@pytest.mark.parametrize("case", LINES)
def test_a_line_that_is_no_record_is_refused_with_slug_place_and_remedy(
    client: Client, scene: Stage, case: str
) -> None:
    refused_alone(client, scene, *LINES[case])


def test_an_id_with_another_content_is_refused_and_the_same_again_is_not(
    client: Client, scene: Stage
) -> None:
    other = sample("good", subject="p-good", result="negative")
    answer = client.send_records(GOOD, other, GOOD)
    assert [(r["line"], r["slug"]) for r in answer["refusals"]] == [(2, "record.duplicate_id")]
    assert (answer["admitted"], answer["repeated"], kept(scene)["facts"]) == (2, 1, 1)


# -- Parquet: the same records, the same refusals


def said_in_text_columns(record: dict[str, Any]) -> bool:
    """Whether a Parquet file of text columns can say this."""
    texts = {name: value for name, value in record.items() if name != "data"}
    return (
        "identity" not in record
        and "colour" not in record
        and all(isinstance(value, str) and value != "\ud800" for value in texts.values())
    )


ROWS = [case for case, (record, _, _) in RECORDS.items() if said_in_text_columns(record)]


@pytest.mark.parametrize("case", ROWS)
def test_a_bad_row_is_refused_as_the_line_would_be(client: Client, scene: Stage, case: str) -> None:
    record, slug, _ = RECORDS[case]
    rows = [{**r, "data": json.dumps(r["data"])} for r in (GOOD, record)]
    answer = client.send(parquet(rows), PARQUET).json()
    assert [(r["line"], r["slug"]) for r in answer["refusals"]] == [(2, slug)]
    assert kept(scene)["facts"] == 1


def test_a_row_whose_data_is_no_json_is_refused_alone(client: Client, scene: Stage) -> None:
    rows = [{**sample(id), "data": text} for id, text in (("a", "{"), ("b", '{"a": NaN}'))]
    rows.append({**GOOD, "data": json.dumps(GOOD["data"])})
    answer = client.send(parquet(rows), PARQUET).json()
    slug = "record.not_json"
    assert [(r["line"], r["slug"]) for r in answer["refusals"]] == [(1, slug), (2, slug)]
    assert "field `data`" in answer["refusals"][0]["message"]
    assert kept(scene)["facts"] == 1


def row() -> dict[str, Any]:
    return {**sample(), "data": json.dumps(sample()["data"])}


ENVELOPES: dict[str, tuple[bytes, str, int, str]] = {
    "not UTF-8": (ndjson([GOOD]) + b"\xff\n", NDJSON, 400, "file.unreadable"),
    "gzip in place of text": (gzip.compress(ndjson([GOOD])), NDJSON, 400, "file.unreadable"),
    "truncated gzip": (gzip.compress(ndjson([GOOD]))[:-9], NDJSON, 400, "file.unreadable"),
    "JSON that is none": (b"{", JSON, 400, "record.not_json"),
    "JSON with a key twice": (b'{"id": "a", "id": "a"}', JSON, 400, "record.not_json"),
    "JSON with half a key twice": (
        b'{"\\ud800": 1, "\\ud800": 2}', JSON, 400, "record.not_json",
    ),
    "JSON that is not UTF-8": (b'{"id": "\xff"}', JSON, 400, "record.not_json"),
    "an empty body as JSON": (b"", JSON, 400, "record.not_json"),
    "JSON over 1 MiB": (b" " * ((1 << 20) + 1), JSON, 400, "record.line_too_long"),
    "Parquet that is none": (b"PAR1" + b"x" * 100 + b"PAR1", PARQUET, 400, "file.unreadable"),
    "an empty body as Parquet": (b"", PARQUET, 400, "file.unreadable"),
    "text as Parquet": (ndjson([GOOD]), PARQUET, 400, "file.unreadable"),
    "truncated Parquet": (parquet([row()])[:-20], PARQUET, 400, "file.unreadable"),
    "Parquet with another column": (
        parquet([{**row(), "colour": "red"}]), PARQUET, 400, "file.wrong_columns",
    ),
    "Parquet without a column": (
        parquet([{"id": "a", "kind": "test"}]), PARQUET, 400, "file.wrong_columns",
    ),
    "Parquet with another type": (
        parquet([{**row(), "at": 7}], at=pa.int64()), PARQUET, 400, "file.wrong_columns",
    ),
    "Parquet with bytes": (
        parquet([{**row(), "id": b"a"}], id=pa.binary()), PARQUET, 400, "file.wrong_columns",
    ),
    "another type of body": (b"a,b\n", "text/csv", 415, "envelope.media_type"),
    "a form": (b"a=b", "application/x-www-form-urlencoded", 415, "envelope.media_type"),
}  # fmt: skip


@pytest.mark.parametrize("case", ENVELOPES)
def test_an_envelope_that_cannot_be_read_is_refused_whole(
    client: Client, scene: Stage, case: str
) -> None:
    body, media, status, slug = ENVELOPES[case]
    before = kept(scene)
    problem(client.send(body, media), status, slug)
    assert kept(scene) == before
    name = hashlib.sha256(body).hexdigest()
    problem(client.ask(f"/v1/evidence/batches/{name}"), 404, "batch.unknown")


def test_the_place_of_the_fault_in_an_envelope_is_named(client: Client) -> None:
    found = problem(client.send(ndjson([GOOD]) + b"{}\n\xff"), 400, "file.unreadable")
    assert found["line"] == 3
    found = problem(client.send(b"{", JSON), 400, "record.not_json")
    assert found["line"] == 1


def test_a_compressed_body_is_refused(client: Client, scene: Stage) -> None:
    body = gzip.compress(ndjson([GOOD]))
    response = client.send(body, **{"Content-Encoding": "gzip"})
    found = problem(response, 415, "envelope.encoded")
    assert found["field"] == "Content-Encoding"
    assert kept(scene)["facts"] == 0


def test_a_body_over_the_limit_is_refused(client: Client, scene: Stage) -> None:
    problem(client.send(b"\n" * ((64 << 20) + 1)), 413, "http.too_large")
    assert kept(scene)["facts"] == 0


def test_more_records_than_one_transaction_holds_are_refused_whole(
    client: Client, scene: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(envelope, "MAX_RECORDS", 2)
    records = [sample(f"t{n}") for n in range(3)]
    problem(client.send(ndjson(records)), 413, "envelope.too_many_records")
    assert kept(scene)["facts"] == 0
    assert client.send_records(*records[:2])["admitted"] == 2


def test_the_first_twenty_refusals_are_named_and_all_are_listed(client: Client) -> None:
    answer = client.send_records(*({"id": f"bad-{n}"} for n in range(30)))
    assert [r["line"] for r in answer["refusals"]] == list(range(1, 21))
    listed = client.ask(answer["refused_url"]).json()
    assert [r["line"] for r in listed["records"]] == list(range(1, 31))
    assert listed["next"] is None
