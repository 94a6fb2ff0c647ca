"""Alive, ready, counted, described."""

from __future__ import annotations

import re

import pytest

from mingma import __version__
from mingma.flows.offices import Signed
from mingma.flows.rotate_log_key import end_log
from mingma.flows.seal import Log
from mingma.ledger.note import KeyType, VerifierKey
from mingma.serving import create_app
from mingma.storage.memory import MemoryStore
from tests.api.asking import Client
from tests.instances import Stage, ndjson, sample

LINE = re.compile(r'[a-z_]+({[a-z]+="[^"]*"(,[a-z]+="[^"]*")*})? \d+')


def test_it_is_alive(client: Client) -> None:
    assert client.get("/healthz").json() == {"status": "ok", "version": __version__}


def test_it_is_ready_when_store_log_and_packs_are_there(client: Client, scene: Stage) -> None:
    scene.send(sample())
    found = client.get("/readyz").json()
    assert found["ready"] is found["store"] is found["log"] is True
    assert found["packs"] == ["cn-henan-2021-08/1"]
    assert found["leaves"] == 3


def test_it_is_not_ready_without_its_store(client: Client, scene: Stage) -> None:
    scene.instance.store.close()
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json()["ready"] is False


def test_it_is_not_ready_when_the_store_is_behind_the_log(client: Client, scene: Stage) -> None:
    scene.send(sample())
    scene.instance.store = MemoryStore()  # somebody restored an older copy
    found = client.get("/readyz").json()
    assert (found["ready"], found["store"], found["log"]) == (False, True, False)


def test_a_log_that_stopped_says_so_takes_nothing_in_and_shows_codes(
    client: Client, scene: Stage
) -> None:
    assert client.get("/readyz").json()["sealing"] == "on"
    scene.send(sample(result="negative"))
    scene.instance.log.stop("publish")
    found = client.get("/readyz")
    assert (found.status_code, found.json()["sealing"]) == (200, "publish")
    refused = client.send(ndjson([sample(id="t2")]))
    assert (refused.status_code, refused.json()["slug"]) == (503, "ledger.sealing_stopped")
    assert client.get("/ledger/checkpoint").status_code == 200
    assert scene.instance.show("p-ann", "en").token is not None


def test_a_log_that_has_ended_says_so_takes_nothing_in_and_shows_codes(
    client: Client, scene: Stage
) -> None:
    scene.send(sample(result="negative"))
    origin, key = "ledger.test.example/2023", b"k" * 32
    with scene.instance.acting() as unit:
        end_log(unit, Signed("o"), f"{VerifierKey(origin, KeyType.ED25519, key)}\n", scene.clock())
    found = client.get("/readyz")
    assert (found.status_code, found.json()["sealing"]) == (200, "ended")
    refused = client.send(ndjson([sample("t2", "p-bob")]))
    assert (refused.status_code, refused.json()["slug"]) == (503, "ledger.has_ended")
    assert client.get("/ledger/checkpoint").status_code == 200
    assert scene.instance.show("p-ann", "en").token is not None


def test_counts_are_in_the_form_of_prometheus(client: Client, scene: Stage) -> None:
    scene.send(sample())
    client.get("/v1/me/code")
    client.get("/nothing/p-ann")
    response = client.get("/metrics")
    assert response.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    lines = response.text.splitlines()
    assert 'mingma_records{of="facts"} 1' in lines
    assert all(line.startswith("# ") or LINE.fullmatch(line) for line in lines)
    assert any('route="/v1/me/code",status="401"' in line for line in lines)
    assert any('route="none",status="404"' in line for line in lines)
    assert "p-ann" not in response.text


def test_the_interface_is_described(client: Client) -> None:
    found = client.get("/schema/openapi.json").json()
    assert found["openapi"].startswith("3.")
    assert set(found["paths"]["/v1/evidence"]["post"]["requestBody"]["content"]) == {
        "application/json",
        "application/x-ndjson",
        "application/vnd.apache.parquet",
    }
    for path, methods in found["paths"].items():
        for method, operation in methods.items():
            assert operation["summary"], (method, path)
            for status, answer in operation["responses"].items():
                if int(status) >= 400:
                    kinds = set(answer["content"])
                    if status == "409" and path.startswith("/witness/"):
                        kinds -= {"text/x.tlog.size"}  # c2sp.org/tlog-witness says so
                    assert kinds <= {"application/problem+json", "application/json"}, path
    refusals = found["paths"]["/v1/evidence"]["post"]["responses"]["401"]["content"]
    assert set(refusals) == {"application/problem+json"}


@pytest.mark.parametrize("path", ["/schema/swagger", "/schema/redoc", "/schema/elements"])
def test_no_page_of_somebody_elses_is_served(client: Client, path: str) -> None:
    assert client.get(path).status_code == 404


def test_what_a_crash_left_waiting_is_sealed_at_the_start(
    scene: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(Log, "seal_within", lambda *_: None)  # as it is on a store of many writers
        scene.send(sample())
    assert waiting(scene) == 2
    create_app(scene.instance)
    assert waiting(scene) == 0
    assert scene.instance.show("p-ann", "en").token is not None


def waiting(scene: Stage) -> int:
    with scene.instance.store.read() as unit:
        return unit.statistics()["waiting"]
