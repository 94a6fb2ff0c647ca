"""Every no has one form, and none tells what went on inside."""

from __future__ import annotations

import logging

import pytest

from mingma.app import Instance
from mingma.records import Stale
from mingma.storage.errors import Busy, CannotOpen
from tests.api.asking import Client, problem
from tests.instances import Stage, contact, ndjson, sample


def test_an_address_that_is_not_there(client: Client) -> None:
    for path in ("/v1", "/v1/nothing", "/v1/me", "/nothing"):
        problem(client.get(path), 404, "http.not_found")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "/v1/evidence", "POST"),
        ("PUT", "/v1/me/code", "GET"),
        ("POST", f"/v1/evidence/batches/{'0' * 64}", "GET"),
        ("DELETE", "/healthz", "GET"),
    ],
)
def test_a_method_that_an_address_does_not_take(
    client: Client, method: str, path: str, allowed: str
) -> None:
    response = client.http.request(method, path)
    found = problem(response, 405, "http.method_not_allowed")
    assert allowed in response.headers["allow"]
    assert allowed in found["detail"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b"", "data"),
        (b"{", None),
        (b"[]", "data"),
        (b"{}", "text"),
        (b'{"text": 7}', "text"),
        (b'{"text": "HC1:", "colour": "green"}', "colour"),
        (b'{"text": "\xff"}', None),
    ],
)
def test_a_body_of_another_form(client: Client, body: bytes, field: str | None) -> None:
    headers = {"Content-Type": "application/json"}
    response = client.http.post("/v1/token/check", content=body, headers=headers)
    found = problem(response, 400, "http.unreadable")
    if field:
        assert found["field"] == field


def test_a_body_too_large_for_its_address(client: Client) -> None:
    problem(client.http.post("/v1/token/check", json={"text": "x" * 1_000_001}), 413,
            "http.too_large")  # fmt: skip


def test_a_text_that_is_no_token_is_a_result_and_no_failure(client: Client) -> None:
    found = client.http.post("/v1/token/check", json={"text": "hello"}).json()
    assert (found["result"], found["steps"]["prefix"]) == ("UNREADABLE", False)


def test_a_failure_of_ours_names_nothing_inside(
    client: Client,
    scene: Stage,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    scene.send(contact())
    client.sign_in("p-ann")

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("secret path /var/keys")

    monkeypatch.setattr(Instance, "show", fail)
    with caplog.at_level(logging.ERROR):
        response = client.get("/v1/me/code")
    problem(response, 500, "http.failed")
    assert "secret" not in response.text
    assert "Traceback" not in response.text
    assert "secret" in caplog.text  # whoever runs it reads the cause


def test_what_is_away_is_said_without_files_and_hosts(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    for error in (Busy(seconds=30), CannotOpen(file="/var/lib/mingma.db", why="disk of somebody")):

        def away(*_: object, error: Exception = error) -> None:
            raise error

        monkeypatch.setattr(Instance, "receive", away)
        response = client.send(ndjson([sample()]))
        problem(response, 503, error.slug)
        assert "/var" not in response.text
        assert "disk" not in response.text


def test_our_own_inconsistency_is_said_without_its_details(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stale(*_: object) -> None:
        raise Stale(what="event count of p-somebody")

    monkeypatch.setattr(Instance, "receive", stale)
    response = client.send(ndjson([sample()]))
    problem(response, 500, "store.stale")
    assert "p-somebody" not in response.text


def test_problems_speak_chinese_where_asked(client: Client) -> None:
    response = client.get("/v1/me/code", **{"Accept-Language": "zh-CN,zh;q=0.9"})
    assert response.json()["title"] == "尚未登录,或登录已过期"
    assert response.headers["content-language"] == "zh"


@pytest.mark.parametrize("path", ["/healthz", "/v1/me/code", "/nothing", "/schema/openapi.json"])
def test_every_answer_stays_out_of_frames_caches_and_other_sites(client: Client, path: str) -> None:
    headers = client.get(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["cache-control"] == "no-store"
    assert "access-control-allow-origin" not in headers
    assert "server" not in headers
