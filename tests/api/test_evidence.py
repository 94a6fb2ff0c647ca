"""Evidence over HTTP: who may send, what is answered, what can be asked afterwards."""

from __future__ import annotations

import base64
import hashlib
import json

import pytest

from mingma.api import evidence
from tests.api.asking import JSON, NDJSON, PARQUET, Client, parquet, problem
from tests.instances import KEYS, Stage, contact, ndjson, sample, signature


def test_one_record_in_each_form_is_admitted_and_decided(client: Client, scene: Stage) -> None:
    one = json.dumps(sample("a", subject="p-a")).encode()
    rows = [{**sample("c", subject="p-c"), "data": json.dumps(sample()["data"])}]
    bodies = {
        JSON: one,
        NDJSON: ndjson([sample("b", subject="p-b")]),
        PARQUET: parquet(rows),
    }
    for media, body in bodies.items():
        answer = client.send(body, media).json()
        name = hashlib.sha256(body).hexdigest()
        assert answer == {
            "source": "lab-1", "batch": name, "received": 1, "admitted": 1, "repeated": 0,
            "refused": 0, "refusals": [],
            "refused_url": f"/v1/evidence/batches/{name}/refused",
        }  # fmt: skip
    assert {scene.colour(ref) for ref in ("p-a", "p-b", "p-c")} == {"red"}


def test_a_record_over_several_lines_is_one_record_as_json(client: Client) -> None:
    body = json.dumps(sample(), indent=2).encode()
    assert client.send(body, "application/json; charset=utf-8").json()["admitted"] == 1


def test_received_is_admitted_and_refused(client: Client) -> None:
    answer = client.send_records(sample("a"), sample("a"), {"id": "b"}, contact("c"))
    assert answer["received"] == answer["admitted"] + answer["refused"] == 4
    assert [(r["line"], r["slug"]) for r in answer["refusals"]] == [
        (3, "record.missing_field"),
        (4, "act.not_open"),
    ]


def test_blank_lines_count_as_lines_but_not_as_records(client: Client) -> None:
    body = b"\n\n" + ndjson([sample("a")]) + b"\r\n{}\n"
    answer = client.send(body).json()
    assert (answer["received"], answer["refusals"][0]["line"]) == (2, 5)


def test_the_same_batch_again_answers_the_same_and_changes_nothing(
    client: Client, scene: Stage
) -> None:
    records = [sample("a"), {"id": "b"}, sample("a")]
    first = client.send_records(*records)
    with scene.instance.store.read() as unit:
        before = unit.statistics()
    scene.clock.forward(3600)
    assert client.send_records(*records) == first
    with scene.instance.store.read() as unit:
        assert unit.statistics() == before


# -- unsigned, wrongly signed


@pytest.mark.parametrize("header", ["Mingma-Source", "Mingma-Signature"])
@pytest.mark.parametrize("value", ["", None])
def test_an_unsigned_envelope_is_refused(client: Client, header: str, value: str | None) -> None:
    body = ndjson([sample()])
    headers = {
        "Mingma-Source": "lab-1",
        "Mingma-Signature": signature(body),
        "Content-Type": NDJSON,
    }
    del headers[header]
    if value is not None:
        headers[header] = value
    response = client.http.post("/v1/evidence", content=body, headers=headers)
    found = problem(response, 401, "source.unsigned")
    assert found["field"] == header
    assert response.headers["www-authenticate"] == "Mingma"


@pytest.mark.parametrize("value", ["!!", "c2hvcnQ=", base64.b64encode(b"x" * 65).decode()])
def test_a_signature_that_is_none_is_refused(client: Client, value: str) -> None:
    response = client.send(ndjson([sample()]), **{"Mingma-Signature": value})
    assert problem(response, 401, "source.unsigned")["field"] == "Mingma-Signature"


def test_another_sources_signature_is_refused(client: Client, scene: Stage) -> None:
    body = ndjson([sample()])
    response = client.send(body, **{"Mingma-Signature": signature(body, "demo")})
    problem(response, 401, "source.bad_signature")
    with scene.instance.store.read() as unit:
        assert unit.statistics()["facts"] == 0


def test_an_unknown_source_is_refused(client: Client) -> None:
    response = client.send(ndjson([sample()]), **{"Mingma-Source": "nobody"})
    problem(response, 401, "source.unknown")


def test_a_signature_over_other_bytes_is_refused(client: Client) -> None:
    signed = signature(ndjson([sample("a")]))
    response = client.send(ndjson([sample("b")]), **{"Mingma-Signature": signed})
    problem(response, 401, "source.bad_signature")


# -- asking afterwards


def test_a_source_reads_what_became_of_its_batch(client: Client) -> None:
    answer = client.send_records(sample("a"), {"id": "bad"})
    found = client.ask(f"/v1/evidence/batches/{answer['batch']}").json()
    assert found == {
        "source": "lab-1", "batch": answer["batch"], "received_at": "2022-06-14T12:00:00+08:00",
        "received": 2, "admitted": 1, "repeated": 0, "refused": 1,
        "refused_url": answer["refused_url"],
    }  # fmt: skip
    (record,) = client.ask(answer["refused_url"]).json()["records"]
    assert json.loads(record["record"]) == {"id": "bad"}


def test_refused_records_come_a_page_at_a_time(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evidence, "PAGE", 10)
    url = client.send_records(*({"id": f"{n}"} for n in range(25)))["refused_url"]
    lines: list[int] = []
    while url:
        page = client.ask(url).json()
        lines += [record["line"] for record in page["records"]]
        url = page["next"]
    assert lines == list(range(1, 26))


@pytest.mark.parametrize("skip", ["-1", "x", str(1 << 40)])
def test_a_page_that_is_none_is_refused(client: Client, skip: str) -> None:
    url = client.send_records({"id": "bad"})["refused_url"]
    assert problem(client.ask(f"{url}?skip={skip}"), 400, "http.unreadable")["field"] == "skip"


def test_another_sources_batch_is_not_there(client: Client) -> None:
    answer = client.send_records(sample("a"))
    target = f"/v1/evidence/batches/{answer['batch']}"
    problem(client.ask(target, source="demo"), 404, "batch.unknown")
    problem(client.ask(f"{target}/refused", source="demo"), 404, "batch.unknown")


def test_a_question_is_signed_for_its_own_target_and_time(client: Client) -> None:
    answer = client.send_records(sample("a"), {"id": "bad"})
    target = f"/v1/evidence/batches/{answer['batch']}"
    good = "2022-06-14T11:55:00+08:00"
    assert client.ask(target, date=good).status_code == 200
    for late in ("2022-06-14T11:54:59+08:00", "2022-06-14T12:05:01+08:00"):
        problem(client.ask(target, date=late), 401, "source.stale_question")
    problem(client.ask(target, date="noon"), 400, "time.not_an_instant")
    signed = base64.b64encode(KEYS["lab-1"].sign(f"GET {target}\n{good}".encode())).decode()
    headers = {"Mingma-Source": "lab-1", "Mingma-Signature": signed, "Mingma-Date": good}
    assert client.http.get(target, headers=headers).status_code == 200
    for other in (f"{target}/refused", f"{target}?skip=1"):
        problem(client.http.get(other, headers=headers), 401, "source.bad_signature")
    del headers["Mingma-Date"]
    problem(client.http.get(target, headers=headers), 401, "source.unsigned")
