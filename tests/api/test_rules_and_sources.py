"""Daily counts and changes of rules over HTTP: who signs, and what everybody may read."""

from __future__ import annotations

import json

import httpx

from tests.api.asking import Client, problem
from tests.instances import Stage, sample, signature

DAY = "2022-06-14"


def sign(client: Client, *counts: object, key: str = "lab-1") -> httpx.Response:
    body = json.dumps(list(counts)).encode()
    headers = {"Mingma-Source": "lab-1", "Mingma-Signature": signature(body, key)}
    return client.http.post("/v1/sources/counts", content=body, headers=headers)


def test_a_source_signs_for_a_day_and_everybody_reads_it(client: Client, scene: Stage) -> None:
    scene.send(*(sample(f"t{n}", f"p-{n}", result="negative") for n in range(12)), source="lab-1")
    count = {"day": DAY, "kind": "test", "total": 11, "positives": 0}
    response = sign(client, count)
    assert (response.status_code, response.json()) == (200, {"source": "lab-1", "counts": 1})
    table = client.get(f"/v1/public/sources/{DAY}").json()
    [lab] = [one for one in table["sources"] if one["source"] == "lab-1"]
    assert lab["kinds"][0] == {
        "kind": "test", "arrived": 12, "arrived_positives": 0, "signed": 11,
        "signed_positives": 0, "excess": True,
    }  # fmt: skip


def test_counts_signed_by_another_key_or_that_are_none_are_refused(client: Client) -> None:
    count = {"day": DAY, "kind": "test", "total": 11, "positives": 0}
    problem(sign(client, count, key="demo"), 401, "source.bad_signature")
    problem(sign(client, {**count, "total": "many"}), 400, "source.count_malformed")
    problem(client.get("/v1/public/sources/someday"), 400, "source.count_malformed")


def test_everybody_reads_channels_and_editions(client: Client) -> None:
    channels = client.get("/v1/public/channels").json()
    assert channels["test"]["owners"] == ["laboratory", "hospital", "cdc"]
    assert channels["mark"]["owners"] == []
    assert client.get("/v1/public/editions").json() == []
    assert client.get("/v1/public/editions/none").status_code == 404
